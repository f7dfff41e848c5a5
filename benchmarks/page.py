"""``benchmarks/results.md``: what was measured, as tables, and whether it is what is aimed at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from textwrap import fill
from typing import Any, Final

from benchmarks.peers.contenders import PHASES
from benchmarks.peers.field import Entry, Standing, from_data, ratios

CALLS: Final = ("mmap", "mprotect", "find_vma", "munmap")
EMULATORS: Final = ("manticore", "angr", "miasm")
HEAD: Final = """\
# What it costs

Made by `make bench`; `make bench PARTS="race peers"` measures some of it anew. Times are
microseconds of processor time: medians, and in brackets the least and the most of all rounds.
Compare what stands in one table. A ratio is the median of the rounds' own ratios.
"""
Part = dict[str, Any]


def page(parts: dict[str, Part]) -> str:
    """The whole page: a section for each part that was measured."""
    sections = [HEAD]
    for name, section in SECTIONS.items():
        if name in parts:
            sections.append("\n".join([*section(parts[name]["data"]), "", told(parts[name])]))
    return "\n".join(section.rstrip("\n") + "\n" for section in sections)


def told(part: Part) -> str:
    """With which command, when, and on what."""
    on = part["machine"]
    return (
        f"`{part['command']}`, {part['date']}, {part['seconds']:.0f} s: {on['processor']},"
        f" {on['cores']} cores, Linux {on['kernel']}, CPython {on['python']};"
        f" load {on['load']:.1f} when it began, {on['load_after']:.1f} when it ended."
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> Iterator[str]:
    """Lines of a table; all but the first ``left`` columns are numbers."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---' if at < left else '---:' for at in range(len(heads)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def prose(*sentences: str) -> str:
    """A paragraph, its lines filled anew."""
    return fill(" ".join(sentences), 100, break_on_hyphens=False)


def spread(samples: Sequence[float]) -> str:
    """A median, the least and the most.

    >>> spread([3.0, 1.0, 2.25])
    '2.25 [1.00-3.00]'
    """
    return f"{median(samples):.2f} [{min(samples):.2f}-{max(samples):.2f}]"


def aim(text: str, figures: Sequence[float], limit: float) -> list[str]:
    """A row of aims: what should be so, the worst figure, and whether it is.

    >>> aim("at most 1.0", [0.5, 0.81], 1.0)
    ['at most 1.0', '0.81', 'yes']
    """
    if not figures:
        return [text, "not measured", ""]
    worst = max(figures)
    return [text, f"{worst:.2f}", "yes" if worst <= limit else "no"]


def guest(data: Sequence[Part]) -> Iterator[str]:
    """VMAs of a guest's host."""
    yield "## What a guest's pages cost its host"
    yield ""
    yield "![VMAs of a User-mode Linux's host, over pages touched](figures/guest.svg)"
    yield ""
    yield prose(
        f"A User-mode Linux with {data[0]['pages']:,} pages, on the model: its host's process,",
        "at its most. Counted, not timed; the bytes are those of the kernel's structures.",
    )
    yield ""
    heads = "host", "each guest page by", "VMAs", "bytes of VMAs", "bytes of page tables"
    rows = (
        (
            f"{host['kernel']}, {host['arch']}",
            {"mmap": "mmap", "rfp": "remap_file_pages"}[host["policy"]],
            f"{host['vmas']:,}",
            f"{host['vma_bytes']:,}",
            f"{host['table_bytes']:,}",
        )
        for host in data
    )
    yield from table(heads, rows, left=2)


