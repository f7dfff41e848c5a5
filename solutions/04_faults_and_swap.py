# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# %% [markdown]
# # Exercises 04 · Faults and swap
#
# Five items, 14 points. You need [lesson 04](../notebooks/04_faults_and_swap.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · Which touches survive?
#
# Each `read` and each `write` of this program either works or ends in a signal (the program then goes on with the next line). Write one
# word for each of them, in order: `ok`, `SIGSEGV` or `SIGBUS`. A file has 64 pages, until `truncate` says otherwise.

# %%
question("ex4.q1", me)

# %%
# SOLUTION ex4.q1 predict: Which touches survive?
# BEGIN SOLUTION
touches = "ok SIGSEGV SIGSEGV ok SIGBUS ok"
# END SOLUTION
# STUB touches = ""

# %%
# HINTS ex4.q1
# Ask three questions of each touch, in order: which VMA? May it? What is missing?
# No VMA, or one that does not allow the access: SIGSEGV. A VMA that allows it, and a file that ends before the page: SIGBUS.
# Files have 64 pages; truncate makes one shorter, and the VMA stays as it is. A guard marker is SIGSEGV.

# %%
# VARIANTS ex4.q1
setup = "mmap 0 4 rw private,anon,fixed\nmmap 6 4 r shared,fixed f0 60\nmmap 12 4 rw shared,fixed f1 0\n"
tails = [
    "read 1\nwrite 6 1\nread 5\nread 9\ntruncate f1 2\nread 14\nwrite 13 1",
    "write 3 1\nread 4\ntruncate f0 61\nread 6\nread 7\nwrite 7 1\nread 15",
    "madvise 1 1 guard_install\nread 1\nwrite 2 1\ntruncate f1 0\nwrite 12 1\nread 11\nread 6",
    "read 10\ntruncate f1 1\nwrite 12 1\nread 13\nmprotect 0 1 none\nread 0\nread 3",
    "mprotect 12 4 r\nwrite 12 1\nread 12\ntruncate f1 3\nread 15\nread 16\nread 2",
    "munmap 1 1\nread 1\nwrite 2 1\nread 8\ntruncate f0 62\nread 8\nwrite 9 1",
]
variants = [{"shown": setup + tail} for tail in tails]

# %%
# REFERENCE ex4.q1
from vmalab.grading.probes import results_of

lines = given["shown"].split("\n")
answers = results_of(given["shown"])
touches = " ".join(
    result if result.startswith("SIG") else "ok"
    for line, result in zip(lines, answers)
    if line.startswith(("read", "write"))
)

# %%
# PROBE ex4.q1 closed 1: which ones work
# HINT A first touch of memory is a fault too, and it works. Look for the VMA, then at its permissions, then at the file's end.
tell(works=[word == "ok" for word in read_words(touches)])

# %%
# PROBE ex4.q1 closed 2: which signal the others end in
# HINT SIGBUS is for a page that a VMA holds and its file has not; whatever the VMA forbids or does not hold is SIGSEGV.
tell(touches=read_words(touches))

# %% [markdown] tags=["explanation"]
# The order of the questions decides: a write to a read-only VMA beyond the end of its file is `SIGSEGV`, because permissions are asked for
# before the file is.

# %% [markdown]
# ## 2 · Minor, major, or none
#
# A reference string: `1` reads page 1 of the process's memory, `1w` writes it, `f0` reads page 0 of a file, `1!` puts page 1 out to swap. There is plenty of
# memory. How does each reference end? Write one word for each, in order: `hit` (no fault), `minor`, `major`, or `out` for those with `!`.

# %%
question("ex4.q2", me)

# %%
# SOLUTION ex4.q2 predict: Minor, major, or none
# BEGIN SOLUTION
ends = "minor hit minor major hit out major hit"
# END SOLUTION
# STUB ends = ""

