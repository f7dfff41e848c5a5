# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# %% [markdown]
# # Exercises 05 · remap_file_pages
#
# Four items, 12 points. You need [lesson 05](../notebooks/05_remap_file_pages.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · What does the window show?
#
# Write ten numbers. First how many VMAs this program leaves on Linux 2.6, then how many on Linux 6.18, where the call is emulated; then, for each of the eight pages
# of the window in order, which page of the file it shows (the same on both).

# %%
question("ex5.q1", me)

# %%
# SOLUTION ex5.q1 predict: What does the window show?
# BEGIN SOLUTION
window = "1 5 0 1 9 3 4 20 21 7"
# END SOLUTION
# STUB window = ""

# %%
# HINTS ex5.q1
# remap ADDR LEN none PGOFF: the pages from ADDR on show the file from its page PGOFF on. All others stay.
# On 2.6 the page table knows it, and no VMA is made. Today every stretch that is out of line needs a VMA of its own.
# Write the eight numbers of the file's pages in a row and put a border wherever the next is not one more: those are today's VMAs.

# %%
# VARIANTS ex5.q1
variants = [
    {"shown": f"mmap 0 8 rw shared,fixed f0 0\nremap {a} {n} none {to}\nremap {b} {m} none {other}"}
    for (a, n, to), (b, m, other) in [((2, 1, 9), (5, 2, 20)), ((0, 2, 30), (6, 2, 40)), ((3, 3, 10), (4, 1, 4)), ((1, 2, 50), (3, 2, 52)), ((7, 1, 0), (0, 3, 5)), ((2, 4, 12), (3, 2, 3))]
]

# %%
# REFERENCE ex5.q1
from vmalab.grading.probes import results_of, vmas_of

reads = "\n".join(f"read {page}" for page in range(8))
pages = [one.split("@")[1] for one in results_of(given["shown"] + "\n" + reads, "linux-2.6")[3:]]
window = " ".join([*(str(len(vmas_of(given["shown"], on))) for on in ("linux-2.6", "linux-6")), *pages])

# %%
# PROBE ex5.q1 closed 1: which page of the file each page shows
# HINT The second remap works on what the first one left; pages that neither names show what mmap gave them.
tell(pages=read_words(window)[2:])

# %%
# PROBE ex5.q1 closed 2: how many VMAs, then and now
# HINT On 2.6 the VMA stays one, whatever its pages show. The emulation makes a VMA for every stretch that is not in line, and neighbours in line are one.
tell(numbers=read_words(window))

# %% [markdown] tags=["explanation"]
# That was the point of the call: one VMA, whatever its pages show. Since 4.0 (April 2015) it is emulated by mapping each stretch anew, so that it costs VMAs again.

# %% [markdown]
# ## 2 · Read the note
#
# Three entries of i386 as plain Linux 2.6 left them when pages of a nonlinear mapping went out. Bit 6 (FILE) is set and PRESENT is clear. The page of the file stands in two pieces: its lowest five
# bits in bits 1 to 5, the rest from bit 8 on. Write the three page numbers, in decimal.

# %%
question("ex5.q2", me)

# %%
# SOLUTION ex5.q2 predict: Read the note
# BEGIN SOLUTION
notes = "17 40 1000"
# END SOLUTION
# STUB notes = ""

# %%
# HINTS ex5.q2
# Write the entry in binary, and mark bits 0, 6 and 7: they are not part of the number.
# The lowest five bits of the number are entry >> 1 & 31.
# The rest is entry >> 8; it counts 32s.

# %%
# VARIANTS ex5.q2
def note_of(pgoff):
    return (pgoff & 31) << 1 | 0x40 | pgoff >> 5 << 8


variants = [{"shown": " ".join(f"{note_of(pgoff):#010x}" for pgoff in three)} for three in [(17, 40, 1000), (3, 33, 4095), (31, 64, 777), (8, 100, 65536), (21, 63, 2048), (1, 32, 12345)]]

# %%
# REFERENCE ex5.q2
numbers = [int(word, 16) for word in given["shown"].split()]
notes = " ".join(str(one >> 1 & 31 | one >> 8 << 5) for one in numbers)

# %%
# PROBE ex5.q2 closed 1: the smallest, which fits into five bits
# HINT Leave out bit 0 and bit 6: neither belongs to the number.
tell(first=read_words(notes)[:1], count=len(read_words(notes)))

# %%
# PROBE ex5.q2 closed 1: all three
# HINT The upper piece begins at bit 8 of the entry and is worth 32 times as much.
tell(pages=read_words(notes))

# %% [markdown] tags=["explanation"]
# Bit 7 must stay clear: on i386 it means a page that nobody may touch (PROT_NONE). So the number had to go around bits 6 and 7, and 29 bits were left for it.

