# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 01 · Address spaces and VMAs
#
# Five items, 12 points. You need [lesson 01](../notebooks/01_address_spaces_and_vmas.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · Write the maps
#
# Which VMAs does this program leave? Write them as `0-2 rw, 2-4 r`: first page, page after the last, permissions.
# Run the next cell for your program.

# %%
question("ex1.q1", me)

# %%
# SOLUTION ex1.q1 predict: Write the maps
# BEGIN SOLUTION
maps_1 = "0-2 rw, 2-4 r, 4-5 rw, 6-8 rw"
# END SOLUTION
# STUB maps_1 = ""

# %%
# HINTS ex1.q1
# Go line by line, and after each line write down all VMAs there are.
# mprotect of a part cuts its VMA; munmap of a part leaves the rest.
# Draw eight boxes, write letters into them, then put a border wherever neighbours differ.

# %%
# VARIANTS ex1.q1
from itertools import product

variants = [
    {"shown": f"mmap 0 8 rw private,anon,fixed\nmprotect {cut} {long} r\nmunmap {hole} 1"}
    for (cut, long), hole in [((2, 2), 5), ((1, 3), 6), ((3, 1), 6), ((1, 2), 5), ((2, 3), 6), ((1, 1), 4)]
]

# %%
# REFERENCE ex1.q1
from vmalab.grading.probes import vmas_of

maps_1 = ", ".join(f"{low}-{high} {perms}" for low, high, perms in vmas_of(given["shown"]))

# %%
# PROBE ex1.q1 closed 1: where the VMAs begin and end
# HINT mprotect and munmap work on pages from the first one named, so many of them: 2 2 is pages 2 and 3.
rows = read_layout(maps_1)
tell(ranges=[row[:2] for row in rows])

# %%
# PROBE ex1.q1 closed 1: what may be done in each
# HINT Only the pages that mprotect named changed; all others are as mmap made them.
tell(vmas=read_layout(maps_1))

# %% [markdown] tags=["explanation"]
# `mprotect` of pages in the middle makes three VMAs of one: all pages of a VMA have the same permissions. `munmap`
# of one page makes two of the last: its part before the hole and its part after it. No page moved.

# %% [markdown]
# ## 2 · Write the errno
#
# What does each line of this program answer? Write one word a line, in order: `ok` if it succeeds, else the
# name of the error, as in `ok EINVAL ok ENOMEM`. The window is empty at first, and has 16 pages;
# `0+8` is the address eight bytes into page 0.

# %%
question("ex1.q2", me)

# %%
# SOLUTION ex1.q2 predict: Write the errno
# BEGIN SOLUTION
errnos = "ok EINVAL ENOMEM ok EBADF EINVAL"
# END SOLUTION
# STUB errnos = ""

# %%
# HINTS ex1.q2
# Can a mapping begin eight bytes into a page? And is there anything to do where nothing is mapped?
# mprotect wants every page of its range mapped; munmap does not care.
# A length of nothing is refused by mmap; the file x is not open; a mapping is shared or private, never neither.

# %%
# VARIANTS ex1.q2
lines = {
    "first": "mmap 0 4 rw private,anon,fixed",
    "unaligned": "munmap 0+8 1",
    "hole": "mprotect 2 6 r",
    "nothing": "munmap 9 3",
    "closed": "mmap 8 1 r private,fixed x 0",
    "empty": "mmap 8 0 r private,anon,fixed",
    "neither": "mmap 8 1 r anon,fixed",
    "whole": "mprotect 1 2 r",
}
orders = [
    "first unaligned hole nothing closed empty",
    "first nothing closed whole hole neither",
    "nothing first empty hole unaligned closed",
    "first hole neither nothing unaligned closed",
    "first closed empty whole nothing hole",
    "nothing first unaligned neither hole closed",
]
variants = [{"shown": "\n".join(lines[name] for name in order.split())} for order in orders]

# %%
# REFERENCE ex1.q2
from vmalab.grading.probes import results_of