# %%
# HINTS ex4.q2
# Is there an entry that allows it? Then hit. Can the page be supplied from memory? Then minor. Has a device to be read? Then major.
# A first read of private memory shows the zero page, read-only; so a first write after it is a fault again.
# The first touch of a page of a file reads it from the device; so does the first touch of a page that was put out.

# %%
# VARIANTS ex4.q2
strings = ["1 1 1w f0 f0 1! 1 1", "1w 1! f1 1w f1 2 2w 1", "f0 2w 2 2! 2w 2! 2 3", "3 3w 3! 3w 3 f2 f2 4", "1w 2w 1! 2 1w f0 1 f0", "f3 1 f3 1w 1! 1 1 5w"]
variants = [{"shown": text} for text in strings]

# %%
# REFERENCE ex4.q2
from vmalab.grading.machines import verdicts_of

ends = " ".join(verdicts_of(given["shown"]))

# %%
# PROBE ex4.q2 closed 1: where there is a fault at all
# HINT After a first read the entry shows the zero page, read-only: the first write is a fault once more.
tell(faults=[word in ("minor", "major") for word in read_words(ends)])

# %%
# PROBE ex4.q2 closed 2: minor or major
# HINT Major means that a device was read: a page of a file that is not in the page cache, or a page that was put out.
tell(ends=read_words(ends))

# %% [markdown] tags=["explanation"]
# Reading a page back from swap is major; it is then in a frame, and the next touch is a hit. The zero page costs a minor fault for the read
# and another one for the first write.

# %% [markdown]
# ## 3 · Out, out, out, written once
#
# Write a reference string (in the form of item 2, at most twelve references) that puts page 1 out **three times**, while only **one** page is
# written to the swap device in all.

# %%
# SOLUTION ex4.q3 program: Out, out, out, written once
# BEGIN SOLUTION
string = "1w 1! 1 1! 1 1!"
# END SOLUTION
# STUB string = ""

# %%
# HINTS ex4.q3
# A page must be in memory to be put out, so it has to come back in between.
# What does the swap cache know about a page that was read back and not written to?
# Read the page back, do not write it: its slot still holds the same.

# %%
# PROBE ex4.q3 open 1: put out three times
# HINT `1!` puts page 1 out only if it is in memory; touch it before each.
words = read_words(string)
ends = verdicts_of(string)
tell(out=sum(word == "1!" and end == "out" for word, end in zip(words, ends)))

# %%
# PROBE ex4.q3 closed 2: written to the device once
# HINT Every write to the page makes the copy in its slot stale, and the page has to be written out again.
ends = verdicts_of(string)
tell(writes=writes_of(string), out=list(zip(read_words(string), ends)).count(("1!", "out")), few=len(ends) <= 12)

# %% [markdown] tags=["explanation"]
# A page that was read back is in a frame *and* in its slot. As long as nobody writes to it, the slot is true, and the page can go again for
# nothing.

# %% [markdown]
# ## 4 · Be the clock
#
# Frames stand in a circle. `referenced` is a list with a `True` or `False` for each; `hand` is where the hand points. The rule: look at
# the frame under the hand. If it was referenced, make that `False` and move the hand on by one. If it was not, this is the **victim**; the hand then moves
# on by one too. Return `(victim, hand, referenced)`: the victim's number, the hand's new place, and the list as it is then. Do not change the
# list that you were given.

# %%
# SOLUTION ex4.q4 implement: Be the clock
def choose(referenced, hand):
    """The victim, the hand's new place, and what is still referenced."""
    # BEGIN SOLUTION
    left = list(referenced)
    while left[hand]:
        left[hand] = False
        hand = (hand + 1) % len(left)
    return hand, (hand + 1) % len(left), left
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex4.q4
# A loop: as long as the frame under the hand was referenced, forget that and go on.
# After the last frame comes the first: (hand + 1) % len(referenced).
# If all were referenced, the hand comes round to where it began, and that frame goes.

# %%
# PROBE ex4.q4 open 1: a frame gets its second chance
# HINT A referenced frame is passed over once, and its mark is taken away.
tell(answers=attempts(choose, [([False, True, True], 0), ([True, False, True], 0), ([False, True, False], 1)]))

