"""Does a guest fault, fork, exec and exit as User-mode Linux did, call for call?

read a page        SIGSEGV, mmap(r-x, the zero page)
write it           SIGSEGV, mmap(rwx, a frame of its own)
fork               clone on the host, then one mmap for every page that lost its W
"""

import random

import pytest

from vmalab.kernel import Kernel
from vmalab.trace.memory_map import memory_map
from vmalab.workloads.uml.flush import HostOp
from vmalab.workloads.uml.guest import FLUSH_FAILED, HINT, Guest
from vmalab.workloads.uml.hosts import Call, ModelHost, Row, guest_rows
from vmalab.workloads.uml.layout import DATA_VPN, FILE_VPN, TEXT_VPN, WINDOW_PAGES, WINDOW_VPN
from vmalab.workloads.uml.policies import POLICIES
from vmalab.workloads.uml.ram import GuestRam

WORD = b"12345678"
RX, RWX = 5, 7


def boot(policy="mmap", mode="skas3", ram_pages=256, fragmentation=0.0, kernel=None):
    host = ModelHost(kernel or Kernel("linux-6"), ram_pages, logged=True)
    ram = GuestRam(ram_pages, fragmentation, random.Random(1))
    guest = Guest(host, POLICIES[policy](), ram, mode)
    return guest, host, guest.start()


def made(host, space):
    """The calls on a space since it was last asked."""
    calls, host.log[space] = host.log[space], []
    return calls


def test_a_page_that_is_read_first_is_mapped_twice():
    guest, host, pid = boot()
    assert guest.touch(pid, DATA_VPN) == bytes(8)
    made(host, 1)
    assert guest.touch(pid, DATA_VPN, WORD) == WORD
    assert made(host, 1) == [Call("mmap", (DATA_VPN, 1, RWX, 1))]
    assert guest.touch(pid, DATA_VPN) == WORD
    assert made(host, 1) == []
    assert guest.faults == 2


def test_a_file_is_clean_until_written_and_shared_between_processes():
    guest, host, pid = boot()
    other = guest.fork(pid)
    guest.exec(other)
    guest.touch(pid, FILE_VPN)
    assert made(host, 1)[-1] == Call("mmap", (FILE_VPN, 1, RX, 1))
    guest.touch(pid, FILE_VPN, WORD)
    assert made(host, 1)[-1] == Call("mmap", (FILE_VPN, 1, RWX, 1))
    assert guest.touch(other, FILE_VPN) == WORD
    assert guest.touch(other, TEXT_VPN) == bytes(8)


def test_neighbouring_frames_are_one_vma_and_scattered_ones_are_not():
    for fragmentation, vmas in ((0.0, 1), (1.0, 20)):
        guest, host, pid = boot(fragmentation=fragmentation)
        for page in range(20):
            guest.touch(pid, DATA_VPN + page, WORD)
        assert host.map_count(1) == vmas


def test_fork_copies_every_vma_takes_the_parents_w_away_and_tells_the_child_all():
    guest, host, pid = boot(mode="skas0", fragmentation=1.0)
    frames = dict.fromkeys(range(8))
    for page in frames:
        guest.touch(pid, DATA_VPN + page, page.to_bytes(8, "big"))
    made(host, 1)
    before = host.map_count(1)
    child = guest.fork(pid)
    assert host.vmas_copied == before == 10
    calls = made(host, 1)
    assert calls[0] == Call("clone", (2,))
    assert [call.args[2] for call in calls[1:]] == [RX] * 8
    made(host, 2)
    assert guest.touch(child, DATA_VPN) == bytes(8)
    kinds = [call.name for call in made(host, 2)]
    assert kinds.count("mmap") == 8
    assert kinds.count("munmap") == 2
    guest.touch(child, DATA_VPN, WORD)
    assert guest.touch(pid, DATA_VPN) == bytes(8)
    assert guest.touch(child, DATA_VPN) == WORD


