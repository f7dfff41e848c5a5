# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 06 · How a library becomes VMAs
#
# Five items, 12 points. You need [lesson 06](../notebooks/06_glibc_library_layouts.ipynb).
#
# Write each answer into its own cell and run the cell below it: `check` says at once what it thinks, and gives
# one hint more each time. An item may have probes that `check` does not know; they are judged when you hand in.
# Only these answer cells are handed in, so keep everything that an answer needs in its cell.
# Predictions and programs are handed in as plain text: they are read, not run.

# %%
from vmalab.grading import check, question

me = ""  # the name or number that your instructor knows you by; it chooses your variants

# %% [markdown]
# ## 1 · From headers to VMAs
#
# These are the program headers of a library (bytes, hexadecimal; a page has 0x1000). `ld.so` of today loads it and protects RELRO. Which VMAs has it then? Write them as
# `0-4 rx, 4-6 none`: first page, page after the last, permissions; page 0 is where the library begins.

# %%
question("ex6.q1", me)

# %%
# SOLUTION ex6.q1 predict: From headers to VMAs
# BEGIN SOLUTION
headers = "0-4 rx, 4-6 none, 6-8 r, 8-9 rw, 9-12 rw"
# END SOLUTION
# STUB headers = ""

# %%
# HINTS ex6.q1
# A segment begins on the page that its address lies in, and its part of the file ends with the page of its last byte from the file.
# What lies between two segments belongs to the library: a VMA that nobody may touch. What is beyond the file's last page is bss, anonymous memory.
# RELRO is rounded down at both ends; bss that fits into the file's last page needs no VMA.

# %%
# VARIANTS ex6.q1
def headers_of(*rows, relro):
    lines = ["segment  address    in the file at  bytes there  bytes in memory  rights"]
    lines += [f"{n:<9}{v:#08x}   {o:#08x}        {f:#08x}     {m:#08x}         {p}" for n, (v, o, f, m, p) in enumerate(rows, 1)]
    lines.append(f"RELRO    {relro[0]:#08x}                                  {relro[1]:#08x}")
    return {"shown": "\n".join(lines), "rows": [list(row) for row in rows], "relro": list(relro)}


variants = [
    headers_of((0, 0, 0x3A10, 0x3A10, "rx"), (0x6E80, 0x3E80, 0x1900, 0x4F00, "rw"), relro=(0x6E80, 0x1300)),
    headers_of((0, 0, 0x1F00, 0x1F00, "rx"), (0x5D80, 0x1D80, 0x2500, 0x2600, "rw"), relro=(0x5D80, 0x1280)),
    headers_of((0, 0, 0xE40, 0xE40, "r"), (0x1000, 0x1000, 0x2200, 0x2200, "rx"), (0x4C00, 0x3C00, 0x1800, 0x3900, "rw"), relro=(0x4C00, 0x1400)),
    headers_of((0, 0, 0x4801, 0x4801, "rx"), (0x8FF0, 0x4FF0, 0x2100, 0x3020, "rw"), relro=(0x8FF0, 0x1010)),
    headers_of((0, 0, 0x2FFF, 0x2FFF, "rx"), (0x4000, 0x3000, 0x3001, 0x6001, "rw"), relro=(0x4000, 0x1FFF)),
    headers_of((0, 0, 0x1800, 0x1800, "r"), (0x2000, 0x2000, 0x1100, 0x1100, "rx"), (0x7E00, 0x3E00, 0x2300, 0x2400, "rw"), relro=(0x7E00, 0x1200)),
]

# %%
# REFERENCE ex6.q1
from vmalab.widgets.libraries import loaded
from vmalab.loader.elf import Segment
from vmalab.loader.writer import Blueprint

bits = {"r": 4, "w": 2, "x": 1}
loads = [Segment(at, vaddr, filesz, memsz, sum(bits[one] for one in prot), 0x1000) for vaddr, at, filesz, memsz, prot in given["rows"]]
found = loaded(Blueprint(tuple(loads), relro=tuple(given["relro"])))
headers = ", ".join(f"{(row.start - found.base) // 4096}-{(row.end - found.base) // 4096} {row.perms}" for row in found.rows)