def race(data: Part) -> Iterator[str]:
    """Single-page calls beside the live kernel's."""
    yield "## One page at a time, beside the live kernel"
    yield ""
    yield "![Model over live kernel, for each call and size](figures/race.svg)"
    yield ""
    yield prose(
        "`linux-6` through `Task.syscall`, page tables attached, nobody listening; the kernel",
        "through ctypes. So many VMAs are there already; each call is about one page elsewhere.",
        "`heard` is the model with every event recorded.",
    )
    yield ""
    heads = "VMAs", "call", "model, µs", "live kernel, µs", "model / live", "heard / model"
    yield from table(heads, _race_rows(data), left=2)
    live = [one for one in data["races"] if not one["no_live_kernel_because"]]
    for one in data["races"]:
        if one["no_live_kernel_because"]:
            yield f"\n{one['vmas']:,} VMAs, no live kernel: {one['no_live_kernel_because']}."
    aimed = [one for one in live if one["vmas"] >= 1000]
    sums = [median(_over(one, CALLS)) for one in aimed]
    single = [median(_over(one, [call])) for one in aimed for call in CALLS]
    cost = {one["vmas"]: median(_us(one, "model", CALLS)) for one in data["races"]}
    growth = [cost[60_000] / cost[1000]] if {1000, 60_000} <= cost.keys() else []
    heard = [median(_over(one, CALLS, "heard", "model")) for one in data["races"] if _heard(one)]
    yield ""
    yield from table(
        ("aim, from 1,000 VMAs up", "worst", "reached"),
        (
            aim("all four together: at most 1.0 times the live kernel", sums, 1.0),
            aim("no single call above 2 times", single, 2.0),
            aim("with 60,000 VMAs at most 2.5 times dearer than with 1,000", growth, 2.5),
            aim("with every event recorded at most 3 times the silent cost", heard, 3.0),
        ),
    )


def _race_rows(data: Part) -> Iterator[Sequence[str]]:
    for one in data["races"]:
        live = not one["no_live_kernel_because"]
        for name, calls in (*((call, [call]) for call in CALLS), ("all four", CALLS)):
            its = spread(_us(one, "live", calls)) if live else ""
            times = spread(_over(one, calls)) if live else ""
            told = spread(_over(one, calls, "heard", "model")) if _heard(one) else ""
            yield f"{one['vmas']:,}", name, spread(_us(one, "model", calls)), its, times, told


def _heard(one: Part) -> bool:
    """Was the model timed with a listener, too?"""
    return "heard" in one["rounds"][0]


def _us(one: Part, who: str, calls: Iterable[str]) -> list[float]:
    """Microseconds for these calls together, round by round."""
    return [sum(each[who][call] for call in calls) for each in one["rounds"]]


def _over(one: Part, calls: Sequence[str], over: str = "model", under: str = "live") -> list[float]:
    """One contestant over another, round by round."""
    pairs = zip(_us(one, over, calls), _us(one, under, calls), strict=True)
    return [mine / its for mine, its in pairs]


def peers(data: Part) -> Iterator[str]:
    """The same work elsewhere."""
    entries = from_data(data)
    yield "## The same work elsewhere"
    yield ""
    yield "![Microseconds a page over the number of pages](figures/peers.svg)"
    yield ""
    yield prose(
        "So many single pages mapped, protected, found and unmapped, in random order, in a space",
        "that is empty at first; a small one so often that it makes 10,000 calls of each kind.",
        "Each contender has an interpreter of its own; all take turns, in",
        f"rounds ({data['rounds']}), with {data['seconds']:g} s of processor time at most. Only",
        "vmalab and the kernel have Linux's rules; `sortedcontainers` stands for the simplest",
        "thing that can work, a sorted list without any.",
    )
    yield ""
    heads = "contender", "pages", *(f"{name}, µs" for name in PHASES), "all, µs", "times live"
    yield from table(heads, _peer_rows(entries))
    for entry in entries:
        if entry.reason:
            yield f"\n{entry.name} takes no part: {entry.reason}."
    yield ""
    yield from table(
        ("aim", "worst", "reached"),
        (
            aim("vmalab over the fastest peer that finishes, at each size", _beside(entries), 1.0),
            aim(
                f"vmalab over the fastest of {', '.join(EMULATORS)}, at the largest size: 0.25",
                _beside(entries, EMULATORS)[-1:],
                0.25,
            ),
        ),
    )


def _peer_rows(entries: Sequence[Entry]) -> Iterator[Sequence[str]]:
    live = {each.pages: each for one in entries if one.name == "live" for each in one.standings}
    for entry in entries:
        for standing in entry.standings:
            name = f"{entry.name} {entry.version}", f"{standing.pages:,}"
            if not standing.rounds:
                yield *name, standing.stopped, "", "", "", "", ""
                continue
            us = [median(one[phase] for one in standing.rounds) for phase in PHASES]
            its = live.get(standing.pages, Standing(0))
            times = f"{median(ratios(standing, its)):.2f}" if its.rounds else ""
            yield *name, *(f"{one:.2f}" for one in us), spread(standing.sums()), times


