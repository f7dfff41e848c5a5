"""``vmalab fuzz``: random programs on the model and on this machine's own kernel."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vmalab import host
from vmalab.cli.status import DIFFERENT, IMPOSSIBLE, CannotError
from vmalab.records.text import format_program
from vmalab.workloads import fuzz as fuzzing
from vmalab.workloads.profiles import PROFILES
from vmalab.workloads.random_programs import DEFAULT_OPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vmalab.workloads.fuzz import FuzzReport

ALL = "all"


def fuzz(  # noqa: PLR0917 - an argument an option
    against: Annotated[str, typer.Option(help="The judge: host.")] = "host",
    programs: Annotated[int, typer.Option(min=1, help="How many programs.")] = 2000,
    ops: Annotated[int, typer.Option(min=1, help="Operations in each.")] = DEFAULT_OPS,
    seed: Annotated[int, typer.Option(help="Another seed, other programs.")] = 1,
    first: Annotated[int, typer.Option(min=0, help="The number of the first program.")] = 0,
    profile: Annotated[
        str, typer.Option(help="mixed, anon, file, ext, search, or all: a fifth of each.")
    ] = ALL,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at work.")] = 1,
    stop_after: Annotated[int, typer.Option(min=1, help="Differences to look for.")] = 1,
    memory: Annotated[
        bool, typer.Option("--memory", help="Compare smaps and pagemap in the end, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run random programs on the model and on this machine's kernel, and compare every step.

    A difference is shrunk to the smallest program that shows it, and printed as that program.
    """
    if against != "host":
        raise CannotError(f"cannot judge by {against!r}", "--against takes host")
    if profile not in {ALL, *PROFILES}:
        names = ", ".join([*PROFILES, ALL])
        raise CannotError(f"{profile!r} is not a profile", f"choose one of {names}")
    if reason := host.unavailable():
        raise CannotError(reason, "the model alone needs no host: vmalab run", IMPOSSIBLE)
    work = [
        fuzzing.Job(name, seed, count, ops, first, memory)
        for name, count in shares(profile, programs)
    ]
    if (note := host.release_note()) and not as_json:
        typer.echo(f"note: {note}", err=True)
    reports = []
    with _bar(programs, quiet=as_json) as advance:
        for job in work:
            reports.append(_fuzz(job, jobs=jobs, stop_after=stop_after, advance=advance))
            if reports[-1].found:
                break
    if as_json:
        typer.echo(json.dumps(as_data(reports), indent=2))
    else:
        show(reports)
    if any(report.found for report in reports):
        raise typer.Exit(DIFFERENT)


def shares(profile: str, programs: int) -> list[tuple[str, int]]:
    """How many programs of which profile.

    >>> shares("all", 12)
    [('mixed', 3), ('anon', 3), ('file', 2), ('ext', 2), ('search', 2)]
    """
    if profile != ALL:
        return [(profile, programs)]
    each, rest = divmod(programs, len(PROFILES))
    counts = [(name, each + (index < rest)) for index, name in enumerate(PROFILES)]
    return [(name, count) for name, count in counts if count]


def _fuzz(
    job: fuzzing.Job, *, jobs: int, stop_after: int, advance: Callable[[str, int], None]
) -> FuzzReport:
    done = 0

    def progress(now: int, _: int) -> None:
        nonlocal done
        advance(job.profile, now - done)
        done = now

    try:
        return fuzzing.fuzz(job, jobs=jobs, stop_after=stop_after, progress=progress)
    except BrokenProcessPool:
        what = "a worker process ended before its time"
        raise CannotError(what, "try again with --jobs 1", IMPOSSIBLE) from None
    except host.HostError as error:
        raise CannotError(str(error), "try again, or with another --seed", IMPOSSIBLE) from None


@contextlib.contextmanager
def _bar(programs: int, *, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on standard error, on a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _, __: None
        return
    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=programs)
        yield lambda name, count: bar.update(task, description=name, advance=count)


def show(reports: list[FuzzReport]) -> None:
    """Print what was compared, the counts of outcomes, and the differences."""
    console = Console(highlight=False)
    total = _sum(reports)
    for line in count_lines(total):
        console.print(line, soft_wrap=True)
    for report in reports:
        console.print(_summary(report))
    for reason, count in sorted(total.skipped.items()):
        console.print(f"skipped {count}: {reason}", markup=False)
    for report in reports:
        for found in report.found:
            console.print(f"\n{found.program.name} differs; the smallest program that does:\n")
            console.print(format_program(found.shrunk), markup=False)
            console.print(str(found.shrunk_difference), markup=False)
            number = found.program.name.rsplit("-", 1)[1]
            again = f"vmalab fuzz --profile {report.profile} --seed {report.seed}"
            again += " --memory" * report.memory
            console.print(f"\nagain: {again} --first {number} --programs 1", markup=False)
    if not any(report.found for report in reports):
        console.print(f"0 differences in {total.programs} programs, {total.ops} operations")


def _summary(report: FuzzReport) -> str:
    rate = report.ops / report.seconds if report.seconds else 0
    return (
        f"{report.profile:<7}{report.programs:>8} programs {report.ops:>9} operations, "
        f"{report.share_ok:.0%} succeed, {rate:,.0f} a second"
    )


def _sum(reports: list[FuzzReport]) -> FuzzReport:
    total = fuzzing.FuzzReport(ALL, reports[0].seed)
    for report in reports:
        total.add(report)
    return total


def count_lines(report: FuzzReport) -> list[str]:
    """A line an operation: how often it had which outcome."""
    lines = []
    for verb in sorted({verb for verb, _ in report.counts}):
        outcomes = {o.removeprefix("-1 "): n for (v, o), n in report.counts.items() if v == verb}
        fine = outcomes.pop("ok", 0)
        rest = "  ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
        lines.append(f"{verb:<10}{fine:>8} ok  {rest}".rstrip())
    return lines


def as_data(reports: list[FuzzReport]) -> dict[str, Any]:
    """The reports as plain data."""
    return {
        "seed": reports[0].seed,
        "programs": sum(report.programs for report in reports),
        "operations": sum(report.ops for report in reports),
        "differences": sum(len(report.found) for report in reports),
        "profiles": [_profile_data(report) for report in reports],
    }


def _profile_data(report: FuzzReport) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    for (verb, outcome), count in sorted(report.counts.items()):
        counts.setdefault(verb, {})[outcome] = count
    return {
        "profile": report.profile,
        "programs": report.programs,
        "operations": report.ops,
        "succeeded": round(report.share_ok, 4),
        "seconds": round(report.seconds, 2),
        "counts": counts,
        "skipped": dict(report.skipped),
        "found": [
            {
                "program": found.program.name,
                "smallest": format_program(found.shrunk),
                "difference": str(found.shrunk_difference),
            }
            for found in report.found
        ],
    }
