# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 02 · Split and merge
#
# Six items, 14 points. You need [lesson 02](../notebooks/02_split_and_merge.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · Cut and healed
#
# Which VMAs does this program leave? Write them as `0-2 rw, 2-4 r`: first page, page after the last, permissions.

# %%
question("ex2.q1", me)

# %%
# SOLUTION ex2.q1 predict: Cut and healed
# BEGIN SOLUTION
healed = "0-3 rw, 3-4 r, 4-10 rw"
# END SOLUTION
# STUB healed = ""

# %%
# HINTS ex2.q1
# After each line, write down all VMAs; then look at every border: does anything tell the two sides apart?
# A VMA that gets its neighbour's permissions back joins it, if nothing else differs.
# Memory that was just mapped has no anon_vma yet, so nothing keeps it from joining a neighbour of its kind.

# %%
# VARIANTS ex2.q1
variants = [
    {"shown": "\n".join(["mmap 0 8 rw private,anon,fixed", f"mprotect {a} {n} r", f"mprotect {b} {m} rw", "mmap 8 2 rw private,anon,fixed"])}
    for (a, n), (b, m) in [((3, 3), (4, 2)), ((2, 4), (2, 3)), ((1, 5), (3, 3)), ((4, 3), (4, 2)), ((2, 5), (4, 3)), ((1, 4), (1, 3))]
]

# %%
# REFERENCE ex2.q1
from vmalab.grading.probes import vmas_of

healed = ", ".join(f"{low}-{high} {perms}" for low, high, perms in vmas_of(given["shown"]))

# %%
# PROBE ex2.q1 closed 1: where the borders are
# HINT A border stays only where the two sides differ. The last mmap touches what lies below it.
rows = read_layout(healed)
tell(ranges=[row[:2] for row in rows])

# %%
# PROBE ex2.q1 closed 1: what may be done in each
# HINT The second mprotect takes back a part of what the first one did, and no more.
tell(vmas=read_layout(healed))

# %% [markdown] tags=["explanation"]
# The first `mprotect` makes three VMAs. The second gives a part of the middle one its old permissions back, and that
# part joins the neighbour which it touches: the border moves. The last `mmap` finds a neighbour below that nothing tells
# apart from it, and no VMA is made at all.

# %% [markdown]
# ## 2 · What keeps them apart?
#
# Each line is a small program: what is mapped first, and after the bar one more `mmap`, which touches what is there. Write
# one word a line: `merge` if all of it becomes one VMA, else the key that keeps two neighbours apart: `flags`, `file`,
# `offset` or `anon`. The notation is that of the lessons; `write 0 1` stores the number 1 in page 0.

# %%
question("ex2.q2", me)

# %%
# SOLUTION ex2.q2 predict: What keeps them apart?
# BEGIN SOLUTION
keys = "merge flags file offset anon"
# END SOLUTION
# STUB keys = ""

# %%
# HINTS ex2.q2
# Go through the first four keys of lesson 02 in order: flags, file, offset, anon_vma. The first that differs is the answer.
# Two mappings of the same file merge only if the upper one goes on where the lower one ends.
# Shared anonymous memory is a file of its own for each mmap; locked and noreserve are flags.

