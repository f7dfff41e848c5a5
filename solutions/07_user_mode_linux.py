# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 07 · User-mode Linux
#
# Five items, 12 points. You need [lesson 07](../notebooks/07_user_mode_linux.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · A guest by hand
#
# A guest program touches pages: `r3` reads page 3 of its memory, `w3` writes it. A page that was only read shows the guest's page of zeroes, RAM page 0. The first write to a page gives it a RAM page of its own: the next one
# of those listed. The policy is `mmap`, the mode skas3 (no stubs). Write two numbers: how often UML calls `mmap` on its host, and how many VMAs the host has in the end.

# %%
question("ex7.q1", me)

# %%
# SOLUTION ex7.q1 predict: A guest by hand
# BEGIN SOLUTION
guest = "6 4"
# END SOLUTION
# STUB guest = ""

# %%
# HINTS ex7.q1
# Go through the touches one by one. Which of them does UML hear of? A page that is there with the right that is needed makes no noise.
# A page that is read and later written is mapped twice: read-only first, because UML has to learn of the write.
# Write the pages in a row, each with its right and its RAM page, and put a border wherever one of three things does not go on: the page, the right, the RAM page. Two pages of zeroes are both RAM page 0.

# %%
# VARIANTS ex7.q1
cases = [
    ("r0 w0 w1 r1 r2 r3 w4", [5, 6, 40]),
    ("w0 w1 w2 r2 r3 w3 w5", [8, 9, 30, 31, 12]),
    ("r0 r1 w1 w2 r2 w3 w3", [20, 21, 22]),
    ("w3 w2 w1 r0 w0 r3 r4", [7, 6, 5, 4]),
    ("r1 w1 r2 w2 w0 r0 r5", [11, 12, 10]),
    ("w0 r1 w2 r3 w4 w1 r4", [3, 5, 7, 4]),
]
variants = [{"shown": f"touches    {touches}\nRAM pages  {' '.join(map(str, frames))}", "touches": touches, "frames": frames} for touches, frames in cases]

# %%
# REFERENCE ex7.q1
from vmalab.grading.guests import reckoned

guest = " ".join(map(str, reckoned(given["touches"], given["frames"])))

# %%
# PROBE ex7.q1 closed 1: how often UML calls mmap
# HINT Each guest page fault is one mmap of one page. A second read, a read after a write, a second write: no fault.
tell(calls=read_words(guest)[:1], numbers=len(read_words(guest)))

# %%
# PROBE ex7.q1 closed 1: how many VMAs remain
# HINT Neighbours are one VMA only if the right is the same and the RAM page is one more. Of two pages of zeroes it is the same one.
tell(vmas=read_words(guest)[1:])

# %% [markdown] tags=["explanation"]
# The host merges what goes on in all three. Pages that were only read never do: they all show RAM page 0.

# %% [markdown]
# ## 2 · The bill of a command
#
# A shell of the guest has written some pages and only read some others, all scattered in RAM. Now it starts a command: it forks, and the child at once calls exec. Write three numbers: the VMAs that the shell had on its host before; the VMAs
# that the host copies for fork and exec together; and the calls with which UML takes the right to write away from the shell's pages.

# %%
question("ex7.q2", me)

# %%
# SOLUTION ex7.q2 predict: The bill of a command
# BEGIN SOLUTION
bill = "52 104 40"
# END SOLUTION
# STUB bill = ""

# %%
# HINTS ex7.q2
# Under mmap each scattered page has a VMA of its own. Under rfp there is one window. skas0 has two stubs besides.
# skas0 makes the child's address space by a clone, and another one for exec. skas3 opens empty ones.
# fork lets parent and child share pages until one of them writes. What could be written before may not be now: a call for each such page, under both policies.

# %%
# VARIANTS ex7.q2
cases = [("skas0", "mmap", 40, 10), ("skas3", "mmap", 25, 5), ("skas0", "rfp", 30, 12), ("skas0", "mmap", 17, 23), ("skas3", "rfp", 33, 4), ("skas0", "rfp", 21, 0)]
variants = [
    {"shown": f"mode {mode}, policy {policy}, host 2.6.18 with the patch\npages written: {written}, pages only read: {read}", "case": [mode, policy, written, read]}
    for mode, policy, written, read in cases
]

# %%
# REFERENCE ex7.q2
from vmalab.grading.guests import bill_of_a_command

bill = " ".join(map(str, bill_of_a_command(*given["case"])))

