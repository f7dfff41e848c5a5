"""Does the model do what walks through real kernels of 2006 saw, question by question?

    2. MAP_CHGPROT    vma rw- want r-- -> 0 NONLINEAR MANYPROTS; page 4 rd,wr,ex oao; …
    3. flags and prot     rfp(b+5*PG,PG,R_|8,5,CHG)   -> ok
    4. refusals           rfp(b,PG,R_,32,CHG)         -> -1 EINVAL

tests/data/walks/README.md tells where they are from. The transcripts hold random programs; here are
all protections by all others, and every refusal in its place.
"""

import gzip
import re
from pathlib import Path

import pytest

from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program

FOLDER = Path(__file__).parents[2] / "data" / "walks"
WALKS = {
    "x86_64-plain": ("linux-2.6", "x86_64"),
    "x86_64-v4": ("linux-2.6-manyprots-v4", "x86_64"),
    "i386-v4": ("linux-2.6-manyprots-v4", "i386"),
    "i386-pae-v4": ("linux-2.6-manyprots-v4", "i386-pae"),
    "i386-2006-04": ("linux-2.6-manyprots-2006-04", "i386"),
}
PAGE = 4096
VMA_FLAGS = {"nl": " NONLINEAR", "mp": " MANYPROTS"}
SHORT_FILE = ["seq walk 40 hole", "truncate f0 32"]
WINDOW = "mmap 0 32 rw shared,fixed f0 0"
MATRIX = re.compile(
    r"   vma (...) want (...) -> (\S+(?: E\w+)?)(.*?); page 4 rd,wr,ex (...); "
    r"untouched page 5 rd,wr,ex (...); untouched page 6 wr,rd (..)"
)
CALL = re.compile(r"rfp\((.*),([^,]*),([^,]*),([^,]*),([^,]*)\)\s+-> (.*)")
FLAGS = {"0": "-", "CHG": "chgprot", "CHG|NB": "chgprot,nonblock", "NB": "nonblock"}
PROTS = {"0": "none", "R_": "r", "RW": "rw", "X_": "x"}
MAPPINGS = {
    "private file mapping:": ["mmap 0 32 rw private,fixed f0 0"],
    "private, PROT_READ:": ["mmap 0 32 r private,fixed f0 0"],
    "private anonymous:": ["mmap 0 32 rw private,anon,fixed"],
    "shared anonymous:": ["mmap 0 32 rw shared,anon,fixed"],
    "MAP_SHARED of a read-only descriptor:": ["mmap 0 32 r shared,fixed r0 0"],
    "(regular file on ramfs, /f)": ["mmap 0 8 rw shared,fixed f0 0"],
}


def chapter(name, number):
    """The lines of a chapter of a walk."""
    text = gzip.decompress((FOLDER / f"{name}.txt.gz").read_bytes()).decode()
    _, rest = text.split(f"\n## {number}. ")
    return rest.split("\n## ")[0].splitlines()[1:]


def run(name, lines):
    generation, arch = WALKS[name]
    return run_program(parse_program("\n".join(lines)), generation, arch=arch, entries=True)


def vma_of(step, told):
    """The one VMA of a walk after a step, as the walks print it."""
    (row,) = step.after.near(told.window)
    start, end = ((edge - told.window.start) // PAGE for edge in (row.start, row.end))
    flags = "".join(name for flag, name in VMA_FLAGS.items() if flag in row.flags)
    return f"{start}-{end} {row.perms} pgoff {row.pgoff}", flags


# Every protection of a VMA by every one that a page may get, and three pages touched afterwards.
@pytest.mark.parametrize("name", WALKS)
def test_every_protection_by_every_other(name):
    seen = [match.groups() for match in map(MATRIX.match, chapter(name, 2)) if match]
    assert len(seen) == 64
    for vma, want, *real in seen:
        first, second = (prot.replace("-", "") or "none" for prot in (vma, want))
        window = [f"mmap 0 32 {first} shared,fixed f0 0", f"remap 4 1 {second} 4 chgprot"]
        touches = ["probe 4 1", "xprobe 4 1", "probe 5 1", "xprobe 5 1", "wprobe 6 1"]
        told = run(name, [*SHORT_FILE, *window, *touches])
        _, _, remap, *probes = told.steps
        page_4, exec_4, page_5, exec_5, page_6 = (step.result[-2:] for step in probes)
        ours = [
            remap.result,
            vma_of(remap, told)[1],
            page_4 + exec_4[1],
            page_5 + exec_5[1],
            page_6[::-1],
        ]
        assert ours == real, (vma, want)


# Flags, protections and refusals, each call as it stands in the walk, in one run a chapter.
@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize("name", WALKS)
def test_calls_in_their_order(name, number):
    lines, expected = translate(name, number)
    told = run(name, lines)
    assert len(expected) > 15
    for at, what, real in expected:
        step = told.steps[at]
        ours = step.result if what == "result" else "".join(vma_of(step, told))
        assert ours == real, f"{lines[at + 1]}: {what}"


def translate(name, number):
    """A chapter as a program, and what it saw: after which operation, of what, what.

    A chapter that begins to ask of MAP_CHGPROT maps its window anew, without saying so.
    """
    lines, expected = [*SHORT_FILE, WINDOW], []
    for line in map(str.strip, chapter(name, number)):
        if line in MAPPINGS:
            lines += ["munmap 0 32", *MAPPINGS[line]]
        elif call := CALL.match(line):
            if number == 3 and line.startswith("rfp(b,PG,0,0,CHG)"):
                lines += ["munmap 0 32", WINDOW]
            lines.append(remap_line(*call.groups()[:5], bits=64 if "64" in name else 32))
            expected.append((len(lines) - 2, "result", call[6].replace("ok", "0")))
        elif line.startswith("mprotect(b,N*PG,R_)"):
            lines.append("mprotect 0 32 r")
            expected.append((len(lines) - 2, "result", line.split("-> ")[1].replace("ok", "0")))
        elif line.startswith("V "):
            expected.append((len(lines) - 2, "VMA", line[2:]))
        elif line.startswith("read,write: "):
            runs = line.removeprefix("read,write: ")
            pages = re.search(r"-(\d+)=..\Z", runs)[1]
            lines.append(f"probe 0 {pages}")
            expected.append((len(lines) - 2, "result", runs))
    return lines, expected


def remap_line(addr, size, prot, pgoff, flags, *, bits):
    """A call of remap_file_pages in C as a line of a program."""
    page = re.fullmatch(r"b(?:\+(?:(\d+)\*)?PG)?", addr)
    places = {"b-PG": "0-4096", "(char*)BASE+400*PG": "400"}
    where = places[addr] if page is None else page[1] or str(int("PG" in addr))
    pages = re.fullmatch(r"(?:(\d+|N)\*)?PG", size)
    length = hex(int(size)) if pages is None else (pages[1] or "1").replace("N", "32")
    minus = {"-1": f"{2**32 - 1:#x}"}
    more = {"R_|8": "0x9", "R_|0x01000000": "0x1000001", **minus}
    words = (PROTS | more)[prot], number_of(pgoff, bits), (FLAGS | minus)[flags]
    return f"remap {where} {length} {' '.join(map(str, words))}"


def number_of(text, bits):
    """An offset as C says it: 9, -1UL, (1UL<<27)-2."""
    shift = re.fullmatch(r"\(?1UL<<(\d+)\)?(-\d)?", text)
    value = (1 << int(shift[1])) + int(shift[2] or 0) if shift else int(text.replace("UL", ""))
    return value & (1 << bits) - 1
