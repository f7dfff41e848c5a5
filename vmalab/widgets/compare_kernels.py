"""CompareKernels: one program, all kernels of history beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import traitlets

from vmalab.generations import GENERATIONS
from vmalab.records.program import Program
from vmalab.records.text import ProgramError, parse_program
from vmalab.widgets.compare_kernels_view import show, table, text_twin
from vmalab.widgets.face import FaceOfPlaces, script, style
from vmalab.widgets.stepper import MOST_OPERATIONS, OWN, menu, name_of, source_of, tell_error
from vmalab.workloads.examples import EXAMPLES
from vmalab.workloads.parting import Parting, part


class CompareKernels(FaceOfPlaces):
    """Run a program on several kernels at once, and see where they part and why.

    ``program_text`` is the text of a program, the name of a ready-made one
    (:data:`vmalab.workloads.examples.EXAMPLES`), or a :class:`Program`; ``kernels`` are names of
    generations, all of them if none are given. It begins at the first difference.

    Raises:
        ProgramError: the text is not a program; line, column and cure are told.
        ValueError: no such kernel, or it does not run on that machine.
    """

    _esm = script("compare_kernels")
    _css = style("stepper", "compare_kernels")
    moves: ClassVar = (*FaceOfPlaces.moves, "difference")
    first: ClassVar = 1

    programs: Any = traitlets.List().tag(sync=True)
    program_name = traitlets.Unicode().tag(sync=True)
    generations: Any = traitlets.List().tag(sync=True)
    kernels: Any = traitlets.List().tag(sync=True)
    draft = traitlets.Unicode().tag(sync=True)
    editing = traitlets.Bool(default_value=False).tag(sync=True)
    table: Any = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        program_text: str | Program = "stars",
        kernels: Sequence[str] = (),
        *,
        arch: str = "x86_64",
    ) -> None:
        name, text = source_of(program_text)
        chosen = list(kernels or GENERATIONS)
        self._arch = arch
        self._text = text
        self._found = _compare(text, chosen, arch)
        super().__init__(
            programs=menu(name),
            program_name=name,
            generations=list(GENERATIONS),
            kernels=chosen,
            draft=text,
        )
        self._show_all()

    @property
    def parting(self) -> Parting:
        """The runs that are shown."""
        return self._found

    @property
    def at(self) -> int:
        """The number of the operation that is shown, from 1."""
        return self._at

    def load(self, text: str, kernels: Sequence[str] | None = None, name: str = OWN) -> bool:
        """Compare another program, or other kernels; False (and ``error`` says why) if it fails."""
        with self._lock:
            chosen = list(self.kernels if kernels is None else kernels)
            try:
                self._found = _compare(text, chosen, self._arch)
            except ProgramError as error:
                self.error = tell_error(error, text)
                return False
            self._text = text
            with self.hold_sync():
                self.error = {}
                self.draft = text
                self.kernels = chosen
                self.programs = menu(name) if name == OWN else self.programs
                self.program_name = name
                self._show_all()
            return True

    def _show_all(self) -> None:
        self.table = table(self._found)
        self.begin(self._found.first or self.last)

    @property
    def last(self) -> int:
        """The number of the last operation; 0 if there is none."""
        return len(self._found.runs[0].steps)

    def place(self, at: int, to: str) -> int:
        """The number of the operation that a move leads to."""
        return self._found.first or at if to == "difference" else super().place(at, to)

    def work_out(self, at: int) -> dict[str, Any]:
        """The table's row of an operation, and what every kernel did."""
        return show(self._found, at, self.model_id or "")

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        match content:
            case {"do": "run", "text": str(text)}:
                self.load(text, name=name_of(text))
            case {"do": "choose", "name": str(name)} if name in EXAMPLES:
                self.load(EXAMPLES[name].text, name=name)
            case {"do": "kernels", "names": list(names)}:
                self._choose_kernels(names)
            case _:
                super().obey(content)

    def _choose_kernels(self, names: list[object]) -> None:
        """Keep the order of history; without any kernel there is nothing to show."""
        chosen = [name for name in GENERATIONS if name in names]
        if chosen:
            self.load(self._text, chosen, self.program_name)
        else:
            cure = "tick at least one"
            told = ProgramError("no kernel is chosen", cure)
            self.error = tell_error(told, "")

    def twin(self) -> str:
        """The program, what each kernel answered, and where they part."""
        return text_twin(self._found)


def _compare(text: str, kernels: Sequence[str], arch: str) -> Parting:
    program = parse_program(text)
    if len(program.ops) > MOST_OPERATIONS:
        raise ProgramError(
            f"{len(program.ops)} operations are more than the {MOST_OPERATIONS} that are compared",
            "compare longer ones with: vmalab run FILE --on KERNEL --on KERNEL",
        )
    return part(program, kernels, arch)
