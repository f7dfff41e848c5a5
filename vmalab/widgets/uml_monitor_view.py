"""What a UML monitor shows: plain data, computed from the films of both policies.

Nothing here knows of a browser, so it is tested without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from errno import errorcode
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final

from vmalab.units import format_bytes, vpn_to_addr
from vmalab.views.drawing import Drawing
from vmalab.views.growth import Series
from vmalab.views.monitor import GuestPage, HostVma, Reads, Scale, guest_monitor
from vmalab.workloads.costs import vma_bytes
from vmalab.workloads.lookup.area import Area
from vmalab.workloads.lookup.compare import count_steps
from vmalab.workloads.uml.film import Film, Moment
from vmalab.workloads.uml.hosts import Row
from vmalab.workloads.uml.layout import DATA_VPN, STUB_CODE_VPN, STUB_DATA_VPN, WINDOW_VPN

Films = Mapping[str, Film]
"""The same day under each policy."""
MOST_ROWS: Final = 12
"""So many VMAs are listed; of the others, how many there are."""
CALLS: Final = ("mmap", "munmap", "mprotect", "remap_file_pages")
"""What a UML kernel asks of an address space."""


def show(films: Films, policy: str, at: int, key: str = "") -> dict[str, Any]:
    """Everything that the page shows of a moment, as plain data."""
    film = films[policy]
    moment = film.moments[at]
    return {
        "where": f"touch {moment.touches:,} of {_touches(films):,}",
        "kind": moment.kind,
        "line": _line(film, moment),
        "sentence": tell_moment(film, at),
        "counts": counts(film, moment),
        "picture": picture(films, policy, at).live(f"uml{key}"),
        "bill": bill(films, policy, moment.touches),
        "rows": maps(moment.rows),
        "more": max(0, len(moment.rows) - MOST_ROWS),
    }


def _touches(films: Films) -> int:
    """How long the day is: where a process was killed, the other film knows."""
    return max(film.moments[-1].touches for film in films.values())


def _vmas(nr_vmas: int) -> str:
    return "1 VMA" if nr_vmas == 1 else f"{nr_vmas:,} VMAs"


def _line(film: Film, moment: Moment) -> str:
    """The moment in a few words."""
    what = {
        "start": "the first touch",
        "work": "the program works through its memory",
        "fork": "fork: a shell starts a command",
        "exec": "exec: the command becomes another program",
        "exit": "exit: the command is done",
        "killed": "killed",
        "end": "the program is done",
    }[moment.kind]
    return f"{film.policy} on {film.kernel}, {film.params.mode}: {what}"


def tell_moment(film: Film, at: int) -> str:
    """What happened since the moment before, in a sentence or three."""
    moment = film.moments[at]
    before = film.moments[at - 1] if at else None
    if moment.killed is not None:
        return _tell_killed(film, moment)
    told = _tell_process(film, moment, before)
    faults = moment.faults - (before.faults if before else 0)
    touches = moment.touches - (before.touches if before else 0)
    made = _calls_told(moment, before)
    told += f"{_count(touches, 'touch', 'touches')}, {_count(faults, 'guest page fault')}: {made}. "
    pages = _count(moment.nr_present, "page")
    stubs = ", two of them stubs" if film.params.mode == "skas0" else ""
    keeps = f"the host keeps {_vmas(moment.vmas)}{stubs}"
    return f"{told}The first process can see {pages}, and {keeps}."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _tell_killed(film: Film, moment: Moment) -> str:
    """The host's refusal, and what UML printed."""
    assert moment.killed is not None
    pid, vmas, errno, message = moment.killed
    limit = f"max_map_count is {film.max_map_count:,}"
    said = " / ".join(message.splitlines())
    name = errorcode.get(errno, "no memory") if errno else "no memory"
    told = f"Process {pid} had {_vmas(vmas)} on its host, and {limit}: the next call was refused"
    return f"{told} ({name}). UML printed: {said}"


def _tell_process(film: Film, moment: Moment, before: Moment | None) -> str:
    """What a coming or going process cost."""
    copied = moment.vmas_copied - (before.vmas_copied if before else 0)
    cloned = film.params.mode == "skas0"
    made = (
        f"the host cloned a whole process, and copied {_vmas(copied)}"
        if cloned
        else "the host opened an empty address space"
    )
    match moment.kind:
        case "fork":
            return (
                f"The shell forked: {made}. Then its pages lost the right to write, "
                f"and the child was told of every page; it has {_vmas(moment.other_vmas)}. "
            )
        case "exec":
            return f"The child called exec for an address space of its own: {made}. "
        case "exit":
            return "The command ended, and the host freed all that it had. "
        case _:
            return ""


def _calls_told(moment: Moment, before: Moment | None) -> str:
    """The calls since the moment before, most first."""
    since = {name: moment.calls[name] - (before.calls[name] if before else 0) for name in CALLS}
    made = sorted(((count, name) for name, count in since.items() if count), reverse=True)
    words = ", ".join(f"{name} {_times(count)}" for count, name in made)
    return f"UML called {words}" if words else "UML asked its host for nothing"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def counts(film: Film, moment: Moment) -> list[list[str]]:
    """The moment in numbers."""
    return [
        ["memory for VMAs", format_bytes(_vma_bytes(film, moment))],
        ["page tables", format_bytes(moment.table_bytes)],
        ["VMAs copied so far", f"{moment.vmas_copied:,}"],
        ["stops of a host process", f"{moment.stops:,}"],
    ]


def _vma_bytes(film: Film, moment: Moment) -> int:
    return vma_bytes(film.kernel, film.sizeof_vma, moment.in_all)


# The picture


