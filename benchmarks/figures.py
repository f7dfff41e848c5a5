"""The plots of ``benchmarks/results.md``, as SVG on a light ground.

The same data give the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from benchmarks.peers.field import Entry, from_data
from vmalab.views.palette import PALETTE, PAPER_LIGHT, chart_colours
from vmalab.views.scene import Role

COLOURS: Final = chart_colours()
INK: Final = PALETTE["ink"].light.line
QUIET: Final = PALETTE["muted"].light.line
OURS: Final = {"model": PALETTE["changed"].light.line, "live": INK}
BARS: Final[tuple[Role, ...]] = ("file", "heap", "shmem", "stack", "anon")
"""Whose tints fill the phases of a bar."""
LINE_APART: Final = 1.22
"""The height of one name over that of the name below it, on the logarithmic axis."""
MARKS: Final = "os^Dv<>P"
STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vmalab",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titleweight": "bold",
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": QUIET,
    "grid.alpha": 0.25,
}
SINGLE_PAGE_CALLS: Final = ("mmap", "mprotect", "find_vma", "munmap")


def draw(parts: dict[str, Any], folder: Path) -> list[Path]:
    """Draw what there is data for: the files."""
    folder.mkdir(exist_ok=True)
    made = []
    for name, plot in PLOTS.items():
        if name in parts:
            path = folder / f"{name}.svg"
            with mpl.rc_context(STYLE):
                figure = plot(parts[name])
                figure.savefig(path, facecolor=PAPER_LIGHT, metadata={"Date": None})
            made.append(path)
    return made


def guest(data: Sequence[dict[str, Any]]) -> Figure:
    """VMAs of the host's process, over what the guest touches."""
    figure, axes = _sheet()
    called = {"mmap": "a mapping a page", "rfp": "one window, remap_file_pages with protections"}
    for number, host in enumerate(data):
        xs, ys = zip(*host["samples"], strict=True)
        name = f"{called[host['policy']]}: {host['kernel']}"
        line, width = ("-", "--", "-")[number % 3], (2.5, 1.5, 2.5)[number % 3]
        axes.plot(xs, ys, line, color=COLOURS[number], linewidth=width, label=name)
        if host["vmas"] not in [other["vmas"] for other in data[:number]]:
            axes.annotate(
                f"{host['vmas']:,}",
                (xs[-1], ys[-1]),
                xytext=(-4, 6),
                textcoords="offset points",
                ha="right",
                fontweight="bold",
            )
    axes.set_ylim(0, 1.12 * max(host["vmas"] for host in data))
    axes.margins(x=0)
    thousands = StrMethodFormatter("{x:,.0f}")
    axes.xaxis.set_major_formatter(thousands)
    axes.yaxis.set_major_formatter(thousands)
    axes.set_xlabel("touches by programs inside")
    axes.set_ylabel("VMAs of the process outside")
    axes.set_title(f"A User-mode Linux with {data[0]['pages']:,} pages", loc="left")
    axes.legend(frameon=False, loc="upper left")
    return figure


