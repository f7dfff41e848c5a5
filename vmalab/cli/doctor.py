"""``vmalab doctor``: what this machine can and cannot do, and the cure for what it cannot."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vmalab.cli.checks import CHECKS, Finding
from vmalab.cli.status import IMPOSSIBLE

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "missing": "[red]missing[/]"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what this machine can and cannot do, with a cure for each thing it cannot.

    A note is something that only part of vmalab needs; what is missing, everything needs.
    """
    findings = [check() for check in CHECKS]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        show(findings)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(IMPOSSIBLE)


def show(findings: list[Finding]) -> None:
    """A line a finding."""
    console = Console(highlight=False)
    table = Table("", "what", "found", "cure", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(_MARKS[finding.state], finding.what, finding.found, finding.cure)
    console.print(table)
