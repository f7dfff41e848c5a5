"""``vmalab whatif``: how many VMAs the patch of 2006 might have saved on real processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vmalab.cli.status import BAD_INPUT, IMPOSSIBLE, CannotError
from vmalab.loader import processes
from vmalab.loader.maps_file import MapsError, parse_areas
from vmalab.loader.processes import HeaderReader, Process
from vmalab.loader.whatif import SCENARIOS, SIZEOF_VMA, Report, add, examine
from vmalab.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNTERFACTUAL: Final = (
    "Counterfactual: no kernel ever did this for private mappings, and a library's are private."
)
MOST_ROWS: Final = 40
MOST_BYTES: Final = 64 << 20
"""A saved listing is smaller: 65,530 VMAs with the longest names that there are."""


def whatif(
    pid: Annotated[list[int] | None, typer.Option(help="A process; repeat for several.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every process there is.")] = False,
    maps: Annotated[
        list[str] | None, typer.Option(help="A saved /proc/PID/maps; - is standard input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Count libraries' VMAs, and how many there would be if one could have many protections."""
    if not (pid or everybody or maps):
        raise CannotError("nothing to look at", "give --pid PID, --all, or --maps FILE")
    seen = [_saved(name) for name in maps or []]
    reports = [examine(one.areas) for one in seen]
    if pid or everybody:
        found, more = _living(pid or [], everybody)
        seen += found
        reports += more
    size, asked = processes.sizeof_vma() if sys.platform == "linux" else (SIZEOF_VMA, False)
    if as_json:
        typer.echo(json.dumps(_data(reports, seen, size, asked), indent=1))
    else:
        typer.echo("\n".join(_told(reports, seen, size, asked)))


def _saved(name: str) -> Process:
    """A saved text as a process.

    Raises:
        CannotError: it cannot be read, or is not one.
    """
    called = "standard input" if name == "-" else name
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise CannotError(f"{called}: more than {format_bytes(MOST_BYTES)}", "is it a listing?")
        areas = parse_areas(data)
    except OSError as error:
        raise CannotError(f"{called}: {error.strerror}", "give a saved /proc/PID/maps") from None
    except MapsError as error:
        raise CannotError(f"{called}: {error}", "", BAD_INPUT) from None
    if not areas:
        raise CannotError(f"{called}: no VMA is in it", "give a saved /proc/PID/maps")
    return Process(0, called, "read", areas)


def _living(pids: Sequence[int], everybody: bool) -> tuple[list[Process], list[Report]]:
    """Processes of this machine, and what is to be said of those that could be read."""
    if sys.platform != "linux":
        raise CannotError("there is no /proc to read here", "try --maps FILE", IMPOSSIBLE)
    headers = HeaderReader()
    seen, reports = [], []
    for number in processes.all_pids() if everybody else pids:
        process = processes.read_process(number)
        seen.append(process)
        if process.fate == "read":
            reports.append(examine(process.areas, headers.of(number)))
    if not reports:
        first = seen[0]
        what, status = _WHY[first.fate]
        raise CannotError(f"process {first.pid} {what}", "choose another process", status)
    return seen, reports


_WHY: Final = {
    "ended": ("is not there, or has ended", BAD_INPUT),
    "not ours": ("belongs to somebody else", IMPOSSIBLE),
    "kernel thread": ("is a kernel thread: it has no address space", BAD_INPUT),
    "read": ("was read", BAD_INPUT),
}


def _told(reports: Sequence[Report], seen: Sequence[Process], size: int, asked: bool) -> list[str]:
    total = add(reports)
    counts = total.counts
    lines = [_headline(reports, seen, total), ""]
    heads = ("VMAs", "bss", "S1", "S2", "S3", "times", "library")
    rows = [
        (
            one.counts.today,
            one.counts.bss,
            *one.counts.scenarios,
            one.instances,
            _printable(one.name),
        )
        for one in total.libraries[:MOST_ROWS]
    ]
    lines += _columns([heads, *(tuple(map(str, row)) for row in rows)])
    if len(total.libraries) > MOST_ROWS:
        lines.append(f"and {len(total.libraries) - MOST_ROWS} libraries more")
    lines += ["", COUNTERFACTUAL]
    source = "as /proc/slabinfo says" if asked else "as on Linux 6.18; /proc/slabinfo is root's"
    lines.append(f"A VMA takes {size} bytes, {source}.")
    today = counts.today
    lines.append(f"today: {today} VMAs of libraries, {format_bytes(today * size)}")
    for number, (name, then, saved) in enumerate(
        zip(SCENARIOS, counts.scenarios, total.saved, strict=True), 1
    ):
        share = f"{saved / total.vmas:.0%} of all VMAs" if total.vmas else "nothing"
        much = format_bytes(saved * size)
        lines.append(f"S{number}  {name}: {then} VMAs; {saved} fewer ({share}), {much}")
    return lines + _unread(seen)


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Numbers to the right, and the name, which comes last, to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [*(word.rjust(width) for word, width in zip(row[:-1], widths, strict=False)), row[-1]]
        )
        for row in rows
    ]


def _headline(reports: Sequence[Report], seen: Sequence[Process], total: Report) -> str:
    names = [one for one in seen if one.fate == "read"]
    if len(names) == 1:
        one = names[0]
        who = f"process {one.pid} ({_printable(one.name)})" if one.pid else _printable(one.name)
    else:
        who = f"{len(reports)} processes"
    times = f"{total.instances} libraries" if total.instances != 1 else "1 library"
    return f"{who}: {total.vmas} VMAs, {total.counts.today} of them of {times}"


def _unread(seen: Sequence[Process]) -> list[str]:
    """Who could not be counted, and why: by name."""
    lines = []
    for fate, words in (
        ("not ours", "not counted, because they belong to somebody else"),
        ("ended", "not counted, because they ended while they were read"),
        ("kernel thread", "without an address space, because they are kernel threads"),
    ):
        which = [one for one in seen if one.fate == fate]
        if which:
            names = ", ".join(
                f"{one.pid} ({_printable(one.name)})" if one.name else str(one.pid)
                for one in which[:MOST_ROWS]
            )
            more = f" and {len(which) - MOST_ROWS} more" if len(which) > MOST_ROWS else ""
            lines.append(f"{len(which)} {words}: {names}{more}")
    return lines


def _printable(name: str) -> str:
    """A name that stays in its line, whatever is in it."""
    text = name.encode(errors="backslashreplace").decode()
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _data(
    reports: Sequence[Report], seen: Sequence[Process], size: int, asked: bool
) -> dict[str, object]:
    """The figures, for programs."""
    total = add(reports)
    return {
        "counterfactual": True,
        "sizeof_vma": size,
        "sizeof_vma_from_slabinfo": asked,
        "vmas": total.vmas,
        "today": total.counts.today,
        "scenarios": [
            {"name": name, "vmas": then, "saved": saved, "saved_bytes": saved * size}
            for name, then, saved in zip(
                SCENARIOS, total.counts.scenarios, total.saved, strict=True
            )
        ],
        "libraries": [
            {
                "name": _printable(one.name),
                "instances": one.instances,
                "files": one.counts.files,
                "bss": one.counts.bss,
                "today": one.counts.today,
                "scenarios": list(one.counts.scenarios),
            }
            for one in total.libraries
        ],
        "processes": [
            {"pid": one.pid, "name": _printable(one.name), "fate": one.fate, "vmas": len(one.areas)}
            for one in seen
        ],
    }
