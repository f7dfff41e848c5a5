# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 09 · Verdict and afterlife
#
# Why the patch of 2006 was not merged, what Linux did about its problem instead, and what you would have said.
#
# | | |
# |---|---|
# | **You will** | hear four petitioners and say whom the patch helped · say what became of `remap_file_pages` · count what finding a VMA costs, from the list to the maple tree · put up a thousand guards without a VMA · argue for one side on the mailing list, with figures |
# | **You need** | [02 · Split and merge](02_split_and_merge.ipynb), [05 · remap_file_pages](05_remap_file_pages.ipynb) and [08 · The many-prots patch](08_the_many_prots_patch.ipynb) |
# | **It takes** | 45 minutes: the hearing 10, the foundation 7, finding a VMA 11, guards 6, your turn on the list 6, check yourself 5 |

# %% [markdown]
# ## The hearing
#
# A patch is not merged because it is clever. It is merged because somebody needs it, nobody is hurt by it, and
# somebody will look after it. So let us hear those who needed this one. In 2006 there were four:
#
# - **User-mode Linux**: each page of a guest is a page of one file, with rights of its own. Up to one VMA a page.
# - **Databases**: a small window on a huge file. They had `remap_file_pages` since 2002.
# - **Shared libraries**: up to five VMAs each, most of them for rights alone (Ulrich Drepper, 6 May 2006).
# - **Thread stacks**: a guard page each, so two VMAs a thread (the same mail): a thousand threads, 2,000 VMAs.

# %%
from vmalab.kernel import Kernel
from vmalab.trace.capture import run_program
from vmalab.widgets import CompareKernels, check, predict, reveal
from vmalab.widgets.own_kernel import ask_kernel
from vmalab.widgets.pictures import to_program
from vmalab.workloads.petitions import PETITIONS, granted

V4, PRIVATE = "linux-2.6-manyprots-v4", "linux-2.6-manyprots-private"

# %%
predict("09.who")

# %% [markdown]
# Each petition is a small program in two forms: the calls that there were, and the calls that were hoped for. A
# number is how many VMAs it ends with.

# %%
print(f"{'':33}had   hoped for, on  2.6      V4  private       6")
for one in PETITIONS.values():
    had = granted(one.had, "linux-2.6")
    answers = [f"{granted(one.hoped, kernel):>8}" for kernel in ("linux-2.6", V4, PRIVATE, "linux-6")]
    print(f"{one.who:33}{had:3}{'':13}", *answers)

# %%
reveal("09.who")

# %% [markdown] slideshow={"slide_type": "slide"}
# *private* is the kernel that never existed (lesson 06): it gives everybody what they hoped for. What was posted
# gives it to the first row.
#
# And here is the order in which things were said:
#
# | when | what happened |
# |---|---|
# | April 2004 | Ingo Molnar's own first patch is dropped: it "clashed with objrmap which has priority" (object-based reverse mapping). It also forgot the rights at swap-out. |
# | August 2005 | Blaisorblade posts it again, as 39 mails at once. David Miller objects to that; Andi Kleen would keep the whole call in its corner, an Oracle hack. |
# | September 2005 | Hugh Dickins reviews it: names, a race, and what `mprotect` should mean. |
# | 30 April 2006 | The fourteen parts. Molnar (2 May): UML's context switches in half the time or less. |
# | May 2006 | Nick Piggin: more work on the common paths; why not mend the data structure instead? Yet, for UML: "I'd love to see this get in". |
# | 28 August 2006 | Andrew Morton on V4: "too fresh", with too much left to do; "I'll await version 5 … Please persist". |
# | 7 March 2007 | Morton is "rather regretting having merged" nonlinear areas at all. Molnar: one could emulate them. |
# | 31 March 2007 | Eleven parts. No answer that we could find, and no posting after it. |
#
# Nowhere does it say *no*.

# %% [markdown]
# > **A common misconception**: *"The maintainers rejected it because it was buggy."* It was (lesson 08), but nobody
# > had noticed. Review asked about cost, meaning and users. The bugs came to light when the series was booted, for this
# > course.
#
# ## The foundation gives way
#
# The series stood on nonlinear areas. In those same months they fell from favour, and for reasons of their own:
# reclaim had to *search* them, which one program could use to keep a machine busy; truncation raced with them; and
# from 2.6.19 on the kernel counted dirty pages by write-protecting them, which needs to know where each page is mapped.
#
# Molnar's remark of March 2007 came true in April 2015. In Linux 4.0 `remap_file_pages` checks its arguments and calls
# `mmap`.

# %%
predict("09.emulated")

# %% slideshow={"slide_type": "slide"}
reverse = "\n".join(["mmap 0 8 rw shared,fixed f0 0", *[f"remap {page} 1 none {7 - page}" for page in range(8)]])
for kernel in ("linux-2.6", "linux-6"):
    steps = run_program(to_program(reverse + "\ncontents"), kernel).steps
    print(f"{kernel:10} shows {steps[-1].result}, with VMAs:", *[step.after.map_count for step in steps[:-1]])