def picture(films: Films, policy: str, at: int) -> Drawing:
    """Pages, VMAs, growth and look-ups of a moment."""
    film = films[policy]
    moment = film.moments[at]
    pages_told = _count(moment.nr_present, "page")
    title = f"{policy} on {film.kernel}: {_vmas(moment.vmas)} for {pages_told}"
    if moment.kind == "killed":
        pid = moment.killed.pid if moment.killed else 0
        title = f"{policy} on {film.kernel}: process {pid} is killed (drawn as it was before)"
    pages = [
        GuestPage(perms_of(page.prot), page.pgoff) if page else GuestPage("")
        for page in moment.pages
    ]
    vmas = [
        HostVma(row.vpn - DATA_VPN, row.end_vpn - DATA_VPN, perms_of(row.prot), row.pgoff)
        for row in moment.rows
    ]
    lines = [_series(one, moment.touches) for one in films.values()]
    highest = max(max(one.vmas for one in film.moments) for film in films.values())
    scale = Scale(_touches(films), highest * 7 // 6 + 1, film.max_map_count)
    return guest_monitor(title, pages, vmas, lines, scale, reads(moment.rows))


def perms_of(prot: int) -> str:
    """A protection in letters: read 1, write 2, exec 4."""
    return "".join(letter if prot & bit else "-" for bit, letter in ((1, "r"), (2, "w"), (4, "x")))


def _series(film: Film, touches: int) -> Series:
    """A policy's VMAs up to a touch."""
    seen = _until(film, touches)
    ending = "killed" if seen and seen[-1].kind == "killed" else ""
    return Series(film.policy, [(one.touches, one.vmas) for one in seen], ending)


def _until(film: Film, touches: int) -> list[Moment]:
    return list(takewhile(lambda one: one.touches <= touches, film.moments))


@lru_cache(maxsize=256)
def reads(rows: tuple[Row, ...]) -> tuple[Reads, ...]:
    """What looking up each VMA once takes, structure by structure."""
    areas = [Area(vpn_to_addr(row.vpn), vpn_to_addr(row.end_vpn)) for row in rows]
    if not areas:
        return ()
    found = count_steps(areas, [area.start for area in areas])
    return tuple(Reads(one.structure, one.average, one.most) for one in found)


# Tables


def bill(films: Films, policy: str, touches: int) -> dict[str, Any]:
    """Both policies side by side, after the same number of touches."""
    columns = []
    for film in films.values():
        seen = _until(film, touches)
        columns.append(_column(film, seen[-1]))
    labels = list(columns[0])
    kept = [label for label in labels if any(column[label] != "0" for column in columns)]
    heads = [
        f"{film.policy}, killed" if _until(film, touches)[-1].kind == "killed" else film.policy
        for film in films.values()
    ]
    rows = [[label, *(column[label] for column in columns)] for label in kept]
    return {"heads": heads, "now": list(films).index(policy), "rows": rows}


def _column(film: Film, moment: Moment) -> dict[str, str]:
    calls = {f"host {name}": f"{moment.calls[name]:,}" for name in (*CALLS, "clone")}
    opened = moment.calls["open"] if film.params.mode == "skas3" else 0
    return {
        "VMAs of the first process": f"{moment.vmas:,}",
        "guest page faults": f"{moment.faults:,}",
        "stops of a host process": f"{moment.stops:,}",
        **calls,
        "address spaces opened": f"{opened:,}",
        "VMAs copied by clone": f"{moment.vmas_copied:,}",
        "memory for VMAs of all": format_bytes(_vma_bytes(film, moment)),
        "page tables of all": format_bytes(moment.table_bytes),
    }


def maps(rows: tuple[Row, ...]) -> list[list[str]]:
    """The first VMAs as lines of maps: addresses, rights, page of the file, what it is."""
    return [
        [
            f"{vpn_to_addr(row.vpn):x}-{vpn_to_addr(row.end_vpn):x}",
            perms_of(row.prot) + ("p" if row.vpn == STUB_CODE_VPN else "s"),
            str(row.pgoff),
            _what(row),
        ]
        for row in rows[:MOST_ROWS]
    ]


def _what(row: Row) -> str:
    if row.vpn == STUB_CODE_VPN:
        return "stub: code"
    if row.vpn == STUB_DATA_VPN:
        return "stub: data"
    if row.vpn == WINDOW_VPN and row.end_vpn - row.vpn > DATA_VPN:
        return "guest RAM: the window"
    return "guest RAM"


def text_twin(films: Films, policy: str) -> str:
    """A whole day in a few lines, for everything that shows no widgets."""
    film = films[policy]
    params = film.params
    head = f"UmlMonitor: {params.pages:,} guest pages, {params.mode}, {policy} on {film.kernel}"
    lines = [head, f"{'touch':>7} {'pages':>6} {'VMAs':>6}  "]
    step = max(1, len(film.moments) // 8)
    for at, moment in enumerate(film.moments):
        if moment.kind == "work" and at % step:
            continue
        words = "" if moment.kind == "work" else _line(film, moment).rsplit(": ", maxsplit=1)[1]
        if moment.kind in {"fork", "exec"}:
            words = _line(film, moment).split(": ", maxsplit=1)[1]
        told = f"{moment.touches:7,} {moment.nr_present:6,} {moment.vmas:6,}  {words}"
        lines.append(told.rstrip())
    if film.was_killed:
        lines += ["", tell_moment(film, len(film.moments) - 1)]
    table = bill(films, policy, _touches(films))
    lines += ["", _told_row(["", *table["heads"]])]
    lines += [_told_row(row) for row in table["rows"]]
    return "\n".join(lines)


def _told_row(cells: list[str]) -> str:
    return f"{cells[0]:27} " + " ".join(f"{cell:>12}" for cell in cells[1:])
