"""``check("ex2.q3")`` in a notebook: an answer at once, from the probes that may be shown.

The comparison is the grader's own; hidden probes are only counted. A wrong answer raises
:class:`NotYetError`, so that the cell fails for nbval and nbgrader too. Each failure in a row
unlocks one more hint of the ladder.
"""

from __future__ import annotations

import contextlib
import html
import io
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from vmalab.grading.bundle import Item, Probe, public_item
from vmalab.grading.canonical import agrees, last_value
from vmalab.grading.feedback import explain, picture
from vmalab.grading.probes import read_layout, read_program
from vmalab.grading.sandbox import PROBES

PRELUDE: Final = "".join(f"from vmalab.grading.{name} import *\n" for name in PROBES)
_TRIES: Final[Counter[str]] = Counter()
STUB_SAYS: Final = "raised NotImplementedError"
"""What a function answers that nobody has written yet."""
READERS: Final = {"read_layout(": read_layout} | dict.fromkeys(
    ("vmas_of(", "facts_of(", "tables_of("), read_program
)
"""The probes' own readers, by what stands in the source of a probe that reads so."""
ME: Final = "me"
"""The name under which a notebook keeps who its learner is."""


class NotYetError(Exception):
    """An answer that is not right yet; the message says what to look at."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows the message and no traceback: nothing went wrong in the notebook."""
        return [str(self)]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found; ``said`` is the canonical answer, None where there was none."""

    probe: Probe
    passed: bool
    expected: str
    said: str | None


@dataclass(frozen=True, slots=True)
class Passed:
    """A right answer, as far as this notebook may know; a paragraph, or its text."""

    said: str

    def __repr__(self) -> str:
        return self.said

    def _repr_html_(self) -> str:
        return f'<p role="status" style="margin:0">✓ {html.escape(self.said)}</p>'


def run_probe(probe: Probe, namespace: dict[str, Any], given: object) -> str | None:
    """Run one probe here, among a learner's names: its canonical answer, None if it failed."""
    names = {**namespace, "given": given}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            exec(compile(PRELUDE + probe.source, f"<{probe.name}>", "exec"), names)
        except Exception:  # whatever a learner's answer makes it raise
            return None
    return last_value(printed.getvalue())


def findings(item: Item, namespace: dict[str, Any], variant: int) -> list[Finding]:
    """What each probe with a source finds, in order."""
    found = []
    for probe in item.probes:
        if probe.source:
            said = run_probe(probe, namespace, item.variants[variant])
            expected = probe.expected[variant]
            found.append(Finding(probe, agrees(expected, said, item.name), expected, said))
    return found


def check(name: str) -> Passed:
    """Judge the answer to an item by the probes that may be shown.

    Raises:
        NotYetError: it is not right yet.
        ValueError: no item has that name.
    """
    item = public_item(name)
    names = sys._getframe(1).f_globals  # noqa: SLF001 - the notebook that asks
    if item.answer not in names:
        msg = f"{name}: there is no {item.answer} yet: run the cell above first"
        raise NotYetError(msg)
    found = findings(item, names, item.variant(str(names.get(ME, ""))))
    wrong = [one for one in found if not one.passed]
    if wrong:
        if obstacle := _not_begun(item, names[item.answer], wrong[0]):
            msg = f"{name} {item.title}: {obstacle}"
            raise NotYetError(msg)
        _TRIES[name] += 1
        _show(wrong[0])
        raise NotYetError("\n".join(_words(item, found, wrong, _TRIES[name])))
    _TRIES.pop(name, None)
    return Passed(_praise(item, found))


def _not_begun(item: Item, answer: object, wrong: Finding) -> str:
    """What is to be done before an answer can be judged at all; it costs no hint."""
    if isinstance(answer, str) and not answer.strip():
        return "no answer yet. Write it into the cell above, run that cell, then this one."
    if wrong.said is not None and f'"{STUB_SAYS}"' in wrong.said:
        return (
            "not written yet. Write it in place of the line with NotImplementedError, "
            "run that cell, then this one."
        )
    if item.kind == "implement":
        return ""
    asked = "".join(probe.source for probe in item.probes)
    reader = next((read for word, read in READERS.items() if word in asked), None)
    complaint = reader(answer) if reader else None
    return f"the answer cannot be read. {complaint}" if isinstance(complaint, str) else ""


def _praise(item: Item, found: list[Finding]) -> str:
    shown = sum(one.probe.points for one in found)
    hidden = item.points - shown
    rest = f"; {hidden} more are judged when it is graded" if hidden else ""
    return f"{item.name} {item.title}: {shown} of {item.points} points{rest}"


def _words(item: Item, found: list[Finding], wrong: list[Finding], tries: int) -> list[str]:
    """Every probe with its verdict, the first wrong one explained, and the hints unlocked."""
    lines = [f"{item.name} {item.title}: not yet"]
    for one in found:
        lines.append(f"  {'✓' if one.passed else '✗'} {one.probe.name} ({one.probe.points})")
        if one is wrong[0]:
            lines += [f"      {line}" for line in explain(one.probe, one.expected, one.said)]
            lines += [f"      {line}" for line in _asked(item, one.probe)]
    unlocked = item.hints[:tries]
    lines += [f"Hint {number}: {hint}" for number, hint in enumerate(unlocked, 1)]
    if len(unlocked) < len(item.hints):
        lines.append("(The next failed check shows one more hint.)")
    return lines


def _asked(item: Item, probe: Probe) -> list[str]:
    """With which arguments a learner's function was called, in the probe's own lines."""
    if item.kind != "implement" or probe.level != "open":
        return []
    return ["so it was asked:", *(f"    {line}" for line in probe.source.strip().splitlines())]


def _show(wrong: Finding) -> None:
    """Both sides of an open probe as pictures, where there is a notebook to show them."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or wrong.probe.level != "open":
        return
    from IPython.display import display  # noqa: PLC0415 - a notebook has it loaded

    for _, drawing in picture(wrong.expected, wrong.said):
        display(drawing)  # type: ignore[no-untyped-call]


def question(name: str, learner: str = "") -> Passed:
    """The part of a question that differs from learner to learner, as text.

    Raises:
        ValueError: no item has that name.
    """
    item = public_item(name)
    return Shown(str(item.variants[item.variant(learner)].get("shown", "")))


class Shown(Passed):
    """A question's own text: a program, a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.said)}</pre>"
