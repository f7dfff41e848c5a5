# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 02 · Split and merge
#
# Every way in which Linux cuts a VMA, every way in which it joins two, and why some never join.
#
# | | |
# |---|---|
# | **You will** | provoke each split and each merge · say for two neighbours whether they will merge · name the keys that `maps` does not show |
# | **You need** | [01 · Address spaces and VMAs](01_address_spaces_and_vmas.ipynb) |
# | **It takes** | 45 minutes: split 9, merge 11, why not 18, check yourself 7 |

# %% [markdown]
# ## Two rules
#
# **All pages of a VMA are alike.** So when a call changes part of one, the kernel must *split* it first.
#
# **Neighbours that nothing tells apart are one.** So after a change the kernel looks left and right, and
# *merges* where it can.
#
# The first rule is a must, and the second is thrift. VMAs cost memory, a process may have 65,530 of them,
# and every page fault has to find one. Without merging, a program that changes permissions back and forth
# would leave its address space in crumbs.

# %%
from vmalab.widgets import Stepper, ask_both, check, draw, predict, reveal

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Split
#
# A split copies the record and moves one edge of each copy. No page is touched.

# %%
predict("02.split")

# %%
display(draw("""
mmap 0 8 rw private,anon,fixed
munmap 3 1
"""))
reveal("02.split")

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What the halves inherit
#
# Everything, except that the upper half begins further on in its file: its `vm_pgoff` grows by the pages
# below it. Look at the offsets of the three pieces: each page of the window still shows the page of the
# file that it showed before.

