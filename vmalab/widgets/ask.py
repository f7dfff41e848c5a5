"""Questions in a notebook: predict before you run, look at the answer, check yourself."""

from __future__ import annotations

import html
import textwrap
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal

import anywidget
import traitlets

from vmalab.widgets.face import asset
from vmalab.workloads.predictions import Predictions, Tally, kept_predictions
from vmalab.workloads.questions import Question, Verdict, judge, question

Mode = Literal["predict", "check"]
_LOCK: Final = threading.RLock()
WIDTH: Final = 88


@cache
def _predicted() -> Predictions:
    return kept_predictions()


class Ask(anywidget.AnyWidget):
    """A question with its choices, or with a line to write in.

    In the mode ``check`` the answer is judged at once; in the mode ``predict`` it is kept until
    :func:`reveal`.
    """

    _esm = asset("common.js") + asset("ask.js")
    _css = asset("common.css") + asset("ask.css")

    mode = traitlets.Unicode("check").tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    program = traitlets.Unicode().tag(sync=True)
    choices: Any = traitlets.List().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    verdict: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, asked: Question, mode: Mode = "check") -> None:
        self._asked = asked
        super().__init__(
            mode=mode,
            prompt=asked.ask,
            program=_shown(asked),
            choices=list(asked.choices),
            answer=(_predicted().of(asked.name) or "") if mode == "predict" else "",
        )
        self.on_msg(self._on_message)

    def submit(self, answer: str) -> Verdict:
        """Answer the question; the verdict is shown, and returned."""
        with _LOCK:
            said = _note(self._asked, answer) if self.mode == "predict" else None
            verdict = said or judge(self._asked, answer)
            with self.hold_sync():
                self.answer = answer
                self.verdict = {"right": verdict.right, "said": verdict.said}
            return verdict

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        match content:
            case {"do": "answer", "answer": str(answer)}:
                self.submit(answer)
            case _:
                pass

    def __repr__(self) -> str:
        """The text twin: the question and how to answer it without a widget."""
        return _twin(self._asked, self.mode)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        return {**data, "text/plain": repr(self)}, metadata


class Told(Verdict):
    """A verdict at the end of a cell: a paragraph with a bar at its side, or its text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return textwrap.fill(self.said, WIDTH)

    def _repr_html_(self) -> str:
        kind = {True: "vma-right", False: "vma-wrong", None: ""}[self.right]
        parts = html.escape(self.said).split("`")
        words = "".join(
            f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts)
        )
        style = asset("told.css")
        return f'<style>{style}</style><div class="vma-told {kind}"><p>{words}</p></div>'


def predict(name: str, answer: str | None = None) -> Ask | Verdict:
    """Ask for a prediction. ``predict(name, "2")`` makes it without the widget.

    Raises:
        ValueError: no question has that name.
    """
    asked = question(name)
    if answer is None:
        return Ask(asked, "predict")
    with _LOCK:
        verdict = _note(asked, str(answer)) or judge(asked, str(answer))
        return Told(verdict.right, verdict.said)


def reveal(name: str) -> Told:
    """Compare the prediction with what Linux does, and say why.

    Raises:
        ValueError: no question has that name.
    """
    asked = question(name)
    with _LOCK:
        predicted = _predicted().of(name)
        _predicted().reveal(name)
    why = " ".join(filter(None, [asked.choices.get(asked.right, ""), asked.because]))
    if predicted is None:
        return Told(None, f"No prediction was made. The answer is {asked.solution}. {why}")
    verdict = judge(asked, predicted)
    text = f"You predicted {predicted}. {verdict.said}"
    if not verdict.right:
        text += f" The answer is {asked.solution}. {why}"
    return Told(verdict.right, text)


class Tallied:
    """What was predicted so far, a line a lesson."""

    def __init__(self, tallies: Sequence[Tally]) -> None:
        self.tallies = tuple(tallies)

    def __repr__(self) -> str:
        if not self.tallies:
            return "Nothing was asked yet."
        lines = ["lesson  predicted  right  skipped"]
        lines += [f"{t.lesson:6}  {t.made:9}  {t.right:5}  {t.skipped:7}" for t in self.tallies]
        return "\n".join(lines)


def predictions() -> Tallied:
    """How many predictions were made, how many were right, how many skipped, lesson by lesson."""
    with _LOCK:
        return Tallied(_predicted().tallies())


def check(name: str, answer: str | None = None) -> Ask | Verdict:
    """Check yourself. ``check(name, "2")`` answers without the widget.

    Raises:
        ValueError: no question has that name.
    """
    asked = question(name)
    if answer is None:
        return Ask(asked, "check")
    verdict = judge(asked, str(answer))
    return Told(verdict.right, verdict.said)


def _note(asked: Question, answer: str) -> Verdict | None:
    """Keep a prediction; None if it is none that could be judged."""
    judged = judge(asked, answer)
    if judged.right is None:
        return None
    _predicted().note(asked.name, answer.strip())
    return Verdict(None, f"Noted: {answer.strip()}. Now run the next cell and see.")


def _shown(asked: Question) -> str:
    """The program, where the question is about one that it does not tell in words."""
    lines = [line for line in asked.program.splitlines() if not line.startswith("seq ")]
    return "\n".join(lines) if not asked.choices or asked.asks_for else ""


def _twin(asked: Question, mode: str) -> str:
    head = "Predict" if mode == "predict" else "Check yourself"
    parts = [_fill(f"{head}: {asked.ask}".replace("`", ""))]
    if shown := _shown(asked):
        parts.append(textwrap.indent(shown, "    "))
    for choice in asked.choices:
        parts.append(
            textwrap.fill(choice, WIDTH, initial_indent="  ( ) ", subsequent_indent=" " * 6)
        )
    example = next(iter(asked.choices), "0-4 rw, 4-6 r")
    parts.append(f'Without the widget: {mode}("{asked.name}", "{example}")')
    return "\n".join(parts)


def _fill(text: str) -> str:
    return textwrap.fill(text, WIDTH)
