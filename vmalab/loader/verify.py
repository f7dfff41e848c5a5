"""Predictions held against this machine: libraries that it dlopens, programs that it starts.

What is compared, for every VMA inside a file's span: its offset from where the file begins, its
length, its permissions, its place in the file (or that it is anonymous), and VM_ACCOUNT.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from vmalab.host import release_note
from vmalab.loader.elf import ElfFile, read_elf
from vmalab.loader.eras import exec_era_of
from vmalab.loader.errors import ElfError
from vmalab.loader.live import Live, Prober
from vmalab.loader.replay import Loaded, clip, load_library, run_program
from vmalab.records.snapshot import VmaRow
from vmalab.units import page_align

Area = tuple[int, int, str, int | None, bool]
"""Offset and length (bytes), permissions, page of the file or None (anonymous), VM_ACCOUNT."""
Outcome = Literal["matched", "differs", "not loaded", "refused"]
LIBRARY_NAME: Final = re.compile(r"\.so(\.[0-9][^/]*)?\Z")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one file. ``because``: the reason, or the differing lines."""

    path: str
    outcome: Outcome
    because: str = ""
    areas: int = 0


def areas(rows: Iterable[VmaRow], base: int) -> list[Area]:
    """VMAs as they are compared."""
    return [
        (
            row.start - base,
            row.end - row.start,
            row.perms,
            None if row.backing == "anon" else row.pgoff,
            "ac" in row.flags,
        )
        for row in rows
    ]


def told(area: Area) -> str:
    """One area in a line.

    >>> told((0x1000, 0x2000, "r--p", 3, True))
    '+0x1000 0x2000 r--p page 3 ac'
    """
    start, length, perms, pgoff, accounted = area
    file = "anon" if pgoff is None else f"page {pgoff}"
    return f"+{start:#x} {length:#x} {perms} {file}{' ac' * accounted}"


def difference(predicted: Sequence[Area], live: Sequence[Area]) -> str:
    """The areas that only one side has, or nothing."""
    if list(predicted) == list(live):
        return ""
    ours = [f"predicted {told(one)}" for one in predicted if one not in live]
    theirs = [f"live {told(one)}" for one in live if one not in predicted]
    return "; ".join([*ours, *theirs]) or "the same areas in another order"


def between(rows: Iterable[VmaRow], start: int, end: int) -> list[VmaRow]:
    """The VMAs between two addresses, cut to them."""
    return [clip(row, start, end) for row in rows if row.start < end and row.end > start]


def verify_library(
    path: str, prober: Prober, predict: Callable[[ElfFile], Loaded] = load_library
) -> Verdict:
    """One library: what its file says will come of it, and what comes of it."""
    try:
        elf = read_elf(path)
        loaded = predict(elf)
    except (ElfError, OSError) as error:
        return _refused(path, str(error).removeprefix(f"{path}: "), prober.dlopen(path))
    live = prober.dlopen(path)
    if live.error:
        return Verdict(path, "not loaded", live.error.removeprefix(f"{path}: "))
    return _judge(path, loaded, live, live.bias + elf.loads[0].mapstart)


def _refused(path: str, because: str, live: Live) -> Verdict:
    """A file that we say cannot be loaded: it had better not be."""
    if live.error:
        return Verdict(path, "refused", because)
    return Verdict(path, "differs", f"predicted: refused, {because}; live: loaded")


def _judge(path: str, loaded: Loaded, live: Live, base: int) -> Verdict:
    predicted = areas(loaded.rows, loaded.base)
    end = base + page_align(loaded.elf.span)
    found = difference(predicted, areas(between(live.rows, base, end), base))
    return Verdict(path, "differs" if found else "matched", found, len(predicted))


def verify_program(path: str, prober: Prober) -> Verdict:
    """One program, and its interpreter, as the kernel has mapped them before they run."""
    try:
        elf = read_elf(path)
        if elf.kind == "dyn" and not elf.interp and not elf.pie:
            return Verdict(path, "refused", "a library, not a program")
        interp = read_elf(elf.interp) if elf.interp else None
        _, program, helper = run_program(elf, interp)
    except (ElfError, OSError) as error:
        return _refused(path, str(error).removeprefix(f"{path}: "), prober.execve(path))
    live = prober.execve(path)
    if live.error:
        return Verdict(path, "not loaded", live.error)
    base = live.entry - elf.entry + elf.loads[0].mapstart
    parts = [(program, base)]
    if helper is not None and interp is not None:
        parts.append((helper, live.interp_at + interp.loads[0].mapstart))
    return _judge_program(path, parts, live)


def _judge_program(path: str, parts: list[tuple[Loaded, int]], live: Live) -> Verdict:
    """The parts of a process, and then whether that is all there is."""
    found, rest, count = [], list(live.rows), 0
    for loaded, base in parts:
        predicted = areas(loaded.rows, loaded.base)
        highest = max(one.allocend for one in loaded.elf.loads)
        end = base + page_align(highest - loaded.elf.loads[0].mapstart)
        found.append(difference(predicted, areas(between(live.rows, base, end), base)))
        rest = [row for row in rest if not base <= row.start < end]
        count += len(predicted)
    found.append(_judge_rest(rest, parts[0][0].elf))
    words = "; ".join(filter(None, found))
    return Verdict(path, "differs" if words else "matched", words, count)


