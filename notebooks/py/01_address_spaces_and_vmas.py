# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 01 · Address spaces and VMAs
#
# What a process may touch, how the kernel writes it down, and the four calls that change it.
#
# | | |
# |---|---|
# | **You will** | read your own `/proc/self/maps` · name every part of a VMA · predict what `mmap`, `munmap`, `mprotect` and `mremap` do to VMAs · read a refusal and know whose check it was |
# | **You need** | [00 · Start here](00_start_here.ipynb) |
# | **It takes** | 45 minutes: address spaces 8, anatomy of a VMA 14, the four calls 15, check yourself 8 |

# %% [markdown]
# ## A list of what is allowed
#
# Every process has an *address space*: all the addresses it could name, 2<sup>47</sup> of them on x86-64 with
# four levels of page tables. Almost all lead nowhere. The kernel keeps a short list of the ranges that lead
# somewhere, and for each range it keeps one record that says what is behind it and what may be done
# there. The record is `struct vm_area_struct`, a **VMA**; the list hangs from `struct mm_struct`.
#
# So the address space is described twice. The **VMAs** say what *should* be there. The **page tables**, which
# the processor reads, say what *is* there right now. When the processor finds no entry, it asks the
# kernel, and the kernel asks the VMAs.

# %%
from vmalab.kernel import Kernel
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE
from vmalab.views import address_space
from vmalab.widgets import Stepper, ask_both, check, draw, predict, reveal

PAGE = 4096

# %%
predict("01.lookup")

# %%
reveal("01.lookup")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your own address space
#
# This notebook's Python is a process too. On Linux its VMAs stand in `/proc/self/maps`. Run the cell and look
# for the program itself, its libraries, `[heap]` and `[stack]`.

# %% tags=["nbval-ignore-output"]
from pathlib import Path

maps = Path("/proc/self/maps")
lines = maps.read_text().splitlines() if maps.exists() else []
print(*lines[:6], "...", *lines[-6:], sep="\n")
print(len(lines), "VMAs" if lines else "VMAs: there is no /proc here, so use the process below")

# %% [markdown]
# So many lines, and yet five library mappings in a row look much alike: `r--p`, `r-xp`,
# `r--p`, `r--p`, `rw-p`. A shared library is one file, mapped in pieces that need different permissions. Each piece
# needs a VMA of its own, because **all pages of a VMA have the same permissions and the same backing**. That
# sentence explains most of this course. (The two `r--p` in a row are told apart by something that `maps` does not
# print: lesson 02. And `[vsyscall]`, above 2<sup>47</sup>, is a page of the kernel's that every process sees.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A small address space to look at
#
# Three mappings of different kinds, made in the model.