errnos = " ".join(one.split()[-1] if one.startswith("-1") else "ok" for one in results_of("seq 1 16 hole\n" + given["shown"]))

# %%
# PROBE ex1.q2 closed 1: which lines are refused
# HINT munmap of pages where nothing is mapped has nothing to do, and that is a success.
tell(refused=[word != "ok" for word in read_words(errnos)])

# %%
# PROBE ex1.q2 closed 1: with which error each
# HINT EINVAL: the arguments make no sense. ENOMEM: part of the range is not mapped. EBADF: no such open file.
tell(answers=read_words(errnos))

# %% [markdown] tags=["explanation"]
# The checks come in an order: first whether the arguments make sense at all (`EINVAL`), then whether the file is open
# (`EBADF`), and last whether memory is there (`ENOMEM`). `munmap` of a hole promises nothing that is not true already.

# %% [markdown]
# ## 3 · Build an address space
#
# Write a program of **at most four lines** whose window of 16 pages ends up as
#
# | pages | permissions | behind it |
# |---|---|---|
# | 0-2 | `rw-p` | private anonymous memory |
# | 4-6 | `r--p` | file `f0` from its page 3 on |
# | 6-8 | `rw-s` | file `f0` from its page 0 on |
#
# The form of a line is that of lesson 01: `mmap ADDR LEN PROT FLAGS [FILE OFFSET]`, all in pages.

# %%
# SOLUTION ex1.q3 program: Build an address space
# BEGIN SOLUTION
build = """
mmap 0 2 rw private,anon,fixed
mmap 4 2 r private,fixed f0 3
mmap 6 2 rw shared,fixed f0 0
"""
# END SOLUTION
# STUB build = """
# STUB """

# %%
# HINTS ex1.q3
# One mmap makes one VMA. Which flags say where, which say whose the memory is?
# `fixed` makes mmap take the address that you give; `shared` or `private` must always be there.
# The second line could be: mmap 4 2 r private,fixed f0 3

# %%
# PROBE ex1.q3 open 1: ranges and permissions
# HINT Compare page by page: what begins where, and with which letters?
tell(vmas=vmas_of("seq 1 16 hole\n" + build))

# %%
# PROBE ex1.q3 closed 1: what is behind each VMA
# HINT Which of the mappings need a file, and from which page of it on? The fourth letter of maps says shared or private.
tell(vmas=facts_of("seq 1 16 hole\n" + build))

# %%
# PROBE ex1.q3 hidden 1: in at most four lines, none refused
# HINT Every line must succeed, and four are enough: one mmap for each VMA.
results = results_of("seq 1 16 hole\n" + build)
tell(vmas=facts_of("seq 1 16 hole\n" + build), few=len(results) <= 4, refused=[one for one in results if one.startswith("-1")])

# %% [markdown] tags=["explanation"]
# Three `mmap` calls. Two neighbouring mappings of the same file stay apart here, because the offsets do not go on
# and because one is shared. There are other ways, for instance to map six pages and punch the hole with `munmap`.

# %% [markdown]
# ## 4 · Grow without losing
#
# Pages 0 to 3 of the window are your memory, and page 4 belongs to somebody else. Add lines, so that your memory
# has **six pages, in one VMA**, and the word 7 that stands in page 1 has **moved along** to its second page.
# Page 4 must stay as it is, and nothing of yours may be left where it was. Do not use `read` or further `write` lines.
#
# The program begins with these lines, which are put before yours:
#
# ```
# seq 1 16 hole
# mmap 0 4 rw private,anon,fixed
# write 1 7
# mmap 4 1 r private,anon,fixed
# ```

# %%
# SOLUTION ex1.q4 program: Grow without losing
# BEGIN SOLUTION
grow = """
mremap 0 4 6 maymove,fixed 8
"""
# END SOLUTION
# STUB grow = """
# STUB """