def _judge_rest(rest: Sequence[VmaRow], elf: ElfFile) -> str:
    """A stack, what the kernel maps besides, and nothing else."""
    era = exec_era_of("linux-6")
    perms = "rwxp" if elf.stack_flags is not None and elf.stack_flags & 1 else "rw-p"
    wanted = {("[stack]", era.stack_pages, perms)}
    wanted |= set() if release_note() else set(era.special)
    seen = {(row.backing, row.nr_pages, row.perms) for row in rest if row.backing != "[vsyscall]"}
    if release_note():
        seen = {one for one in seen if one[0] == "[stack]" or not one[0].startswith("[v")}
    return f"besides: predicted {sorted(wanted)}, live {sorted(seen)}" if wanted != seen else ""


def find_libraries(roots: Iterable[str | Path]) -> list[str]:
    """Every file below some folders that is named like a shared library; each file once."""
    return _each_once(path for path in _below(roots) if LIBRARY_NAME.search(path))


def find_programs(roots: Iterable[str | Path]) -> list[str]:
    """Every x86-64 ELF file below some folders that may be executed; each file once."""
    named = (path for path in _below(roots) if os.access(path, os.X_OK))
    return [path for path in _each_once(named) if _is_for_x86_64(path)]


def _below(roots: Iterable[str | Path]) -> Iterator[str]:
    for root in roots:
        if Path(root).is_dir():
            for folder, folders, names in os.walk(root):
                folders.sort()
                yield from (f"{folder}/{name}" for name in sorted(names))
        else:
            yield str(root)


def _each_once(paths: Iterable[str]) -> list[str]:
    """Without the other names of a file: symbolic links, hard links."""
    found: dict[tuple[int, int], str] = {}
    for path in paths:
        if Path(path).is_file():
            seen = Path(path).stat()
            found.setdefault((seen.st_dev, seen.st_ino), str(Path(path).resolve()))
    return sorted(found.values())


X86_64_IDENT: Final = b"\x7fELF\x02\x01"
X86_64_MACHINE: Final = b"\x3e\x00"


def _is_for_x86_64(path: str) -> bool:
    """Is it an ELF file of 64 bits for this machine? Others may run here, too."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(20)
    except OSError:
        return False
    return head.startswith(X86_64_IDENT) and head[18:20] == X86_64_MACHINE


def choose(paths: Sequence[str], sample: int | None, seed: int) -> list[str]:
    """So many of them, always the same for a seed; all, where there are no more."""
    if sample is None or sample >= len(paths):
        return list(paths)
    return sorted(random.Random(seed).sample(list(paths), sample))


def verify(
    paths: Sequence[str], one: Callable[[str, Prober], Verdict], jobs: int = 1
) -> Iterator[Verdict]:
    """A verdict for each path, in order; ``jobs`` processes ask at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from (v for part in pool.map(lambda p: _part(p, one), _parts(paths)) for v in part)


def _parts(paths: Sequence[str], size: int = 25) -> list[Sequence[str]]:
    return [paths[at : at + size] for at in range(0, len(paths), size)]


def _part(paths: Sequence[str], one: Callable[[str, Prober], Verdict]) -> list[Verdict]:
    with Prober() as prober:
        return [one(path, prober) for path in paths]


def identity(path: str) -> tuple[str, int, int]:
    """A file as it is now: its path, its size (bytes), when it was last changed (nanoseconds)."""
    seen = Path(path).stat()
    return path, seen.st_size, seen.st_mtime_ns


def read_log(log: Path) -> dict[tuple[str, int, int], Verdict]:
    """Verdicts of an earlier time, by the file as it was then; a torn last line is left out.

    What differed then is asked again.
    """
    known: dict[tuple[str, int, int], Verdict] = {}
    for line in log.read_text().splitlines() if log.exists() else []:
        with suppress(ValueError, TypeError, KeyError):
            found = json.loads(line)
            if found["outcome"] != "differs":
                path, size, changed = found.pop("identity")
                known[path, size, changed] = Verdict(**found)
    return known


def logged(verdicts: Iterable[Verdict], log: Path) -> Iterator[Verdict]:
    """Each verdict, once it is in the log."""
    with log.open("a") as lines:
        for one in verdicts:
            lines.write(json.dumps({"identity": identity(one.path), **asdict(one)}) + "\n")
            lines.flush()
            yield one


def reasons(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Why files were not loaded, without the names in the words: a kind a line."""
    return Counter(kind_of(one.because) for one in verdicts if one.outcome == "not loaded")


def kind_of(words: str) -> str:
    """What kind of failure a message of ld.so tells.

    >>> kind_of("/x/y.so: undefined symbol: PyInit_z")
    'undefined symbol'
    >>> kind_of("libfoo.so.1: cannot open shared object file: No such file or directory")
    'a library that it needs is missing'
    """
    return next((kind for mark, kind in KINDS.items() if mark in words), words)


KINDS: Final = {
    "the loader would die": "its loading kills the process",
    "not an ELF file": "not an ELF file",
    "undefined symbol": "undefined symbol",
    "cannot open shared object": "a library that it needs is missing",
    "static TLS": "no room in static TLS",
    "version `": "a version of a library that it needs is missing",
    "killed by": "it ended its process",
    "exit(": "it ended its process",
    "no answer": "it took too long",
}
