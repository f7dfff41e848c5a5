"""``vmalab replay``: recorded transcripts of real kernels, held against the model."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import replace as but
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vmalab.cli.columns import columns
from vmalab.cli.status import DIFFERENT, CannotError
from vmalab.generations import generation
from vmalab.records.program import WINDOW_START
from vmalab.records.resolve import Window
from vmalab.trace.transcript import Said, TranscriptError, parse_transcript, snapshot_of
from vmalab.views import address_space
from vmalab.views.text import render
from vmalab.workloads import replay as replaying
from vmalab.workloads.replay import Kernels

if TYPE_CHECKING:
    from vmalab.trace.transcript import Transcript
    from vmalab.workloads.replay import Mismatch, Outcome

GZIP_MAGIC = b"\x1f\x8b"
DEFAULT_ARCH = "x86_64"
_ARCH_IN_NAME = re.compile(r"(?:^|[^a-z0-9])(i386-pae|i386|x86_64)(?![a-z0-9])")


def replay(  # noqa: PLR0917 - an argument an option
    files: Annotated[list[Path], typer.Argument(help="Transcripts, plain or gzip.")],
    on: Annotated[str, typer.Option(help="The kernel of the model: linux-2.6, linux-6 …")],
    arch: Annotated[
        str | None, typer.Option(help="x86_64, i386 or i386-pae; else the file's name says it.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at work.")] = 1,
    sequence: Annotated[
        str | None, typer.Option(help="Show this sequence in full, side by side.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Kinds of differences to show.")] = 10,
    validate: Annotated[
        bool, typer.Option(help="Check the model's laws after every operation.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run recorded transcripts on the model and compare every line: results, VMAs, entries, pages.

    A sequence is compared up to its first difference; the rest of it counts as unmatched.
    """
    different = False
    told = []
    for file in files:
        read = read_transcript(file)
        name, why = arch_of(file, arch)
        if why and not as_json:
            typer.echo(f"{file.name}: {why}")
        kernels = Kernels(on, name, read.all_flags, validate, read.booted_each)
        check(kernels)
        if sequence is not None:
            different |= show_sequence(file, read, kernels, sequence)
            continue
        outcome = replaying.replay(read.sequences, kernels, jobs=jobs)
        different |= outcome.ops_matched < outcome.ops
        told.append(as_data(file, kernels, outcome, limit))
        if not as_json:
            typer.echo("\n".join(report(file, kernels, read, outcome, limit)))
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    if different:
        raise typer.Exit(DIFFERENT)


def read_transcript(file: Path) -> Transcript:
    """The transcript in a file.

    Raises:
        CannotError: it cannot be read, or is not a transcript.
    """
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data).decode()
        return parse_transcript(text)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        cure = "copy the file again"
        raise CannotError(f"{file}: the gzip data is damaged or cut short", cure) from None
    except UnicodeDecodeError as error:
        what = f"{file}: byte {error.start} is not UTF-8 text"
        raise CannotError(what, "give a transcript, plain or gzip") from None
    except OSError as error:
        raise CannotError(f"{file}: {error.strerror}", "give a transcript") from None
    except TranscriptError as error:
        cure = "docs/program-format.md says what a transcript looks like"
        raise CannotError(f"{file}: {error}", cure) from None


def arch_of(file: Path, said: str | None) -> tuple[str, str]:
    """The architecture to run on, and how we came to it (nothing if it was said).

    >>> arch_of(Path("i386-pae-mp.txt.gz"), None)
    ('i386-pae', 'the name says i386-pae')
    >>> arch_of(Path("mine.txt"), None)
    ('x86_64', '')
    """
    if said is not None:
        return said, ""
    match = _ARCH_IN_NAME.search(file.name)
    if match is None:
        return DEFAULT_ARCH, ""
    return match[1], f"the name says {match[1]}"


def check(kernels: Kernels) -> None:
    """Is there such a kernel?

    Raises:
        CannotError: no.
    """
    if kernels.arch not in WINDOW_START:
        names = ", ".join(WINDOW_START)
        raise CannotError(f"{kernels.arch!r} is no architecture", f"choose one of {names}")
    try:
        generation(kernels.generation, kernels.arch)
    except ValueError as error:
        raise CannotError(str(error)) from None


