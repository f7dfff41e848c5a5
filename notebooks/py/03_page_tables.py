# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 03 · Page tables
#
# How the processor finds a page, what each bit of an entry says, and what happens when one of them is wrong.
#
# | | |
# |---|---|
# | **You will** | cut an address into indexes · follow a walk on x86-64 and on i386 · read an entry bit by bit, present or not · see a stale TLB entry at work · say what tables cost · compare with your own kernel |
# | **You need** | [01 · Address spaces and VMAs](01_address_spaces_and_vmas.ipynb) |
# | **It takes** | 45 minutes: the walk 9, bits 8, entries that are not present 8, TLB 6, play 5, cost 4, check yourself 5 |

# %% [markdown]
# ## What is, beside what may be
#
# A VMA says what *may* be at an address. The processor has never heard of VMAs. It knows one thing: a
# tree of **page tables** in memory, whose top is named by a register (`CR3` on x86). For each page the tree
# holds one **entry**, and the entry says which **frame**, a page-sized piece of physical memory, holds the page,
# and what may be done with it. What the entry says goes, whatever the VMA says.

# %%
from vmalab.trace.experiment import Experiment
from vmalab.uapi.mman import MADV_PAGEOUT
from vmalab.views import EntryState, page_table_walk, pte_compare, pte_strip
from vmalab.widgets import WalkExplorer, check, predict, reveal
from vmalab.workloads.bare_tables import bare_table, bare_walk
from vmalab.workloads.small_process import MEMORY, SEALED, small_process

PAGE, GIB = 4096, 1 << 30

# %%
predict("03.levels")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One walk
#
# A small process with a page at `0x10000000`. Follow the address from left to right. It is cut into pieces of
# nine bits. The first piece chooses an entry of the top table. That entry names the frame of the next table,
# where the second piece chooses an entry, and so on. The last twelve bits are never looked up: they are the
# byte in the page. (Linux calls the levels pgd, pud, pmd and pte: page global, upper and middle directory, and
# page-table entry.)

# %%
task = small_process()
page_table_walk(task.mm.pgtable.walk(MEMORY + 0x123))

# %%
reveal("03.levels")

# %% [markdown]
# A table is a page like any other: 4,096 bytes, which is 512 entries of 8 bytes, and nine bits choose
# one of 512. Four times nine and twelve make 48 bits of address. The upper half of them is the kernel's own, and so
# 2<sup>47</sup> are left to a process. (Since 4.14, 2017, Linux also knows a fifth level, for machines that need 57
# bits.)
#
# ## The same on i386
#
# The 32-bit processor of 1985 had entries of 4 bytes, so a table holds 1,024 of them. Ten bits and ten bits and
# twelve make 32: two levels are enough.

# %%
page_table_walk(bare_walk("i386", 0xBFFFF123))

# %% [markdown]
# Entries of 4 bytes have room for 20 bits of frame number, so for 4 GiB of memory and no more. **PAE** (Pentium
# Pro, 1995) made entries 8 bytes wide, for more memory. Now a table holds 512, nine bits choose one, and two bits
# are left over for a third, tiny table with four entries. A spare bit at the top became **NX**.

# %%
for arch in ("i386", "i386-pae", "x86_64"):
    cut = [f"{step.level} {step.index} ({step.index_bits} bits)" for step in bare_walk(arch, 0xBFFFF123).steps]
    print(arch.ljust(9), " · ".join(cut))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## An entry, bit by bit
#
# This is the last entry of the walk above. Besides the frame number it is a list of yes and no.

# %%
step = task.mm.pgtable.walk(MEMORY).steps[-1]
pte_strip(step.entry, step.bits, kind=step.kind)

# %% [markdown] slideshow={"slide_type": "subslide"}
# | bit | who writes it | what the processor does with it |
# |---|---|---|
# | PRESENT | kernel | clear: stop here and call the kernel, with a *page fault* |
# | RW | kernel | clear: a store faults |
# | USER | kernel | clear: any access by a program faults |
# | NX | kernel | set: an instruction fetch faults (with PAE or 64 bits) |
# | ACCESSED | **processor** | sets it on the first use |
# | DIRTY | **processor** | sets it on the first store |
# | GLOBAL | kernel | set: the TLB keeps the entry when the address space changes |
#
# Upper entries have RW, USER and NX too. An access must be allowed at *every* level.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## ACCESSED and DIRTY: the processor takes notes
#
# A fresh page, loaded from and then stored to. The load is answered with the one frame of zeros that all
# processes share, mapped read-only. The store faults and gets the process a frame of its own.
# (The frame of zeros is number 0 here, so no bit of its pfn is set.)

# %%
fresh = MEMORY + 2 * PAGE
task.load(fresh)
print("after a load: ", *task.mm.pgtable.walk(fresh).steps[-1].set_bits)
task.store(fresh)
print("after a store:", *task.mm.pgtable.walk(fresh).steps[-1].set_bits)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Entries that are not present

# %%
predict("03.absent")

# %%
for name, addr in [("written", MEMORY), ("never touched", MEMORY + 2 * PAGE), ("in swap", MEMORY + 3 * PAGE),
                   ("guard", MEMORY + 4 * PAGE), ("PROT_NONE", SEALED)]:
    last = small_process().mm.pgtable.walk(addr).steps[-1]
    print(f"{name:14} {last.entry:#018x}  {last.kind:9}", *last.set_bits)

# %%
reveal("03.absent")