# %%
# VARIANTS ex2.q2
pairs = {
    "plain": "mmap 0 2 rw private,anon,fixed | mmap 2 2 rw private,anon,fixed",
    "locked": "mmap 0 2 rw private,anon,fixed | mmap 2 2 rw private,anon,fixed,locked",
    "noreserve": "mmap 0 2 rw private,anon,fixed | mmap 2 2 rw private,anon,fixed,noreserve",
    "perms": "mmap 0 2 r private,fixed f0 0 | mmap 2 2 rw private,fixed f0 2",
    "shmem": "mmap 0 2 rw shared,anon,fixed | mmap 2 2 rw shared,anon,fixed",
    "files": "mmap 0 2 r shared,fixed f0 0 | mmap 2 2 r shared,fixed f1 2",
    "goes on": "mmap 0 2 r shared,fixed f0 4 | mmap 2 2 r shared,fixed f0 6",
    "goes back": "mmap 0 2 r shared,fixed f0 4 | mmap 2 2 r shared,fixed f0 0",
    "gap": "mmap 0 2 r shared,fixed f0 0 | mmap 2 2 r shared,fixed f0 8",
    "written": "mmap 0 2 rw private,anon,fixed ; write 0 1 | mmap 2 2 rw private,anon,fixed",
    "both": "mmap 0 2 rw private,anon,fixed ; write 0 1 ; mmap 3 1 rw private,anon,fixed ; write 3 1 | mmap 2 1 rw private,anon,fixed",
}
orders = [
    "plain locked shmem goes_back both",
    "noreserve written files gap both",
    "goes_on shmem both perms goes_back",
    "both goes_on locked gap files",
    "written goes_back both shmem noreserve",
    "perms files goes_on both goes_back",
]
variants = [{"shown": "\n".join(pairs[name.replace("_", " ")] for name in order.split())} for order in orders]

# %%
# REFERENCE ex2.q2
from vmalab.records.events import VmaNotMerged
from vmalab.grading.probes import run_of

words = {"flags": "flags", "open files": "file", "only one": "file", "offsets": "offset", "anon_vmas": "anon", "lower neighbour": "anon"}


def key_of(pair):
    run = run_of("seq 1 16 hole\n" + pair.replace(" | ", "\n").replace(" ; ", "\n"))
    why = [event.because for event in run.steps[-1].events if isinstance(event, VmaNotMerged)]
    return next((word for text, word in words.items() if why and text in why[-1]), "merge")


keys = " ".join(map(key_of, given["shown"].splitlines()))

# %%
# PROBE ex2.q2 closed 1: which pairs merge
# HINT Two neighbours merge only if all keys agree. A new VMA between two others may join one of them, or both.
tell(merged=[word == "merge" for word in read_words(keys)])

# %%
# PROBE ex2.q2 closed 1: what keeps the others apart
# HINT Permissions are flags too. The offset matters only where the file is the same.
tell(keys=read_words(keys))

# %% [markdown] tags=["explanation"]
# In the pair with two writes, the new page in the middle joins the lower neighbour; then the upper one stays apart, because
# both already have an `anon_vma` and these differ. Had only one been written to, all three would be one VMA.

# %% [markdown]
# ## 3 · Three out of one
#
# Write a program with **one** `mmap`, of six pages from page 0 on, that ends with **three VMAs** side by side over these six pages,
# and uses neither `mprotect` nor `munmap`.

# %%
# SOLUTION ex2.q3 program: Three out of one
# BEGIN SOLUTION
three = """
mmap 0 6 rw private,anon,fixed
madvise 2 2 dontfork
"""
# END SOLUTION
# STUB three = """
# STUB """

# %%
# HINTS ex2.q3
# What else than permissions is kept in vm_flags?
# Look at the table "Every way to split" of lesson 02.
# An advice that is kept, such as `madvise 2 2 dontfork`, makes the middle pages different.

# %%
# PROBE ex2.q3 open 1: three VMAs over the six pages
# HINT Count the VMAs after your last line: something has to be different in the middle.
rows = vmas_of(three)
tell(count=len(rows), first=min(row[0] for row in rows), end=max(row[1] for row in rows), pages=sum(row[1] - row[0] for row in rows))

# %%
# PROBE ex2.q3 hidden 1: one mmap, no mprotect, no munmap
# HINT mprotect and munmap are not the only calls that split: several others change a flag of the VMA.
rows = vmas_of(three)
lines = [line.split()[0] for line in three.split("\n") if line.split()]
tell(count=len(rows), pages=sum(row[1] - row[0] for row in rows), mmaps=lines.count("mmap"), forbidden=[word for word in calls_of(three) if word in ("mprotect", "munmap")])

