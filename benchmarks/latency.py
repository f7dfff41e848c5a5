"""From a key to a changed page: every widget in JupyterLab in Chromium, on spaces of 200 VMAs.

    python -m benchmarks.latency [--steps 100] [--pause 100] [--json FILE] [WIDGET ...]

The clock starts when the browser hears of the key. *changed* is when the picture is the one that
this key leads to, shape by shape and word by word: a widget here, without a browser, makes the same
moves and says what is to be seen. *painted* is when the frame that shows it has been drawn. Keys
come from Playwright, one after the other with a pause, as a person presses them.

*answer* is the processor time from a message to its answer in the kernel, without a browser, and
*ready* the time until the next views are told as well; on a machine that is busy with other work
they say more than the clock does. *round trip alone* is a widget that shows a number. Under the
table, without an aim: keys as quick as they can be, and from end to end.
"""

from __future__ import annotations

import argparse
import html
import json
import re
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
from vmalab.widgets.face import Face

STEPS, PAUSE_MS = 100, 100
QUICK, JUMPS = "no pause", "end to end"
FEW = 20
"""So many keys without a pause, and from end to end."""
TAG = re.compile("<[^>]*>")
TARGET_MS = 50
NR_VMAS = 200
DAY_AT = 20
"""The moment of a guest's day from which on its host has more VMAs than that."""

SETTING = """
from benchmarks.latency import many_areas, many_segments, scattered, task_of_many
"""
WATCH = """([selector, inside, expected]) => {
  const card = document.querySelector(selector), place = card.querySelector(inside), times = [];
  let began = null;
  window.heard = times;
  const hear = (event) => { began = event.timeStamp; };
  card.addEventListener("keydown", hear, true);
  const seen = () => [...place.querySelectorAll("svg.vma-drawing, output")]
    .map((one) => one.textContent).join("");
  const watch = new MutationObserver(() => {
    const changed = performance.now();
    if (began === null || seen() !== expected[times.length]) return;
    const start = began;
    began = null;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => times.push([changed - start, performance.now() - start]);
      channel.port2.postMessage(0);
    });
  });
  watch.observe(place, { childList: true, subtree: true, characterData: true });
  window.missed = () => [seen(), expected[times.length]];
  window.unwatch = () => { watch.disconnect(); card.removeEventListener("keydown", hear, true); };
}"""
"""Notes for each key when the picture became the expected one, and when that was painted."""


class RoundTrip(Face):
    """A key goes to Python, and a number comes back: what no widget can be quicker than."""

    _esm = """export default { render({ model, el }) {
      const shown = document.createElement("output"), button = document.createElement("button");
      const box = document.createElement("div"), place = document.createElement("p");
      box.className = "round-trip";
      place.append(shown);
      button.onkeydown = (event) => { event.stopPropagation(); model.send({ do: "count" }); };
      model.on("msg:custom", (told) => { shown.textContent = told.show; });
      box.append(button, place);
      el.append(box);
    } };"""

    def __init__(self) -> None:
        super().__init__()
        self.display({})

    def obey(self, content: dict[str, Any]) -> None:
        """Count."""
        self.display({})

    def twin(self) -> str:
        """The number."""
        return str(self.view["key"])


class Case(NamedTuple):
    """A widget: the cell that makes it, where the focus goes, keys in turn, what is watched.

    ``asks`` are the messages that the keys send; ``ends`` says that there are a first and a last
    place, which Home and End lead to.
    """

    cell: str
    card: str
    focus: str
    keys: tuple[str, ...]
    asks: tuple[dict[str, Any], ...]
    watched: str = ".vma-stage"
    ends: bool = True


