"""The judge: nbval in a pytest process of ours. Learners' code runs elsewhere, in the sandbox.

Each planned cell is a pytest item. nbval sends its source to the sandboxed kernel, collects what
comes back, and compares that with the output stored in the plan, here. Only an item that ran and
*passed* earns its points: one that failed, was skipped, was expected to fail, or never came earns
none.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from vmalab.grading.canonical import last_value, spell_as
from vmalab.grading.kernel import DeadKernelError, SandboxKernel
from vmalab.grading.plan import PlannedCell, notebook
from vmalab.grading.results import Verdict, Verdicts
from vmalab.grading.sandbox import Limits, Way

QUIET = (
    *("-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:terminal", "-p", "no:junitxml"),
    *("-p", "no:logging", "-p", "no:capture", "-p", "no:doctest", "-p", "no:warnings"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:stepwise"),
    *("--disable-plugin-autoload", "-p", "nbval.plugin", "--nbval", "-c", "/dev/null", "--rootdir"),
)
"""pytest with nothing that prints, remembers or looks at the folder it is started in."""


class Judge:
    """A pytest plugin that takes planned notebooks in, and notes a verdict for every cell."""

    def __init__(self, way: Way, image: Path, limits: Limits) -> None:
        self.way, self.image, self.limits = way, image, limits
        self.verdicts: Verdicts = {}
        self.deadline = time.monotonic() + limits.total_seconds
        self.kernels = 0
        self.fault = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        """nbval asks for an option of the terminal's, which is not here."""
        config.option.color = "no"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A plan that cannot be read is a fault of ours."""
        if report.failed:
            self.fault = str(report.longrepr)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """Planned notebooks are ours, before nbval sees them."""
        if file_path.suffix == ".plan":
            found = JudgedFile.from_parent(parent, path=file_path)
            found.judge = self
            return found
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Nothing but a call that passed counts."""
        noted = dict(report.user_properties)
        if report.when != "call" or "item" not in noted:
            return
        item, probe = str(noted["item"]), noted["probe"]
        number = None if probe is None else int(str(probe))
        passed = report.outcome == "passed" and not hasattr(report, "wasxfail")
        said = noted.get("said")
        self.verdicts[item, number] = Verdict(
            item, number, passed, said if isinstance(said, str) else None, str(noted["stopped"])
        )


class JudgedFile(IPyNbFile):  # type: ignore[misc]  # nbval is not typed
    """A planned notebook, and the sandbox that it runs in."""

    judge: Judge
    kernel: SandboxKernel | None

    def collect(self) -> Iterator[JudgedCell]:
        """Every planned cell; only those with an expected output are compared."""
        for cell in super().collect():
            yield JudgedCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )

    def setup(self) -> None:
        """Nothing is started before the first cell wants it."""
        self.kernel = None
        self.stopped: dict[str, str] = {}

    def ready(self, item: str) -> SandboxKernel:
        """The kernel; a fresh one where an earlier item's answer has ended the last.

        Raises:
            DeadKernelError: this item's own answer ended it, or the submission's time is up.
        """
        if item in self.stopped:
            raise DeadKernelError(self.stopped[item])
        if time.monotonic() > self.judge.deadline:
            msg = "the time for the whole submission is up"
            raise DeadKernelError(msg)
        if self.kernel is None or not self.kernel.is_alive():
            if self.kernel is not None:
                self.kernel.stop()
            self.judge.kernels += 1
            began = time.monotonic()
            self.kernel = SandboxKernel(self.judge.way, self.judge.image, self.judge.limits)
            self.kernel.wait_until_ready()
            self.judge.deadline += time.monotonic() - began  # starting is not the learner's time
        return self.kernel

    def teardown(self) -> None:
        """End the sandbox."""
        if self.kernel is not None:
            self.kernel.stop()


class JudgedCell(IPyNbCell):  # type: ignore[misc]  # nbval is not typed
    """One planned cell as nbval runs it."""

    parent: JudgedFile

    def setup(self) -> None:
        """A time-out of an earlier item is not this one's."""
        self.parent.timed_out = False

    def runtest(self) -> None:
        """Run the cell in the sandbox, compare here, and note what was said and what went wrong."""
        about = self.cell.metadata["vmalab"]
        said, stopped = None, ""
        try:
            kernel = self.parent.ready(about["item"])
            left = self.parent.judge.deadline - time.monotonic()
            self.config.option.nbval_cell_timeout = min(kernel.limits.cell_seconds, max(left, 0.1))
            super().runtest()
        except DeadKernelError as error:
            stopped = self.parent.stopped[about["item"]] = str(error)
            raise
        except NbCellError:
            used = self.parent.kernel
            if used is not None and not used.is_alive():
                stopped = self.parent.stopped[about["item"]] = used.why_dead
            raise
        except Exception as error:  # a stranger's message may be anything
            stopped = f"what came back could not be read ({type(error).__name__})"
            raise
        finally:
            said = getattr(self, "said", None)
            self.user_properties += [
                *(("item", about["item"]), ("probe", about["probe"])),
                *(("said", said), ("stopped", stopped)),
            ]

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        """nbval's comparison, of the canonical spelling of the last thing that was printed."""
        printed = "".join(one.text for one in test if one.get("name") == "stdout")
        self.said = last_value(printed)
        expected = ref[0].text.strip()
        spelled = spell_as(expected, self.said, self.cell.metadata["vmalab"]["item"])
        shown = [nbformat.from_dict({**ref[0], "text": f"{spelled}\n"})]
        return bool(super().compare_outputs(shown, ref, skip_compare))

    def repr_failure(self, excinfo: Any) -> str:
        """Failures are told by the reports, never with a probe's source."""
        return type(excinfo.value).__name__


def judge_plan(
    planned: list[PlannedCell], way: Way, image: Path, limits: Limits, folder: Path
) -> Judge:
    """Run a plan in its sandbox and judge it; the judge has the verdicts.

    Raises:
        RuntimeError: pytest itself failed.
    """
    judge = Judge(way, image, limits)
    if not planned:
        return judge
    file = folder / "submission.plan"
    file.write_text(json.dumps(notebook(planned)), encoding="utf-8")
    status = pytest.main([*QUIET, str(folder), str(file)], plugins=[judge])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        msg = f"pytest ended with {status!r} {judge.fault}"
        raise RuntimeError(msg)
    return judge
