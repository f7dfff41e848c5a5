"""Write docs/cheat-sheet.html and .pdf: one page with what one keeps looking up.

All that the model knows is asked of the model: which VMAs a call leaves, why it refuses, what a
flag or a bit means, how large things are. The words around it are in tools/web/cheat_sheet.html;
tests/house/test_cheat_sheet.py tells when the page is no longer true. Chromium prints the PDF.

Usage: python -m tools.cheat_sheet
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from tools.setup_env import find_browser
from tools.web_parts import PINS
from vmalab import __version__
from vmalab.arch.fields import fields
from vmalab.arch.formats import pte_format
from vmalab.arch.pte import PRESENT
from vmalab.generations import generation
from vmalab.records.program import WINDOW_START
from vmalab.records.run import Run, Step, format_rows
from vmalab.records.text import parse_program
from vmalab.records.words import FLAG_WORDS
from vmalab.trace.capture import run_program
from vmalab.units import PAGE_SIZE

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cheat-sheet.html"
PDF = PAGE.with_suffix(".pdf")
TODAY = "linux-6"

CALLS = (
    ("split", "mmap 0 6 rw private,anon,fixed", "mprotect 2 2 r"),
    ("merge", "mmap 0 2 rw private,anon,fixed", "mmap 4 2 rw private,anon,fixed",
     "mmap 2 2 rw private,anon,fixed"),
    ("border moves", "mmap 0 2 r private,anon,fixed,noreserve",
     "mmap 2 4 rw private,anon,fixed,noreserve", "mprotect 2 2 r"),
    ("hole", "mmap 0 6 rw private,anon,fixed", "munmap 2 2"),
    ("grow in place", "mmap 0 3 rw private,anon,fixed", "mremap 0 3 5"),
    ("move", "mmap 0 2 rw private,anon,fixed", "mremap 0 2 2 maymove,fixed 6"),
    ("page by page", "mmap 0 4 rw shared,fixed f0 0", "remap 1 1 none 9"),
)  # fmt: skip
"""What happens, and a program whose last line makes it happen."""

REFUSALS = (
    ("mmap 0 4 rw private,anon,fixed", "munmap 0+1 1"),
    ("mmap 0 2 rw private,anon,fixed", "mprotect 0 4 r"),
    ("mmap 0 2 r shared,fixed r0 0", "mprotect 0 2 rw"),
    ("mmap 0 4 rw private,anon,fixed", "mmap 1 1 rw private,anon,fixed_noreplace"),
    ("mmap 0 2 rw private,anon,fixed", "mmap 2 2 rw private,anon,fixed", "mprotect 2 2 r",
     "mremap 0 2 4"),
    ("mmap 0 2 rw shared,fixed f0 0", "remap 0 1 r 9"),
)  # fmt: skip
"""Programs whose last line is refused, each for another reason."""

SHOWN_BITS = ("PRESENT", "RW", "USER", "ACCESSED", "DIRTY", "GLOBAL", "pfn", "PKEY", "NX")
SHOWN_FLAGS = (
    *("rd", "wr", "ex", "sh", "mr", "mw", "me", "ms", "gd", "lo", "dc"),
    *("ac", "nr", "nl", "mp", "gu", "wf", "dd", "hg", "sr", "rr"),
)
MACHINES = ("i386", "i386-pae", "x86_64")


def main() -> int:
    """Write both; 1 when there is no browser to print with."""
    PAGE.write_text(page())
    print(f"{PAGE.relative_to(ROOT)}: written")
    browser = find_browser()
    if browser is None:
        print("no Chromium to print with: apt-get install chromium", file=sys.stderr)
        return 1
    print_pdf(browser, PAGE, PDF)
    print(f"{PDF.relative_to(ROOT)}: written")
    return 0


def print_pdf(browser: str, source: Path, target: Path) -> None:
    """Print a page as Chromium does, without the lines it would add at top and bottom."""
    with tempfile.TemporaryDirectory() as home:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        place = [f"--user-data-dir={home}", f"--print-to-pdf={target}", source.as_uri()]
        subprocess.run([browser, *options, *place], check=True, capture_output=True)


def page() -> str:
    """The whole sheet."""
    sheet = Template((PINS / "cheat_sheet.html").read_text())
    return sheet.substitute(
        version=__version__,
        calls=table("what", "call", "VMAs before, and after", rows=calls()),
        flags=pairs(flags()),
        refusals=table("errno", "call", "because", rows=map(refusal, REFUSALS)),
        bits=pairs(bits(), "wide"),
        numbers=table("", *MACHINES, "6.18", rows=numbers()),
    )


def calls() -> Iterable[tuple[str, ...]]:
    """For each program: what happens, its last line, and the VMAs it leaves."""
    for what, *lines in CALLS:
        run = ran(lines)
        before, after = vmas(run, run.steps[-2]), vmas(run, run.steps[-1])
        yield what, code(lines[-1]), f"{before}<br>→ {after}"


def ran(lines: Iterable[str]) -> Run:
    """A program on today's kernel."""
    return run_program(parse_program("\n".join(lines)), TODAY, events=False)