# %% [markdown]
# - **nothing** (0): no page was ever here. The VMA decides what a fault is to bring.
# - **swap**: device and slot. Today's kernels store the slot inverted, so that a processor that guesses
#   ahead (the L1TF flaw, 2018) finds no address there.
# - **PROTNONE**: a page with data, which nobody may touch. The kernel marks it with a bit that the processor
#   ignores while PRESENT is clear: GLOBAL's.
# - **marker**: a swap entry of a device that cannot exist. One kind (6.13, January 2025) says *guard*: touching
#   it is SIGSEGV, and no VMA had to be split for it.
#
# What becomes of the bits when a page is swapped out? What the new entry has no room for is lost, unless
# the VMA can tell it again.

# %%
walks = [task.mm.pgtable.walk(MEMORY)]
task.madvise(MEMORY, PAGE, MADV_PAGEOUT)
walks.append(task.mm.pgtable.walk(MEMORY))
pte_compare(*[EntryState(last.entry, last.bits, last.kind) for last in (walk.steps[-1] for walk in walks)])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The TLB, and what it does not know
#
# Four reads of memory for each access would be unbearable, so the processor remembers the entries it used
# last: the **translation lookaside buffer**. It does not watch the tables.

# %%
predict("03.stale")

# %%
trial = Experiment(small_process(), MEMORY)
print(trial.touch("write").sentence)
print(trial.flip(1).sentence)
print(trial.touch("write").sentence)
print(trial.flush().sentence)
print(trial.touch("write").sentence)

# %%
reveal("03.stale")

# %% [markdown]
# The last store faulted. The kernel asked the VMA, found that the page may be written to and is nobody
# else's, and made the entry writable again. The program noticed nothing.
#
# > **A common misconception**: *"When the kernel changes a page table, the change is in force."* It is in force
# > on the next walk. Until the TLB is flushed, on *every* processor that runs the process, the old entry goes
# > on. That is why `munmap` and `mprotect` may have to interrupt other processors, and why a forgotten flush
# > is a security hole.
#
# ## Play: the WalkExplorer
#
# Click a page, or type an address. **Load**, **Store** and **Fetch** touch it. The bits below belong to the entry;
# click one to flip it in memory. Nothing can go wrong: you break a copy, and **Put it back** drops it.
#
# - Flip RW, store, flush the TLB, store again.
# - Flip bit 12 of the last entry, flush, and load. Whose page do you read?
# - Clear USER, flush, load. The kernel is called and cannot help: why? (A load from a page that is
#   *present* is never a debt that the kernel could pay.)
# - Choose the *pmd* entry and clear RW there. Which pages of the process are hit?

# %%
WalkExplorer()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What tables cost

# %%
predict("03.cost")

# %%
layouts = {
    "1 page of a GiB": [GIB],
    "1 page in each of 2 GiB": [GIB, 2 * GIB],
    "512 pages in a row": range(GIB, GIB + 512 * PAGE, PAGE),
    "all pages of a GiB": range(GIB, 2 * GIB, PAGE),
    "1 page in each of 256 GiB": range(0, 256 * GIB, GIB),
}
for name, addrs in layouts.items():
    tables = bare_table("x86_64", addrs=addrs).nr_tables
    print(f"{name:26} {tables:4} tables, {4 * tables:5} KiB, for {4 * len(addrs):7} KiB of pages")

# %%
reveal("03.cost")

# %% [markdown]
# Pages close together share tables. Where all pages are in use, tables cost two thousandths of what they serve.
# Far apart, they can cost more than the pages. The kernel counts them: `VmPTE` in `/proc/PID/status`.
#
# ## Your own kernel
#
# No program may read its page tables, but Linux tells a part of them in `/proc/self/pagemap`: 64 bits a page,
# *not* the hardware's entry but a report about it. Frame numbers are shown to root only. Four fresh pages of this
# very process; the first is stored to, the second loaded from.

# %% tags=["nbval-ignore-output"]
from vmalab.widgets.pagemap import tell_pagemap

tell_pagemap()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("03.index")

# %%
check("03.protnone")

# %%
check("03.dirty")

# %%
check("03.sparse")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **ACCESSED, DIRTY** | bits of an entry that the processor sets: the page was used, was written to |
# | **entry** | a page's line in a page table (PTE): the frame, and what may be done with it |
# | **frame** | a page of physical memory; its number is the pfn |
# | **marker** | an entry that looks like swap and names no device: a note of the kernel's |
# | **NX** | the bit that forbids running code from a page; i386 without PAE has none |
# | **PAE** | i386 with entries of 8 bytes and three levels of tables, for more than 4 GiB |
# | **page table** | the tree of tables that the processor walks to turn an address into a frame |
# | **PROTNONE** | an entry with a page that nobody may touch |
# | **TLB** | the processor's memory of entries it has used; it does not watch the tables |
#
# ## What to read next
#
# - [Exercises 03](../exercises/03_page_tables.ipynb): cut addresses, decode entries, be the processor.
# - [04 · Faults and swap](04_faults_and_swap.ipynb): who fills the entries, who empties them, and what an empty
#   one remembers.
# - In the model: `vmalab/arch/i386.py` (a layout as data), `vmalab/arch/pgtable.py` (the walk),
#   `vmalab/arch/mmu.py` (what a processor does for each load and store).
#
# **Sources.** Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, chapter 4 (paging and TLB).
# Linux 6.18 (30 November 2025): `arch/x86/include/asm/pgtable_types.h`, `pgtable_64.h`, `pgtable-invert.h`,
# `include/linux/swapops.h`, `mm/memory.c`, `fs/proc/task_mmu.c`; `Documentation/admin-guide/mm/pagemap.rst`,
# `Documentation/arch/x86/x86_64/5level-paging.rst`.
# Linux 2.6.18 (20 September 2006): `include/asm-i386/pgtable-2level.h`, `pgtable-3level.h`.
