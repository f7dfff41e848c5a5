"""The SwapLab: a machine with little memory, and a string of references that needs more."""

from __future__ import annotations

from typing import Any, Final

import traitlets

from vmalab.trace.references import (
    ANON_PAGES,
    FILE_PAGES,
    LEAST_RAM,
    MOST_RAM,
    MOST_SWAP,
    Moment,
    PageEntry,
    ReferenceStringError,
    Story,
    parse_references,
    play,
)
from vmalab.views.drawing import Drawing
from vmalab.views.memory import memory_and_swap
from vmalab.widgets.face import FaceOfPlaces, script, style
from vmalab.widgets.frames import snug
from vmalab.widgets.swap_words import LETTERS, VERDICTS, tell_events, tell_moment, why_killed

STRINGS: Final = {
    "One page too many": "1w 2w 3w 4w 5w 6w 1 2 3 4 5 6",
    "A favourite page": "2w 1w 3w 1 4w 1 5w 1 6w 1 7w 1 8w 1 9w 1 2 1 3",
    "A loop, and a file read through": "1w 2w 3w f0 f1 f2 f3 1 2 3 f4 f5 f6 1 2 3",
    "More RAM, more faults": "1w 2w 3w 4w 1w 2w 5w 1w 2w 3w 4w 5w",
    "Only read": "1 2 3 4 5 6 7 8 9 1 2 3 3w",
    "Read back and not written": "1w 2w 1! 1 1! 1w 1! 1 2",
    "More than RAM and swap": "0w 1w 2w 3w 4w 5w 6w 7w 8w 9w 10w 11w 12w 13w 14w 15w",
}
"""Ready-made reference strings, by what they show."""


class SwapLab(FaceOfPlaces):
    """Touch pages on a machine with so few frames that others have to go.

    ``references`` is the name of a ready-made string (:data:`STRINGS`) or a string: ``3`` reads
    page 3, ``3w`` writes it, ``3!`` puts it out, ``f0`` reads page 0 of a file. Sizes are in
    frames and slots. Everything is computed when something is chosen; stepping only shows it.

    Raises:
        ReferenceStringError: the string is none; the cure is told.
        ValueError: the machine is too small or too large.
    """

    _esm = script("swap_lab")
    _css = style("stepper", "swap_lab")

    strings: Any = traitlets.List().tag(sync=True)
    limits: Any = traitlets.Dict().tag(sync=True)
    draft = traitlets.Unicode().tag(sync=True)
    ram = traitlets.Int().tag(sync=True)
    swap = traitlets.Int().tag(sync=True)

    def __init__(
        self, references: str = "One page too many", *, ram: int = 10, swap: int = 8, at: int = 0
    ) -> None:
        text = STRINGS.get(references, references)
        self._story = play(parse_references(text), ram_pages=ram, swap_pages=swap)
        super().__init__(
            strings=list(STRINGS.items()),
            limits={"ram": [LEAST_RAM, MOST_RAM], "swap": [0, MOST_SWAP]},
            draft=text,
            ram=ram,
            swap=swap,
        )
        self.begin(at)

    @property
    def story(self) -> Story:
        """The run that is shown, with every moment of it."""
        return self._story

    @property
    def moment(self) -> Moment:
        """The machine as it is shown."""
        return self._story.moments[self._at]

    @property
    def last(self) -> int:
        """The number of the last reference; 0 is before the first."""
        return len(self._story.moments) - 1

    def work_out(self, at: int) -> dict[str, Any]:
        """Everything that is shown of a reference."""
        return show(self._story, at, self.model_id or "")

    def run(self, text: str) -> bool:
        """Run another string from its beginning; False (and ``error`` says why) if it is none."""
        with self._lock:
            return self._rerun(text, self.ram, self.swap, 0)

    def resize(self, *, ram: int | None = None, swap: int | None = None) -> None:
        """Run the same string on a machine of another size, and stay at the same reference.

        Raises:
            ValueError: the machine is too small or too large.
        """
        with self._lock:
            sizes = self.ram if ram is None else ram, self.swap if swap is None else swap
            self._rerun(self._text(), *sizes, self._at)

    def evict(self, page: str) -> None:
        """Put a page out now: ``PAGE!`` goes into the string after the reference that is shown."""
        with self._lock:
            words = self._text().split()
            words.insert(self._at, f"{page}!")
            self._rerun(" ".join(words), self.ram, self.swap, self._at + 1)

    def _text(self) -> str:
        return " ".join(map(str, self._story.references))

    def _rerun(self, text: str, ram: int, swap: int, at: int) -> bool:
        try:
            story = play(parse_references(text), ram_pages=ram, swap_pages=swap)
        except ReferenceStringError as error:
            self.error = {"message": str(error), "cure": error.cure}
            return False
        self._story = story
        with self.hold_sync():
            self.error = {}
            self.draft, self.ram, self.swap = text, ram, swap
            self.begin(at)
        return True

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        match content:
            case {"do": "run", "text": str(text)}:
                self.run(text)
            case {"do": "ram", "pages": int(pages)} if LEAST_RAM <= pages <= MOST_RAM:
                self.resize(ram=pages)
            case {"do": "swap", "pages": int(pages)} if 0 <= pages <= MOST_SWAP:
                self.resize(swap=pages)
            case {"do": "evict", "page": str(page)}:
                self.evict(page)
            case _:
                super().obey(content)

    def twin(self) -> str:
        """The machine, and every reference with its sentence."""
        return text_twin(self._story)


