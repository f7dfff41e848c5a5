# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 08 · The many-prots patch
#
# One area, many protections: a patch of 2006 that was nearly right, and what became of the idea.
#
# | | |
# |---|---|
# | **You will** | give single pages rights without a VMA of their own · say who is asked at each kind of fault · follow rights through swap-out, bit by bit · see the bugs that the posted code had · weigh what mprotect should do there · know what came after |
# | **You need** | [03 · Page tables](03_page_tables.ipynb) and [05 · remap_file_pages](05_remap_file_pages.ipynb) |
# | **It takes** | 45 minutes: why and how 12, swap-out 10, bugs 10, mprotect 4, afterwards 4, check yourself 5 |

# %% [markdown]
# ## Why
#
# **User-mode Linux** runs a whole Linux as a process. Its memory is one file. Every page of every guest process
# is a page of that file, mapped somewhere with some rights, so the host needs up to one VMA *a page*. "The
# UML design is still somewhat of a toy" without something better, wrote Ingo Molnar on 2 May 2006. With it, he
# measured, context switches took half the time or less, and processes were created ten times as fast.
#
# **Libraries** were the hope of others. Ulrich Drepper (6 May 2006) counted up to five VMAs for each shared library,
# many of them for the sake of rights alone.
#
# `remap_file_pages` has an argument `prot`. It had to be 0. Molnar's first patch to make it work is of March
# 2004. Blaisorblade (Paolo Giarrusso) took it over and posted it again and again, on 30 April 2006 in
# fourteen parts, which LWN wrote about, and in August as *RFP-V4*. There a flag of its own, `MAP_CHGPROT`, says that
# `prot` is meant, even where it is 0: *no rights*.

# %%
from vmalab.arch.formats import pte_format
from vmalab.trace.capture import run_program
from vmalab.trace.swap_trip import swap_trip
from vmalab.views import pte_trip, rights_grid
from vmalab.widgets import CompareKernels, RemapBoard, ask_both, check, predict, reveal, shown_pages, side_by_side
from vmalab.widgets.pictures import to_program
from vmalab.workloads import the_test_of_2006 as historical

PLAIN, APRIL, V4 = "linux-2.6", "linux-2.6-manyprots-2006-04", "linux-2.6-manyprots-v4"
INTENDED = V4 + ":as-intended"

# %%
predict("08.vmas")

# %%
split = "mmap 0 8 rw shared,fixed f0 0\n" + "\n".join(f"mprotect {page} 1 r" for page in (0, 2, 4, 6))
whole = "mmap 0 8 rw shared,fixed f0 0\n" + "\n".join(f"remap {page} 1 r {page} chgprot" for page in (0, 2, 4, 6))
for name, program in ("mprotect", split), ("MAP_CHGPROT", whole):
    run = run_program(to_program(program + "\nprobe 0 8"), V4)
    print(f"{name:12} VMAs: {run.steps[-1].after.map_count}; read and write of each page: {run.steps[-1].result}")
reveal("08.vmas")

# %% [markdown] slideshow={"slide_type": "slide"}
# (`o` is fine, `a` is SIGSEGV; the first letter is the read, the second the write.)
#
# ## How
#
# "You start with a dark sky, then insert the stars one by one." So Hugh Dickins described how UML was to use it: one
# window over all of a guest process, PROT_NONE, and every page of it remapped when it is first touched. Here are three
# stars; two of them are the same page of the file, with different rights.

# %%
stars = """
mmap 0 8 none shared,fixed f0 0
remap 1 1 rw 40 chgprot
remap 4 1 rw 17 chgprot
remap 6 1 r 17 chgprot
"""
shown_pages(stars, on=V4)

