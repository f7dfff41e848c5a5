# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 08 · The many-prots patch
#
# Six items, 12 points. You need [lesson 08](../notebooks/08_the_many_prots_patch.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · Who is asked?
#
# This program runs on a kernel with the patch of August 2006, its mistakes mended (`linux-2.6-manyprots-v4:as-intended`). Write first how many **VMAs** it leaves in the window, and then a word for each
# `read` and each `write`, in order: `ok` or `SIGSEGV`. (A signal does not end it.)

# %%
question("ex8.q1", me)

# %%
# SOLUTION ex8.q1 predict: Who is asked?
# BEGIN SOLUTION
asked = "1 ok SIGSEGV SIGSEGV ok SIGSEGV ok SIGSEGV"
# END SOLUTION
# STUB asked = ""

# %%
# HINTS ex8.q1
# A remap with chgprot makes no VMA. What was never remapped has the rights that mmap gave.
# Is there an entry with a page? Then it alone decides, whatever the VMA says.
# evict turns entries into notes, and each note remembers its rights: nothing that was allowed or refused before is otherwise afterwards.

# %%
# VARIANTS ex8.q1
tails = [
    ("none", "remap 1 1 rw 40 chgprot\nremap 4 2 r 17 chgprot\nwrite 1 7\nread 0\nwrite 4 7\nevict\nread 5\nwrite 5 1\nread 1\nwrite 2 1"),
    ("rw", "remap 2 2 r 9 chgprot\nwrite 2 1\nwrite 1 1\nremap 3 1 none 3 chgprot\nread 3\nevict\nread 2\nread 3\nwrite 0 1\nwrite 2 1"),
    ("r", "remap 0 1 rw 0 chgprot\nwrite 0 1\nwrite 1 1\nremap 5 1 none 30 chgprot\nevict\nwrite 0 2\nread 5\nread 4\nwrite 6 2"),
    ("none", "read 3\nremap 3 1 r 3 chgprot\nread 3\nwrite 3 1\nremap 2 2 rw 50 chgprot\nwrite 3 1\nevict\nwrite 2 1\nread 1\nread 7"),
    ("rw", "remap 0 3 none 20 chgprot\nread 1\nremap 1 1 r 21 chgprot\nread 1\nevict\nwrite 1 1\nread 0\nwrite 3 1\nread 2"),
    ("r", "remap 6 2 rw 12 chgprot\nwrite 7 1\nremap 7 1 r 7 chgprot\nwrite 7 1\nread 7\nevict\nwrite 6 1\nwrite 7 2\nwrite 5 1"),
]
variants = [{"shown": f"mmap 0 8 {usual} shared,fixed f0 0\n{tail}"} for usual, tail in tails]

# %%
# REFERENCE ex8.q1
from vmalab.grading.probes import results_of, vmas_of

on = "linux-2.6-manyprots-v4:as-intended"
words = [
    "SIGSEGV" if result.startswith("SIG") else "ok"
    for line, result in zip(given["shown"].split("\n"), results_of(given["shown"], on))
    if line.startswith(("read", "write"))
]
asked = " ".join([str(len(vmas_of(given["shown"], on))), *words])

# %%
# PROBE ex8.q1 closed 1: how many VMAs, and what happens before the pages go out
# HINT That was the patch's whole point: rights without a VMA. Remapped pages have their own rights, all others the window's.
words = read_words(asked)
before = sum(line.startswith(("read", "write")) for line in given["shown"].split("evict")[0].split("\n"))
tell(vmas=words[:1], before=words[1 : 1 + before])

# %%
# PROBE ex8.q1 closed 1: all touches, also after they came back
# HINT A note keeps the rights of its page; going out and coming back changes nothing.
tell(touches=read_words(asked)[1:])

# %% [markdown] tags=["explanation"]
# After the swap-out a wrong access to a note costs two faults: the first brings the page back with its rights, and the second is refused by them.

# %% [markdown]
# ## 2 · There and back
#
# A page of a nonlinear window has the rights shown, as the hardware sees them in its entry. It goes out, and is touched. What are its rights **then**? Write five words, in order, such as `rwx`, `rx` or `none`.
# *Plain* is Linux 2.6 without the patch, where the whole window has these rights; *August* is the patch as it was posted, and *mended* as its author would have wished it.