# %% [markdown] tags=["explanation"]
# `mlock`, or `madvise` with any advice that is kept in `vm_flags`, splits as `mprotect` does: all pages of a VMA are
# alike, in *every* flag. In `maps` the three lines look the same.

# %% [markdown]
# ## 4 · Five into two
#
# The program begins with these lines, which are put before yours, and leaves five VMAs:
#
# ```
# mmap 0 10 rw private,anon,fixed
# write 5 77
# mprotect 2 2 r
# mprotect 6 2 r
# ```
#
# Add **at most two lines**, so that **two VMAs** are left, all ten pages are still mapped, and page 5 still holds
# its word.

# %%
# SOLUTION ex2.q4 program: Five into two
# BEGIN SOLUTION
two = """
mprotect 2 2 rw
mprotect 8 2 r
"""
# END SOLUTION
# STUB two = """
# STUB """

# %%
# HINTS ex2.q4
# Draw the five VMAs. How many borders must go, and how many can one call remove?
# A call that makes an area like both of its neighbours removes two borders at once.
# Make pages 2 and 3 writable again: one border is left at 6, and one at 8.

# %%
# PROBE ex2.q4 open 1: two VMAs over ten pages
# HINT Each mprotect can move or remove borders; which areas have to become like their neighbours?
start = "mmap 0 10 rw private,anon,fixed\nwrite 5 77\nmprotect 2 2 r\nmprotect 6 2 r\n"
rows = vmas_of(start + two)
tell(count=len(rows), pages=sum(row[1] - row[0] for row in rows))

# %%
# PROBE ex2.q4 closed 1: in at most two lines
# HINT Two calls are enough if the first removes two borders.
start = "mmap 0 10 rw private,anon,fixed\nwrite 5 77\nmprotect 2 2 r\nmprotect 6 2 r\n"
rows, results = vmas_of(start + two), results_of(start + two)
tell(count=len(rows), few=len(results) <= 6, refused=[one for one in results if one.startswith("-1")])

# %%
# PROBE ex2.q4 hidden 1: the word is still in its page
# HINT A new mapping is empty: change what is there, and do not replace it.
start = "mmap 0 10 rw private,anon,fixed\nwrite 5 77\nmprotect 2 2 r\nmprotect 6 2 r\n"
tell(count=len(vmas_of(start + two)), word=results_of(start + two + "\nmprotect 5 1 rw\nread 5")[-1], writes=two.count("write"))

# %% [markdown] tags=["explanation"]
# `mprotect 2 2 rw` makes one VMA of three: pages 0 to 5. Then pages 8 and 9 become like pages 6 and 7. The written word does
# not hinder: when the VMA was split, all pieces kept the same `anon_vma`, so they may join again.

# %% [markdown]
# ## 5 · Be can_merge
#
# `low` and `high` are two VMAs that touch: `low["end"] == high["start"]`. Each is a dict:
#
# | key | value |
# |---|---|
# | `start`, `end` | page numbers |
# | `flags` | a list of names, always in the same order |
# | `file` | a name, or `None` |
# | `pgoff` | the page of the file at `start`; of memory without a file, the page number where it was first mapped |
# | `anon_vma` | a number, or `None` |
#
# Return `True` if they may become one VMA, else `False`. Your function then takes the place of the model's own, and random
# programs run on it.

# %%
# SOLUTION ex2.q5 implement: Be can_merge
def can_merge(low, high):
    """May two VMAs that touch become one?"""
    # BEGIN SOLUTION
    if low["flags"] != high["flags"] or low["file"] != high["file"]:
        return False
    if low["pgoff"] + low["end"] - low["start"] != high["pgoff"]:
        return False
    return low["anon_vma"] == high["anon_vma"] or None in (low["anon_vma"], high["anon_vma"])
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex2.q5
# Four keys: flags, file, offset, anon_vma. Three of them are simple comparisons.
# The upper offset must be the lower one plus the pages of the lower VMA, also without a file.
# anon_vmas agree if they are the same, or if one side has none.