# %% [markdown]
# The fourteen parts of 30 April 2006, hunk by hunk. The model has one override for each that changes behaviour, in
# `vmalab/generations/manyprots`; its docstring names the part.
#
# | part | where | what it does | in the model |
# |---|---|---|---|
# | 02, 05, 06 | `mm/fremap.c` | `MAP_CHGPROT`: take rights, check them against what the file allows (EPERM), and mark the VMA `VM_MANYPROTS` (`mp`) | `remap_file_pages` |
# | 12 | `mm/fremap.c` | many rights make an area nonlinear too, so that its entries are looked after | the same |
# | 08 | `arch/*/mm/fault.c` | **who is asked at a fault**: not the VMA any more … | `page_fault_access` |
# | 09 | `mm/memory.c` | … but the entry, if there is one | `handle_mm_fault` |
# | 03 | `mm/memory.c`, `mm/rmap.c` | **what a note remembers**: rights, beside the page of the file | `pte_left_behind`, `pte_to_pgprot` |
# | 13, 11 | `pgtable.h` | in which bits; and which entries count as present | `pte_bits` |
# | 10 | `get_user_pages` | the same when the kernel touches pages for a program | `faultin_page` |
# | 04 | `mm/mprotect.c` | `mprotect` refuses | `mprotect` |
# | 01, 07, 14 | | a comment; `MAP_POPULATE` of private mappings; UML's own handler | |

# %%
predict("08.fault")

# %%
display(side_by_side(stars + "write 1 7\nwrite 0 7\nread 6\nwrite 6 7", PLAIN, V4))
reveal("08.fault")

# %% [markdown] slideshow={"slide_type": "slide"}
# So at a fault the kernel looks at the entry first:
#
# | the entry is | who decides | then |
# |---|---|---|
# | present, or PROT_NONE | **the entry** | not enough: SIGSEGV. Enough: somebody else was faster, go on |
# | a note | nobody yet | the page is read in with the noted rights, and the access tried again |
# | empty, or in swap | the VMA's usual protection | not enough: SIGSEGV. Else as ever |
#
# The second row is elegant: a wrong access to a note costs one more fault, and then the first row catches it.
#
# ## The tricky part: swap-out
#
# Everywhere else a page that leaves may forget its rights, because its VMA knows them. Here only the entry
# does. Molnar's patch of 2004 did not cope with that, and Blaisorblade's did.

# %%
predict("08.bits")

# %% slideshow={"slide_type": "slide"}
display(pte_trip(swap_trip(V4, "i386", "r")))
reveal("08.bits")

# %% [markdown]
# Read *when* a note must be written. The plain kernel asks: is it another page than the VMA computes? The patch asks:
# another page, **or other rights**?
#
# Each bit for rights is one fewer for the page's number, as the next cell shows.
#
# In April *no access* was bit 7. But with PRESENT clear bit 7 is PROTNONE: *a page is attached*. A note with it looked
# like a page in memory. Part 11 taught the kernel to look at bit 6 as well: file, so no page. And bit 6 of an entry
# with a page is DIRTY! Read the second of the next cells slowly. There is no file, no remap, nothing that has to do with the patch:

# %%
for bits in ("plain", "2006-04", "v4"):
    fmt = pte_format("i386", bits)
    none = fmt.saved.no_access.bit_length() - 1 if fmt.saved else "-"
    left = fmt.file_max_bits
    print(f"{bits:8} no access: bit {none}   bits of number: {left}   largest file: {2 ** left * 4 >> 20:5} GiB")

# %%
ordinary = """
mmap 0 1 rw private,anon,fixed
write 0 7
mprotect 0 1 none
mprotect 0 1 rw
read 0
"""
side_by_side(ordinary, PLAIN, APRIL, V4, arch="i386")

# %% [markdown]
# The real kernel said *Bad pte* and killed the process. V4, in August, took a new bit and was rid of it. Now the
# same trip on a machine with NX, and then a grid of them all. There *as intended* is the V4 of the model without its
# bugs. (On i386-PAE `rw` is `rwx` from the start: in 2.6.18 shared writable pages had no NX there.)

# %%
predict("08.nx")

# %% slideshow={"slide_type": "slide"}
display(pte_trip(swap_trip(V4, "x86_64", "rw")))
reveal("08.nx")