def _beside(entries: Sequence[Entry], rivals: Sequence[str] = ()) -> list[float]:
    """vmalab over the fastest rival, at each size that any rival finished, smallest size first."""
    found = []
    mine = next((one for one in entries if one.name == "model"), Entry("model"))
    for standing in mine.standings:
        others = [
            median(at.sums())
            for one in entries
            if (one.name in rivals if rivals else one.name not in {"model", "live"})
            and (at := one.at(standing.pages)) is not None
        ]
        if others and standing.rounds:
            found.append(median(standing.sums()) / min(others))
    return found


def million(data: Sequence[Part]) -> Iterator[str]:
    """A User-mode Linux's pages."""
    yield "## A million pages of a User-mode Linux"
    yield ""
    yield "![Microseconds a page, phase by phase](figures/million.svg)"
    yield ""
    yield prose(
        "Each page is mapped, faulted in, protected, read and unmapped by a call of its own: a",
        "mapping a page on `linux-6` (`mmap`), one window and `remap_file_pages` on",
        "`linux-2.6-manyprots-v4` (`rfp`), and this machine's kernel through ctypes (`live`).",
    )
    yield ""
    phases = list(data[0]["seconds"])
    heads = "who", "pages", *(f"{one}, µs" for one in phases), "all, µs", "s", "VMAs"
    rows = [
        (
            one["who"],
            f"{one['pages']:,}",
            *(f"{one['seconds'][phase] / one['pages'] * 1e6:.2f}" for phase in phases),
            f"{_a_page(one):.2f}",
            f"{sum(one['seconds'].values()):.1f}",
            f"{one['vmas']:,}",
            f"{one['table_bytes'] / one['pages']:.2f}",
            f"{one['resident_bytes'] / 1e6:.0f}",
        )
        for one in data
    ]
    yield from table((*heads, "page table, B/page", "grew by, MB"), rows)
    largest = max(one["pages"] for one in data)
    by_size = {(one["who"], one["pages"]): one for one in data}
    mapped, window = by_size.get(("mmap", largest)), by_size.get(("rfp", largest))
    live = next((one for one in data if one["who"] == "live"), None)
    same = by_size.get(("mmap", live["pages"])) if live else None
    over_live = [_a_page(same) / _a_page(live)] if live and same else []
    over_mmap = [_a_page(window) / _a_page(mapped)] if window and mapped else []
    memory = [one["resident_bytes"] / 1e6 for one in (mapped, window) if one]
    tables = [one["table_bytes"] / one["pages"] for one in data if one["who"] != "live"]
    yield ""
    yield from table(
        ("aim", "worst", "reached"),
        (
            aim("mmap at most 1.2 times the live kernel, at its size", over_live, 1.2),
            aim("rfp at most 0.4 times mmap", over_mmap, 0.4),
            aim("mmap grows by at most 300 MB", memory[:1], 300),
            aim("rfp grows by at most 50 MB", memory[1:], 50),
            aim("at most 9 bytes of page table a page", tables, 9),
        ),
    )


def _a_page(one: Part) -> float:
    seconds: dict[str, float] = one["seconds"]
    return sum(seconds.values()) / int(one["pages"]) * 1e6


def grading(data: Part) -> Iterator[str]:
    """Seconds a submission."""
    yield "## Grading a class"
    yield ""
    yield prose(
        f"Honest submissions of set {data['set']}, each of another length: the clock's seconds for",
        "one, and the most memory that all processes of a grader had resident together.",
    )
    yield ""
    heads = "grader", "submissions", "s each", "peak, MB", "full points"
    rows = [
        (
            one["name"],
            f"{one['number']}",
            f"{one['seconds'] / one['number']:.2f}",
            f"{one['peak_bytes'] / 1e6:.0f}",
            one["points"],
        )
        for one in data["runs"]
    ]
    yield from table(heads, rows)
    for name, reason in data["absent"].items():
        yield f"\n{name} takes no part: {reason}."
    yield ""
    yield f'In a notebook, `check("{data["check"]["item"]}")` takes'
    yield f"{spread(data['check']['ms'])} ms; the aim is 50 ms at most."


SECTIONS: Final[dict[str, Callable[[Any], Iterator[str]]]] = {
    "guest": guest,
    "race": race,
    "peers": peers,
    "million": million,
    "grading": grading,
}