# %%
# PROBE ex6.q1 closed 1: where the borders are
# HINT Round every start down and every end up to whole pages; but RELRO's end is rounded down. Pages between segments are a VMA too.
rows = read_layout(headers)
tell(ranges=[row[:2] for row in rows])

# %%
# PROBE ex6.q1 closed 1: what may be done in each
# HINT Holes lose all rights, RELRO can be read only, and bss has the rights of its segment.
tell(vmas=read_layout(headers))

# %% [markdown] tags=["explanation"]
# RELRO's end is rounded *down*, because the page that it ends in also holds data that is written to. And the data and the bss stay two VMAs, although both are `rw-p`: one shows a file.

# %% [markdown]
# ## 2 · 5 → 3 → 2
#
# These are the lines of two libraries in a process's `maps`. Write four numbers, each for both together: how many VMAs there are **today**; how many if mprotect did not split (**S1**); if a VMA could have any mix of
# rights, with pages of the file in order only (**S2**); and in any order (**S3**). Memory of no file behind a library's last line is its bss, and stays a VMA in all of them.

# %%
question("ex6.q2", me)

# %%
# SOLUTION ex6.q2 predict: 5 → 3 → 2
# BEGIN SOLUTION
steps = "9 6 5 4"
# END SOLUTION
# STUB steps = ""

# %%
# HINTS ex6.q2
# Ask of each border what made it: an mmap of its own, or an mprotect within one. The hole and RELRO were cut by mprotect.
# For S2, calculate where the file's pages would go on: the offset, and the line's length added to it. Where the next line begins with another page, a VMA ends.
# S3 leaves one VMA of the file for each library. Then add the bss.

# %%
# VARIANTS ex6.q2
def maps_of(name, at, *parts):
    """Lines of maps from parts: rights, pages, page of the file (or None)."""
    inode, lines = sum(map(ord, name)), []
    for perms, pages, pgoff in parts:
        end = at + 4096 * pages
        behind = f"00:00 0" if pgoff is None else f"08:01 {inode}    /lib/{name}"
        lines.append(f"{at:08x}-{end:08x} {perms}p {4096 * (pgoff or 0):08x} {behind}")
        at = end
    return lines


shapes = {
    "libc.so": [("r-x", 9, 0), ("---", 7, 9), ("r--", 2, 9), ("rw-", 1, 11), ("rw-", 4, None)],
    "libdl.so": [("r-x", 2, 0), ("r--", 1, 2), ("rw-", 1, 3), ("rw-", 2, None)],
    "libm.so": [("r-x", 6, 0), ("---", 9, 6), ("r--", 1, 5), ("rw-", 1, 6)],
    "libz.so": [("r-x", 5, 0), ("---", 2, 5), ("rw-", 2, 5)],
    "libnew.so": [("r--", 2, 0), ("r-x", 5, 2), ("r--", 3, 7), ("r--", 1, 9), ("rw-", 1, 10), ("rw-", 3, None)],
    "libnow.so": [("r--", 1, 0), ("r-x", 3, 1), ("r--", 2, 4), ("rw-", 1, 6), ("rw-", 1, None)],
}
pairs = [("libc.so", "libdl.so"), ("libm.so", "libnew.so"), ("libz.so", "libc.so"), ("libdl.so", "libnew.so"), ("libnow.so", "libc.so"), ("libz.so", "libnew.so")]
variants = [{"shown": "\n".join([*maps_of(one, 0x40000000, *shapes[one]), *maps_of(other, 0x40100000, *shapes[other])])} for one, other in pairs]

# %%
# REFERENCE ex6.q2
from vmalab.loader.maps_file import parse_areas
from vmalab.loader.whatif import examine

counts = examine(parse_areas(given["shown"].encode())).counts
steps = " ".join(map(str, [counts.today, *counts.scenarios]))