# %%
question("ex8.q2", me)

# %%
# SOLUTION ex8.q2 predict: There and back
# BEGIN SOLUTION
back = "r rx rwx none rx"
# END SOLUTION
# STUB back = ""

# %%
# HINTS ex8.q2
# The patch's note has one bit for writing, and one for no access at all.
# What the note has no bit for comes back as if it had been allowed. Which right is that?
# NX is what the note forgets: where the hardware has it, what may be read may then be executed. The plain kernel takes the rights from the VMA, which forgets nothing.

# %%
# VARIANTS ex8.q2
kernels = {"plain": "linux-2.6", "August": "linux-2.6-manyprots-v4", "mended": "linux-2.6-manyprots-v4:as-intended"}
rows = {
    "a": ("plain", "x86_64", "r"),
    "b": ("August", "x86_64", "r"),
    "c": ("August", "x86_64", "rw"),
    "d": ("August", "x86_64", "none"),
    "e": ("August", "i386", "rx"),
    "f": ("August", "i386-pae", "r"),
    "g": ("mended", "x86_64", "rw"),
    "h": ("mended", "i386-pae", "r"),
    "i": ("August", "i386", "rwx"),
    "j": ("plain", "x86_64", "rw"),
    "k": ("August", "x86_64", "rx"),
    "l": ("August", "i386", "none"),
}
variants = [
    {"shown": "\n".join(f"{kernel:7} {machine:9} {rights}" for kernel, machine, rights in map(rows.get, order)), "before": [rows[one][2] for one in order]}
    for order in ("abcde", "cgfil", "hbdkj", "jfdgi", "kcahl", "fegdc")
]

# %%
# REFERENCE ex8.q2
from vmalab.kernel import Kernel
from vmalab.trace.swap_trip import swap_trip


def seen(line):
    """The hardware's rights before and after, from a real trip."""
    kernel, machine, rights = line.split()
    trip, fmt = swap_trip(kernels[kernel], machine, rights), Kernel(kernels[kernel], machine).spawn().mm.fmt
    found = []
    for entry in trip.before.entry, trip.back.entry:
        may = [("r", fmt.pte_read(entry)), ("w", fmt.pte_read(entry) and fmt.pte_write(entry)), ("x", fmt.pte_exec(entry))]
        found.append("".join(letter for letter, it_may in may if it_may) or "none")
    assert found[0] == rights, (line, found)
    return found[1]


back = " ".join(map(seen, given["shown"].split("\n")))

# %%
# PROBE ex8.q2 closed 1: which of them change on the way
# HINT Ask of each right: has the note a bit for it? And has the hardware the right at all? i386 without PAE knows no NX.
words = [word.replace("-", "") or "none" for word in read_words(back)]
tell(changes=[now != was for now, was in zip(words, given["before"])], count=len(words))

# %%
# PROBE ex8.q2 closed 1: and into what
# HINT Rights to read and write are kept, and so is no access; a page that was not executable is, afterwards.
tell(rights=[word.replace("-", "") or "none" for word in read_words(back)])

# %% [markdown] tags=["explanation"]
# A page of data that may be executed after it has been to swap: a hole that depends on how much memory there is. No mail that we found mentions it; a real kernel, built with the patch, shows it.

# %% [markdown]
# ## 3 · Stars that stay
#
# On the patch **as it was posted** (`linux-2.6-manyprots-v4`), write a program of **at most eight lines** that leaves **one VMA** over pages 0 to 7, shared, `rw`, of `f0`, in which
#
# - page 1 shows the file's page 40 with the rights `rw`, and the word **77** was written to it,
# - page 2 shows the file's page 20 with the right `r`,
# - page 5 has no rights at all, whatever it shows,
#
# and all other pages are as mmap made them. When you are done, everything goes out to swap and is touched again.

