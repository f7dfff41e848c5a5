"""What the RemapBoard shows: plain data, computed from one program's runs on every kernel."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from vmalab.records.pages import PageRow
from vmalab.records.program import Op
from vmalab.records.resolve import Window
from vmalab.records.run import Run
from vmalab.records.snapshot import Snapshot
from vmalab.records.words import name_prot, window_page
from vmalab.trace.pages import page_rows
from vmalab.units import PAGE_SIZE, addr_to_vpn
from vmalab.views import Drawing, nonlinear_area
from vmalab.views.describe import brief_kernel
from vmalab.views.describe_op import brief_op, describe_op
from vmalab.views.nonlinear import KINDS, OWN
from vmalab.widgets.compare_kernels_view import ending, letters_of
from vmalab.widgets.frames import count_of, legend, maps_rows, snug, without_heading
from vmalab.workloads.parting import NOT_RUN, STOPPED, Runs

PART_PAGES: Final = 32
"""Of a larger window so many pages are drawn, those around the page that was used last."""
MOST_TOLD: Final = 12
"""How many pages of a window are told in a line of the kernels' table."""


def part_of(window: Window, page: int) -> Window | None:
    """The part of a large window that is drawn; None if it is drawn whole.

    >>> part_of(Window(0x10000, 8), 3) is None, part_of(Window(0, 200), 195)
    (True, Window(start=786432, pages=8))
    """
    if window.pages <= PART_PAGES:
        return None
    first = page // PART_PAGES * PART_PAGES
    return Window(window.addr(first) or 0, min(PART_PAGES, window.pages - first))


def show(runs: Runs, kernel: str, page: int, key: str) -> dict[str, Any]:
    """Everything that the page shows: the board on one kernel, and the program on all."""
    run = runs.run(kernel)
    step, before, now = run.steps[-1], run.state(len(run.steps) - 1), with_pages(runs, run)
    asked = describe_op(step.op)
    return {
        "page": page,
        "kernel": kernel,
        "line": brief_op(step.op),
        "sentence": f"{asked[0].upper()}{asked[1:]}. {ending(run, step)}",
        "refused": step.failed or step.result == STOPPED,
        "rule": f"checked in {step.rule}" if step.failed and step.rule else "",
        "tiles": tiles(now, run.window),
        "entries": entries(runs, kernel, now, run.window),
        "program": [
            {"line": _brief(one.op), "result": one.result.removeprefix("-1 "), "bad": one.failed}
            for one in run.steps
        ],
        "maps": maps_rows(before, step.after),
        "legend": legend(now),
        "totals": count_of(now.map_count, "VMA"),
        "picture": _drawn(now, part_of(run.window, page), run.window, f"board{key}"),
    }


@lru_cache(maxsize=1024)
def _brief(op: Op) -> str:
    return brief_op(op)


def with_pages(runs: Runs, run: Run) -> Snapshot:
    """The address space after a run so far, and what each page of the window shows."""
    now = run.steps[-1].after
    return now if now.pages else replace(now, pages=page_rows(runs.task(run.kernel).mm, run.window))


@lru_cache(maxsize=32)
def _drawn(now: Snapshot, part: Window | None, window: Window, key: str) -> dict[str, Any]:
    """The picture for a page; what was rehearsed is not drawn again when it is done."""
    return picture(now, window, part).live(key)


def picture(now: Snapshot, window: Window, part: Window | None) -> Drawing:
    """The VMAs, the pages and the file; of a large window only a part."""
    drawing = nonlinear_area(now, window, part=part)
    return Drawing(snug(without_heading(drawing.scene)))


def tiles(now: Snapshot, window: Window) -> list[dict[str, Any]]:
    """Every page of the window: what it shows, with which rights, and is it there?"""
    shown = {row.addr: row for row in now.pages}
    return [
        _tile(number, shown.get(window.start + number * PAGE_SIZE))
        for number in range(window.pages)
    ]


@lru_cache(maxsize=4096)
def _tile(number: int, row: PageRow | None) -> dict[str, Any]:
    if row is None:
        about = f"Window page {number}: no VMA"
        return {"page": number, "kind": "hole", "shows": "", "rights": "", "about": about}
    own = ", rights of its own" if row.own else ""
    return {
        "page": number,
        "kind": row.kind,
        "shows": str(row.pgoff),
        "rights": row.perms + (OWN if row.own else ""),
        "about": f"Window page {number}: file page {row.pgoff}, {name_prot(row.perms)}{own}, "
        f"{KINDS[row.kind][1]}",
    }


def entries(runs: Runs, kernel: str, now: Snapshot, window: Window) -> list[list[str]]:
    """The page-table entries of the window: page, entry, its kind, file page, rights."""
    first = addr_to_vpn(window.start)
    mm = runs.task(kernel).mm
    ptes = dict(mm.pgtable.entries(first, first + window.pages))
    return [
        [
            str(window_page(row.addr, window)),
            f"{ptes.get(addr_to_vpn(row.addr), 0):#018x}",
            KINDS[row.kind][0][0],
            f"({row.pgoff})" if row.kind == "none" else str(row.pgoff),
            row.perms + (OWN if row.own else ""),
        ]
        for row in now.pages
    ]


def kernels(runs: Runs) -> list[dict[str, Any]]:
    """The same program everywhere: the last answer, the VMAs, what the window shows."""
    found = runs.parting
    number = len(runs.ops)
    letters = letters_of(found, number)
    apart = len(set(letters.values())) > 1
    return [
        {
            "name": run.kernel,
            "answer": run.steps[-1].result.removeprefix("-1 "),
            "bad": run.steps[-1].failed or run.steps[-1].result == STOPPED,
            "vmas": run.steps[-1].after.map_count if run.steps[-1].result != NOT_RUN else "-",
            "shows": _shows(with_pages(runs, run)),
            "letter": letters[run.kernel] if apart else "",
        }
        for run in found.runs
    ]


def _shows(now: Snapshot) -> str:
    """The file's pages in the order of the window, with rights that are not the VMA's."""
    told = [f"{row.pgoff}{_own_rights(row)}" for row in now.pages]
    more = f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return " ".join(told[:MOST_TOLD]) + more


def _own_rights(row: PageRow) -> str:
    """Rights that a page has of its own, after a colon.

    >>> _own_rights(PageRow(0, "present", 1, "r--", own=True))
    ':r'
    """
    return f":{row.perms.replace('-', '') or 'none'}" if row.own else ""


def text_twin(runs: Runs, kernel: str) -> str:
    """The program with its answers, the VMAs and entries on one kernel, and the others' ends."""
    run = runs.run(kernel)
    now = with_pages(runs, run)
    lines = [f"RemapBoard: a window of {run.window.pages} pages on {kernel}"]
    for number, step in enumerate(run.steps, 1):
        lines.append(f"{number:3}  {brief_op(step.op)}: {ending(run, step)}")
    lines.append(picture(now, run.window, part_of(run.window, 0)).text)
    lines.append("On every kernel: the last answer, VMAs, file pages in the order of the window")
    for one in kernels(runs):
        name = brief_kernel(one["name"])
        lines.append(f"  {name:26} {one['answer']:8} {one['vmas']:3}  {one['shows']}".rstrip())
    return "\n".join(lines)
