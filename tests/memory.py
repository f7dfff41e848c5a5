"""Small machines and short words for tests of what pages hold."""

from vmalab.kernel import Kernel
from vmalab.mm.page_alloc import PG_DIRTY, PG_EXCLUSIVE, PG_SWAPCACHE
from vmalab.mm.vmscan import evict_page, is_evictable
from vmalab.units import PAGE_SIZE as PAGE
from vmalab.units import addr_to_vpn

BASE = 0x10_0000
RW, RO, NONE = 3, 1, 0
PRIVATE, SHARED = 0x12, 0x11
ANON = 0x20


def page(number):
    """The address of a page of the test's own stretch of memory."""
    return BASE + number * PAGE


def machine(ram=64, swap=64):
    return Kernel("linux-6", ram_pages=ram, swap_pages=swap)


def anon(task, number=0, pages=1, prot=RW):
    """Private anonymous memory at a page: its address."""
    return task.mmap(page(number), pages * PAGE, prot, PRIVATE | ANON)


def shm(task, number=0, pages=1, prot=RW):
    """Shared anonymous memory at a page: its address."""
    return task.mmap(page(number), pages * PAGE, prot, SHARED | ANON)


def mapped(task, fd, number=0, pages=1, kind=SHARED, prot=RW, pgoff=0):
    """A file mapped at a page: its address."""
    return task.mmap(page(number), pages * PAGE, prot, kind, fd, pgoff * PAGE)


def pte(task, addr):
    return task.mm.pgtable.get(addr_to_vpn(addr))


def kind(task, addr):
    """What stands in the entry of an address."""
    return task.mm.fmt.kind(pte(task, addr))


def pfn(task, addr):
    """The frame that an address shows."""
    assert task.mm.fmt.pte_present(pte(task, addr))
    return task.mm.fmt.pte_pfn(pte(task, addr))


def slot(task, addr):
    """The swap slot that an address names."""
    assert kind(task, addr) == "swap"
    return task.mm.fmt.pte_to_swp_entry(pte(task, addr))[1]


def writable(task, addr):
    return task.mm.fmt.pte_write(pte(task, addr))


def flags(task, addr):
    """Words for the flags of the frame that an address shows."""
    bits = task.mm.machine.memory.flags[pfn(task, addr)]
    words = {"dirty": PG_DIRTY, "exclusive": PG_EXCLUSIVE, "swapcache": PG_SWAPCACHE}
    return {word for word, bit in words.items() if bits & bit}


def evict(task, addr):
    """Put out the page that an address shows, from under everybody: whether it went."""
    frame = pfn(task, addr)
    return is_evictable(task.mm.machine, frame) and evict_page(task.mm.machine, frame)


def faults(task):
    """(minor, major) so far."""
    return task.mm.min_flt, task.mm.maj_flt