# %% slideshow={"slide_type": "slide"}
kernels = [(PLAIN, "i386"), (APRIL, "i386"), (V4, "i386")]
kernels += [(V4, "i386-pae"), (V4, "x86_64"), (INTENDED, "x86_64")]
wishes = ("none", "r", "rw", "rx", "rwx")
rights_grid([swap_trip(*kernel, asked) for asked in wishes for kernel in kernels])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The bugs, and how we know
#
# To write this lesson, 2.6.18 was built with each of the two series, booted, and asked thousands of questions. The
# model is compared with their answers, line by line. We found no mail that mentions the bugs below. Be fair to the
# author: the series was posted as unfinished, *and said so*; part 10 is marked "untested". Postings like this one are
# how kernels are made.

# %%
predict("08.loop")

# %%
display(side_by_side("first-offset-then-rights", V4, INTENDED))
reveal("08.loop")

# %% [markdown]
# `L` is an endless fault. The code that marks the VMA stood *inside* the test "not nonlinear yet". In the same window
# page 4, remapped read-only, may be written (`oo`): the fault handler asks the VMA. And a dark sky whose first star
# shines at another offset *with no rights* is never marked at all. Its stars shine until the first swap-out:

# %%
dark = """
mmap 0 8 none shared,fixed f0 0
remap 0 1 none 31 chgprot
remap 1 1 rw 30 chgprot
evict
probe 0 2
"""
display(side_by_side(dark, V4, INTENDED))
side_by_side("mmap 4 4 rw shared,fixed f0 0\nmprotect 0 8 r", PLAIN, V4, INTENDED)

# %% [markdown]
# The last one meets programs that never heard of the patch: `mprotect` of a range that begins in a hole says EACCES
# instead of ENOMEM, because the new test sat before the old one. So does another: after a fork, `mlock` of two pages
# that are still shared never returns. And in April, on x86-64, a page without rights that goes out takes the whole
# kernel with it (`BUG` at `mm/rmap.c:522`, as soon as its area is unmapped).
#
# The posting brought its own test program. Here it is in our language: a window with one right, remapped to
# and fro, dropped, truncated, swapped; and a count of the SIGSEGVs.

# %%
print("SIGSEGVs          wanted  2006-04       v4  v4 as intended")
for letter, prots in historical.CONFIGURATIONS.items():
    for prot in prots:
        counts = []
        for kernel in (APRIL, V4, INTENDED):
            run = run_program(historical.program(prot), kernel, arch="i386", events=False)
            counts.append(f"{historical.counted(run):8}")
        print(f"{letter}: pages are {prot:4} {historical.wanted(prot):7}", *counts)

# %% [markdown]
# > **A common misconception**: *"The test passes, so the code is right."* This one passes everywhere, and in every line
# > above it. It swaps at each step, which is more than most tests dare. But it never does the two things in the other
# > order.
#
# ## What should mprotect do?

# %%
predict("08.mprotect")

# %%
question = """
mmap 0 3 none shared,fixed f0 0
remap 1 1 rw 40 chgprot
mprotect 0 3 r
probe 0 3
"""
display(side_by_side(question, V4, V4 + ":mprotect-default", V4 + ":mprotect-all"))
reveal("08.mprotect")

