"""Two ways to read VMAs, the ioctl and the text: do they agree?"""

import ctypes
import os

import pytest

from vmalab import host
from vmalab.host import maps
from vmalab.host.compile import make_plan
from vmalab.host.machine import Machine
from vmalab.host.touch import FAULTED, Toucher
from vmalab.records.text import parse_program
from vmalab.workloads.random_programs import random_program

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable())),
]


class BothReaders:
    """Answers with the ioctl's rows after comparing them with the text's."""

    compared = 0

    def __init__(self, low, high, *, names=False):
        self.query = maps.WindowReader(low, high, names=names)
        self.text = maps.WindowReader(low, high, names=names, query=False)

    def rows(self):
        rows = self.query.rows()
        assert [row[:5] for row in rows] == [row[:5] for row in self.text.rows()]
        BothReaders.compared += 1
        return rows

    def close(self):
        self.query.close()
        self.text.close()


def test_the_ioctl_and_the_text_agree(monkeypatch):
    monkeypatch.setattr("vmalab.host.machine.WindowReader", BothReaders)
    if not maps.WindowReader(0, 1).by_query:
        pytest.skip("this kernel has no PROCMAP_QUERY (6.11)")
    with Toucher() as toucher:
        machine = Machine(toucher, [0])
        for index in range(6):
            plan = make_plan(random_program(3, index, "mixed"))
            machine.run(plan)
    assert BothReaders.compared > 200


def test_where_the_ioctl_is_missing_the_text_serves(monkeypatch):
    monkeypatch.setattr(maps, "_PROCMAP_QUERY", 0x1234)
    reader = maps.WindowReader(0, 1 << 47)
    assert not reader.by_query
    assert len(reader.rows()) > 5
    reader.close()


def test_a_fork_is_read_as_itself():
    program = parse_program("mmap 0 1 r private,anon,fixed - 0\nfork\nmunmap 0 1")
    assert host.run_program(program).steps[-1].after.vmas == ()


def test_a_window_must_be_empty_to_begin_with():
    with Toucher() as toucher:
        machine = Machine(toucher, [0])
        plan = make_plan(parse_program("seq 1 4 none\nmunmap 0 0"))
        machine._start, machine._end = plan.start, plan.end
        machine._reserve(plan)
        with pytest.raises(host.HostError, match="the window is not empty"):
            machine.run(plan)
        assert len(machine.run(plan)[0]) == 1


def test_totals_and_flags_of_this_process():
    assert maps.total_pages() > 100
    flags = maps.vm_flags(0, 1 << 47)
    assert {row[0] for row in maps.own_maps()} & set(flags)


# Are faults reported with the kernel's own reason?   MAPERR: no VMA; ACCERR: not allowed
def test_the_toucher_survives_its_faults():
    with Toucher() as toucher:
        segv = 11
        assert toucher.load(0) == FAULTED | 1 << 8 | segv
        assert toucher.store(16, 1) == FAULTED | 1 << 8 | segv
        assert toucher.touch(16) == FAULTED | 1 << 8 | segv
        assert toucher.execute(16) == FAULTED | 1 << 8 | segv
        code = toucher._base
        assert toucher.store(code, 1) == FAULTED | 2 << 8 | segv


# A crash that is not a touch still ends the process as it would have.
def test_other_crashes_stay_crashes():
    pid = os.fork()
    if pid == 0:
        os.close(2)
        with Toucher():
            ctypes.string_at(0)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == 11
