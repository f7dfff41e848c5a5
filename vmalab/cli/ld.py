"""``vmalab ld``: how a library or a program comes into memory, and whether that is true here."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vmalab.cli.status import BAD_INPUT, DIFFERENT, IMPOSSIBLE, CannotError
from vmalab.generations import GENERATIONS
from vmalab.loader import calls, live, verify
from vmalab.loader.elf import read_elf
from vmalab.loader.eras import ERAS, NEWEST
from vmalab.loader.errors import ElfError
from vmalab.loader.replay import Loaded, load_library, run_program
from vmalab.loader.writer import write_library
from vmalab.units import format_bytes
from vmalab.workloads.random_libraries import random_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmalab.records.snapshot import VmaRow

SYSTEM: Final = ("/usr/lib",)
PROGRAMS: Final = ("/usr/bin", "/usr/sbin", "/usr/lib")
MOST_UNLOADED: Final = 0.15
ENOUGH: Final = 100
"""Of so many files or more, no larger share may prove nothing because this machine lacks things."""
MOST_TOLD: Final = 20
"""So many differing files are told in full."""


def ld(  # noqa: PLR0917 - an argument an option
    paths: Annotated[
        list[Path] | None, typer.Argument(help="A library or a program; folders with --verify.")
    ] = None,
    era: Annotated[str, typer.Option(help=f"A release of glibc: {', '.join(ERAS)}.")] = NEWEST,
    on: Annotated[str, typer.Option(help="A kernel: linux-6, linux-2.6 …")] = "linux-6",
    check: Annotated[
        bool, typer.Option("--verify", help="Compare predictions with this machine's own ld.so.")
    ] = False,
    programs: Annotated[
        bool, typer.Option("--programs", help="Verify programs, stopped at execve, not libraries.")
    ] = False,
    watched: Annotated[
        bool, typer.Option("--calls", help="Verify the system calls, under strace, not the VMAs.")
    ] = False,
    generated: Annotated[
        int, typer.Option("--random", min=0, help="Verify so many random libraries.")
    ] = 0,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Verify so many files, chosen by the seed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Chooses the sample, makes the random ones.")] = 2006,
    log: Annotated[
        Path | None, typer.Option(help="Keep verdicts here, and go on from them the next time.")
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Ask so many at a time.")] = 1,
) -> None:
    """Show how a library is loaded, system call by system call, or hold predictions against ld.so.

    Verifying loads libraries, and so runs their constructors, each in a child of its own.
    """
    if check or programs or watched or generated:
        verdicts, what = _verify(paths or [], programs, watched, generated, sample, seed, log, jobs)
        _report(verdicts, what)
        return
    if not paths or len(paths) != 1:
        raise CannotError("one library or program is needed", "or --verify, for many")
    if era not in ERAS:
        raise CannotError(f"no ld.so is called {era!r}", f"choose one of {', '.join(ERAS)}")
    if on not in GENERATIONS:
        raise CannotError(f"no kernel is called {on!r}", f"choose one of {', '.join(GENERATIONS)}")
    typer.echo("\n".join(_told(str(paths[0]), era, on)))


def _told(path: str, era: str, kernel: str) -> Iterator[str]:
    """What becomes of one file.

    Raises:
        CannotError: it cannot be read or loaded.
    """
    try:
        elf = read_elf(path)
        if elf.kind == "dyn" and not elf.pie and not _is_program(path, elf.interp):
            loaded = load_library(elf, era=era, kernel=kernel)
            yield from _life(loaded, f"ld.so of glibc {era}")
            return
        interp = read_elf(elf.interp) if elf.interp else None
        _, program, helper = run_program(elf, interp, kernel=kernel)
        for part in filter(None, (program, helper)):
            yield from _life(part, "execve")
    except ElfError as error:
        raise CannotError(str(error), "", BAD_INPUT) from None
    except OSError as error:
        raise CannotError(f"{error.filename}: {error.strerror}", "give an ELF file") from None


def _is_program(path: str, interp: str) -> bool:
    """A file with an interpreter is a program, unless it is called a library (libc.so.6 is)."""
    return bool(interp) and not verify.LIBRARY_NAME.search(path)


def _life(loaded: Loaded, who: str) -> Iterator[str]:
    """The steps, and the VMAs that come out."""
    yield f"{loaded.elf.path}, mapped by {who} on {loaded.kernel}"
    yield ""
    for number, moment in enumerate(loaded.moments, 1):
        call = moment.step.call
        mapped = call is not None and call.name == "mmap" and not moment.refused
        answer = f" = {moment.answer:#x}" if mapped else ""
        yield f"{number:3} {moment.step.stage:9} {moment.step.told}{answer}"
        yield f"{'':14}{moment.step.because}"
        if moment.refused:
            yield f"{'':14}refused: {moment.refused}"
    yield ""
    yield f"{len(loaded.rows)} VMAs, from {loaded.base:#x}:"
    for row in loaded.rows:
        yield f"  {_row(row, loaded.base)}"
    yield ""


def _row(row: VmaRow, base: int) -> str:
    anon = row.backing == "anon"
    place = "anonymous" if anon else f"file from {row.pgoff * 4096:#x}"
    size = format_bytes(row.end - row.start)
    accounted = " ac" if "ac" in row.flags else ""
    return f"+{row.start - base:#09x} {size:>9} {row.perms} {place}{accounted}"


def _verify(  # noqa: PLR0917 - the options, passed on
    paths: Sequence[Path],
    programs: bool,
    watched: bool,
    generated: int,
    sample: int | None,
    seed: int,
    log: Path | None,
    jobs: int,
) -> tuple[list[verify.Verdict], str]:
    """Ask about every file that is to be asked about: the verdicts, and what the files are."""
    if reason := live.unavailable() or (watched and calls.unavailable()):
        raise CannotError(f"this machine's ld.so cannot be asked: {reason}", "", IMPOSSIBLE)
    if missing := [str(path) for path in paths if not path.exists()]:
        raise CannotError(f"{missing[0]}: there is no such file", "give files or folders")
    one = verify.verify_program if programs else verify.verify_library
    with tempfile.TemporaryDirectory() as folder:
        if generated:
            blueprints = (random_library(seed, index) for index in range(generated))
            files = [str(write_library(plan, folder)) for plan in blueprints]
            what = f"random libraries of seed {seed}"
        elif programs:
            files = verify.find_programs(paths or PROGRAMS)
            what = "programs"
        else:
            here = sysconfig.get_paths()["platlib"]
            files = verify.find_libraries(paths or [*SYSTEM, here])
            what = "libraries"
        files = verify.choose(files, sample, seed)
        if not files:
            raise CannotError(f"there are no {what} to verify", "give files or folders")
        known = {} if log is None else verify.read_log(log)
        left = [file for file in files if verify.identity(file) not in known]
        asked = calls.verify_calls(left) if watched else verify.verify(left, one, jobs)
        if log is not None:
            asked = verify.logged(asked, log)
        before = [known[verify.identity(file)] for file in files if file not in set(left)]
        return [*before, *_counted(asked, len(left))], what


def _counted(verdicts: Iterator[verify.Verdict], count: int) -> list[verify.Verdict]:
    """All the verdicts, with a line of progress where somebody watches."""
    found = []
    for verdict in verdicts:
        found.append(verdict)
        if sys.stderr.isatty() and not len(found) % 10:
            typer.echo(f"\r{len(found)} of {count}", nl=False, err=True)
    if sys.stderr.isatty():
        typer.echo("\r", nl=False, err=True)
    return found


def _report(verdicts: Sequence[verify.Verdict], what: str) -> None:
    """Totals, reasons, differences; a difference ends with status 1."""
    outcomes = Counter(one.outcome for one in verdicts)
    judged = outcomes["matched"] + outcomes["differs"]
    areas = sum(one.areas for one in verdicts if one.outcome == "matched")
    typer.echo(f"{outcomes['matched']} of {judged} {what} match" + f", {areas} VMAs" * bool(areas))
    if outcomes["not loaded"]:
        share = outcomes["not loaded"] / (judged + outcomes["not loaded"])
        typer.echo(f"{outcomes['not loaded']} could not be loaded here ({share:.1%}):")
        for reason, count in verify.reasons(verdicts).most_common():
            typer.echo(f"  {count:5} {reason}")
    if outcomes["refused"]:
        typer.echo(f"{outcomes['refused']} are refused, as predicted:")
        reasons = Counter(
            verify.kind_of(one.because) for one in verdicts if one.outcome == "refused"
        )
        for reason, count in reasons.most_common():
            typer.echo(f"  {count:5} {reason}")
    differing = [one for one in verdicts if one.outcome == "differs"]
    for verdict in differing[:MOST_TOLD]:
        typer.echo(f"{verdict.path} differs: {verdict.because}", err=True)
    if len(differing) > MOST_TOLD:
        typer.echo(f"and {len(differing) - MOST_TOLD} more differ", err=True)
    silent = outcomes["not loaded"] > MOST_UNLOADED * len(verdicts) and len(verdicts) >= ENOUGH
    if silent:
        typer.echo(f"more than {MOST_UNLOADED:.0%} could not be loaded: too many", err=True)
    if differing or silent:
        raise typer.Exit(DIFFERENT)