reveal("09.emulated")

# %% [markdown]
# The same program, the same answer, another price. The commit names it: a file of 4 GiB turned round page by page took
# 23.3 seconds before and 43.9 after. For that price a bit came free in every page-table entry, and code for nonlinear
# areas went from the hot paths: faults, reclaim, truncation, fork. No program was found that minded.
#
# That is a pattern worth knowing. **The interface is kept, the mechanism is not.**

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Finding a VMA
#
# Behind everything stood one fear: that a process with many VMAs is slow, because each fault must find the right one.
# Piggin's answer was: then make finding faster. A hundred thousand VMAs, he wrote on 7 May 2006, cost three times
# what forty cost, for a tree has few levels. Let us count.

# %%
predict("09.steps")

# %%
from random import Random

from vmalab.workloads.lookup import STRUCTURES, Area
from vmalab.workloads.lookup.compare import areas_of, count_steps

print("nodes read on average ", *[f"{name:>12}" for name in STRUCTURES])
for vmas in (40, 400, 4_000, 10_000):
    areas = [Area(2 * page, 2 * page + 1) for page in range(vmas)]
    touched = [area.start for area in Random(9).choices(areas, k=200)]
    print(f"{vmas:10,} VMAs       ", *[f"{row.average:12.1f}" for row in count_steps(areas, touched)])

# %%
reveal("09.steps")

# %% [markdown] slideshow={"slide_type": "slide"}
# Each structure holds the same areas and answers the same question: `find_vma(addr)`, *the first area that ends after
# this address*. They are in `vmalab/workloads/lookup`, to be read side by side.
#
# | | until | how |
# |---|---|---|
# | list | 2.4.9 (2001), for small spaces | from the lowest VMA upwards |
# | red-black tree | 6.0 (2022) | a binary tree; the VMA *is* the node, and each step may be a cache miss |
# | `mmap_cache` | 3.14 (2014) | the VMA found last is asked first |
# | `vmacache` | 6.0 (2022) | the same, four for each thread (not built here) |
# | **maple tree** | today, since 6.1 (December 2022) | nodes of 256 bytes: 16 ranges in a leaf, 10 ways above; a hole is a range too |
#
# The cache costs a step when it misses. How often that is depends on the program: Piggin measured hits for 47.5 % of
# look-ups while a machine boots, and for 8.9 % with ebizzy, a program that touches its memory at random. He tried four
# slots a thread in May 2006: 64.6 % of hits, and the program ran 0.5 % shorter.

# %% [markdown]
# Now a real address space, of the model: six thread stacks with their guards, as the kernel of 2006 keeps them.

# %%
PAGE = 4096
task = Kernel("linux-2.6").spawn()
for number in range(6):
    stack = task.mmap(0x40000000 + number * 16 * PAGE, 16 * PAGE, 3, 0x32)  # private, anonymous, fixed
    task.mprotect(stack, PAGE, 0)
for row in count_steps(areas_of(task.mm.tree), range(0x40000000, 0x40060000, PAGE)):
    print(f"{row.structure:12} {row.average:5.1f} on average, {row.most:3} at most")

# %% [markdown] slideshow={"slide_type": "slide"}
# Twelve VMAs and two holes fit into one leaf. That is why nobody can feel the difference in an ordinary process.
#
# And the real thing? `find_vma` on 6.18, asked through an ioctl from C, in microseconds:

# %%
from vmalab.workloads.costs import MICROSECONDS, SIZES

for vmas, took in zip(SIZES, MICROSECONDS["find_vma"], strict=True):
    print(f"{vmas:10,} VMAs   {took:.2f} µs")

# %% [markdown]
# A million VMAs make it twice as slow, hardly more. Piggin was right about *time*. (Table measured on 6.18.44, a
# virtual machine on an AMD EPYC, medians.)
#
# *Memory* is another matter: the same million takes 241 MB, 192 bytes a VMA, 45 in maple nodes, and a little lost between.
# The page table of the same pages takes 8 bytes each. So for its guests UML pays thirty times as much for VMAs as for
# page tables, to this day.
#
# Nor was the maple tree made for speed alone. It was made for **locks**. A red-black tree is turned in place; a maple
# node is replaced by a new one, so that a reader may walk the tree while a writer works (RCU). Since 6.4 (June 2023) a
# page fault needs no lock on the whole address space: it walks, and locks the one VMA it finds (anonymous ones at first).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Guards
#
# In May 2006 Piggin also wrote that guard pages would be simple to have by a flag. It took eighteen years and became
# simpler still: an *entry*. `MADV_GUARD_INSTALL` came with 6.13 (January 2025) for anonymous memory, and with 6.15 for
# files.

# %%
predict("09.guards")

# %%
from vmalab.workloads.stacks import make_stacks