def text_twin(story: Story) -> str:
    """A whole run in a few lines, for everything that shows no widgets."""
    last = story.moments[-1]
    counted = f"{last.nr_minor} minor and {last.nr_major} major faults"
    lines = [f"SwapLab: {story.ram_pages} frames, {story.swap_pages} swap slots: {counted}"]
    for number, moment in enumerate(story.moments[1:], 1):
        lines.append(f"{number:3}  {moment.reference!s:4} {tell_moment(story, number)}")
    return "\n".join(lines)


def show(story: Story, at: int, key: str) -> dict[str, Any]:
    """Everything that the page shows of a moment, as plain data."""
    moment = story.moments[at]
    picture = Drawing(snug(memory_and_swap(moment.memory).scene))
    place = f"reference {at} of {len(story.references)}"
    return {
        "where": place if at else "before the first reference",
        "verdict": moment.verdict,
        "line": _line(moment),
        "sentence": tell_moment(story, at),
        "events": tell_events(story, at),
        "killed": why_killed(story) if story.was_killed else "",
        "counts": [
            ["minor faults", moment.nr_minor],
            ["major faults", moment.nr_major],
            ["pages written to swap", moment.nr_swap_writes],
            ["frames free", moment.memory.nr_free],
        ],
        "references": _references(story, at),
        "pages": _pages(story, at),
        "picture": picture.live(f"swap{key}"),
    }


def _line(moment: Moment) -> str:
    if moment.reference is None:
        return VERDICTS["start"]
    return f"{moment.reference}: {VERDICTS.get(moment.verdict, moment.verdict)}"


def _references(story: Story, at: int) -> list[dict[str, Any]]:
    """The string as a row of buttons; what is not reached yet does not tell how it ends."""
    found = []
    for number, reference in enumerate(story.references, 1):
        reached = number <= at
        verdict = story.moments[number].verdict if reached else ""
        found.append(
            {
                "number": number,
                "text": str(reference),
                "verdict": verdict,
                "letter": LETTERS.get(verdict, verdict),
                "about": f"Reference {number}, {reference}"
                + (f": {VERDICTS.get(verdict, verdict)}" if reached else ""),
                "current": number == at,
                "lost": number >= len(story.moments),
            }
        )
    return found


def _pages(story: Story, at: int) -> list[dict[str, Any]]:
    """Every page that the string names: its entry now, and whether it has just changed."""
    now = story.moments[at].entries
    before = story.moments[max(at - 1, 0)].entries
    names = {one.name: one for one in story.references}
    order = [*map(str, range(ANON_PAGES)), *(f"f{page}" for page in range(FILE_PAGES))]
    return [
        {
            "name": name,
            "state": _state(name, now.get(name)),
            "kind": entry.kind if (entry := now.get(name)) else "none",
            "pte": f"{entry.pte:#018x}" if entry else "0",
            "bits": " ".join(entry.bits) if entry else "",
            "changed": now.get(name) != before.get(name),
        }
        for name in order
        if name in names
    ]


def _state(name: str, entry: PageEntry | None) -> str:
    """What an entry shows or holds, in a few words."""
    if entry is None:
        return "empty: the file has it" if name.startswith("f") else "empty: never written"
    match entry.kind:
        case "zero":
            return "the shared zero page"
        case "swap":
            return f"swap slot {entry.number}"
        case _:
            return f"frame {entry.number:#x}"
