"""``vmalab generations``: which kernels there are, and how we know them."""

from __future__ import annotations

import json
import textwrap
from typing import Annotated

import typer

from vmalab.workloads.generation_table import About, all_about


def generations(
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """List the kernels of the model: what each is, the evidence for it, and where it runs."""
    known = all_about()
    typer.echo(json.dumps(as_data(known), indent=2) if as_json else "\n".join(lines(known)))


def lines(known: list[About]) -> list[str]:
    """A paragraph a kernel: a table would be wider than a terminal."""
    told: list[str] = []
    for one in known:
        sizes = ", ".join(f"{arch} {size}" for arch, size in one.sizeof_vma.items())
        told += [
            *([""] if told else []),
            one.name,
            *_wrapped("", one.what),
            *_wrapped("evidence: ", one.evidence),
            *_wrapped("machines, bytes of a VMA: ", sizes),
        ]
    return [*told, "", "docs/generations.md says where they differ."]


def _wrapped(name: str, text: str) -> list[str]:
    told = name + text.replace("``", "`")
    return textwrap.wrap(told, 96, initial_indent="  ", subsequent_indent="    ")


def as_data(known: list[About]) -> list[dict[str, object]]:
    """The table as plain data."""
    return [
        {
            "name": one.name,
            "what": one.what,
            "evidence": one.evidence,
            "sizeof_vma": dict(one.sizeof_vma),
        }
        for one in known
    ]