# %%
# PROBE ex7.q2 closed 1: the shell's VMAs, and how many are copied
# HINT Count the window or the pages, and the stubs of skas0. The clone for exec copies the child, which has as many as the shell.
tell(vmas=read_words(bill)[:2], numbers=len(read_words(bill)))

# %%
# PROBE ex7.q2 closed 1: calls that take the right to write away
# HINT Pages that were only read had no such right. And nobody is spared under rfp: a page is still a call.
tell(calls=read_words(bill)[2:])

# %% [markdown] tags=["explanation"]
# What `rfp` saves is the work on VMAs. The calls, one for each written page, stay.

# %% [markdown]
# ## 3 · A window by hand
#
# Be UML under the policy `rfp`, on a host with the patch as it was posted (`linux-2.6-manyprots-v4`). In **at most nine lines** leave **one VMA** over pages 0 to 7 with no rights, shared, of `f0` (the guest's RAM), after this day of the guest:
#
# - page 2 got RAM page 30 and the word **77** was written to it; then the guest forked, so it may be read and no longer written,
# - page 3 was only read: it shows RAM page 0 and may be read,
# - page 7 got RAM page 12, the word **78** was written to it, and then it was given back: nobody may touch it any more.
#
# When you are done, everything goes out to swap and is touched again, and RAM page 12 is looked at.

# %%
# SOLUTION ex7.q3 program: A window by hand
# BEGIN SOLUTION
window = """
mmap 0 8 none shared,fixed f0 0
remap 2 1 rw 30 chgprot
write 2 77
remap 2 1 r 30 chgprot
remap 3 1 r 0 chgprot
remap 7 1 rw 12 chgprot
write 7 78
remap 7 1 none 0 chgprot
"""
# END SOLUTION
# STUB window = """
# STUB """

# %%
# HINTS ex7.q3
# The dark sky first: mmap 0 8 none shared,fixed f0 0. Then a star is remap PAGE 1 RIGHT RAM-PAGE chgprot.
# A page can be remapped again: that is how it gets its rights taken away, and how it goes.
# munmap would cut the window. Under rfp a page is taken away by showing any page of RAM with the right `none`.

# %%
# PROBE ex7.q3 open 1: one VMA, and what may be done with each page
# HINT A line for each thing that the guest did. The first letter of each page is its read, the second its write: `o` works, `a` is SIGSEGV.
found = results_of("seq 1 16 hole\n" + window + "\nprobe 0 8", "linux-2.6-manyprots-v4")
tell(vmas=[row[:4] for row in facts_of("seq 1 16 hole\n" + window, "linux-2.6-manyprots-v4")], rights=found[-1])

# %%
# PROBE ex7.q3 closed 1: what pages 2 and 3 show, and what is left in RAM page 12
# HINT The words have to be written while their pages may be written; what is written stays in the RAM file when the page goes.
found = results_of("seq 1 16 hole\n" + window + "\nread 2\nread 3\nmmap 10 1 r shared,fixed f0 12\nread 10", "linux-2.6-manyprots-v4")
tell(two=found[-4], three=found[-3], twelve=found[-1])

# %%
# PROBE ex7.q3 hidden 1: after swap-out, in at most nine lines, and none refused
# HINT Rights and pages survive in the entries; nothing that you called may have been refused, and no touch may have been a SIGSEGV.
found = results_of("seq 1 16 hole\n" + window + "\nevict\nprobe 0 8\nread 2\nread 3", "linux-2.6-manyprots-v4")
tell(rights=found[-3], two=found[-2], three=found[-1], few=len(found) <= 13, bad=[one for one in found[:-3] if one.startswith(("-1", "SIG"))])

# %% [markdown] tags=["explanation"]
# Six calls on the host, and one VMA. Under `mmap` the two pages that are left would have two VMAs, and 32,768 pages 32,768.

# %% [markdown]
# ## 4 · Be the soft TLB
#
# The host has no ACCESSED and DIRTY bits to give to UML, so faults stand in for them. `right(entry)` says with which right the host shows the page of an entry of UML's own table: `"x"`, `"rx"` or `"rwx"`. PRESENT is set in every entry that you get. The
# bits:
#
# ```
# bit   31 … 12 | 11 … 9 |   8   |    7     |   6  |  5 |  4 … 1  |    0
#        frame  |   0    | DIRTY | ACCESSED | USER | RW |  other  | PRESENT
# ```
#
# A page that was not used lately may not be touched, so that the next touch is noticed. One that is clean may not be written, for the same reason; and one without RW never. Every page may be executed.