for kernel, policy in (("linux-2.6", "mprotect"), ("linux-6", "mprotect"), ("linux-6", "guard")):
    made = make_stacks(Kernel(kernel), policy, threads=1000)
    print(f"{kernel:10} {policy:9} VMAs: {made.vmas:5,}, overruns caught: {made.guarded:,}")
reveal("09.guards")

# %% [markdown]
# Is it the patch of 2006 come back? Look at what it left out. *One* right, so no bits to find in the entry. No other page
# of the file, so reclaim needs no search. No `mprotect` puzzle: a guard stays until it is removed. And whoever makes
# threads or heaps can use it.
#
# The price that is left is the reviewers' old one: `maps` does not show it. So `pagemap` got a bit for it, and on the
# newest kernels `smaps` says `gu`, *there may be guards here*.

# %% tags=["nbval-ignore-output"]
ask_kernel("guards")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play: a petition before five kernels
#
# Here is the guest's petition. Find the call at which each kernel says no, and read why. Then edit: what is the smallest
# change with which the *plain* kernel grants it? And the library's petition, `PETITIONS["library"].hoped`?

# %%
CompareKernels(PETITIONS["guest"].hoped, ("linux-2.6", "linux-2.6-manyprots-2006-04", V4, PRIVATE, "linux-6"))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your turn on the list
#
# It is May 2006, and you have read the fourteen parts. Choose a side, and write ten lines. On the list a claim without
# a figure is an opinion; here is where the figures are.
#
# | side | its best argument | where you can measure it |
# |---|---|---|
# | **merge it** | 32,768 VMAs become one, for the one user that has them | `vmalab uml --policy both` |
# | **fold it** into nonlinear areas, with no flag of its own | one special case less | the overrides in `vmalab/generations/manyprots`: which could go? |
# | **mend the structure** | look-ups cost a logarithm, and everybody gains | the table of steps above |
# | **guards only** | most who ask want one right, *none* | `make_stacks`, above |
# | **let UML wait** | processors learn to run guests themselves | nothing in this course; you would have had to guess |
#
# Before you write, put one question to your own side: *who pays, on every fault, and did you measure it?*

# %% [markdown]
# <details><summary>Three letters, to compare with yours</summary>
#
# **For.** "Where there is no such area, the price is the test of one flag. I ran a guest of 4,096 pages both ways
# (`vmalab uml --pages 4096 --policy both`): 4,158 VMAs in its process, or 3. I would take it for shared memory
# only, say so in the documentation, and let `mprotect` fail until somebody needs it."
#
# **Against.** "Of four petitions it grants one. It adds a second judge to the fault: entries say one thing, VMAs
# another, and in lesson 08 the two disagree for ever. Show me the test that makes an area nonlinear *before* it gives
# rights."
#
# **Something else.** "Most of the 2,000 VMAs of a threaded program are guards. A guard needs one kind of entry and no
# rights. I can do that without nonlinear areas, without `mprotect`, and for private memory too. It leaves UML where it
# is, and I say so."
#
# Each of them is defensible, and each leaves somebody out. Did yours say whom?
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("09.merged")

# %%
check("09.limit")

# %%
check("09.maple")

# %%
check("09.gone")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **emulation** | keeping a system call's promise by other means: `remap_file_pages` since 4.0, by `mmap` |
# | **maple tree** | a B-tree of ranges, nodes of 256 bytes, in which Linux has kept VMAs since 6.1 |
# | **mmap_cache** | the VMA found last, asked first; later four for each thread (`vmacache`); gone since 6.1 |
# | **RCU** | read, copy, update: readers take no lock, writers replace what they change and free the old when no reader is left |
# | **red-black tree** | a balanced binary tree; from 2.4.10 to 6.0 it held the VMAs of an address space |
#
# ## What to read next
#
# - [10 · Your own kernel](10_your_own_kernel.ipynb): put questions of your own to the kernel you are sitting at.
# - In the model: `vmalab/workloads/lookup` (four structures, one question), `vmalab/workloads/petitions.py`.
#
# **Sources.** Mails to linux-kernel: Ingo Molnar (22 April 2004; 2 May 2006; 7 March 2007), Blaisorblade (12 August
# 2005; 30 April and 26 August 2006; 31 March 2007), Hugh Dickins (September 2005), Ulrich Drepper (6 May 2006), Nick
# Piggin (2 to 13 May 2006), Andrew Morton (28 August 2006; 7 March 2007). Commits: c8d78c1823f4 (emulation, 4.0,
# 2015), 615d6e8756c8 (vmacache, 3.15, 2014), be8432e7166e (find_vma by maple tree, 6 September 2022). Linux 6.18 (30
# November 2025): `lib/maple_tree.c`, `mm/madvise.c`, `Documentation/mm/process_addrs.rst`. Manual page madvise(2). Times and
# bytes on 6.18: measured on 6.18.44, a virtual machine, 2026.
