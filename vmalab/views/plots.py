"""Plots for learners' own figures: each draws on the matplotlib axes that it is given.

    import matplotlib.pyplot as plt
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 4))
    plot_address_space(task.snapshot(), left)
    plot_vma_count({"mmap": run}, right)

Without axes each makes a figure of its own, at full size; ``ax.get_figure()`` is that figure. All
return the axes. Where the figure's paper is dark (``plt.style.use("dark_background")``), so are the
colours. ``docs/gallery.md`` shows every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from vmalab.records.memory import MemoryMap
from vmalab.records.resolve import Window
from vmalab.records.run import Run
from vmalab.records.snapshot import Snapshot
from vmalab.records.walk import Walk
from vmalab.views.compare import kernels_compared
from vmalab.views.drawing import Drawing
from vmalab.views.memory import swap_map
from vmalab.views.mpl import DPI, is_dark
from vmalab.views.palette import CHART, PALETTE, PAPER_LIGHT, paper
from vmalab.views.pte import EntryState, pte_strip
from vmalab.views.scene import Role
from vmalab.views.spaces import address_space
from vmalab.views.walk import page_table_walk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES: Final = tuple(zip(CHART, ("-", "--", "-.", ":", "-"), "os^Dv", strict=False))
"""The colour of a line, its dashes and its marks: no two alike in any of the three, up to five."""
MOST_MARKS: Final = 40
"""Up to so many points, each has a mark."""


def plot_address_space(
    snapshot: Snapshot,
    ax: Axes | None = None,
    *,
    window: Window | None = None,
    title: str = "",
    pages: bool = True,
) -> Axes:
    """An address space: boxes in a window of pages, or without one a line a VMA.

    >>> from vmalab.kernel import Kernel
    >>> task = Kernel().spawn()
    >>> addr = task.mmap(None, 4 * 4096, 3, 0x22)
    >>> plot_address_space(task.snapshot()).texts[0].get_text()
    'Address space: 1 VMA'
    """
    return _drawn(address_space(snapshot, window, title=title, pages=pages), ax)


def plot_page_table(walk: Walk, ax: Axes | None = None, *, title: str = "") -> Axes:
    """A page-table walk: the address cut into indexes, the tables, the last entry's fields.

    >>> from vmalab.workloads.small_process import MEMORY, small_process
    >>> walk = small_process().mm.pgtable.walk(MEMORY)
    >>> plot_page_table(walk).texts[0].get_text()
    'Page-table walk of 0x10000000: physical address 0xc000'
    """
    return _drawn(page_table_walk(walk, title=title), ax)


def plot_pte(
    entry: EntryState, ax: Axes | None = None, *, entry_bits: int = 64, title: str = ""
) -> Axes:
    """A page-table entry bit by bit; ``entry_bits`` is 32 or 64.

    >>> from vmalab.workloads.small_process import MEMORY, small_process
    >>> step = small_process().mm.pgtable.walk(MEMORY).steps[-1]
    >>> plot_pte(EntryState(step.entry, step.bits, step.kind), title="mine").texts[0].get_text()
    'mine'
    """
    drawing = pte_strip(
        entry.entry, entry.fields, kind=entry.kind, entry_bits=entry_bits, title=title
    )
    return _drawn(drawing, ax)


def plot_swap(memory: MemoryMap, ax: Axes | None = None, *, title: str = "") -> Axes:
    """The slots of the swap device: how many entries name each, and which are cached.

    >>> from vmalab.records.memory import SlotRow
    >>> plot_swap(MemoryMap((), (SlotRow(0), SlotRow(1, 2)))).texts[0].get_text()
    'Swap: 2 slots, 1 used'
    """
    return _drawn(swap_map(memory, title=title), ax)


def plot_compare(runs: Sequence[Run], ax: Axes | None = None, *, title: str = "") -> Axes:
    r"""What one program leaves on each of several kernels, and where their answers part.

    >>> from vmalab.records.text import parse_program
    >>> from vmalab.trace.capture import run_program
    >>> program = parse_program("mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9")
    >>> ax = plot_compare([run_program(program, name) for name in ("linux-2.6", "linux-6")])
    >>> [text.get_text() for text in ax.texts if "the last answer" in text.get_text()]
    ['2.6: 1 VMA; the last answer: 0', '6: 2 VMAs; the last answer: 0']

    Raises:
        ValueError: there is no run, or they are runs of different programs.
    """
    return _drawn(kernels_compared(runs, title=title), ax)


def plot_vma_count(
    lines: Mapping[str, Run | Sequence[int]],
    ax: Axes | None = None,
    *,
    limit: int | None = None,
    title: str = "",
    log: bool = False,
) -> Axes:
    """How many VMAs there are after each operation, a line each; ``limit`` is max_map_count.

    A line is a run, or numbers of your own. The vertical axis is logarithmic where ``log``.

    >>> ax = plot_vma_count({"mine": [1, 3, 5]}, limit=65530)
    >>> [line.get_label() for line in ax.lines]
    ['mine', 'max_map_count: 65,530']

    Raises:
        ValueError: there is no line, or more than can be told apart.
    """
    if not 0 < len(lines) <= len(LINES):
        msg = f"{len(lines)} lines: give 1 to {len(LINES)}, which is as many as can be told apart"
        raise ValueError(msg)
    ax = _own_axes() if ax is None else ax
    _plain(ax)
    for (name, line), (role, dashes, mark) in zip(lines.items(), LINES, strict=False):
        counts = _counts(line)
        ax.plot(
            range(1, len(counts) + 1),
            counts,
            dashes,
            marker=mark if len(counts) <= MOST_MARKS else "",
            markersize=5,
            linewidth=2,
            color=_line(ax, role),
            label=name,
        )
    if limit is not None:
        words = f"max_map_count: {limit:,}"
        ax.axhline(
            limit, color=_line(ax, "muted"), linewidth=1.2, linestyle=(0, (6, 3)), label=words
        )
    if log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    _name(ax, title or "VMAs after each operation", "operation", "VMAs")
    return ax


def _counts(line: Run | Sequence[int]) -> list[int]:
    """The points of a line, from the first operation on."""
    if isinstance(line, Run):
        return [step.after.map_count for step in line.steps]
    return list(line)


def _drawn(drawing: Drawing, ax: Axes | None) -> Axes:
    """A drawing on these axes, or on those of a figure of its own."""
    if ax is None:
        (ax,) = drawing.figure().axes
    else:
        drawing.figure(ax)
    return ax


def _own_axes() -> Axes:
    from matplotlib.figure import Figure  # noqa: PLC0415 - imported when first needed

    figure = Figure(figsize=(8, 4), dpi=DPI, facecolor=PAPER_LIGHT, layout="constrained")
    return figure.add_subplot()


def _line(ax: Axes, role: Role) -> str:
    style = PALETTE[role]
    return (style.dark if is_dark(ax) else style.light).line


def _plain(ax: Axes) -> None:
    """Axes in the colours of their paper, whole numbers only, a light grid behind."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - imported when first needed

    ink = _line(ax, "ink")
    ax.set_facecolor(paper(dark=is_dark(ax)))
    ax.tick_params(colors=ink)
    for spine in ax.spines.values():
        spine.set_color(_line(ax, "muted"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3, color=_line(ax, "muted"))
    ax.set_axisbelow(True)


def _name(ax: Axes, title: str, x_label: str, y_label: str) -> None:
    ink = _line(ax, "ink")
    ax.set_title(title, color=ink, loc="left", fontweight="bold", fontsize=11.5)
    ax.set_xlabel(x_label, color=ink)
    ax.set_ylabel(y_label, color=ink)
    ax.legend(labelcolor=ink, facecolor="none", edgecolor=_line(ax, "muted"))