# %%
# PROBE ex4.q4 hidden 1: round the circle, and all referenced
# HINT After the last frame comes the first; if all were referenced, the one where the hand began is taken.
tell(answers=attempts(choose, [([False, True, True], 1), ([True, True, True], 1), ([True], 0), ([False], 0), ([True, True, False, True], 3)]))

# %%
# PROBE ex4.q4 hidden 1: many in a row, each with what the last one left
# HINT Return the new list, and leave the one that you were given as it is.
given_list, hand, victims = [True, False, True, True, False, True], 2, []
kept = list(given_list)
state = given_list
for turn in range(9):
    answer = attempt(choose, state, hand)
    victims.append(answer)
    if not isinstance(answer, list) or len(answer) != 3 or not isinstance(answer[2], list):
        break
    hand, state = answer[1], [bool(one) or index == turn % 6 for index, one in enumerate(answer[2])]
tell(victims=victims, unchanged=given_list == kept)

# %% [markdown] tags=["explanation"]
# This is the second-chance algorithm (Corbató, 1968), and what `vmalab/mm/vmscan.py` does with the ACCESSED bits of page-table entries. Linux has since replaced the
# one clock by lists of active and inactive pages that ask the same question.

# %% [markdown]
# ## 5 · Be the fault handler
#
# `fault(vmas, addr, access)` decides what becomes of a touch. `vmas` is a list of tuples `(start, end, perms, file_end)`: addresses in bytes,
# permissions such as `"rw-"`, and the first address of the VMA that its file has nothing for any more (`None` for memory without a file; it may lie beyond `end`).
# `access` is `"read"` or `"write"`. Return `"SEGV_MAPERR"` where no VMA holds the address, `"SEGV_ACCERR"` where it does not allow the access, `"SIGBUS"` beyond the
# file's end, else `"ok"`. On x86 a page that may be written or executed may be read.

# %%
# SOLUTION ex4.q5 implement: Be the fault handler
def fault(vmas, addr, access):
    """What becomes of a touch."""
    # BEGIN SOLUTION
    for start, end, perms, file_end in vmas:
        if start <= addr < end:
            if perms == "---" or (access == "write" and "w" not in perms):
                return "SEGV_ACCERR"
            return "SIGBUS" if file_end is not None and addr >= file_end else "ok"
    return "SEGV_MAPERR"
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex4.q5
# Three questions in order: where, may it, what is missing.
# `end` and `file_end` are the first addresses that are not included any more.
# A read is allowed unless there are no permissions at all; a write needs the w.

# %%
# PROBE ex4.q5 open 1: where, and may it
# HINT Look for the VMA first; then ask whether it allows the access.
vmas = [(0x1000, 0x3000, "r--", None), (0x3000, 0x5000, "rw-", None), (0x8000, 0x9000, "---", None)]
tell(answers=attempts(fault, [(vmas, addr, access) for addr in (0x1000, 0x3000, 0x6000, 0x8000) for access in ("read", "write")]))

# %%
# PROBE ex4.q5 hidden 1: edges, files, and the order of the questions
# HINT Permissions are asked for before the file's end; `-w-` and `--x` may be read; each end is not included.
vmas = [(0x1000, 0x3000, "r--", 0x2000), (0x3000, 0x5000, "-w-", 0x9000), (0x8000, 0x9000, "--x", None), (0x9000, 0xA000, "rw-", 0x9000)]
cases = [(vmas, addr, access) for addr in (0xFFF, 0x1FFF, 0x2000, 0x2FFF, 0x3000, 0x4FFF, 0x5000, 0x8FFF, 0x9000, 0xA000) for access in ("read", "write")]
tell(answers=attempts(fault, [*cases, ([], 0, "read")]))

# %% [markdown] tags=["explanation"]
# The order is that of `do_user_addr_fault()`: find the VMA, ask `access_error()`, and only then `handle_mm_fault()`, which may find that the file has ended.