# %%
task = Kernel("linux-6").spawn()
f0 = task.memfd("f0", 64)  # a file of 64 pages, which lives in memory only
private = task.mmap(None, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
book = task.mmap(None, 3 * PAGE, PROT_READ, MAP_PRIVATE, f0, 2 * PAGE)
shared = task.mmap(None, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)
address_space(task.snapshot())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Anatomy of a VMA
#
# ```
# vm_start ── vm_end     the range: addresses vm_start <= a < vm_end, whole pages
# vm_flags               what may be done, and how the kernel should behave
# vm_file, vm_pgoff      what is behind it, and from which page on
# vm_ops                 the table of operations: how the backing fills a page
# anon_vma               the way back from a private page to its VMAs
# vm_mm, the tree …      bookkeeping: whose it is, and how it is found
# ```
#
# Let us take them one by one. The model's `VmArea` has the same fields under the same names.

# %%
for vma in task.mm.tree:
    print(f"{vma.vm_start:#x}-{vma.vm_end:#x}  flags {vma.vm_flags:#08x}  pgoff {vma.vm_pgoff:#x}")
for row in task.snapshot().vmas:
    print(row.perms, row.backing.ljust(5), *row.flags)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The range
#
# `vm_start` is the first byte and `vm_end` the first byte *after* the last. Half-open ranges have two
# advantages: the size is a subtraction, and neighbours touch exactly when one's end is the other's start.
# Both ends lie on page boundaries, always.
#
# ### Permissions: what is, and what may become
#
# `vm_flags` holds two sets of permissions. `VM_READ`, `VM_WRITE` and `VM_EXEC` are in force now, and
# `maps` prints them. `VM_MAYREAD`, `VM_MAYWRITE` and `VM_MAYEXEC` are limits: what `mprotect` may ever switch
# on. They are fixed at `mmap` time, from how the file was opened. `smaps` prints all flags with two
# letters each, as the cell above does: `rd wr` are in force, `mr mw me` are the limits.
#
# The fourth letter of `maps`, `p` or `s`, is `VM_MAYSHARE`. Other flags say *how*: `VM_LOCKED` (`lo`) keeps
# pages in memory, `VM_GROWSDOWN` (`gd`) makes a stack, `VM_DONTCOPY` (`dc`) keeps the VMA out of forked
# children, `VM_ACCOUNT` (`ac`) counts it against what the machine can promise.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Backing and offset
#
# `vm_file` is the open file, or nothing for private anonymous memory. `vm_pgoff` counts *pages* from the
# beginning of the file to the VMA's first page; `maps` prints it in bytes. Any address then has its page of
# the file:
#
# ```
#           vm_start            addr
#              |------------------#---------|
#    file   vm_pgoff           vm_pgoff + (addr - vm_start) / 4096
# ```
#
# Private anonymous memory has no file, but it has a `vm_pgoff` all the same: the page number of the address
# where it was first mapped. It looks useless, and it will be the key to a puzzle in the next lesson.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The table of operations: `vm_ops`
#
# How is a page of this VMA filled? It depends on what is behind it, so the VMA carries a pointer to a table
# of functions, which the file system or driver provided at `mmap` time (`struct vm_operations_struct` in
# `include/linux/mm.h`). It is how C does what a class with overridden methods does in Python.
#
# | operation | is called when | who needs it |
# |---|---|---|
# | `open` | the VMA was copied, by `fork` or a split | drivers that count their users |
# | `close` | the VMA goes away | the same; it also restricts merging (lesson 02) |
# | `fault` | a page is touched that has no entry | every file system: *bring me this page* |
# | `map_pages` | the same, for pages around it that are in memory already | page-cache files: fewer faults |
# | `page_mkwrite` | a read-only page of a shared mapping is about to be written to | file systems that must reserve space first |
# | `may_split` | the VMA is about to be cut | huge pages, devices: may say no |
# | `mremap` | the VMA was moved | those that remember addresses |
# | `mprotect` | permissions are about to change | SGX enclaves: may say no |
# | `access` | a debugger reads memory that has no ordinary pages | device memory |
# | `name` | `maps` wants a name for it | `[vvar]` and the like |
# | `set_policy`, `get_policy` | a NUMA policy is set or asked for | shared memory |
#
# The *page cache* is met in lesson 04; NUMA, SGX and device memory play no part in this course.
#
# Private anonymous memory has none: `vm_ops` is `NULL`, and that is how the kernel recognises it. A disk file
# and a piece of shared memory differ in little else than this table.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The rest of its bookkeeping
#
# | field | what it is for |
# |---|---|
# | `vm_mm` | the address space it belongs to |
# | its place in the tree | since 6.1 (December 2022) VMAs live in a *maple tree* of ranges, and need no link fields for it; before, each had a node of a red-black tree (`vm_rb`) and pointers to its neighbours |
# | `anon_vma`, `anon_vma_chain` | from a private page back to the VMAs that may map it; made at the first private write |
# | `shared.rb` | its node in the file's own tree, from a page of the file back to its VMAs |
# | `vm_page_prot` | the permissions, translated into bits of a page-table entry |
# | `vm_private_data` | for whoever provided `vm_ops` |
# | `vm_policy` | on NUMA machines: which node new pages come from |
# | `vm_userfaultfd_ctx` | when a page fault is to be answered by a program |
#
# Adding it up, a VMA takes 192 bytes on the 6.18 kernel that this model was checked with, and its share
# of the maple tree another 45 or so. A process may have 65,530 of them, unless the machine's owner has
# changed `vm.max_map_count`.
#
# > **A common misconception**: *"A VMA is memory."* It is a description, and it costs the same for one page as
# > for a million. A process can have a VMA of a terabyte and use no memory at all. Memory is used by pages,
# > and pages arrive one fault at a time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## mmap: a new range
#
# `mmap` finds room (or is told where: `fixed`), clears what lies there, and then either makes a VMA or lets a
# neighbour grow over the range. Two neighbours that nothing tells apart are not kept apart.

# %%
draw("""
mmap 0 2 rw private,anon,fixed
mmap 5 3 r private,fixed f0 0
mmap 2 2 rw private,anon,fixed
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## mprotect: other permissions
#
# One VMA, one set of permissions. So what if only a part is to change?

# %%
predict("01.mprotect")

# %%
draw("""
mmap 0 6 rw private,anon,fixed
mprotect 2 2 r
""")

# %%
reveal("01.mprotect")

# %% [markdown] slideshow={"slide_type": "slide"}
# One VMA became three. No page was copied and no data moved. (The middle piece lost `ac` with its right to
# write; lesson 02 says why.) This is a **split**, and
# the next lesson is about little else.
#
# ## munmap and mprotect meet a hole
#
# What if a range is not mapped all through? The two calls disagree, and each has a reason.

# %%
predict("01.mprotect-hole")

# %%
draw("""
mmap 0 2 rw private,anon,fixed
mmap 4 2 rw private,anon,fixed
mprotect 0 6 r
""")

# %%
reveal("01.mprotect-hole")

# %% [markdown] slideshow={"slide_type": "slide"}
# `mprotect` works VMA by VMA from below, and stops where it cannot go on. So an error number does not mean
# that nothing happened. `munmap` has an easier life: it promises that nothing is mapped afterwards, and where
# nothing is, there is nothing to do.
#
# ## mremap: grow, shrink, move
#
# `mremap` resizes a mapping, and moves it if it must and may. The pages move with it without being copied:
# only their entries in the page tables are carried over. So growing a buffer of a gigabyte this way costs
# little. (`seq 1 16 hole` in the next cell asks for a window of 16 empty pages instead of 24.)

# %%
draw("""
seq 1 16 hole
mmap 0 4 rw private,anon,fixed
write 1 7
mmap 4 1 r private,anon,fixed
mremap 0 4 6 maymove
""")

# %% [markdown]
# ## Play
#
# The four calls in one program. Go through it event by event. Twice a VMA grows by `mremap`: why does one stay
# where it is, and the other move? Then edit: take the `mprotect` line out and see what becomes of both.

# %%
Stepper("four-calls")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Refusals have reasons
#
# Linux has few error numbers and many reasons. `EINVAL` alone stands five times in this list. The model keeps them
# apart: every refusal has a *because* of its own, and names the function of the kernel that checked. Go down the
# list and read them. Then let your own kernel answer the same calls; it will not say why.

# %%
Stepper("refusals", at=2)

# %% tags=["nbval-ignore-output"]
ask_both("refusals")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("01.munmap-hole")

# %%
check("01.offset")

# %%
check("01.ops")

# %%
check("01.perms")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **address space** | all addresses that a process can name, and the list of those that lead somewhere |
# | **backing** | what fills the pages of a VMA: a file, shared memory, or nothing but zeros |
# | **mremap** | the call that makes a mapping longer or shorter, or moves it, pages and all |
# | **split** | one VMA becomes two, because a part is to differ from the rest |
# | **vm_flags** | what may be done with a VMA, what may ever be allowed, and how the kernel is to behave |
# | **vm_ops** | a VMA's table of functions: how its backing fills a page |
# | **vm_pgoff** | which page of the file a VMA begins with; memory without a file has one too |
#
# ## What to read next
#
# - [Exercises 01](../exercises/01_address_spaces.ipynb): write the maps, write the errno, and be `find_vma` yourself.
# - [02 · Split and merge](02_split_and_merge.ipynb): every way in which VMAs are cut and joined, and why some
#   stay apart.
# - In the model: `vmalab/mm/vma.py` (the record), `vmalab/mm/mmap.py` (the call), `vmalab/mm/mprotect.py`.
#
# **Sources.** Linux 6.18 (30 November 2025): `include/linux/mm_types.h` (`struct vm_area_struct`),
# `include/linux/mm.h` (`struct vm_operations_struct`, the `VM_*` flags), `mm/vma.c`, `mm/mprotect.c`,
# `mm/mremap.c`, `Documentation/admin-guide/sysctl/vm.rst` (`max_map_count`). Manual pages mmap(2), mprotect(2),
# mremap(2). The sizes were measured in `/proc/slabinfo` of a 6.18.44 kernel with a million VMAs: 241 bytes each,
# all told.
