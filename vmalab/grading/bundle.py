"""An exercise set as data: items, their probes, and what each probe is to find.

The *sealed* bundle (``solutions/sealed/NN.json``) has everything, and stays with the instructor.
The *public* one (``vmalab/grading/public/NN.json``) is what a learner's notebook asks: it has

    open      probes with what they expect: a wrong answer is shown beside the right one
    closed    probes with a digest of what they expect: right or wrong, and a hint
    hidden    nothing but a name and points: judged when the set is graded
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from vmalab.grading.canonical import digest

Level = Literal["open", "closed", "hidden"]
Kind = Literal["predict", "program", "implement"]

PUBLIC: Final = Path(__file__).parent / "public"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Probe:
    """One question asked of an answer, by code that prints canonical JSON.

    ``expected`` has a spelling for each variant of the item.
    """

    name: str
    level: Level
    points: int
    hint: str
    source: str = ""
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One graded item: a question, where its answer stands, and the probes that judge it.

    ``variants`` are what differs from learner to learner: data that the probes see as ``given``.
    """

    name: str
    kind: Kind
    title: str
    answer: str
    hints: tuple[str, ...]
    probes: tuple[Probe, ...]
    stub: str
    variants: tuple[Mapping[str, Any], ...] = ({},)

    @property
    def points(self) -> int:
        """What a right answer is worth."""
        return sum(probe.points for probe in self.probes)

    @property
    def is_data(self) -> bool:
        """Is the answer read, and not run? Predictions and programs are text."""
        return self.kind != "implement"

    def variant(self, learner: str) -> int:
        """Which variant a learner has: the same one for the same name, however it is typed.

        Nobody's name gives the first.
        """
        name = " ".join(learner.split()).casefold()
        if not name:
            return 0
        seed = hashlib.sha256(f"{name}\0{self.name}".encode()).digest()
        return int.from_bytes(seed[:4]) % len(self.variants)


@dataclass(frozen=True, slots=True)
class ExerciseSet:
    """All items of one lesson."""

    name: str
    title: str
    items: tuple[Item, ...]

    @property
    def points(self) -> int:
        """What the whole set is worth."""
        return sum(item.points for item in self.items)

    @property
    def digest(self) -> str:
        """A name for exactly this content: results of another one are not kept."""
        return hashlib.sha256(dump(self).encode()).hexdigest()

    def public(self) -> ExerciseSet:
        """What a learner may have."""
        return replace(self, items=tuple(map(_public_item, self.items)))


def _public_item(item: Item) -> Item:
    return replace(item, probes=tuple(_public_probe(item, probe) for probe in item.probes))


def _public_probe(item: Item, probe: Probe) -> Probe:
    match probe.level:
        case "open":
            return probe
        case "closed":
            return replace(probe, expected=tuple(digest(one, item.name) for one in probe.expected))
        case "hidden":
            return Probe(probe.name, probe.level, probe.points, "")


def dump(one: ExerciseSet) -> str:
    """A set as JSON, the same text every time."""
    return json.dumps({"format": FORMAT, **asdict(one)}, indent=1, ensure_ascii=False) + "\n"


def load(text: str) -> ExerciseSet:
    """A set from its JSON.

    Raises:
        ValueError: it is not one, or of another format.
    """
    data = json.loads(text)
    if data.pop("format", None) != FORMAT:
        msg = f"not an exercise set of format {FORMAT}: make it anew with make exercises"
        raise ValueError(msg)
    items = tuple(_item(one) for one in data.pop("items"))
    return ExerciseSet(items=items, **data)


def _item(data: dict[str, Any]) -> Item:
    probes = tuple(
        Probe(**{**one, "expected": tuple(one["expected"])}) for one in data.pop("probes")
    )
    hints, variants = tuple(data.pop("hints")), tuple(data.pop("variants"))
    return Item(probes=probes, hints=hints, variants=variants, **data)


def load_folder(folder: Path) -> dict[str, ExerciseSet]:
    """Every set of a folder, by its number.

    Raises:
        ValueError: there is none; or a file is none.
    """
    found = [load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    if not found:
        msg = f"{folder} holds no exercise set: make exercises writes them"
        raise ValueError(msg)
    return {one.name: one for one in found}


@cache
def public_sets() -> Mapping[str, ExerciseSet]:
    """Every set as learners have it."""
    return load_folder(PUBLIC)


def public_item(name: str) -> Item:
    """An item by its name, ``ex2.q3``.

    Raises:
        ValueError: there is none; the message lists those of the set.
    """
    known = {item.name: item for one in public_sets().values() for item in one.items}
    if name not in known:
        near = [
            one for one in known if one.split(".")[0] == name.split(".", maxsplit=1)[0]
        ] or list(known)
        msg = f"no item is called {name!r}; choose one of: {', '.join(near)}"
        raise ValueError(msg)
    return known[name]
