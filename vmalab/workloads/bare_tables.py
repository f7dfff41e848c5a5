"""Page tables with no process around them: to compare architectures, and to count tables."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from vmalab.arch.formats import pte_format
from vmalab.arch.pgtable import PageTable
from vmalab.arch.physmem import PhysicalMemory
from vmalab.records.walk import Walk
from vmalab.uapi.mman import PROT_READ, PROT_WRITE
from vmalab.units import addr_to_vpn

_SHARED = 8
_FIRST_FRAME = 0x64
"""Tables take the frames from here on."""


def bare_table(
    arch: str, bits: str = "plain", addrs: Iterable[int] = (), pfn: int = 7
) -> PageTable:
    """Tables of an architecture, in which some addresses have a page, all of them frame ``pfn``.

    >>> [bare_table(arch, addrs=[0x5123]).nr_tables for arch in ("i386", "i386-pae", "x86_64")]
    [2, 3, 4]
    """
    fmt = pte_format(arch, bits)
    frames = count(_FIRST_FRAME)
    table = PageTable(fmt, PhysicalMemory(), frames.__next__, lambda _pfn: None)
    entry = fmt.mk_pte(pfn, fmt.protection_map[PROT_READ | PROT_WRITE | _SHARED])
    for addr in addrs:
        table.set(addr_to_vpn(addr), entry)
    return table


def bare_walk(arch: str, addr: int, bits: str = "plain", pfn: int = 7) -> Walk:
    """The walk to an address that has a page, in tables made for it.

    >>> bare_walk("i386", 0xbffff123).steps[0].index
    767
    """
    return bare_table(arch, bits, [addr], pfn).walk(addr)