# %%
# PROBE ex2.q5 open 1: flags and files
# HINT All flags must be the same, and the file too (or none on both sides).
vma = {"start": 0, "end": 2, "flags": ["VM_READ"], "file": None, "pgoff": 0, "anon_vma": None}
next_one = {**vma, "start": 2, "end": 5, "pgoff": 2}
others = [{}, {"flags": ["VM_READ", "VM_WRITE"]}, {"file": "f0"}]
tell(answers=attempts(can_merge, [(vma, {**next_one, **other}) for other in others]))

# %%
# PROBE ex2.q5 hidden 1: offsets and anon_vmas
# HINT The upper VMA's pgoff must go on where the lower one ends; an anon_vma of None agrees with any other.
vma = {"start": 4, "end": 6, "flags": ["VM_READ"], "file": "f0", "pgoff": 7, "anon_vma": None}
next_one = {**vma, "start": 6, "end": 7, "pgoff": 9}
cases = [(vma, {**next_one, "pgoff": pgoff}) for pgoff in (9, 8, 10, 7)]
cases += [({**vma, "anon_vma": a}, {**next_one, "anon_vma": b}) for a, b in [(1, 1), (1, 2), (1, None), (None, 2), (0, 2)]]
bare = {**vma, "file": None}
cases += [(bare, {**next_one, "file": None, "pgoff": pgoff}) for pgoff in (9, 6)]
tell(answers=attempts(can_merge, cases))

# %%
# PROBE ex2.q5 hidden 1: in the place of the model's own, under random programs
# HINT Every pair that Linux would merge has to be merged, and no other. Return True or False, and change nothing.
with can_merge_in_place(can_merge):
    tell(anon=outcome(0, 2), file=outcome(0, 2, "file"))

# %% [markdown] tags=["explanation"]
# These are the questions of `is_mergeable_vma()` and `can_vma_merge_left()` in `mm/vma.c`. What the exercise leaves out: a few
# flags are ignored (`VM_SOFTDIRTY`), and an `anon_vma` that came through `fork` does not take in others.

# %% [markdown]
# ## 6 · Be split_vma
#
# `split(vma, page)` cuts a VMA (a dict as in item 5) in two at a page inside it. Return the pair `(low, high)`: two new
# dicts, and leave `vma` as it is. What do the halves inherit, and what is different?

# %%
# SOLUTION ex2.q6 implement: Be split_vma
def split(vma, page):
    """The two halves of a VMA that is cut at a page."""
    # BEGIN SOLUTION
    low = {**vma, "end": page}
    high = {**vma, "start": page, "pgoff": vma["pgoff"] + page - vma["start"]}
    return low, high
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex2.q6
# Each half is a copy with one edge moved; one field more is different in the upper half.
# Every page must show the same page of the file as before.
# The upper half's pgoff grows by the pages of the lower half.

# %%
# PROBE ex2.q6 open 1: a VMA cut in the middle
# HINT Both halves inherit everything; the upper one begins further on in its file.
vma = {"start": 4, "end": 9, "flags": ["VM_READ"], "file": "f0", "pgoff": 10, "anon_vma": 3}
tell(halves=attempt(split, vma, 6))

# %%
# PROBE ex2.q6 hidden 1: in the place of the model's own, and the VMA itself unchanged
# HINT Calculate the new offset from where the VMA starts, not from 0, and return copies.
vma = {"start": 4, "end": 9, "flags": ["VM_READ"], "file": None, "pgoff": 10, "anon_vma": None}
halves = attempt(split, vma, 8)
with split_in_place(split):
    tell(halves=halves, vma=vma, anon=outcome(0, 2), file=outcome(3, 2, "file"))

# %% [markdown] tags=["explanation"]
# `__split_vma()` copies the record, moves one edge of each copy, and adds the pages below the cut to the upper half's
# `vm_pgoff`. That is all; not a page is touched.