def test_the_last_one_to_write_a_shared_frame_keeps_it():
    guest, _, pid = boot()
    guest.touch(pid, DATA_VPN, WORD)
    child = guest.fork(pid)
    free = guest.ram.nr_free
    guest.touch(child, DATA_VPN, b"another!")
    assert guest.ram.nr_free == free - 1
    guest.touch(pid, DATA_VPN, b"the same")
    assert guest.ram.nr_free == free - 1
    guest.exit(child)
    assert guest.ram.nr_free == free


def test_skas0_makes_even_an_empty_space_by_copying_a_full_one():
    for mode, copied in (("skas0", 12), ("skas3", 0)):
        guest, host, pid = boot(mode=mode, fragmentation=1.0)
        for page in range(10):
            guest.touch(pid, DATA_VPN + page, WORD)
        guest.exec(pid)
        assert host.vmas_copied == copied
        assert guest.touch(pid, DATA_VPN) == bytes(8)
        assert len(guest_rows(host.rows(host.spaces[0]))) == 1


def test_a_switch_is_a_ptrace_call_under_skas3_and_nothing_under_skas0():
    for mode, stops in (("skas0", 0), ("skas3", 10)):
        guest, _, pid = boot(mode=mode)
        other = guest.fork(pid)
        guest.switch(other)
        guest.switch(pid)
        before = guest.stops
        for _ in range(5):
            guest.switch(other)
            guest.switch(pid)
        assert guest.stops - before == stops


def test_a_window_stays_one_vma_on_a_host_that_takes_protections():
    guest, host, pid = boot("rfp", fragmentation=1.0)
    window = Row(WINDOW_VPN, WINDOW_VPN + WINDOW_PAGES, 0, 0)
    assert host.rows(1) == [window]
    assert guest.touch(pid, DATA_VPN, WORD) == WORD
    # linux-6 knows no MAP_CHGPROT: the policy has learnt that, and pays in VMAs
    assert guest.policy.chgprot is False
    assert host.calls["remap_file_pages"] == 2
    assert len(host.rows(1)) == 3


def test_pages_given_back_are_gone():
    for policy in POLICIES:
        guest, _host, pid = boot(policy)
        for page in range(6):
            guest.touch(pid, DATA_VPN + page, WORD)
        assert guest.release(pid, DATA_VPN + 1, 3)
        assert guest.touch(pid, DATA_VPN + 1) == bytes(8)
        assert guest.touch(pid, DATA_VPN + 4) == WORD


@pytest.mark.slow
def test_where_the_host_refuses_the_guest_process_dies_with_umls_own_hint():
    kernel = Kernel("linux-6")
    kernel.policy.max_map_count = 9
    guest, host, pid = boot(kernel=kernel, fragmentation=1.0)
    other = guest.fork(pid)
    guest.exec(other)
    lived = [
        page
        for page in range(20)
        if guest.processes.get(pid) and guest.touch(pid, DATA_VPN + page, WORD)
    ]
    (killed,) = guest.killed
    assert len(lived) == killed.host_vmas == 10
    assert (killed.pid, killed.message) == (pid, f"{FLUSH_FAILED}\n{HINT}")
    assert pid not in guest.processes
    assert guest.touch(other, DATA_VPN, WORD) == WORD, "its neighbour lives on"
    assert memory_map(host.kernel) is not None


def test_a_guest_without_memory_kills_too():
    guest, _, pid = boot(ram_pages=4)
    words = [guest.touch(pid, DATA_VPN + page, WORD) for page in range(3)]
    assert words == [WORD] * 3
    assert guest.touch(pid, DATA_VPN + 3, WORD) is None
    assert guest.killed[0].message.startswith("Out of Memory")


def test_an_unknown_mode_is_refused():
    host = ModelHost(Kernel("linux-6"), 16)
    with pytest.raises(ValueError, match="choose one of skas0, skas3"):
        Guest(host, POLICIES["mmap"](), GuestRam(16, 0, random.Random(1)), "tt")


def test_a_host_that_takes_no_protection_may_still_protect():
    guest, host, pid = boot("rfp")
    guest.touch(pid, DATA_VPN, WORD)
    assert guest.policy.apply(host, 1, HostOp("protect", DATA_VPN, 1, RX)) == 0
    assert Row(DATA_VPN, DATA_VPN + 1, RX, 1) in host.rows(1)
