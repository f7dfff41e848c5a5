"""From a program to the record of its run: is everything written down as it was?"""

import pytest

from vmalab.records.events import SyscallEntered, VmaSplit
from vmalab.records.program import WINDOW_START, Program
from vmalab.records.text import parse_program
from vmalab.trace import run_program
from vmalab.uapi.errors import KernelBug

START = WINDOW_START["x86_64"]
PAGE = 4096


def results(text, **kwargs):
    return [step.result for step in run_program(parse_program(text), **kwargs).steps]


# Every kind of answer, as transcripts spell it.
def test_results_are_spelled_as_in_transcripts():
    text = """
        seq 1 8 hole
        mmap 0 4 rw private,anon,fixed
        mmap - 2 rw private,anon
        mremap 0 4 2
        mprotect 6 1 r
        munmap 5 1
        mincore 0 2
        write 0 7
        read 0
        read 4
        probe 0 3
        wprobe 0 3
        xprobe 0 3
        contents
        brk 2+5
        brk 3
        limit as 4
        limit memlock 4
        truncate f0 1
        evict
        fork
    """
    assert results(text)[:9] == [
        "p0", "OUT", "p0", "-1 ENOMEM", "0", "00", "ok", "#7", "SIGSEGV",
    ]  # fmt: skip
    assert results(text)[9:12] == ["0-2=oo 2-3=mm", "0-2=oo 2-3=mm", "0-2=oa 2-3=mm"]
    assert results(text)[13:] == ["p0", "p0", "0", "0", "0", "ok", "child"]


def test_a_heap_end_inside_a_page_is_named_with_its_bytes():
    assert results("brk 2+5\nbrk 3") == ["p2+5", "p3"]


# A filled window is one PROT_NONE mapping; a sealed one has no room but its own.
def test_a_window_may_start_filled():
    run = run_program(Program(8, parse_program("munmap 2 2").ops, "none"))
    (row,) = run.before.vmas
    assert (row.start, row.nr_pages, row.perms) == (START, 8, "---p")
    assert run.state(1).map_count == 2


def test_a_sealed_window_is_all_the_room_there_is():
    text = "seq 1 4 hole\nmmap - 3 rw private,anon\nmmap - 2 rw private,anon"
    assert results(text, sealed=True) == ["p1", "-1 ENOMEM"]


# What landed outside is taken away again, so that it is in nobody's way.
def test_what_lands_outside_the_window_is_unmapped():
    run = run_program(parse_program("mmap - 2 rw private,anon\nmmap 0 2 rw shared,anon,fixed"))
    assert run.steps[0].result == "OUT"
    assert run.state(1).vmas == ()
    run = run_program(
        parse_program("mmap 0 1 rw private,anon,fixed\nmmap 1 1 r private,anon,fixed\n"
                      "mremap 0 1 2 maymove")
    )  # fmt: skip
    assert run.steps[2].result == "OUT"
    assert run.state(3).map_count == 1


# Shared anonymous objects are numbered as they are first seen.
def test_shared_objects_are_numbered_as_they_are_seen():
    run = run_program(
        parse_program("mmap - 1 rw shared,anon\nmmap 4 1 rw shared,anon,fixed\n"
                      "mmap 0 1 rw shared,anon,fixed")
    )  # fmt: skip
    assert [row.backing for row in run.state(3).vmas] == ["shm1", "shm0"]


def test_events_are_kept_with_their_step_or_not_at_all():
    program = parse_program("mmap 0 4 rw private,anon,fixed\nmprotect 1 1 r")
    run = run_program(program)
    assert run.steps[1].events[0] == SyscallEntered("mprotect", (START + PAGE, PAGE, 1))
    assert VmaSplit(START, START + PAGE, START + 4 * PAGE) in run.steps[1].events
    silent = run_program(program, events=False)
    assert [step.events for step in silent.steps] == [(), ()]
    assert [step.after for step in silent.steps] == [step.after for step in run.steps]


def test_the_same_program_gives_the_same_record():
    program = parse_program("mmap 0 4 rw private,anon,fixed\nwrite 1 1\nmprotect 1 1 r\nfork")
    assert run_program(program) == run_program(program)


# A refusal carries its reason; a later success does not.
def test_reasons_go_with_their_step():
    refused, fine = run_program(parse_program("munmap 0 0x0\nmunmap 0 1")).steps
    assert (refused.result, refused.rule) == ("-1 EINVAL", "mm/vma.c:do_vmi_munmap")
    assert "length is 0" in refused.because
    assert (fine.because, fine.rule) == ("", "")


def test_a_signal_carries_its_reason_too():
    (step,) = run_program(parse_program("read 3")).steps
    assert (step.result, step.failed) == ("SIGSEGV", True)
    assert "no VMA" in step.because


def test_a_broken_law_ends_the_run(monkeypatch, tasks):
    monkeypatch.setattr("vmalab.mm.mm_struct.MmStruct.account_vm", lambda *_: None)
    program = parse_program("mmap 0 1 rw private,anon,fixed")
    with pytest.raises(KernelBug, match="total_vm 0 is the pages of all VMAs 1"):
        run_program(program)
    assert run_program(program, validate=False).steps[0].result == "p0"
    tasks.clear()


def test_a_generation_that_is_none():
    with pytest.raises(ValueError, match="no kernel is called 'linux-0'"):
        run_program(parse_program("fork"), "linux-0")


def test_after_fork_the_child_goes_on():
    run = run_program(
        parse_program("mmap 0 2 rw private,anon,fixed\nwrite 0 7\nfork\nread 0\nmunmap 0 2\nfork")
    )
    assert [step.result for step in run.steps[2:]] == ["child", "#7", "0", "child"]


# Two bugs of the patch of 2006, as posted: a fault that comes back for ever, and a call that waits.
def test_what_never_ends_is_told_as_such():
    nested = "mmap 0 4 rw shared,fixed f0 0\nremap 1 1 none 9\nremap 0 1 none 0 chgprot\n"
    forgetful = "mmap 0 2 rw private,anon,fixed\nwrite 0 1\nwrite 1 1\nfork\n"
    touch = run_program(parse_program(nested + "read 0"), "linux-2.6-manyprots-v4").steps[-1]
    call = run_program(parse_program(forgetful + "mlock 0 2"), "linux-2.6-manyprots-v4").steps[-1]
    assert (touch.result, touch.failed) == (call.result, call.failed) == ("LOOP", True)
    assert touch.rule == "arch/x86/mm/fault.c:do_user_addr_fault"
    assert call.rule == "mm/memory.c:get_user_pages"
    assert touch.because != call.because


# mremap to the same size does nothing in 2.6, so it answers with any address, even one above all
# tasks' memory. What lands outside the window is unmapped after it; this cannot be.
@pytest.mark.parametrize("arch", ["i386", "x86_64"])
def test_an_answer_that_cannot_be_unmapped_is_outside_all_the_same(arch):
    text = "seq 1 8 hole\nmremap 0xfffffffffffff000 2 2\nmremap 0xfffffffffffff000 2 1"
    assert results(text, generation="linux-2.6", arch=arch) == ["OUT", "OUT"]