# %%
draw("""
mmap 0 9 rw shared,fixed f0 10
mprotect 3 3 r
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Every way to split
#
# | call | cuts because |
# |---|---|
# | `mprotect` | permissions differ |
# | `munmap`, and `mmap` with `MAP_FIXED` | a part goes |
# | `mlock`, `mlock2`, `munlock` | `VM_LOCKED` differs |
# | `madvise` with an advice that is kept in `vm_flags`: `DONTFORK`, `DONTDUMP`, `WIPEONFORK`, `RANDOM`, `SEQUENTIAL`, `HUGEPAGE`, `MERGEABLE` … | that flag differs |
# | `mremap` of a part | a part moves away |
# | `remap_file_pages`, as emulated since 4.0 | a part shows other pages of the file |
# | `mbind`, `mseal`, `userfaultfd` (not in the model) | policy, seal or registration differ |
#
# Each cut needs room for one more VMA. With 65,530 of them, a call that would have to cut answers `ENOMEM`.
# Even `munmap`: it may be refused because there are *too many* mappings.

# %%
Stepper("split")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Merge
#
# Two areas that touch become one if **all** of these hold:
#
# 1. **the same flags**: every bit of `vm_flags`, apart from a few that are ignored, such as `VM_SOFTDIRTY`, a mark for
#    tools that watch writes;
# 2. **the same open file**: the same `struct file`, or none on both sides;
# 3. **consecutive offsets**: the upper one's `vm_pgoff` goes on where the lower one ends;
# 4. **`anon_vma`s that agree**: the same one, or one side has none (what that is comes below);
# 5. **nothing special**: the same policy and name, no device memory, and no `close` operation in the one that
#    would go away.
#
# Each call that makes or changes a range asks these questions of the neighbour below and the one above. There
# are two situations: the range is **new**, or it is part of a VMA and is being **changed**.

# %%
draw("""
mmap 0 2 rw private,anon,fixed
mmap 4 2 rw private,anon,fixed
mmap 2 2 rw private,anon,fixed
""")

# %% [markdown]
# A *new* range may join the VMA below, the one above, or both. Above, both: three areas became one, and no VMA
# was made at all.
#
# A *changed* range is the second situation. Here page 2 and page 3 become like the VMA below them. What can
# the kernel do, short of making a third VMA? It moves the border, which the picture shows as a cut and a merge.
# (`noreserve` keeps the flag `ac` out of the matter; it has a section of its own below.)

# %%
draw("""
mmap 0 2 r private,anon,fixed,noreserve
mmap 2 4 rw private,anon,fixed,noreserve
mprotect 2 2 r
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Every way to merge
#
# | what | joins | in 2.6 |
# |---|---|---|
# | a new range | the VMA below · the one above · both | cases 1 to 3 |
# | the lower part of a VMA changes | the VMA below: the border moves up | case 5 |
# | the upper part of a VMA changes | the VMA above: the border moves down | case 4 |
# | a whole VMA changes | both · the one below · the one above | cases 6 to 8 |
# | `mremap` grows a VMA up to its neighbour | that neighbour | |
# | `mremap` moves a VMA beside another | the neighbours there | |
#
# In 2.6 all this was one function, `vma_merge()`, with eight numbered cases drawn in a comment above it; the model's
# own rules (`vmalab/mm/merge.py`) carry the same numbers. Since 6.12 (November 2024) new and changed ranges have a
# function each: `vma_merge_new_range()` and `vma_merge_existing_range()`.

# %%
Stepper("merge")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why not merged?
#
# Now the interesting part: neighbours that look alike and stay two. The model reports each of them, with the
# key that tells them apart.
#
# ### Flags that maps does not show
#
# `maps` prints four letters, and `vm_flags` has dozens of bits. These two lines are the same to the eye:

# %%
draw("""
mmap 0 2 rw private,anon,fixed
mmap 2 2 rw private,anon,fixed,noreserve
""")

# %% [markdown]
# `MAP_NORESERVE` sets one bit and keeps another (`VM_ACCOUNT`) from being set. `MAP_LOCKED`, `MAP_STACK`,
# `MAP_GROWSDOWN` and most kinds of `madvise` do the same in their way. `MAP_POPULATE` and `MAP_NONBLOCK` do
# not: they only say what `mmap` should do *now*, and leave no mark on the VMA.
#
# ### A flag with a memory

# %%
predict("02.account")

# %%
display(draw("accounted"))
reveal("02.account")

# %% [markdown]
# Private writable memory is a promise: every page may have to become a copy of its own. The kernel counts
# such promises, and marks the VMAs it has counted `VM_ACCOUNT`. Make a VMA writable, and it is counted. Make
# it read-only again, and the mark is dropped *only if the memory is anonymous and was never written to*.
# So a VMA can remember that it was once written to, and no line of `maps` will tell you.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The file, and the struct file
#
# For files the key is the *open* file. And shared anonymous memory is a file too: every
# `MAP_SHARED|MAP_ANONYMOUS` call makes an object of its own, so two such neighbours never merge, though a
# split one may heal.
#
# Here is a whole row of neighbours that touch and stay apart. Before each operation, guess the reason; after
# it, read the kernel's.

# %%
Stepper("not-merged")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The fourth key: anon_vma
#
# A private page must know which VMAs may map it, or it could never be swapped out. It does not point to a
# VMA, for VMAs come and go. It points to an **`anon_vma`**, which knows the VMAs. A VMA gets one when the
# *first private page* is made in it: at the first write, not at `mmap`, and not at a read.
#
# A VMA has one `anon_vma` at most. So when two VMAs were written to separately, they cannot become one: the
# pages of each already point to different places.

# %%
predict("02.filler")

# %%
display(draw("two-anon-vmas"))
reveal("02.filler")

# %% [markdown]
# Had only one side been written to, all would have become one. You will be asked about that below.
#
# When a VMA needs its `anon_vma`, it first looks at its neighbours. If one of them has one, *and differs
# only in access bits*, it takes that, in the hope that the two may merge later. So the next pair does merge,
# although both were written to separately:

# %%
draw("""
mmap 0 2 rw private,anon,fixed
mmap 2 2 rwx private,anon,fixed
write 0 1
write 2 1
mprotect 2 2 rw
""")

# %% [markdown]
# Had they differed in any other flag at the time of the write, `VM_DONTCOPY` say, they would have got one each
# and stayed apart for ever, even after the flags were made equal again.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The offset of memory that has no file
#
# Remember the useless `vm_pgoff` of anonymous memory? Each private page notes its place in that numbering. Here
# is a VMA that was written to and then moved beside another. Flags equal, no file, and only one `anon_vma`. And
# yet:

# %%
draw("""
mmap 0 2 rw private,anon,fixed
mmap 6 2 rw private,anon,fixed
write 6 1
mremap 6 2 2 maymove,fixed 2
""")

# %% [markdown]
# Its pages remember that they were pages 6 and 7, so its offsets do not follow those of its neighbour. Move it
# home, and it fits there again. A VMA that was *never* written to has no page that remembers anything: it gets
# a new offset where it lands, and merges there. Take the `write` out and see.
#
# ### After fork
#
# One more. After `fork` parent and child share their private pages until one writes. A VMA that the child
# inherited with an `anon_vma` refuses new neighbours in the child, while in the parent it takes them. (After the
# line `fork` a program goes on in the child.)

# %%
draw("""
mmap 0 2 rw private,anon,fixed
write 0 1
fork
mmap 2 2 rw private,anon,fixed
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# > **A common misconception**: *"Two adjacent lines of `maps` that are the same but for the address are a kernel
# > bug."* They differ in something that `maps` does not print: a flag (look at `VmFlags` in `smaps`), the open
# > file; or two things that nothing prints: the `anon_vma`, and the offset of memory that has no file.
#
# ## Check yourself

# %%
check("02.filler-one")

# %%
check("02.read-fault")

# %%
check("02.file-key")

# %%
check("02.hole")

# %% [markdown]
# ## Words
#
# | word | meaning |
# |---|---|
# | **anon_vma** | the way from a private page back to the VMAs that may map it; made at the first write |
# | **merge** | two VMAs become one, because nothing tells them apart any more |
# | **struct file** | an *open* file: two `open` calls make two, and their mappings do not merge |
# | **VM_ACCOUNT** | the flag of a VMA whose pages were promised and counted; `maps` does not show it |
#
# ## What to read next
#
# - [Exercises 02](../exercises/02_split_and_merge.ipynb): what keeps two VMAs apart, and `can_merge` to write.
# - [03 · Page tables](03_page_tables.ipynb): what stands behind a VMA, page by page.
# - `vmalab/mm/merge.py`: the rules of this lesson, with a picture for each case.
# - In Linux: the comment above `vma_merge_existing_range()` in `mm/vma.c`.
#
# **Sources.** Linux 6.18 (30 November 2025): `mm/vma.c` (`is_mergeable_vma`, `is_mergeable_anon_vma`,
# `vma_merge_new_range`, `vma_merge_existing_range`, `__split_vma`), `mm/rmap.c` (`__anon_vma_prepare`),
# `mm/mprotect.c` (`mprotect_fixup`), `mm/mremap.c`. Linux 2.6.18 (20 September 2006): `mm/mmap.c` (`vma_merge`).
# Each example was also run on a 6.18.44 kernel, with the result shown here.