ALONE = "round trip alone"
CASES = {
    ALONE: Case(
        "from benchmarks.latency import RoundTrip\nwidget = RoundTrip()",
        ".round-trip",
        "button",
        ("ArrowDown",),
        ({"do": "count"},),
        "p",
        ends=False,
    ),
    "Stepper": Case(
        "from vmalab.widgets import Stepper\nwidget = Stepper(many_areas(), at=150)",
        ".vma-card:has(.vma-transport)",
        ".vma-stage",
        ("ArrowDown",),
        ({"do": "move", "to": ["next operation"]},),
    ),
    "WalkExplorer": Case(
        "from vmalab.widgets import WalkExplorer\nwidget = WalkExplorer(task_of_many())",
        ".vma-walk",
        ".vma-strips button",
        ("Enter",),
        ({"do": "flip", "bit": 63},),
        ends=False,
    ),
    "SwapLab": Case(
        "from vmalab.widgets import SwapLab\nwidget = SwapLab()",
        ".vma-swap",
        ".vma-stage",
        ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"),
        (*[{"do": "move", "to": ["next"]}] * 2, *[{"do": "move", "to": ["previous"]}] * 2),
    ),
    "RemapBoard": Case(
        "from vmalab.widgets import RemapBoard\n"
        f"widget = RemapBoard(scattered(), kernel='linux-6', pages={NR_VMAS})",
        ".vma-board",
        "[data-page='3']",
        ("r", "e"),
        ({"do": "read", "page": 3}, {"do": "evict"}),
        ends=False,
    ),
    "UmlMonitor": Case(
        f"from vmalab.widgets import UmlMonitor\nwidget = UmlMonitor(at={DAY_AT})",
        ".vma-uml",
        ".vma-stage",
        (*["ArrowRight"] * 10, *["ArrowLeft"] * 10),
        (*[{"do": "move", "to": ["next"]}] * 10, *[{"do": "move", "to": ["previous"]}] * 10),
    ),
    "LibraryExplorer": Case(
        "from vmalab.widgets.library_explorer import LibraryExplorer\n"
        "widget = LibraryExplorer(many_segments(), at=5)",
        ".vma-library",
        ".vma-stage",
        (*["ArrowRight"] * 20, *["ArrowLeft"] * 20),
        (*[{"do": "move", "to": ["next"]}] * 20, *[{"do": "move", "to": ["previous"]}] * 20),
    ),
    "CompareKernels": Case(
        "from vmalab.widgets import CompareKernels\n"
        "widget = CompareKernels(many_areas(), ('linux-2.6', 'linux-6'))\nwidget.move(150)",
        ".vma-compare",
        ".vma-grid",
        ("ArrowDown",),
        ({"do": "move", "to": ["next"]},),
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


class Twin:
    """The widget of a case without a browser: what it answers, and how soon."""

    def __init__(self, case: Case) -> None:
        names: dict[str, Any] = {}
        exec(SETTING + case.cell, names)
        self.widget = names["widget"]
        self.widget.send = self._sends
        self._likely = [{**ask, "as": key} for key, ask in zip(case.keys, case.asks, strict=True)]
        self._answered = 0.0

    def _sends(self, content: dict[str, Any], _buffers: object = None) -> None:
        if "ask" in content:
            self._answered = time.thread_time()

    def hear(self, message: dict[str, Any]) -> tuple[float, float]:
        """Milliseconds of processor time until a message is answered, and until all is done."""
        said = {**message, "likely": self._likely}
        began = time.thread_time()
        self.widget._handle_custom_msg(said, [])  # noqa: SLF001 - where a page's arrives
        return (self._answered - began) * 1000, (time.thread_time() - began) * 1000

    def seen(self) -> str:
        """The words of the pictures that are shown now."""
        view = self.widget.view
        groups = view.get("groups", {"only": view})
        pictures = [group["picture"] for group in groups.values() if "picture" in group]
        if not pictures:
            return str(view["key"])
        return "".join(
            one["title"] + one["about"] + html.unescape(TAG.sub("", "".join(one["shapes"])))
            for one in pictures
        )


def in_python(case: Case, steps: int) -> list[tuple[float, float]]:
    """What each message costs the kernel, without a browser (see :meth:`Twin.hear`)."""
    twin = Twin(case)
    return [twin.hear(case.asks[number % len(case.asks)]) for number in range(steps)]


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


def in_browser(
    page: Any, case: Case, twin: Twin, steps: int, pause_ms: int
) -> list[tuple[float, float]]:
    """Milliseconds from each key to the changed picture, and to its frame on the screen."""
    expected = []
    for number in range(steps):
        twin.hear(case.asks[number % len(case.asks)])
        expected.append(twin.seen())
    card = page.locator(case.card).first
    card.scroll_into_view_if_needed()
    page.evaluate(WATCH, [case.card, case.watched, expected])
    card.locator(case.focus).first.focus()
    page.wait_for_timeout(1000)
    for number in range(steps):
        page.keyboard.press(case.keys[number % len(case.keys)])
        try:
            page.wait_for_function(f"window.heard.length > {number}")
        except Exception as error:
            shown, due = page.evaluate("window.missed()")
            told = f"{case.card}, key {number}: the page shows {shown[:200]!r}, not {due[:200]!r}"
            raise RuntimeError(told) from error
        page.wait_for_timeout(pause_ms)
    page.evaluate("window.unwatch()")
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
    show(results)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    aimed = [row["changed"]["p95"] for name, row in results.items() if name != ALONE]
    return int(any(p95 > TARGET_MS for p95 in aimed))


def show(results: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print a table of what has an aim, and one of what has none."""
    for columns in (("changed", "painted", "answer", "ready"), (QUICK, JUMPS)):
        heads = "".join(f"{name:>18}" for name in columns)
        print(f"{'milliseconds, p50 / p95':24}{heads}")
        for name, row in results.items():
            told = [
                f"{row[one]['p50']:7.1f} /{row[one]['p95']:7.1f}" if one in row else "-"
                for one in columns
            ]
            print(f"{name:24}" + "".join(f"{text:>18}" for text in told))


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
    results = {}
    for name, case in cases.items():
        answers, readies = zip(*in_python(case, steps), strict=True)
        results[name] = {"answer": percentiles(answers), "ready": percentiles(readies)}
    with opened(executable, cases.values()) as page:
        for name, case in cases.items():
            twin = Twin(case)
            runs = {"": in_browser(page, case, twin, steps, pause_ms)}
            runs[QUICK] = in_browser(page, case, twin, FEW, 0)
            if case.ends:
                asks = tuple({"do": "move", "to": [to]} for to in ("last", "first"))
                ends = case._replace(keys=("End", "Home"), asks=asks)
                runs[JUMPS] = in_browser(page, ends, twin, FEW, pause_ms)
            changed, painted = zip(*runs.pop(""), strict=True)
            results[name] |= {"changed": percentiles(changed), "painted": percentiles(painted)}
            for what, times in runs.items():
                results[name][what] = percentiles([one for one, _ in times])
    return results


if __name__ == "__main__":
    raise SystemExit(main())