def vmas(run: Run, step: Step) -> str:
    """The VMAs of the window, without their flags."""
    rows = format_rows(step.after.vmas, run.window)
    short = (" ".join([*row.split()[1:3], _origin(row)]) for row in rows)
    return ", ".join(code(text.strip()) for text in short)


def _origin(row: str) -> str:
    pgoff, backing = row.split()[3:5]
    return "" if backing == "anon" else f"{backing}@{pgoff}"


def refusal(lines: tuple[str, ...]) -> tuple[str, ...]:
    """What a program's last line answers, and the reason."""
    step = ran(lines).steps[-1]
    if not step.because:
        msg = f"{lines[-1]!r} was not refused: {step.result}"
        raise ValueError(msg)
    because = re.sub(r"0x20000000\w{4}", lambda found: in_pages(int(found[0], 16)), step.because)
    return code(step.result.removeprefix("-1 ")), code(lines[-1]), escape(because)


def in_pages(addr: int) -> str:
    """An address of the window as programs write it: page, and bytes into it.

    >>> in_pages(0x200000002000), in_pages(0x200000000001)
    ('page 2', 'page 0+1')
    """
    page, rest = divmod(addr - WINDOW_START["x86_64"], PAGE_SIZE)
    return f"page {page}+{rest}" if rest else f"page {page}"


def flags() -> Iterable[tuple[str, str]]:
    """Two letters and their word."""
    return ((code(name), escape(FLAG_WORDS[name])) for name in SHOWN_FLAGS)


def bits() -> Iterable[tuple[str, str]]:
    """The bits of a present entry that a program's fate hangs on."""
    for field in fields(pte_format("x86_64", "v6"), PRESENT):
        if field.name in SHOWN_BITS:
            low, high = (field.mask & -field.mask).bit_length() - 1, field.mask.bit_length() - 1
            where = str(low) if low == high else f"{high}-{low}"
            yield code(f"{where} {field.name}"), escape(field.meaning)


def numbers() -> Iterable[tuple[str, ...]]:
    """Sizes and limits, of 2.6.18 on three machines and of today."""
    kernels = [generation("linux-2.6", arch) for arch in MACHINES] + [generation(TODAY)]
    formats = [pte_format(arch) for arch in MACHINES] + [pte_format("x86_64", "v6")]
    yield "bytes of a VMA", *(str(kernel.sizeof_vma) for kernel in kernels)
    yield "max_map_count", *(f"{kernel.max_map_count:,}" for kernel in kernels)
    yield "index bits", *("·".join(str(lv.index_bits) for lv in fmt.levels) for fmt in formats)
    found = [fmt.file_pgoff for fmt in formats]
    kept = [one and (one.survive or one.width) for one in found]
    yield "file-page bits in an entry", *(str(bits) if bits else "none" for bits in kept)


def table(*heads: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A table; cells are HTML."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def pairs(found: Iterable[tuple[str, str]], look: str = "") -> str:
    """Terms and what they mean, side by side."""
    return (
        f'<dl class="{look}">'
        + "".join(f"<div><dt>{a}</dt><dd>{b}</dd></div>" for a, b in found)
        + "</dl>"
    )


def code(text: str) -> str:
    """Text that is typed or printed; a long one may be broken after a comma."""
    return f"<code>{escape(text).replace(',', ',<wbr>')}</code>"


if __name__ == "__main__":
    sys.exit(main())