# %%
# HINTS ex1.q4
# Which of the four calls changes the size of a mapping and keeps what is in it?
# There is no room to grow in place: the mapping has to go elsewhere in the window.
# mremap ADDR OLD NEW maymove,fixed TO moves it to the page TO.

# %%
# PROBE ex1.q4 open 1: six pages in one VMA, page 4 untouched
# HINT Your memory must be a single VMA of six pages; page 4 stays r--p.
start = "seq 1 16 hole\nmmap 0 4 rw private,anon,fixed\nwrite 1 7\nmmap 4 1 r private,anon,fixed\n"
vmas = vmas_of(start + grow)
tell(vma_sizes=sorted(row[1] - row[0] for row in vmas), page_4_as_it_was=[4, 5, "r--p"] in vmas)

# %%
# PROBE ex1.q4 hidden 1: the word has moved along
# HINT A new mapping is empty. Only mremap carries the pages along.
start = "seq 1 16 hole\nmmap 0 4 rw private,anon,fixed\nwrite 1 7\nmmap 4 1 r private,anon,fixed\n"
mine = [row for row in vmas_of(start + grow) if row[1] - row[0] == 6]
tell(found=[results_of(f"{start}{grow}\nread {row[0] + 1}")[-1] for row in mine], written="write" in calls_of("mmap 0 1 r private,anon\n" + grow))

# %% [markdown] tags=["explanation"]
# `mremap` moves a mapping by carrying its page-table entries over: no byte is copied. With `maymove` alone the kernel
# would choose the place; `fixed` lets you choose it.

# %% [markdown]
# ## 5 · Be find_vma
#
# The most-asked question of the memory manager. `vmas` is a list of pairs `(start, end)` in order of addresses, none
# overlapping; `end` is the first address after the VMA. Return **the first VMA that ends after `addr`**: it may
# hold `addr`, or begin above it. If there is none, return `None`.
#
# Your function is tried on its own first. Then it takes the place of the model's own `find_vma`, and random programs
# run on it.

# %%
# SOLUTION ex1.q5 implement: Be find_vma
def find_vma(vmas, addr):
    """The first of `vmas` that ends after `addr`, or None."""
    # BEGIN SOLUTION
    for start, end in vmas:
        if addr < end:
            return start, end
    return None
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex1.q5
# Read the sentence in bold again: what does it ask of the VMA's end, and what of its start?
# An address equal to `end` is not in the VMA any more.
# Go through the list from below, and return the first pair whose end is greater than addr.

# %%
# PROBE ex1.q5 open 1: inside a VMA, and in a hole
# HINT In a hole the answer is the next VMA above, not None.
vmas = [(0x1000, 0x3000), (0x5000, 0x6000), (0x6000, 0x9000)]
tell(answers=attempts(find_vma, [(vmas, addr) for addr in (0x1000, 0x2FFF, 0x4000, 0x5800)]))

# %%
# PROBE ex1.q5 hidden 1: at the edges, and where there is nothing
# HINT What if addr is exactly an end, or above everything, or there are no VMAs at all?
vmas = [(0x1000, 0x3000), (0x5000, 0x6000), (0x6000, 0x9000)]
cases = [(vmas, addr) for addr in (0, 0xFFF, 0x3000, 0x5FFF, 0x6000, 0x8FFF, 0x9000, 1 << 46)]
tell(answers=attempts(find_vma, [*cases, ([], 0), ([(0, 0x1000)], 0), ([(0, 0x1000)], 0x1000)]))

# %%
# PROBE ex1.q5 hidden 1: in the place of the model's own, under random programs
# HINT Run it in your head on a list with a hole below the first VMA, and do not change the list.
with find_vma_in_place(find_vma):
    tell(runs=outcome(0, 4))

# %% [markdown] tags=["explanation"]
# Linux's `find_vma()` promises exactly this, and its callers then ask whether `vm_start` is below the address. The
# kernel does not go through a list: it looks into a maple tree, and before 6.1 it did into a red-black tree.
# With the many VMAs of a real process a binary search is the least one should write.