# %% [markdown] slideshow={"slide_type": "slide"}
# Blaisorblade wanted it to change the *default*, for pages that were never remapped. Dickins wanted it to change
# *all* pages and clear the mark, or else to fail (September 2005). Neither was ever written; above, both are what-ifs of
# the model. A program that calls `mprotect` means "all these pages, from now on". A program that remaps single pages
# means "these, whatever the others are". Which of the two would you disappoint?
#
# ## Why it was not merged
#
# - **Time.** 2004: it clashed with object-based reverse mapping (a new way from a page of a file back to its VMAs),
#   which had priority. August 2006: "too fresh", with too much left to do; "I'll await version 5 … Please persist"
#   (Andrew Morton). March 2007: a last posting, and no answer that we could find.
# - **Cost for all, use for one.** Nick Piggin feared for the common paths, and would rather see better data
#   structures; of UML he wrote "I'd love to see this get in".
# - **Its foundation fell from favour.** "Rather regretting having merged" nonlinear areas at all (Morton, March 2007):
#   hard to reclaim, in the way of dirty-page tracking.
# - **The hope of the libraries** needed *private* mappings, and those the patch refused. What they would have gained can
#   be tried all the same, on a kernel that never was: `linux-2.6-manyprots-private`.
#
# ## What came after
#
# | | |
# |---|---|
# | 3.16 (2014), 4.0 (2015) | `remap_file_pages` deprecated, then emulated with VMAs; a million pages took 1.88 times as long |
# | 6.13 (January 2025; posted in 2024) | `MADV_GUARD_INSTALL`: one right, *none*, is back in the page-table entry, and no VMA is split for it |

# %%
guards = "mmap 0 8 rw private,anon,fixed\n" + "\n".join(f"madvise {page} 1 guard_install" for page in (0, 2, 4, 6))
walls = "mmap 0 8 rw private,anon,fixed\n" + "\n".join(f"mprotect {page} 1 none" for page in (0, 2, 4, 6))
for name, program in ("guard markers", guards), ("mprotect", walls):
    run = run_program(to_program(program + "\nprobe 0 8"))
    print(f"{name:14} VMAs: {run.steps[-1].after.map_count} ", run.steps[-1].result)  # m: SIGSEGV, SEGV_MAPERR

# %% tags=["nbval-ignore-output"]
ask_both(guards + "\nprobe 0 8")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play
#
# The dark sky: put stars into it, each with rights of its own. Evict, and compare the letters at the left of the
# kernels: who remembers what? Which star is brighter afterwards than you made it?
#
# Below the board a program runs on several kernels, and the place is marked where they part. Edit it: write one that
# tells V4 from V4 as intended, other than those above.

# %%
display(RemapBoard("remap 1 1 rw 40 chgprot\nremap 6 1 r 17 chgprot", kernel=V4, area="none"))
CompareKernels("stars", (PLAIN, APRIL, V4, INTENDED, "linux-6"))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Check yourself

# %%
check("08.limit")

# %%
check("08.test")

# %%
check("08.guard")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **as posted, as intended** | the patch with its bugs, as kernels built with it behave, and without them |
# | **MAP_CHGPROT** | the flag with which `remap_file_pages` takes rights for the pages |
# | **VM_MANYPROTS** | the mark (`mp`) of a VMA whose pages have rights of their own |
#
# ## What to read next
#
# - [09 · Verdict and afterlife](09_verdict_and_afterlife.ipynb): whom it would have helped, and what Linux did instead.
# - [Exercises 08](../exercises/08_the_many_prots_patch.ipynb): stars that stay, and three parts of the patch to write anew.
# - In the model: `vmalab/generations/manyprots` (one override for each part of the patch), `vmalab/arch/i386.py` (all
#   three notes under each other).
#
# **Sources.** Mails to linux-kernel: Blaisorblade, the fourteen parts (30 April 2006), *RFP-V4* (26 August 2006), the
# eleven parts (31 March 2007); Ingo Molnar (2 May 2006), Ulrich Drepper (6 May 2006), Nick Piggin (2 to 13 May 2006),
# Hugh Dickins' review (September 2005), Andrew Morton (28 August 2006; 7 March 2007). Linux 2.6.18 (20 September 2006)
# with the series of August, and with that of April carried forward to it, booted on i386, i386-PAE and x86-64 (April:
# i386 only). Commits 33041a0d76d3 (3.16) and c8d78c1823f4 (4.0, with the measurement), Kirill A. Shutemov. Manual page
# madvise(2) on MADV_GUARD_INSTALL; Linux 6.18 (30 November 2025): `mm/madvise.c`.
