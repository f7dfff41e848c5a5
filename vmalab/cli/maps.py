"""``vmalab maps``: the address space of a real process, drawn."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vmalab.cli.status import BAD_INPUT, IMPOSSIBLE, CannotError
from vmalab.host.maps import parse_smaps, snapshot_of
from vmalab.records.snapshot import Snapshot
from vmalab.views import address_space, maps_table


def maps(
    pid: Annotated[str, typer.Argument(help="A process id, or self.")],
    table: Annotated[bool, typer.Option("--table", help="A plain table, no picture.")] = False,
    save: Annotated[
        Path | None, typer.Option(help="Write the picture to a file: .svg, .txt, .png, .pdf.")
    ] = None,
) -> None:
    """Draw the VMAs of a process of this machine, with their flags where they may be read."""
    snapshot = read_process(pid)
    title = f"Process {pid}: {snapshot.map_count} VMAs"
    if table:
        typer.echo(maps_table(snapshot))
        return
    drawing = address_space(snapshot, title=title)
    if save is None:
        typer.echo(drawing.text)
        return
    try:
        drawing.save(save)
    except (OSError, ValueError) as error:
        raise CannotError(f"{save}: {error}", "choose a .svg, .txt, .png or .pdf file") from None
    typer.echo(f"{save}: written")


def read_process(pid: str) -> Snapshot:
    """The address space of a process, from /proc/PID/smaps, or maps where that is all there is.

    Raises:
        CannotError: no such process, not ours to read, or it has no address space.
    """
    if not (pid.isdecimal() and pid.isascii()) and pid != "self":
        raise CannotError(f"{pid!r} is not a process id", "give a number, as ps prints it")
    if sys.platform != "linux":
        raise CannotError("there is no /proc to read here", "this needs Linux", IMPOSSIBLE)
    try:
        text = _read(Path("/proc", pid))
    except (FileNotFoundError, ProcessLookupError):
        what = f"there is no process {pid}, or it has ended"
        raise CannotError(what, "ps -e lists those there are", BAD_INPUT) from None
    except PermissionError:
        what = f"process {pid} belongs to somebody else"
        raise CannotError(what, "run as its user, or as root", IMPOSSIBLE) from None
    rows = parse_smaps(text)
    if not rows:
        what = f"process {pid} has no address space (a kernel thread, or it has just ended)"
        raise CannotError(what, "choose another process", BAD_INPUT)
    return snapshot_of(rows)


def _read(folder: Path) -> str:
    try:
        return (folder / "smaps").read_text(errors="replace")
    except FileNotFoundError:
        return (folder / "maps").read_text(errors="replace")