# %%
# SOLUTION ex8.q3 program: Stars that stay
# BEGIN SOLUTION
stars = """
mmap 0 8 rw shared,fixed f0 0
remap 2 1 r 20 chgprot
remap 5 1 none 5 chgprot
remap 1 1 rw 40 chgprot
write 1 77
"""
# END SOLUTION
# STUB stars = """
# STUB """

# %%
# HINTS ex8.q3
# `remap 2 1 r 20 chgprot` is what page 2 needs; the others are done in the same way.
# The posted code marks the VMA as one of many rights only when it becomes nonlinear: see "The bugs" in lesson 08.
# So the remap that makes it nonlinear, the first one, must ask for other rights than the window's.

# %%
# PROBE ex8.q3 open 1: one VMA, and what may be done with each page
# HINT `L` is a fault without end: the kernel has not marked the VMA. Which of your remaps came first?
found = results_of("seq 1 8 hole\n" + stars + "\nprobe 0 8", "linux-2.6-manyprots-v4")
tell(vmas=[row[:4] for row in facts_of("seq 1 8 hole\n" + stars, "linux-2.6-manyprots-v4")], rights=found[-1])

# %%
# PROBE ex8.q3 hidden 1: after swap-out: the rights, what is shown, and the word
# HINT A window that was never marked forgets its rights when it goes out. At most eight lines, and none of them refused.
found = results_of("seq 1 8 hole\n" + stars + "\nevict\nprobe 0 8\ncontents", "linux-2.6-manyprots-v4")
tell(rights=found[-2], shown=found[-1], few=len(found) <= 11, bad=[one for one in found if one.startswith(("-1", "SIG"))])

# %% [markdown] tags=["explanation"]
# In the order of the addresses the program fails, though each line of it is right: page 1 first makes the window nonlinear with the rights it has, and no later remap marks it. As intended, the order does not matter.

# %% [markdown]
# ## 4 · Be the reader of notes
#
# `read_note(entry)`: which page of the file a note of August 2006 on i386 stands for, and with which rights. Return a pair `(page, rights)`, with rights `"none"`, `"r"` or `"rw"`. The bits:
#
# ```
# bit    31 …  9 |  8 |  7 |  6 |  5   4   3   2 |  1 |  0
#        26 …  4 |  N |  0 |  F |  3   2   1   0 |  W |  0
# ```
#
# A number is that bit of the page; F is set in every note; W: may be written; N: no access, whatever W says.

# %%
# SOLUTION ex8.q4 implement: Be the reader of notes
def read_note(entry):
    """The page of the file, and its rights."""
    # BEGIN SOLUTION
    page = entry >> 2 & 15 | entry >> 9 << 4
    if entry & 1 << 8:
        return page, "none"
    return page, "rw" if entry & 2 else "r"
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex8.q4
# Take the two pieces of the number apart: entry >> 2 & 15, and entry >> 9.
# The upper piece counts sixteens; put them together with | or +.
# Ask for bit 8 first. Only if it is clear does bit 1 decide between "r" and "rw".

# %%
# PROBE ex8.q4 open 1: small pages, and each kind of rights
# HINT Write the entry in binary below the table, and mark F, N and W: none of them belongs to the number.
tell(pages=attempts(read_note, [(entry,) for entry in (0x44, 0x46, 0x17C, 0x240, 0x242)]))

# %%
# PROBE ex8.q4 hidden 1: large pages, N with W; and in the kernel's place, forty random programs
# HINT The upper piece has 23 bits. Every note of the model is read by your function: a page that comes back elsewhere, or with other rights, shows.
cases = [I386_V4.pgoff_to_pte(page) | bits for page in (0, 15, 16, 1023, 123456, (1 << 27) - 1) for bits in (0, 2, 0x100, 0x102)]
answers = attempts(read_note, [(one,) for one in cases])
with reader_in_place(read_note):
    tell(answers=answers, programs=stars_outcome(0, 40))

# %% [markdown] tags=["explanation"]
# Bits 6 and 7 are in the way of the number, because F and PROTNONE stand there. In April *no access* shared bit 7 with PROTNONE, and that was one bit too few.

