"""From a key to a changed page: every widget in JupyterLab in Chromium, on spaces of 200 VMAs.

    python -m benchmarks.latency [--steps 100] [--pause 100] [--json FILE] [WIDGET ...]

The clock starts when the browser hears of the key. *changed* is when the picture is another one,
*painted* when the frame that shows it has been drawn. Keys come from Playwright, one after the
other with a pause, as a person presses them. *in Python* is the processor time of one message in
the kernel, without a browser; on a machine that is busy with other work it says more than the
clock does.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import nbformat.v4

from tools.notebooks import METADATA
from tools.setup_env import BROWSERS

STEPS, PAUSE_MS = 100, 100
TARGET_MS = 50
NR_VMAS = 200

SETTING = """
from benchmarks.latency import many_areas, many_segments, scattered, task_of_many
"""
WATCH = """([selector, inside]) => {
  const card = document.querySelector(selector), times = [];
  let began = null;
  window.heard = times;
  card.addEventListener("keydown", (event) => { began = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (began === null) return;
    const start = began, changed = performance.now() - start;
    began = null;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => times.push([changed, performance.now() - start]);
      channel.port2.postMessage(0);
    });
  }).observe(card.querySelector(inside), { childList: true, subtree: true, characterData: true });
}"""
"""Notes for each key when the picture was changed, and when that was painted."""


class Case(NamedTuple):
    """A widget: the cell that makes it, where the focus goes, what is watched, keys in turn.

    ``asks`` are the messages that the keys send.
    """

    cell: str
    card: str
    focus: str
    keys: tuple[str, ...]
    asks: tuple[dict[str, Any], ...]
    watched: str = ".vma-stage"


CASES = {
    "Stepper": Case(
        "from vmalab.widgets import Stepper\nwidget = Stepper(many_areas(), at=150)",
        ".vma-card:has(.vma-transport)",
        ".vma-stage",
        ("ArrowDown",),
        ({"do": "move", "to": ["next operation"]}, {"do": "move", "to": ["previous operation"]}),
    ),
    "WalkExplorer": Case(
        "from vmalab.widgets import WalkExplorer\nwidget = WalkExplorer(task_of_many())",
        ".vma-walk",
        ".vma-strips button",
        ("Enter",),
        ({"do": "flip", "bit": 0},),
    ),
    "SwapLab": Case(
        "from vmalab.widgets import SwapLab\nwidget = SwapLab()",
        ".vma-swap",
        ".vma-stage",
        ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"),
        ({"do": "move", "to": "next"}, {"do": "move", "to": "previous"}),
    ),
    "RemapBoard": Case(
        "from vmalab.widgets import RemapBoard\n"
        f"widget = RemapBoard(scattered(), kernel='linux-6', pages={NR_VMAS})",
        ".vma-board",
        "[data-page='3']",
        ("r", "w"),
        ({"do": "put", "file_page": 9, "page": 3, "rights": "area"}, {"do": "read", "page": 3}),
    ),
    "LibraryExplorer": Case(
        "from vmalab.widgets.library_explorer import LibraryExplorer\n"
        "widget = LibraryExplorer(many_segments(), at=5)",
        ".vma-library",
        ".vma-stage",
        ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"),
        ({"do": "move", "to": "next"}, {"do": "move", "to": "previous"}),
    ),
    "CompareKernels": Case(
        "from vmalab.widgets import CompareKernels\n"
        "widget = CompareKernels(many_areas(), ('linux-2.6', 'linux-6'))\nwidget.go(150)",
        ".vma-compare",
        ".vma-grid",
        ("ArrowDown",),
        ({"do": "go", "to": "next"}, {"do": "go", "to": "previous"}),
        ".vma-groups",
    ),
}


def many_areas() -> str:
    """A program of 300 operations; after the first hundred there are 200 VMAs, give or take one."""
    cuts = [f"mprotect {page} 1 r" for page in range(1, NR_VMAS, 2)]
    touches = [f"write {page} 7" for page in range(0, NR_VMAS, 2)]
    others = [f"mprotect {page} 1 none" for page in range(1, NR_VMAS, 2)]
    mixed = [line for pair in zip(touches, others, strict=True) for line in pair]
    mapped = f"seq 1 {NR_VMAS} hole\nmmap 0 {NR_VMAS} rw private,anon,fixed"
    return "\n".join([mapped, *cuts, *mixed])


def scattered() -> str:
    """Lines for a board: every page of the window shows a page of the file out of order."""
    return "\n".join(f"remap {page} 1 none {(page * 7 + 3) % 64}" for page in range(NR_VMAS))


def task_of_many() -> Any:
    """A process of 200 VMAs."""
    from vmalab.kernel import Kernel  # noqa: PLC0415 - in the notebook's kernel only
    from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE  # noqa: PLC0415
    from vmalab.units import PAGE_SIZE  # noqa: PLC0415

    task = Kernel().spawn()
    for number in range(NR_VMAS):
        addr = 0x1000_0000 + 2 * number * PAGE_SIZE
        task.mmap(addr, PAGE_SIZE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    return task


def many_segments() -> Any:
    """A library with as many segments as a file of ours can have: 30, and 88 VMAs."""
    from vmalab.loader.elf import PF_R, PF_W, Segment  # noqa: PLC0415
    from vmalab.loader.writer import Blueprint  # noqa: PLC0415
    from vmalab.units import PAGE_SIZE  # noqa: PLC0415

    loads = [Segment(0, 0, PAGE_SIZE, PAGE_SIZE, PF_R, PAGE_SIZE)]
    for number in range(1, 30):
        at, addr = number * PAGE_SIZE, 3 * number * PAGE_SIZE
        loads.append(Segment(at, addr, PAGE_SIZE, 2 * PAGE_SIZE, PF_R | PF_W, PAGE_SIZE))
    return Blueprint(tuple(loads), name="many.so")


def in_python(case: Case, steps: int) -> list[float]:
    """Milliseconds of processor time for each message, without a browser."""
    names: dict[str, Any] = {}
    exec(SETTING + case.cell, names)
    widget, found = names["widget"], []
    for number in range(steps):
        message = case.asks[number % len(case.asks)]
        began = time.thread_time()
        widget._handle_custom_msg(message, [])  # noqa: SLF001 - what a page's message arrives at
        found.append((time.thread_time() - began) * 1000)
    return found


@contextmanager
def opened(executable: str, cases: Iterable[Case]) -> Iterator[Any]:
    """JupyterLab with a notebook of the widgets, run, in Chromium."""
    driver: Any = import_module("tests.browser.driver")
    v4: Any = nbformat.v4
    cells = [v4.new_code_cell(f"{SETTING}{one.cell}\nwidget") for one in cases]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "course").mkdir()
        notebook = v4.new_notebook(cells=cells, metadata=METADATA)
        (home / "course" / "latency.ipynb").write_text(json.dumps(notebook))
        server = driver.Server(home / "course", home)
        try:
            with driver.browser_page(executable) as (page, _):
                shown = driver.Notebook(server, page, "latency.ipynb")
                shown.restart_and_run_all()
                if wrong := shown.errors():
                    raise RuntimeError("\n".join(wrong))
                yield page
        finally:
            server.stop()


def in_browser(page: Any, case: Case, steps: int, pause_ms: int) -> list[tuple[float, float]]:
    """Milliseconds from each key to the changed picture, and to its frame on the screen."""
    card = page.locator(case.card).first
    card.scroll_into_view_if_needed()
    page.evaluate(WATCH, [case.card, case.watched])
    card.locator(case.focus).first.focus()
    for number in range(steps):
        page.keyboard.press(case.keys[number % len(case.keys)])
        page.wait_for_function(f"window.heard.length > {number}")
        page.wait_for_timeout(pause_ms)
    return [(changed, painted) for changed, painted in page.evaluate("window.heard")]


def percentiles(found: Sequence[float]) -> dict[str, float]:
    """The median and the 95th percentile.

    >>> percentiles([1.0] * 95 + [9.0] * 5)["p50"]
    1.0
    """
    cuts = statistics.quantiles(found, n=20, method="inclusive")
    return {"p50": statistics.median(found), "p95": cuts[-1]}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and save if asked; 1 where a widget takes longer than it should."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.latency", description=(__doc__ or "").partition("\n\n")[0]
    )
    parser.add_argument("widgets", nargs="*", metavar="WIDGET", help=", ".join(CASES))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--pause", type=int, default=PAUSE_MS, help="milliseconds between keys")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    if unknown := [name for name in options.widgets if name not in CASES]:
        parser.error(f"{unknown[0]!r} is not measured; choose from {', '.join(CASES)}")
    chosen = {name: CASES[name] for name in options.widgets or CASES}
    results = measure(chosen, options.steps, options.pause)
    print(f"{'milliseconds, p50 / p95':26}{'changed':>15}{'painted':>15}{'in Python':>15}")
    for name, row in results.items():
        told = [f"{one['p50']:6.1f} /{one['p95']:6.1f}" for one in row.values()]
        print(f"{name:26}" + "".join(f"{text:>15}" for text in told))
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return int(any(row["changed"]["p95"] > TARGET_MS for row in results.values()))


def measure(
    cases: dict[str, Case], steps: int, pause_ms: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Every case, first in Python alone, then in the browser.

    Raises:
        SystemExit: there is no Chromium.
    """
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit("there is no Chromium: apt-get install chromium")
    python = {name: percentiles(in_python(case, steps)) for name, case in cases.items()}
    with opened(executable, cases.values()) as page:
        found = {name: in_browser(page, case, steps, pause_ms) for name, case in cases.items()}
    return {
        name: {
            "changed": percentiles([changed for changed, _ in times]),
            "painted": percentiles([painted for _, painted in times]),
            "in Python": python[name],
        }
        for name, times in found.items()
    }


if __name__ == "__main__":
    raise SystemExit(main())