def report(
    file: Path, kernels: Kernels, read: Transcript, outcome: Outcome, limit: int
) -> list[str]:
    """How one file compared, and the first difference of each kind."""
    ops = share(outcome.ops_matched, outcome.ops)
    whole = share(outcome.sequences_matched, outcome.sequences)
    on = f"{file.name} on {kernels.generation} ({kernels.arch})"
    lines = [f"{on}: operations {ops}, sequences {whole}"]
    pages = {sequence.program.name: sequence.program.pages for sequence in read.sequences}
    kinds = outcome.kinds()
    for count, mismatch in kinds[:limit]:
        lines += ["", f"{count} x {told(mismatch)}"]
        window = Window(WINDOW_START[kernels.arch], pages[mismatch.sequence])
        lines += drawings(mismatch, window)
    if len(kinds) > limit:
        lines += ["", f"and {len(kinds) - limit} more kinds of differences (--limit shows them)"]
    return lines


def share(part: int, whole: int) -> str:
    """A count of a total, rounded so that only all of it is 100 %.

    >>> share(1999, 2000), share(2000, 2000), share(39999, 40000)
    ('1999/2000 (99.95 %)', '2000/2000 (100 %)', '39999/40000 (99.99 %)')
    """
    if part == whole:
        return f"{part}/{whole} (100 %)"
    hundredths = part * 10000 // whole
    return f"{part}/{whole} ({hundredths // 100}.{hundredths % 100:02} %)"


def told(mismatch: Mismatch) -> str:
    """A difference in words."""
    names = {"V": "VMAs", "T": "entries", "C": "contents"}
    what = names.get(mismatch.what, mismatch.what)
    lines = [f"@{mismatch.sequence}.{mismatch.number} {mismatch.op}: {what}"]
    for name, side in zip(("recorded", "ours"), mismatch.sides, strict=True):
        first, *rest = side.split("\n")
        lines += [f"  {name:<9} {first}", *(f"  {'':<9} {line}" for line in rest)]
    return "\n".join(lines)


def drawings(mismatch: Mismatch, window: Window) -> list[str]:
    """The window before the operation, and both outcomes where they differ in VMAs."""
    pictures = [drawing(mismatch.before, window, f"before: {mismatch.before.entries or '-'}")]
    if mismatch.what == "V":
        pictures.append(drawing(mismatch.recorded, window, "recorded"))
        pictures.append(drawing(mismatch.ours, window, "ours"))
    return [f"\n{picture}" for picture in pictures]


def drawing(said: Said, window: Window, title: str) -> str:
    """The window after an operation as text."""
    scene = address_space(snapshot_of(said, window), window, title=title, pages=False).scene
    return render(but(scene, table=None)).rstrip()


def show_sequence(file: Path, read: Transcript, kernels: Kernels, name: str) -> bool:
    """Print one sequence, the two kernels side by side up to the first difference: True if any.

    Raises:
        CannotError: the file has no such sequence.
    """
    names = [one.program.name for one in read.sequences]
    if name not in names:
        has = f"it has {names[0]} to {names[-1]}"
        raise CannotError(f"{file}: there is no sequence {name!r}", has)
    found = read.sequences[names.index(name)]
    program = found.program
    typer.echo(f"seq {program.name} {program.pages} {program.fill}: recorded | ours")
    ours_of = replaying.narrate_one(read.sequences, names.index(name), kernels)
    told = list(zip(found.said, ours_of, strict=False))
    firsts: dict[int, str] = {}
    for number, (recorded, ours) in enumerate(told, 1):
        if not firsts and (what := replaying.difference(recorded, ours)):
            firsts[number] = what
    typer.echo("\n".join(columns(program.ops, told, firsts)))
    return bool(firsts)


def as_data(file: Path, kernels: Kernels, outcome: Outcome, limit: int) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "file": str(file),
        "generation": kernels.generation,
        "arch": kernels.arch,
        "operations": outcome.ops,
        "operations_matched": outcome.ops_matched,
        "sequences": outcome.sequences,
        "sequences_matched": outcome.sequences_matched,
        "differences": [
            {
                "count": count,
                "sequence": one.sequence,
                "number": one.number,
                "operation": one.op,
                "what": one.what,
                "recorded": one.sides[0],
                "ours": one.sides[1],
            }
            for count, one in outcome.kinds()[:limit]
        ],
    }