# %%
# SOLUTION ex7.q4 implement: Be the soft TLB
def right(entry):
    """The right of a guest page on its host."""
    # BEGIN SOLUTION
    if not entry & 1 << 7:
        return "x"
    if entry & 1 << 5 and entry & 1 << 8:
        return "rwx"
    return "rx"
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex7.q4
# Three bits decide: 5, 7 and 8. Take each out with entry & 1 << number.
# Ask for ACCESSED first: without it the answer is "x", whatever the others say.
# "rwx" needs all three. What is left is "rx".

# %%
# PROBE ex7.q4 open 1: a page just read, one just written, one not used lately
# HINT Write the entries in binary: 0x0e1 has RW and ACCESSED, and not DIRTY.
tell(rights=attempts(right, [(0x500C1,), (0x90E1,), (0x91E1,), (0x9141,)]))

# %%
# PROBE ex7.q4 hidden 1: all eight, with any frame; and in UML's place, a guest's whole day
# HINT DIRTY without RW is a page whose right to write fork has taken away: it may not be written. Your function then decides about every page of a guest that forks.
cases = [frame << 12 | 0x41 | bits for frame in (0, 0x80, 0x12345) for bits in (0, 0x20, 0x80, 0xA0, 0x100, 0x120, 0x180, 0x1A0)]
answers = attempts(right, [(one,) for one in cases])
with right_in_place(right):
    tell(answers=answers, guest=guest_outcome(1))

# %% [markdown] tags=["explanation"]
# This is what `update_pte_range()` of `arch/um/kernel/tlb.c` works out. So a page that is read first costs a guest two faults, as in item 1.

# %% [markdown]
# ## 5 · Be the flush
#
# `flush(entries)` gets the entries of UML's table that changed, in order of their pages: triples `(page, frame, right)`; of a page that is not there any more, `frame` and `right` are `None`. Return the calls that tell the host, in order and **as few as may be**:
#
# - `("mmap", page, nr_pages, right, frame)` shows `nr_pages` pages of RAM, from `frame` on, at `page`,
# - `("munmap", page, nr_pages)` takes pages away.
#
# Never touch a page that is not in the list.

# %%
# SOLUTION ex7.q5 implement: Be the flush
def flush(entries):
    """The host's calls."""
    # BEGIN SOLUTION
    calls = []
    for page, frame, right in entries:
        last = calls[-1] if calls else None
        if frame is None:
            if last and last[0] == "munmap" and last[1] + last[2] == page:
                calls[-1] = ("munmap", last[1], last[2] + 1)
            else:
                calls.append(("munmap", page, 1))
        elif last and last[0] == "mmap" and last[1] + last[2] == page and last[3] == right and last[4] + last[2] == frame:
            calls[-1] = ("mmap", last[1], last[2] + 1, right, last[4])
        else:
            calls.append(("mmap", page, 1, right, frame))
    return calls
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex7.q5
# Go through the entries and keep the last call that you made. Can it do this page too? Then let it grow by one, else begin another.
# An mmap can grow if the page follows, the right is the same, and the frame follows. A munmap can if the page follows.
# The page after a call is its page + nr_pages, and the frame after it is its frame + nr_pages.

# %%
# PROBE ex7.q5 open 1: two runs, and a page that is gone
# HINT Four entries, three calls: the first two go on in everything.
tell(calls=attempt(flush, [(4, 9, "rwx"), (5, 10, "rwx"), (6, 30, "rwx"), (7, None, None)]), nothing=attempt(flush, []))

# %%
# PROBE ex7.q5 closed 1: where runs end
# HINT A hole in the pages, another right, a frame that goes back or stays: each ends a run. Pages that are gone make runs as well.
tell(calls=attempt(flush, [(0, 5, "rx"), (1, 6, "rwx"), (2, 7, "rwx"), (4, 8, "rwx"), (5, 7, "rwx"), (6, 7, "rwx"), (7, None, None), (8, None, None), (10, None, None), (11, 0, "x"), (12, 0, "x")]))

# %%
# PROBE ex7.q5 hidden 1: in UML's place, three guests' whole days
# HINT Every call that is missing is a page that faults for ever; every one too many is counted, and each that is wrong is seen by some program.
with flush_in_place(flush):
    tell(guests=[guest_outcome(seed) for seed in (2, 3, 4)])

# %% [markdown] tags=["explanation"]
# These are `add_mmap()` and `add_munmap()` of `arch/um/kernel/tlb.c`. On a guest whose RAM has become scattered they join hardly anything, and that is where lesson 07 begins.