# %% [markdown]
# ## 3 · Backwards, and it survives
#
# Write a program of **at most eight lines** for **Linux 2.6** that leaves **one VMA** over pages 0 to 5 of the window, shared, of file `f0`, whose pages show the file's pages **5 4 3 2 1 0**, in this order, and in
# which the word **77** was written into the window's page 2. When you are done, all pages are put out to swap and read again: nothing may be lost.

# %%
# SOLUTION ex5.q3 program: Backwards, and it survives
# BEGIN SOLUTION
backwards = """
mmap 0 6 rw shared,fixed f0 0
remap 0 1 none 5
remap 1 1 none 4
remap 2 1 none 3
remap 3 1 none 2
remap 4 1 none 1
remap 5 1 none 0
write 2 77
"""
# END SOLUTION
# STUB backwards = """
# STUB """

# %%
# HINTS ex5.q3
# One mmap of six pages, and then each page is told which page of the file it shows.
# remap takes the protection `none` (0): a nonlinear mapping of 2.6 has one protection for all of it.
# remap 0 1 none 5 is the first; the word is written when the window is arranged.

# %%
# PROBE ex5.q3 open 1: one shared VMA over six pages
# HINT Mapping the pages one by one makes six VMAs; remap_file_pages rearranges the pages of one.
rows = facts_of("seq 1 16 hole\n" + backwards, "linux-2.6")
tell(vmas=[row[:4] for row in rows])

# %%
# PROBE ex5.q3 closed 1: the pages backwards, the word in page 2
# HINT Window page 0 shows the file's page 5. Was a line refused? The remap of 2.6 takes no protection but `none`.
tell(shown=results_of("seq 1 16 hole\n" + backwards + "\ncontents", "linux-2.6")[-1], vmas=len(vmas_of("seq 1 16 hole\n" + backwards, "linux-2.6")))

# %%
# PROBE ex5.q3 hidden 1: after swap-out, in at most eight lines
# HINT A shared mapping keeps what was written in the file's page; seven lines arrange the window, one writes.
answers = results_of("seq 1 16 hole\n" + backwards + "\nevict\ncontents", "linux-2.6")
tell(few=len(answers) <= 10, refused=[one for one in answers if one.startswith("-1")], shown=answers[-1], vmas=len(vmas_of("seq 1 16 hole\n" + backwards, "linux-2.6")))

# %% [markdown] tags=["explanation"]
# When the pages go out, each entry becomes a note with its page of the file. So the order survives, though no VMA knows it.

# %% [markdown]
# ## 4 · Be the encoder
#
# Write `note(pgoff)`: the entry of i386 that says *page `pgoff` of the file belongs here* (see item 2): PRESENT (bit 0) and bit 7 clear, FILE (bit 6) set, the number in its two pieces. The
# entry has 32 bits; return `None` for a number that does not fit.

# %%
# SOLUTION ex5.q4 implement: Be the encoder
def note(pgoff):
    """The file entry of i386 for a page of a file."""
    # BEGIN SOLUTION
    if pgoff >= 1 << 29:
        return None
    return (pgoff & 31) << 1 | 1 << 6 | pgoff >> 5 << 8
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex5.q4
# Take the number apart: pgoff & 31, and pgoff >> 5.
# Shift each piece to its place: by one bit, and by eight. Then set bit 6.
# 5 bits and 24 bits are 29: the first number that does not fit is 1 << 29.

# %%
# PROBE ex5.q4 open 1: two small numbers
# HINT Look at the entries in binary: the piece in bits 1 to 5, bit 6, and the piece from bit 8 on.
tell(entries=attempts(note, [(0,), (5,), (40,)]))

# %%
# PROBE ex5.q4 hidden 1: the ends of each piece, and what does not fit
# HINT 31 and 32 are where the pieces meet; 29 bits are all there is.
tell(entries=attempts(note, [(31,), (32,), (1023,), ((1 << 29) - 1,), (1 << 29,), (1 << 40,)]))

# %%
# PROBE ex5.q4 hidden 2: read by the model's own decoder
# HINT The kernel asks three things of an entry: is it present, is it a file entry, and for which page.
entries = [attempt(note, pgoff) for pgoff in (1, 30, 63, 64, 4096, 123456, (1 << 28) + 7)]
tell(read=[[I386.pte_present(one), I386.pte_file(one), I386.pte_to_pgoff(one)] if type(one) is int else one for one in entries])

# %% [markdown] tags=["explanation"]
# This is `pgoff_to_pte()` of `include/asm-i386/pgtable-2level.h`. Two years later the many-prots patch wanted bits of the same word for the protection, and there were none left: that is lesson 08.