# %%
# PROBE ex6.q2 closed 1: where it begins and where it ends: today and S3
# HINT Today every line is a VMA. In S3 each library is one VMA of the file, and one of zeroes if it has bss.
numbers = read_words(steps)
tell(today=numbers[:1], last=numbers[3:])

# %%
# PROBE ex6.q2 closed 1: the two steps between
# HINT S1 joins what one mmap made: text and hole, RELRO and data. S2 joins what shows consecutive pages of the file, whatever its rights.
tell(numbers=read_words(steps))

# %% [markdown] tags=["explanation"]
# `libc.so` is Drepper's example: 5, then 3, then 2. S2 is no better there, because the hole has used up the next pages of the file in addresses, and the data shows them once more. Where there is no hole, S2 is as good as S3.

# %% [markdown]
# ## 3 · ld.so by hand
#
# Be ld.so of 2006, on **Linux 2.6**. File `f0` is a library: its pages 0 to 3 are text, pages 4 to 8 data, of which the first two are RELRO. Write a program of **at most six lines** that leaves these **five VMAs**, and
# begins with one `mmap` that takes room for **all 18 pages**:
#
# ```
# 0-4 rx      f0 from page 0
# 4-10 none   f0, a hole
# 10-12 r     f0 from page 4: RELRO
# 12-15 rw    f0 from page 6
# 15-18 rw    anonymous: bss
# ```
#
# One line must be a relocation, `write 10 77`, and the word must be there in the end.

# %%
# SOLUTION ex6.q3 program: ld.so by hand
# BEGIN SOLUTION
by_hand = """
mmap 0 18 rx private,fixed f0 0
mprotect 4 6 none
mmap 10 5 rw private,fixed f0 4
mmap 15 3 rw private,anon,fixed
write 10 77
mprotect 10 2 r
"""
# END SOLUTION
# STUB by_hand = """
# STUB """

# %%
# HINTS ex6.q3
# The five steps of the lesson: reserve, seal, segment, bss, relro.
# The reservation is the text, mapped much too long: `mmap 0 18 rx private,fixed f0 0`. What comes later is laid over it.
# RELRO is part of the data's mmap. It loses its right to be written after the relocation, and never before.

# %%
# PROBE ex6.q3 open 1: the five VMAs
# HINT Text and hole come from the first mmap, RELRO and data from the second; an mprotect cuts each of the two.
tell(vmas=facts_of("seq 1 18 hole\n" + by_hand, "linux-2.6"))

# %%
# PROBE ex6.q3 closed 1: room for all first, the relocation done, in six lines
# HINT The first line takes all 18 pages. A write to a page that is read-only already is SIGSEGV, and the word is not there.
answers = results_of("seq 1 18 hole\n" + by_hand + "\ncontents", "linux-2.6")
lines = [line for line in by_hand.split("\n") if line.split("#")[0].strip()]
first = facts_of("seq 1 18 hole\n" + lines[0], "linux-2.6")
tell(vmas=len(vmas_of("seq 1 18 hole\n" + by_hand, "linux-2.6")), room=[row[:2] for row in first], shown=answers[-1], few=len(answers) <= 7, bad=[one for one in answers if one.startswith(("-1", "SIG"))])

# %% [markdown] tags=["explanation"]
# Why room for all at once? The parts refer to each other by distance, and only one call can find a place for all of them: between two calls somebody else's mapping might come to lie in the gap.

# %% [markdown]
# ## 4 · Five VMAs into two
#
# The same library as Drepper hoped for it, on the kernel that never was, **linux-2.6-manyprots-private**: there `remap_file_pages` has `chgprot` for private mappings too, and `mprotect` does not cut. Write a program of **at
# most seven lines** that leaves **two VMAs**, one of `f0` over pages 0 to 14 and one of zeroes over pages 15 to 17, while every page may be used, and shows, exactly what the five VMAs of item 3 did. The
# relocation, `write 10 77`, must be in it too.

