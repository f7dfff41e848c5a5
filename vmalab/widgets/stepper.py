"""The Stepper: a program, a kernel, and time that runs forwards and backwards."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from vmalab.generations import GENERATIONS
from vmalab.records.program import Program
from vmalab.records.snapshot import Snapshot
from vmalab.records.text import ProgramError, format_program, parse_program
from vmalab.records.words import in_window
from vmalab.trace.film import Film, film
from vmalab.uapi.errors import KernelBug
from vmalab.views.describe_op import brief_op
from vmalab.widgets.frames import MOVES, Frame, frames_of, move, show
from vmalab.workloads.examples import EXAMPLES

_ASSETS: Final = Path(__file__).parent / "assets"
MOST_OPERATIONS: Final = 400
"""Longer programs are for ``vmalab run``: every moment of a film is kept in memory."""
OWN: Final = "your own"


def asset(name: str) -> str:
    """The text of a script or a style sheet that comes with vmalab."""
    return (_ASSETS / name).read_text(encoding="utf-8")


class Stepper(anywidget.AnyWidget):
    """Play a program on a kernel, one operation or one event at a time, forwards and backwards.

    ``program`` is the name of a ready-made one (:data:`vmalab.workloads.examples.EXAMPLES`), the
    text of one, or a :class:`Program`. Everything is computed when a program is chosen; stepping
    only shows it. From code: ``stepper.move("next operation")``, ``stepper.snapshot``.

    Raises:
        ProgramError: the text is not a program; line, column and cure are told.
        ValueError: no such generation.
    """

    _esm = asset("common.js") + asset("stepper.js")
    _css = asset("common.css") + asset("stepper.css")

    programs: Any = traitlets.List().tag(sync=True)
    generations: Any = traitlets.List().tag(sync=True)
    program_name = traitlets.Unicode().tag(sync=True)
    generation = traitlets.Unicode().tag(sync=True)
    draft = traitlets.Unicode().tag(sync=True)
    editing = traitlets.Bool(default_value=False).tag(sync=True)
    error: Any = traitlets.Dict().tag(sync=True)
    view: Any = traitlets.Dict().tag(sync=True)
    answered = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        program: str | Program = "first-steps",
        generation: str = "linux-6",
        *,
        at: int = 0,
    ) -> None:
        name, text = source_of(program)
        self._lock = threading.RLock()
        self._runs = 0
        self._shown: dict[int, dict[str, Any]] = {}
        self._film, self._frames, self._at = _record(text, generation)
        self._text = text
        super().__init__(
            programs=menu(name),
            generations=list(GENERATIONS),
            program_name=name,
            generation=generation,
            draft=text,
        )
        self._own = text if name == OWN else ""
        self._go(self._frames.index(Frame(min(at, len(self._film.run.steps)))))
        self.on_msg(self._on_message)

    @property
    def film(self) -> Film:
        """The run that is shown, with every moment of it."""
        return self._film

    @property
    def frame(self) -> Frame:
        """Where one is."""
        return self._frames[self._at]

    @property
    def snapshot(self) -> Snapshot:
        """The address space at this moment."""
        return self._film.state(self.frame.step, self.frame.event)

    def move(self, *moves: str | int) -> None:
        """Go somewhere: each one of :data:`vmalab.widgets.frames.MOVES`, or a frame's number."""
        with self._lock:
            at = self._at
            for to in moves:
                last = len(self._frames) - 1
                at = max(0, min(to, last)) if isinstance(to, int) else move(self._frames, at, to)
            self._go(at)

    def load(self, text: str, generation: str | None = None, name: str = OWN) -> bool:
        """Run another program from its text; False (and ``error`` says why) if it is not one."""
        with self._lock:
            try:
                recorded = _record(text, generation or self.generation)
            except (ProgramError, KernelBug) as error:
                self.error = tell_error(error, text)
                return False
            self._film, self._frames, self._at = recorded
            self._text = text
            self._runs += 1
            self._shown = {}
            if name == OWN:
                self._own = text
            with self.hold_sync():
                self.error = {}
                self.draft = text
                self.generation = generation or self.generation
                self.programs = menu(name) if name == OWN else self.programs
                self.program_name = name
                self._go(0)
            return True

    def choose(self, name: str) -> None:
        """Load a ready-made program by its name."""
        self.load(self._own if name == OWN else EXAMPLES[name].text, name=name)

    def _go(self, at: int) -> None:
        """Show a frame; what was shown once is kept."""
        self._at = at
        self.view = self._view(at)

    def _view(self, at: int) -> dict[str, Any]:
        if at not in self._shown:
            shown = show(self._film, self._frames, at, self.model_id or "")
            self._shown[at] = {**shown, "run": self._runs}
        return self._shown[at]

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """What the page asks for; called on whichever thread the kernel chose."""
        with self._lock, self.hold_sync():
            self.answered += 1
            match content:
                case {"do": "move", "to": list(moves)}:
                    self.move(*filter(self._is_place, moves))
                case {"do": "run", "text": str(text)}:
                    self.load(text, name=self._name_of(text))
                case {"do": "choose", "name": str(name)} if name in {OWN, *EXAMPLES}:
                    self.choose(name)
                case {"do": "generation", "name": str(name)} if name in GENERATIONS:
                    self.load(self._text, name, self.program_name)
                case _:
                    pass
        with self._lock:  # the page has its answer; be ready for what it will probably ask next
            for to in ("next event", "next operation"):
                self._view(move(self._frames, self._at, to))

    def _is_place(self, to: object) -> bool:
        return to in MOVES if isinstance(to, str) else isinstance(to, int)

    def _name_of(self, text: str) -> str:
        """A text that is a ready-made program keeps that program's name."""
        return next((name for name, one in EXAMPLES.items() if one.text == text), OWN)

    def __repr__(self) -> str:
        """The text twin: the program, each result with its reason, and the maps at the end."""
        with self._lock:
            return text_twin(self._film)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        return {**data, "text/plain": repr(self)}, metadata


