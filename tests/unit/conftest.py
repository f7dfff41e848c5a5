"""``both``: a program with its expected outcome, on the model and on the machine's own kernel."""

import os

import pytest

from tests.live import not_live
from tests.story import check, tell
from vmalab.host import Host
from vmalab.trace.capture import run_program
from vmalab.workloads.differential import comparable, compare


@pytest.fixture(scope="session")
def hosts():
    """The machine's own kernel, by whether the program's window is all the space there is."""
    if not_live():
        yield {}
        return
    with Host() as open_host, Host(sealed=True) as sealed_host:
        yield {False: open_host, True: sealed_host}


@pytest.fixture
def both(hosts):
    """Run a program (see tests/story.py) on the model, then on the machine: they must agree.

    Gives back the model's run. Where the machine's kernel cannot judge, the comparison is skipped
    when the test is over, with the reason; what the model did has been checked by then.
    """
    ran = []

    def run_both(text, *, pages=24, sealed=False):
        program, expected = tell(text, pages=pages)
        ram_pages = os.sysconf("SC_PHYS_PAGES")
        mine = run_program(program, sealed=sealed, ram_pages=ram_pages)
        check(mine, expected, sealed=sealed)
        ran.append(program)
        if hosts:
            real = hosts[sealed].run(program)
            assert comparable(mine, real)
            difference = compare(mine, real, sealed=sealed)
            assert difference is None, str(difference)
        return mine

    yield run_both
    if ran and not hosts:
        pytest.skip(f"not compared with a real kernel: {not_live()}")