# %%
# SOLUTION ex6.q4 program: Five VMAs into two
# BEGIN SOLUTION
into_two = """
mmap 0 18 none private,fixed f0 0
remap 0 4 rx 0 chgprot
remap 10 5 rw 4 chgprot
mmap 15 3 rw private,anon,fixed
write 10 77
mprotect 10 2 r
"""
# END SOLUTION
# STUB into_two = """
# STUB """

# %%
# HINTS ex6.q4
# Reserve with no rights at all: then the hole is there already, and needs no call.
# `remap 10 5 rw 4 chgprot`: the five pages from page 10 on show the file from its page 4 on, with rights rw.
# Every remap drops what its pages held. So RELRO's rights come last, by mprotect, which changes them without a cut.

# %%
# PROBE ex6.q4 open 1: one VMA of the file, one of zeroes
# HINT Only the bss is an mmap of its own; a second mmap of the file makes a third VMA.
rows = facts_of("seq 1 18 hole\n" + into_two, "linux-2.6-manyprots-private")
tell(vmas=[[*row[:2], row[3]] for row in rows])

# %%
# PROBE ex6.q4 closed 1: what may be done with each page
# HINT Text: read and execute. Hole: nothing. RELRO: read. Data and bss: read and write.
found = results_of("seq 1 18 hole\n" + into_two + "\nprobe 0 18\nxprobe 0 18", "linux-2.6-manyprots-private")
tell(vmas=len(vmas_of("seq 1 18 hole\n" + into_two, "linux-2.6-manyprots-private")), rights=found[-2:])

# %%
# PROBE ex6.q4 hidden 1: what each page shows, in at most seven lines, none refused
# HINT Data begin with page 4 of the file; the relocation must not be dropped by a remap that comes after it.
found = results_of("seq 1 18 hole\n" + into_two + "\nprobe 0 18\ncontents", "linux-2.6-manyprots-private")
tell(vmas=len(vmas_of("seq 1 18 hole\n" + into_two, "linux-2.6-manyprots-private")), rights=found[-2], shown=found[-1], few=len(found) <= 9, bad=[one for one in found if one.startswith(("-1", "SIG"))])

# %% [markdown] tags=["explanation"]
# No real kernel lets this through: on the patch's own, the first `remap` is EINVAL, because a library is a private mapping. It is what two mails of May 2006 asked for, carried out.

# %% [markdown]
# ## 5 · Be ld.so
#
# `plan(segments, relro)` lays out a library: it returns a list of lines of a program, in which `f0` is the library and page 0 the place where it begins. `segments` is a list of dicts, lowest address first, each with `vaddr`,
# `offset`, `filesz`, `memsz` (bytes) and `prot` (`"rx"`, `"none"`, …); the first begins on page 0. `relro` is `(vaddr, length)`, or `None`. Follow glibc: reserve all of it with the first call, seal what lies between
# segments, lay each other segment over it (one without a byte in the file has none), make its bss, protect RELRO. The zeroes that ld.so writes by hand are not asked for.

