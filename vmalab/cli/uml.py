"""``vmalab uml``: a User-mode Linux on hosts of history, and what its VMAs cost them."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vmalab.cli.status import CannotError
from vmalab.generations import GENERATIONS
from vmalab.kernel import Kernel
from vmalab.views.growth import Series, growth_figure, growth_text
from vmalab.workloads.uml import POLICIES, Params, Report
from vmalab.workloads.uml import run as run_guest
from vmalab.workloads.uml.price import price, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOTH = "both"
HOST_KERNEL: Final = "linux-2.6-manyprots-v4"
"""A kernel with the patch, so that both policies can show what they are worth."""


def uml(  # noqa: PLR0917 - an argument an option
    pages: Annotated[int, typer.Option(help="Pages that guest programs touch.")] = 32_768,
    policy: Annotated[str, typer.Option(help="mmap, rfp, or both.")] = BOTH,
    on: Annotated[str, typer.Option(help="The host's kernel.")] = HOST_KERNEL,
    arch: Annotated[
        str, typer.Option(help="The host's machine; i386 where the kernel runs on it.")
    ] = "",
    mode: Annotated[str, typer.Option(help="skas0, or skas3 for a patched host.")] = "skas0",
    processes: Annotated[int, typer.Option(help="Guest programs.")] = 1,
    commands: Annotated[int, typer.Option(help="Short-lived ones, forked meanwhile.")] = 4,
    fragmentation: Annotated[
        float, typer.Option(help="Chance that neighbouring pages lie apart in guest RAM.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed, another day of the guest.")] = 2006,
    plot: Annotated[
        Path | None, typer.Option(help="Draw VMAs over touches into a .svg, .png or .pdf.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False,
) -> None:
    """Run a User-mode Linux on the model, and count what its pages cost the host."""
    try:
        params = Params(
            pages=pages,
            fragmentation=fragmentation,
            processes=processes,
            commands=commands,
            mode=mode,
            seed=seed,
        )
        reports = [one_run(params, name, on, arch, quiet=as_json) for name in policies_of(policy)]
    except ValueError as error:
        raise CannotError(str(error), "vmalab uml --help lists the options") from None
    if plot is not None:
        draw(reports, plot)
    if as_json:
        typer.echo(json.dumps([as_data(report) for report in reports], indent=2))
    else:
        typer.echo(f"{growth_text(series(reports))}\n\n{tell(reports)}")


def policies_of(policy: str) -> list[str]:
    """The policies that were asked for.

    Raises:
        CannotError: there is none of that name.
    """
    if policy not in {*POLICIES, BOTH}:
        names = ", ".join([*POLICIES, BOTH])
        raise CannotError(f"{policy!r} is not a policy", f"choose one of {names}")
    return list(POLICIES) if policy == BOTH else [policy]


def one_run(params: Params, policy: str, on: str, arch: str, *, quiet: bool) -> Report:
    """One policy on one host.

    Raises:
        ValueError: no such kernel, or it does not run on that machine.
    """
    kernel = boot(on, arch, ram_pages=4 * params.ram_pages * (params.processes + 2))
    with _bar(params.pages, policy, quiet=quiet) as advance:
        return run_guest(params, policy, kernel, progress=advance)


def boot(on: str, arch: str, ram_pages: int) -> Kernel:
    """The host's kernel, on i386 if it runs there and nobody asked for another machine."""
    if on not in GENERATIONS:
        msg = f"no kernel is called {on!r}; choose one of {', '.join(GENERATIONS)}"
        raise ValueError(msg)
    if arch:
        return Kernel(on, arch, ram_pages=ram_pages)
    with contextlib.suppress(ValueError):
        return Kernel(on, "i386", ram_pages=ram_pages)
    return Kernel(on, ram_pages=ram_pages)


def series(reports: list[Report]) -> list[Series]:
    """VMAs of the process that runs, over touches: a line for each run."""
    return [
        Series(
            f"{report.policy} on {report.kernel}",
            [(sample.touches, sample.vmas) for sample in report.samples],
            "killed: max_map_count" if report.killed else "",
        )
        for report in reports
    ]


def draw(reports: list[Report], path: Path) -> None:
    """Write the figure.

    Raises:
        CannotError: it cannot be written, or not as such a file.
    """
    pages = reports[0].params.pages
    title = f"A User-mode Linux of {pages:,} pages: VMAs of one host process"
    figure = growth_figure(series(reports), title, "touches by guest programs", "VMAs")
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise CannotError(f"{path}: {error}", "choose a .svg, .png or .pdf file") from None
    typer.echo(f"{path}: written", err=True)


def as_data(report: Report) -> dict[str, object]:
    """A run as JSON has it; times are simulated, and bytes are at the busiest moment."""
    data = asdict(report)
    del data["seen"]
    data["killed"] = [killed._asdict() for killed in report.killed]
    return data | {"simulated": asdict(price(report))}


@contextlib.contextmanager
def _bar(pages: int, policy: str, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on standard error, on a terminal: pages touched, more or less."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description:<4}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(policy, total=pages)
        yield lambda touches: bar.update(task, completed=min(touches, pages))
