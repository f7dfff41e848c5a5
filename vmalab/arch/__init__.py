"""The hardware's side: page-table entries, page tables, physical memory and the MMU.

    mmu.py       load, store, fetch: TLB, walk, permission check, accessed and dirty bits, fault
    pgtable.py   tables of tables, each of them a page of simulated memory
    physmem.py   what the frames hold
    pte.py       what an entry can be; i386.py, i386_pae.py, x86_64.py, x86_64_v6.py and uml.py say
                 in which bits, formats.py has them all by name

A first-time reader begins with :mod:`vmalab.arch.i386`, the smallest.
"""
