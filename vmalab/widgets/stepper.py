"""The Stepper: a program, a kernel, and time that runs forwards and backwards."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import traitlets

from vmalab.generations import GENERATIONS
from vmalab.records.program import Program
from vmalab.records.snapshot import Snapshot
from vmalab.records.text import ProgramError, format_program, parse_program
from vmalab.records.words import in_window
from vmalab.trace.film import Film, film
from vmalab.uapi.errors import KernelBug
from vmalab.views.describe_op import brief_op
from vmalab.widgets.face import FaceOfPlaces, script, style
from vmalab.widgets.frames import MOVES, Frame, frames_of, move, show, why
from vmalab.workloads.examples import EXAMPLES

MOST_OPERATIONS: Final = 400
"""Longer programs are for ``vmalab run``: every moment of a film is kept in memory."""
OWN: Final = "your own"


class Stepper(FaceOfPlaces):
    """Play a program on a kernel, one operation or one event at a time, forwards and backwards.

    ``program`` is the name of a ready-made one (:data:`vmalab.workloads.examples.EXAMPLES`), the
    text of one, or a :class:`Program`. Everything is computed when a program is chosen; stepping
    only shows it. From code: ``stepper.move("next operation")``, ``stepper.snapshot``.

    Raises:
        ProgramError: the text is not a program; line, column and cure are told.
        ValueError: no such generation.
    """

    _esm = script("stepper")
    _css = style("stepper")
    moves: ClassVar = MOVES
    likely: ClassVar = MOVES[1:-1]

    programs: Any = traitlets.List().tag(sync=True)
    generations: Any = traitlets.List().tag(sync=True)
    program_name = traitlets.Unicode().tag(sync=True)
    generation = traitlets.Unicode().tag(sync=True)
    draft = traitlets.Unicode().tag(sync=True)
    editing = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self,
        program: str | Program = "first-steps",
        generation: str = "linux-6",
        *,
        at: int = 0,
    ) -> None:
        name, text = source_of(program)
        self._film, self._frames = _record(text, generation)
        self._text = text
        super().__init__(
            programs=menu(name),
            generations=list(GENERATIONS),
            program_name=name,
            generation=generation,
            draft=text,
        )
        self._own = text if name == OWN else ""
        self.begin(self._frames.index(Frame(min(at, len(self._film.run.steps)))))

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

    @property
    def last(self) -> int:
        """The number of the last frame."""
        return len(self._frames) - 1

    def place(self, at: int, to: str) -> int:
        """The number of the frame that one of :data:`vmalab.widgets.frames.MOVES` leads to."""
        return move(self._frames, at, to)

    def work_out(self, at: int) -> dict[str, Any]:
        """Everything that is shown of a frame."""
        return show(self._film, self._frames, at, self.model_id or "")

    def load(self, text: str, generation: str | None = None, name: str = OWN) -> bool:
        """Run another program from its text; False (and ``error`` says why) if it is not one."""
        with self._lock:
            try:
                recorded = _record(text, generation or self.generation)
            except (ProgramError, KernelBug) as error:
                self.error = tell_error(error, text)
                return False
            self._film, self._frames = recorded
            self._text = text
            if name == OWN:
                self._own = text
            with self.hold_sync():
                self.error = {}
                self.draft = text
                self.generation = generation or self.generation
                self.programs = menu(name) if name == OWN else self.programs
                self.program_name = name
                self.begin(0)
            return True

    def choose(self, name: str) -> None:
        """Load a ready-made program by its name."""
        self.load(self._own if name == OWN else EXAMPLES[name].text, name=name)

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        match content:
            case {"do": "run", "text": str(text)}:
                self.load(text, name=name_of(text))
            case {"do": "choose", "name": str(name)} if name in {OWN, *EXAMPLES}:
                self.choose(name)
            case {"do": "generation", "name": str(name)} if name in GENERATIONS:
                self.load(self._text, name, self.program_name)
            case _:
                super().obey(content)

    def twin(self) -> str:
        """The program, each result with its reason, and the maps at the end."""
        return text_twin(self._film)


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
        if not step.failed:
            lines += [f"     {what} {reason}" for what, reason in why(step, run.window)]
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


def name_of(text: str) -> str:
    """A text that is a ready-made program keeps that program's name."""
    return next((name for name, one in EXAMPLES.items() if one.text == text), OWN)


def menu(name: str) -> list[tuple[str, str]]:
    """The choices of the program menu: (name, title)."""
    ready = [(key, example.title) for key, example in EXAMPLES.items()]
    return [(OWN, "Your own"), *ready] if name == OWN else ready


def _record(text: str, generation: str) -> tuple[Film, tuple[Frame, ...]]:
    program = parse_program(text)
    if len(program.ops) > MOST_OPERATIONS:
        count = len(program.ops)
        raise ProgramError(
            f"the program has {count} operations, and the stepper shows {MOST_OPERATIONS}",
            "run longer ones with: vmalab run FILE",
        )
    taken = film(program, generation)
    return taken, frames_of(taken)


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
