"""``vmalab grade``: a class of submissions, each in a sandbox, judged from outside."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vmalab.cli.status import IMPOSSIBLE, OUR_FAULT, CannotError
from vmalab.grading.bundle import load_folder
from vmalab.grading.cluster import grade_on_cluster
from vmalab.grading.collect import collect
from vmalab.grading.pool import Setting, grade_all
from vmalab.grading.reports import write_reports
from vmalab.grading.sandbox import SAYS, Limits, NoSandboxError, Way, best_way
from vmalab.grading.self_test import canaries, try_them
from vmalab.grading.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmalab.grading.bundle import ExerciseSet
    from vmalab.grading.results import Job, Result

SEALED = Path("solutions/sealed")


def grade(
    submissions: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks, or folders of them.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder for results and reports.")] = Path("grades"),
    bundle: Annotated[Path, typer.Option(help="The folder of the sealed bundles.")] = SEALED,
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", min=1, help="How many at once; else one a core.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what was asked for last in this folder.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="A dask scheduler, tcp://…, instead of this machine.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Where no sandbox works, run them all the same.")
    ] = False,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Grade answers known to be right, and forgeries.")
    ] = False,
) -> None:
    """Grade submissions; results that were made from the same are kept, not made again."""
    if self_test:
        run_self_test(bundle, jobs, trust=trust)
        return
    store = Store(out)
    paths, bundle = _asked(store, submissions or [], bundle, resume=resume)
    sets = _sets(bundle)
    found = collect(paths, sets)
    for note in found.notes:
        typer.echo(note, err=True)
    way = _way(trust=trust)
    setting = Setting(sets, way, store.image(), Limits())
    todo = [job for job in found.jobs if not _is_done(store, job, setting)]
    typer.echo(f"{len(found.jobs)} submissions, {len(todo)} to grade, {SAYS[way]}")
    faults = run_all(todo, setting, store, jobs, scheduler)
    results = write_reports(store)
    points = [one["points"] for one in results]
    mean = sum(points) / len(points) if points else 0.0
    typer.echo(f"{out / 'grades.csv'}: {len(results)} results, {mean:.1f} points on average")
    if faults:
        raise CannotError(f"{faults} submissions could not be judged", "see their notes", OUR_FAULT)


def _way(*, trust: bool) -> Way:
    try:
        return best_way(trust=trust)
    except NoSandboxError as error:
        raise CannotError(str(error), "", IMPOSSIBLE) from None


def run_self_test(bundle: Path, jobs: int | None, *, trust: bool) -> None:
    """Grade a canary of each kind, and say whether each got what it should get."""
    sets, way = _sets(bundle), _way(trust=trust)
    tried = list(canaries(bundle, sets))
    if not any(one.points for one in tried):
        cure = "keep NN_name.ipynb, as make exercises made them, in the folder above it"
        raise CannotError(f"{bundle}: no worked notebook beside it to hand in", cure)
    with tempfile.TemporaryDirectory(prefix="vmalab-self-test-") as folder:
        setting = Setting(sets, way, Store(Path(folder)).image(), Limits())
        graded = try_them(tried, setting, jobs or len(os.sched_getaffinity(0)))
    wrong = []
    for one, result in graded:
        said = f"{one.job.learner} {one.job.exercise}: {result['points']:g} points"
        right = result["points"] == one.points and not result.get("fault")
        typer.echo(f"{said}, as it should be" if right else f"{said}, and not {one.points}")
        wrong += [] if right else [said]
    typer.echo(f"run {SAYS[way]}")
    if wrong:
        told = f"{len(wrong)} of {len(graded)} canaries: {'; '.join(wrong)}"
        raise CannotError(told, "do not grade a class with this: vmalab doctor", IMPOSSIBLE)


def _asked(
    store: Store, paths: list[Path], bundle: Path, *, resume: bool
) -> tuple[list[Path], Path]:
    """What to grade, and by which bundle: as asked now, or, with --resume, as asked last."""
    last = store.last_run() if resume and not paths else None
    if last is not None:
        return [Path(one) for one in last["submissions"]], Path(last["bundle"])
    if not paths:
        what = f"nothing was asked for in {store.folder} yet" if resume else "nothing to grade"
        raise CannotError(what, "name notebooks or folders")
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise CannotError(f"{path}: no such file or folder", "name notebooks or folders")
    asked = [str(path.absolute()) for path in paths]
    store.remember_run({"submissions": asked, "bundle": str(bundle.absolute())})
    return paths, bundle


def _sets(bundle: Path) -> dict[str, ExerciseSet]:
    try:
        return load_folder(bundle)
    except (ValueError, OSError) as error:
        raise CannotError(str(error), "give --bundle the folder with the sealed sets") from None


def _is_done(store: Store, job: Job, setting: Setting) -> bool:
    key = job.key(setting.sets[job.exercise], setting.limits, setting.way)
    return store.known(job.learner, job.exercise, key)


def run_all(
    todo: list[Job], setting: Setting, store: Store, jobs: int | None, scheduler: str | None
) -> int:
    """Grade, keep each result as it comes, and show how far it is; how many were lost."""
    from rich.progress import (  # noqa: PLC0415 - not needed by other commands
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    faults = 0
    with Progress(*columns, disable=not todo) as progress:
        task = progress.add_task("grading", total=len(todo))

        def done(result: Result) -> None:
            nonlocal faults
            store.save(result)
            faults += bool(result.get("fault"))
            progress.advance(task)

        if scheduler is not None:
            _on_cluster(todo, setting, done, scheduler)
        else:
            grade_all(todo, setting, done, jobs or len(os.sched_getaffinity(0)))
    return faults


def _on_cluster(
    todo: list[Job], setting: Setting, done: Callable[[Result], None], scheduler: str
) -> None:
    try:
        grade_on_cluster(todo, setting, done, scheduler)
    except ImportError:
        cure = "pip install vmalab[cluster]"
        raise CannotError("dask.distributed is not installed", cure, IMPOSSIBLE) from None
    except OSError as error:
        raise CannotError(f"{scheduler}: {error}", "start one with: dask scheduler") from None