# %%
# SOLUTION ex6.q5 implement: Be ld.so
def plan(segments, relro):
    """The calls by which a library comes into memory, as lines of a program."""
    # BEGIN SOLUTION
    def up(n):
        return (n + 4095) // 4096

    first, last = segments[0], segments[-1]
    low = [one["vaddr"] // 4096 for one in segments]
    high = [up(one["vaddr"] + one["filesz"]) for one in segments]
    ends = [up(one["vaddr"] + one["memsz"]) for one in segments]
    lines = [f"mmap 0 {ends[-1]} {first['prot']} private,fixed f0 {first['offset'] // 4096}"]
    if high[:-1] != low[1:]:
        lines.append(f"mprotect {high[0]} {low[-1] - high[0]} none")
    for number, one in enumerate(segments):
        if number and high[number] > low[number]:
            length = high[number] - low[number]
            lines.append(f"mmap {low[number]} {length} {one['prot']} private,fixed f0 {one['offset'] // 4096}")
        if ends[number] > high[number]:
            lines.append(f"mmap {high[number]} {ends[number] - high[number]} {one['prot']} private,anon,fixed")
    if relro:
        start, end = relro[0] // 4096, sum(relro) // 4096
        if start < end:
            lines.append(f"mprotect {start} {end - start} r")
    return lines
    # END SOLUTION
    # STUB raise NotImplementedError("write this one")

# %%
# HINTS ex6.q5
# Pages first: `vaddr // 4096` is where a segment begins, `(vaddr + filesz + 4095) // 4096` where the file's part of it ends, and the same with `memsz` where its bss does.
# Reserve with the first segment's rights, up to the last one's end in memory. Seal from the first one's part of the file to the page that the last one begins on.
# The place in the file counts pages too: `offset // 4096`. RELRO is rounded down at both ends, and may be nothing then.

# %%
# REFERENCE ex6.q5
import io

from vmalab.loader.elf import Segment, parse_elf
from vmalab.loader.library import library_plan
from vmalab.loader.writer import Blueprint, write_elf

bits = {"r": 4, "w": 2, "x": 1}
letters = {0: "none", 1: "r", 2: "w", 3: "rw", 4: "x", 5: "rx", 6: "wx", 7: "rwx"}


def plan(segments, relro):
    loads = [
        Segment(one["offset"], one["vaddr"], one["filesz"], one["memsz"], sum(bits.get(letter, 0) for letter in set(one["prot"]) & set(bits) if one["prot"] != "none"), 0x1000)
        for one in segments
    ]
    data = write_elf(Blueprint(tuple(loads), relro=relro))
    elf = parse_elf(io.BytesIO(data), len(data), "library")
    lines = []
    for step in library_plan(elf, 0):
        match step.call and (step.call.name, step.call.args):
            case ("mprotect", (addr, length, prot)) if step.stage != "zero":
                lines.append(f"mprotect {addr // 4096} {length:#x} {letters[prot]}")
            case ("mmap", (addr, length, prot, _, fd, at)):
                file = f"private,fixed f0 {at // 4096}" if fd == 3 else "private,anon,fixed"
                lines.append(f"mmap {addr // 4096} {length:#x} {letters[prot]} {file}")
    return lines

# %%
# PROBE ex6.q5 open 1: the library of 2006, with all five VMAs
# HINT Go through the five steps of lesson 06 in order, and round as the loader does.
tell(vmas=vmas_by(plan, library((0, 0, 0x3A10, 0x3A10, "rx"), (0x8E80, 0x3E80, 0x2900, 0x5000, "rw"), relro=(0x8E80, 0x1300))))

# %%
# PROBE ex6.q5 hidden 1: no hole, no bss, no RELRO; RELRO of less than a page; room for all with the first call
# HINT Nothing is sealed where each segment begins where the last one ends; RELRO that is rounded to nothing needs no call. The first line takes all pages.
cases = [
    library((0, 0, 0x1800, 0x1800, "rx")),
    library((0, 0, 0x2000, 0x2000, "rx"), (0x2000, 0x2000, 0x1000, 0x1800, "rw"), relro=(0x2000, 0xF00)),
    library((0, 0, 0xE40, 0xE40, "r"), (0x1000, 0x1000, 0x2200, 0x2200, "rx"), (0x4C00, 0x3C00, 0x1800, 0x1900, "rw"), relro=(0x4C00, 0x1400)),
    library((0, 0, 0x1001, 0x1001, "rx"), (0x5010, 0x7010, 0, 0x2FF0, "rw")),
]
tell(room=[reserved_by(plan, one) for one in cases], vmas=[vmas_by(plan, one) for one in cases])

# %%
# PROBE ex6.q5 hidden 1: thirty random libraries
# HINT Segments may have bss in the middle, no byte in the file, any rights, and lie anywhere in the file.
tell(vmas=[vmas_by(plan, one) for one in random_cases(0, 30)])

# %% [markdown] tags=["explanation"]
# `vmalab/loader/library.py` is this function with its reasons; `vmalab ld --random` holds it against your own `ld.so`, and `vmalab ld --calls` against what strace sees it do.