def text_twin(shown: Film) -> str:
    """A whole run in a few lines, for everything that shows no widgets."""
    run = shown.run
    lines = [f"Stepper: {len(run.steps)} operations on {run.kernel}"]
    wide = max((len(brief_op(step.op)) for step in run.steps), default=0)
    for number, step in enumerate(run.steps, 1):
        lines.append(f"{number:3}  {brief_op(step.op):{wide}}  => {step.result}")
        if step.failed and step.because:
            rule = f" [{step.rule}]" if step.rule else ""
            lines.append(f"     {in_window(step.because, run.window)}{rule}")
    lines.append("/proc/PID/maps at the end:")
    final = run.state(len(run.steps))
    lines += [f"  {row.line}" for row in final.vmas] or ["  (empty)"]
    return "\n".join(lines)


def source_of(program: str | Program) -> tuple[str, str]:
    """The name and the text of what was asked for."""
    if isinstance(program, Program):
        return OWN, format_program(program)
    if program in EXAMPLES:
        return program, EXAMPLES[program].text
    if "\n" not in program.strip() and " " not in program.strip():
        names = ", ".join(EXAMPLES)
        raise ProgramError(f"no program is called {program!r}", f"choose one of: {names}")
    return OWN, program


def menu(name: str) -> list[tuple[str, str]]:
    """The choices of the program menu: (name, title)."""
    ready = [(key, example.title) for key, example in EXAMPLES.items()]
    return [(OWN, "Your own"), *ready] if name == OWN else ready


def _record(text: str, generation: str) -> tuple[Film, tuple[Frame, ...], int]:
    program = parse_program(text)
    if len(program.ops) > MOST_OPERATIONS:
        count = len(program.ops)
        raise ProgramError(
            f"the program has {count} operations, and the stepper shows {MOST_OPERATIONS}",
            "run longer ones with: vmalab run FILE",
        )
    taken = film(program, generation)
    return taken, frames_of(taken), 0


def tell_error(error: ProgramError | KernelBug, text: str) -> dict[str, Any]:
    """An error as the page shows it: where, what, the cure, and the line itself."""
    if isinstance(error, KernelBug):
        cure = (
            "the kernel itself stops here. The series of April 2006 as posted does on x86_64; "
            "any other kernel means a mistake in vmalab: please report it with the program"
        )
        return {
            "line": 0,
            "column": 0,
            "message": str(error).rstrip("."),
            "cure": cure,
            "shown": "",
        }
    lines = text.splitlines()
    shown = lines[error.line - 1] if 0 < error.line <= len(lines) else ""
    return {
        "line": error.line,
        "column": error.column,
        "message": error.message,
        "cure": error.cure,
        "shown": shown.replace("\t", " "),
    }
