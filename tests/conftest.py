"""What every test may lean on: hypothesis profiles, and parts of a machine that may be missing."""

import os
from collections import deque
from pathlib import Path

import coverage
import pytest
from hypothesis import HealthCheck, settings

from tests.laws.machine import check_kernel
from tools import setup_env
from vmalab.kernel import Task

IN_CI = setup_env.in_ci()

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=60, deadline=None, derandomize=True, print_blob=True
)  # derandomised: a red CI can be reproduced
settings.register_profile(
    "night",
    max_examples=5000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


LAST_TASKS = 200
"""So many of a test's tasks are looked at after it; random programs check theirs as they go."""


@pytest.fixture(autouse=True)
def tasks(monkeypatch):
    """After a test, the laws hold for every address space and every machine it made.

    A test that breaks them on purpose clears this list of tasks.
    """
    made = deque(maxlen=LAST_TASKS)
    init = Task.__init__

    def remember(task, *args, **kwargs):
        init(task, *args, **kwargs)
        made.append(task)

    monkeypatch.setattr(Task, "__init__", remember)
    yield made
    for kernel in {task.kernel for task in made}:
        check_kernel(kernel)


THOUSANDS = {"laws", "mutants", "stateful", "host", "grading", "widgets"}
"""The folders whose tests walk the same branches again and again; measuring them takes minutes."""


def pytest_collection_modifyitems(items):
    """Branches are measured where each is asked for by name: in the quick unit tests."""
    for item in items:
        below = item.path.relative_to(setup_env.ROOT).parts
        if below[0] == "tests" and (THOUSANDS & {*below} or item.get_closest_marker("slow")):
            item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """The laws that are checked after such a test are not measured either."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(plugin, "cov_controller", None)
    if controller is None or not item.get_closest_marker("no_cover"):
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one, a skip at home and a failure in CI."""
    path = setup_env.find_browser()
    if path is None or not setup_env.can_drive_browser():
        without = f"no Chromium to drive: apt-get install {' '.join(setup_env.BROWSER_PACKAGES)}"
        (pytest.fail if IN_CI else pytest.skip)(without)
    return path


MEASURED = """
import sys
sys.path[:0] = [sys.argv[1], {site!r}]
import coverage
measure = coverage.Coverage(config_file={config!r}, data_file={data!r}, data_suffix=True)
measure.set_option("run:patch", ["_exit"])
measure.start()
import vmalab.host.worker
vmalab.host.worker.main()
measure.stop()
measure.save()
"""


@pytest.fixture(scope="session", autouse=True)
def measured_workers():
    """Where coverage is measured, measure the host's workers too: interpreters of their own."""
    if coverage.Coverage.current() is None:
        yield
        return
    measured = MEASURED.format(
        site=str(Path(coverage.__file__).parent.parent),
        config=str(setup_env.ROOT / "pyproject.toml"),
        data=str(setup_env.ROOT / ".coverage"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vmalab.host.client._WORKER", measured)
        yield