# %% [markdown]
# ## 5 · Be the access check
#
# Every fault in an area of many rights is decided by `allowed(entry, usual, access)`. `entry` is what stands in the page table: `None` if nothing does, or the page is in swap; `"note"` for a note; else the rights in the
# entry of a page: `"none"`, `"r"` or `"rw"`. `usual` is what the VMA gives to its pages, in the same words. `access` is `"read"` or `"write"`. Return `"SIGSEGV"`, or `"ok"` if the kernel shall go on and bring the page.

# %%
# SOLUTION ex8.q5 implement: Be the access check
def allowed(entry, usual, access):
    """What becomes of a fault."""
    # BEGIN SOLUTION
    if entry == "note":
        return "ok"
    rights = usual if entry is None else entry
    if rights == "rw" or (rights == "r" and access == "read"):
        return "ok"
    return "SIGSEGV"
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex8.q5
# Three cases, in the lesson's table "the entry is / who decides".
# With a note nobody decides yet: the page is brought with the noted rights, and the access is tried again.
# A present entry decides alone. Only where there is no entry, or the page is in swap, does the VMA.

# %%
# PROBE ex8.q5 open 1: a dark sky with stars: the window has no rights
# HINT The entry of a star decides; and where there is none, the window.
tell(answers=attempts(allowed, [(entry, "none", access) for entry in (None, "note", "none", "r", "rw") for access in ("read", "write")]))

# %%
# PROBE ex8.q5 hidden 1: other windows; and in the kernel's place, forty random programs
# HINT A page with fewer rights than the window is refused what the window would allow, and a note decides nothing.
answers = attempts(allowed, [(entry, usual, access) for usual in ("r", "rw") for entry in (None, "note", "none", "r", "rw") for access in ("read", "write")])
with access_in_place(allowed):
    tell(answers=answers, programs=stars_outcome(40, 40))

# %% [markdown] tags=["explanation"]
# These are parts 08 and 09 of the patch. A present entry that allows the access is no contradiction: another thread was faster.

# %% [markdown]
# ## 6 · Save on unmap
#
# When a page of a nonlinear area goes, `leave(page, own, rights, usual)` says what is left in its place. `page` is the page of the file that the entry showed, `own` the one that the VMA would compute for this address;
# `rights` are the entry's, `usual` the VMA's. Return 0 where the VMA knows all that will be needed; else a note, with the bits of item 4.

# %%
# SOLUTION ex8.q6 implement: Save on unmap
def leave(page, own, rights, usual):
    """The entry that is left behind."""
    # BEGIN SOLUTION
    if page == own and rights == usual:
        return 0
    entry = 1 << 6 | (page & 15) << 2 | page >> 4 << 9
    if rights == "none":
        entry |= 1 << 8
    elif rights == "rw":
        entry |= 1 << 1
    return entry
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex8.q6
# A note is needed if the page is another one than the VMA's, or its rights are others: one of the two is enough.
# The number goes to its two places: (page & 15) << 2, and page >> 4 << 9. Then F, bit 6.
# For "none" set bit 8, for "rw" bit 1, for "r" neither.

# %%
# PROBE ex8.q6 open 1: a few pages
# HINT The plain kernel left a note only for another page. What else does this kernel have to remember?
tell(entries=attempts(leave, [(3, 3, "rw", "rw"), (5, 3, "r", "r"), (3, 3, "r", "rw"), (40, 40, "none", "r"), (40, 3, "rw", "none")]))

# %%
# PROBE ex8.q6 hidden 1: all rights, large pages; and in the kernel's place, forty random programs
# HINT Each note that you leave is read again by the model: another page or other rights than before show.
cases = [(page, own, rights, usual) for page, own in ((0, 0), (0, 7), (16, 16), (123456, 2), ((1 << 27) - 1, 5)) for rights in ("none", "r", "rw") for usual in ("none", "r", "rw")]
answers = attempts(leave, cases)
with note_in_place(leave):
    tell(answers=answers, programs=stars_outcome(80, 40))

# %% [markdown] tags=["explanation"]
# That is part 03, without which Molnar's patch of 2004 lost its rights in swap. The posted code of August compares the rights so that they never agree, and leaves a note for *every* page: right, and wasteful.