def race(data: dict[str, Any]) -> Figure:
    """Model over live kernel for each call, at each size: medians, and from least to most.

    A round is compared with itself: both took turns in it.
    """
    figure, axes = _sheet()
    races = [one for one in data["races"] if not one["no_live_kernel_because"]]
    for number, op in enumerate((*SINGLE_PAGE_CALLS, "sum")):
        ratios = [
            [_spent(each["model"], op) / _spent(each["live"], op) for each in one["rounds"]]
            for one in races
        ]
        middle = [median(each) for each in ratios]
        below = [mid - min(each) for mid, each in zip(middle, ratios, strict=True)]
        above = [max(each) - mid for mid, each in zip(middle, ratios, strict=True)]
        places = [size + (number - 2) * 0.12 for size in range(len(races))]
        axes.errorbar(
            *(places, middle),
            yerr=[below, above],
            fmt=MARKS[number],
            color=INK if op == "sum" else COLOURS[number],
            label="all four" if op == "sum" else op,
            capsize=3,
            markersize=9 if op == "sum" else 6,
        )
    axes.set_xticks(range(len(races)), [f"{one['vmas']:,}" for one in races])
    axes.axhline(1, color=INK, linewidth=1)
    axes.annotate(
        *("live kernel", (0, 1)),
        xycoords=("axes fraction", "data"),
        xytext=(6, 4),
        textcoords="offset points",
    )
    axes.set_xlim(-0.95, len(races) - 0.5)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("VMAs there already")
    axes.set_ylabel("model / live kernel through ctypes")
    axes.set_title("One page at a time: how much of the kernel's time the model takes", loc="left")
    axes.legend(ncols=5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure


def _spent(us: dict[str, float], op: str) -> float:
    return sum(us[each] for each in SINGLE_PAGE_CALLS) if op == "sum" else us[op]


def peers(data: dict[str, Any]) -> Figure:
    """Microseconds a page, over the number of pages, for every contender that came to an end."""
    figure, axes = _sheet()
    entries = [one for one in from_data(data) if any(each.rounds for each in one.standings)]
    names = []
    for number, entry in enumerate(sorted(entries, key=_dearest)):
        colour = OURS.get(entry.name, COLOURS[number % len(COLOURS)])
        points = [(one.pages, median(one.sums())) for one in entry.standings if one.rounds]
        xs, ys = zip(*points, strict=True)
        line, width = ("-", 2.5) if entry.name in OURS else ("--", 1.3)
        axes.plot(*(xs, ys, line), marker=MARKS[number % len(MARKS)], color=colour, linewidth=width)
        further = "" if len(points) == len(entry.standings) else " (no further)"
        called = {"model": "vmalab", "live": "live kernel, ctypes"}.get(entry.name, entry.name)
        names.append((points[-1], called + further, colour))
    axes.set(xscale="log", yscale="log")
    sizes = [one.pages for one in entries[0].standings]
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlim(right=sizes[-1] * 6)
    _write_names(axes, names)
    axes.set_xlabel("single pages mapped, protected, found, unmapped")
    axes.set_ylabel("µs a page, all four calls")
    axes.set_title("The same work elsewhere", loc="left")
    return figure


def _dearest(entry: Entry) -> float:
    return max(median(one.sums()) for one in entry.standings if one.rounds)


def _write_names(axes: Axes, names: Sequence[tuple[tuple[float, float], str, str]]) -> None:
    """Each line's name at its right end; names whose ends meet make room for each other."""
    for ((x, y), name, colour), at in zip(sorted(names), _apart(sorted(names)), strict=True):
        weight = "bold" if colour in OURS.values() else "normal"
        axes.annotate(
            name,
            (x, y * at),
            xytext=(9, -4),
            textcoords="offset points",
            color=colour if colour in OURS.values() else INK,
            fontweight=weight,
        )


def _apart(names: Sequence[tuple[tuple[float, float], str, str]]) -> list[float]:
    """By what each name's height is multiplied, so that no two stand on one another."""
    moved: list[float] = []
    run: list[float] = []
    last = (0.0, 0.0)
    for (x, y), _, _ in names:
        touches = x == last[0] and y < last[1] * LINE_APART
        at = last[1] * LINE_APART if touches else y
        if not touches:
            moved += _centred(run)
            run = []
        run.append(at / y)
        last = (x, at)
    return moved + _centred(run)


def _centred(run: Sequence[float]) -> list[float]:
    """The same distances, as far down as up."""
    middle = geometric_mean(run) if run else 1
    return [one / middle for one in run]


def million(data: Sequence[dict[str, Any]]) -> Figure:
    """Microseconds a page, phase by phase, for every contestant."""
    figure, axes = _sheet()
    called = {"live": "live kernel", "mmap": "vmalab, mmap", "rfp": "vmalab, remap_file_pages"}
    names = [f"{called[one['who']]}\n{one['pages']:,} pages, VMAs: {one['vmas']:,}" for one in data]
    left = [0.0] * len(data)
    for number, phase in enumerate(data[0]["seconds"]):
        widths = [one["seconds"][phase] / one["pages"] * 1e6 for one in data]
        paint = PALETTE[BARS[number]].light
        fill, line = paint.fill, paint.line
        axes.barh(names, widths, 0.6, left, color=fill, edgecolor=line, label=phase)
        left = [before + width for before, width in zip(left, widths, strict=True)]
    for row, total in enumerate(left):
        axes.annotate(f"{total:.1f}", (total, row), xytext=(5, -4), textcoords="offset points")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("µs a page")
    axes.set_title("A User-mode Linux's pages, one call at a time", loc="left")
    axes.legend(ncols=5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure


def _sheet() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8.4, 4.6), dpi=96, layout="constrained")
    return figure, figure.add_subplot()


PLOTS: Final[dict[str, Callable[[Any], Figure]]] = {
    "guest": guest,
    "race": race,
    "peers": peers,
    "million": million,
}
