"""The RemapBoard: put pages of a file into pages of a window, on all kernels at once."""

from __future__ import annotations

from typing import Any, Final

import traitlets

from vmalab.generations import GENERATIONS
from vmalab.records import program as ops
from vmalab.records.program import FILE_PAGES, Op, Program
from vmalab.records.text import ProgramError, format_program, parse_program
from vmalab.widgets.face import Face, script, style
from vmalab.widgets.remap_board_view import kernels, show, text_twin
from vmalab.widgets.stepper import MOST_OPERATIONS
from vmalab.workloads.parting import Runs

AREAS: Final = ("rw", "r", "none")
"""Rights that the window may be mapped with."""
RIGHTS: Final = {
    "area": "the area's (prot 0)",
    "none": "none (MAP_CHGPROT)",
    "r": "r (MAP_CHGPROT)",
    "rw": "rw (MAP_CHGPROT)",
    "rwx": "rwx (MAP_CHGPROT)",
}
"""Rights that a page may be put into the window with."""
MOST_PAGES: Final = 256
WORD: Final = 7
"""What is written into a page."""


class RemapBoard(Face):
    """A file of 64 pages and a window on it: put file page j into window page i, and look.

    Each thing done is one operation of a program that runs on every kernel; one of them is shown
    with its VMAs, its page-table entries and the file. From code: ``put``, ``read``, ``write``,
    ``evict``, ``undo``, ``restart``; ``board.program`` is the program so far.

    ``pages`` is the size of the window, ``area`` the rights that it is mapped with; ``lines`` are
    operations that were made already.

    Raises:
        ValueError: there is no such kernel, area or window.
        ProgramError: the lines are no operations.
    """

    _esm = script("remap_board")
    _css = style("stepper", "remap_board")

    generations: Any = traitlets.List().tag(sync=True)
    areas: Any = traitlets.List().tag(sync=True)
    rights: Any = traitlets.List().tag(sync=True)
    nr_file_pages = traitlets.Int().tag(sync=True)
    area = traitlets.Unicode().tag(sync=True)
    kernels: Any = traitlets.List().tag(sync=True)

    def __init__(
        self, lines: str = "", *, kernel: str = "linux-2.6", pages: int = 8, area: str = "rw"
    ) -> None:
        if kernel not in GENERATIONS:
            msg = f"no kernel is called {kernel!r}; choose one of: {', '.join(GENERATIONS)}"
            raise ValueError(msg)
        if not 1 <= pages <= MOST_PAGES:
            msg = f"a window of {pages} pages cannot be shown; take 1 to {MOST_PAGES}"
            raise ValueError(msg)
        self._kernel, self._pages, self._page = kernel, pages, 0
        self._runs = self._begin(area)
        for op in parse_program(lines).ops if lines.strip() else ():
            self._runs.step(op)
            self._page = _page_of(op, self._page, pages)
        super().__init__(
            generations=list(GENERATIONS),
            areas=list(AREAS),
            rights=list(RIGHTS.items()),
            nr_file_pages=FILE_PAGES,
            area=area,
        )
        self._show()
        self.get_ready()

    def _begin(self, area: str) -> Runs:
        if area not in AREAS:
            msg = f"{area!r} are no rights of the window; choose one of: {', '.join(AREAS)}"
            raise ValueError(msg)
        mapped = ops.Mmap(0, self._pages, area, "shared,fixed", "f0", 0)
        runs = Runs(Program(self._pages, (mapped, ops.Evict())), tuple(GENERATIONS))
        runs.step(mapped)
        return runs

    @property
    def program(self) -> str:
        """What was done, as a program for any kernel: for the Stepper, say, or CompareKernels."""
        return format_program(self._runs.run(self._kernel).program)

    @property
    def runs(self) -> Runs:
        """The program's runs."""
        return self._runs

    def put(self, file_page: int, page: int, rights: str = "area") -> None:
        """Let a window page show a page of the file, with the area's rights or its own.

        Raises:
            ProgramError: there is no such window page, no such rights, or no room for more.
        """
        self._do(_remap(file_page, page, rights))

    def read(self, page: int) -> None:
        """Load a word from a window page."""
        self._do(ops.Read(page))

    def write(self, page: int) -> None:
        """Store a word into a window page."""
        self._do(ops.Write(page, WORD))

    def evict(self) -> None:
        """Put all pages of the file out of memory."""
        self._do(ops.Evict())

    def undo(self) -> None:
        """Take the last operation back; the first, which maps the window, stays."""
        with self._lock:
            if len(self._runs.ops) > 1:
                self._runs.undo()
                self._show()

    def restart(self, area: str | None = None) -> None:
        """Begin again, with the same rights of the window or others.

        Raises:
            ValueError: the window is never mapped with such rights.
        """
        with self._lock:
            area = self.area if area is None else area
            self._runs, self._page = self._begin(area), 0
            self.area = area
            self._show()

    def choose(self, kernel: str) -> None:
        """Show another kernel.

        Raises:
            ValueError: there is none of that name.
        """
        with self._lock:
            if kernel not in GENERATIONS:
                msg = f"{kernel!r} cannot be shown; choose one of: {', '.join(GENERATIONS)}"
                raise ValueError(msg)
            self._kernel = kernel
            self._show()

    def _do(self, op: Op) -> None:
        with self._lock:
            self._check(op)
            self._runs.step(op)
            self._page = _page_of(op, self._page, self._pages)
            self._show()

    def _check(self, op: Op) -> None:
        page = getattr(op, "addr", 0)
        if not 0 <= page < self._pages:
            what = f"window page {page} does not exist"
            raise ProgramError(what, f"take one from 0 to {self._pages - 1}")
        if isinstance(op, ops.Remap) and not 0 <= int(str(op.pgoff)) < FILE_PAGES:
            what = f"page {op.pgoff} of the file does not exist"
            raise ProgramError(what, f"take one from 0 to {FILE_PAGES - 1}")
        if len(self._runs.ops) >= MOST_OPERATIONS:
            what = f"{MOST_OPERATIONS} operations are as many as the board keeps"
            raise ProgramError(what, "undo some, or start again")

    def _show(self) -> None:
        with self.hold_sync():
            self.error = {}
            self.display(show(self._runs, self._kernel, self._page, self.model_id or ""))

    def get_ready(self) -> None:
        """The kernel that is shown has its picture first; the others' table follows."""
        self.kernels = kernels(self._runs)

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        try:
            self._obey(content)
        except ProgramError as error:
            self.error = {"message": error.message, "cure": error.cure}

    def _obey(self, content: dict[str, Any]) -> None:
        if op := _op_of(content):
            self._do(op)
            return
        match content:
            case {"do": "undo"}:
                self.undo()
            case {"do": "restart", "area": str(area)} if area in AREAS:
                self.restart(area)
            case {"do": "kernel", "name": str(name)} if name in GENERATIONS:
                self.choose(name)
            case _:
                pass

    def rehearse(self, content: dict[str, Any]) -> dict[str, Any] | None:
        """What the board would show if it were done: it is, on a machine that is then dropped."""
        kernel, page, runs = self._kernel, self._page, self._runs
        if op := _op_of(content):
            self._check(op)
            runs, page = runs.rehearsal(kernel), _page_of(op, page, self._pages)
            runs.step(op)
            return show(runs, kernel, page, self.model_id or "")
        match content:
            case {"do": "undo"} if len(runs.ops) > 1:
                runs = runs.rehearsal(kernel)
                runs.undo()
            case {"do": "kernel", "name": str(name)} if name in GENERATIONS:
                kernel = name
            case _:
                return None
        return show(runs, kernel, page, self.model_id or "")

    def twin(self) -> str:
        """The program, the picture of one kernel, and how it went on all."""
        return text_twin(self._runs, self._kernel)


def _page_of(op: Op, page: int, pages: int) -> int:
    """The window page that an operation is about; the last one if it is about none."""
    addr = getattr(op, "addr", None)
    return addr if isinstance(addr, int) and 0 <= addr < pages else page


def _op_of(content: dict[str, Any]) -> Op | None:
    """The operation that a message asks for, if it asks for one."""
    match content:
        case {"do": "put", "file_page": int(j), "page": int(i), "rights": str(rights)}:
            return _remap(j, i, rights)
        case {"do": "read", "page": int(page)}:
            return ops.Read(page)
        case {"do": "write", "page": int(page)}:
            return ops.Write(page, WORD)
        case {"do": "evict"}:
            return ops.Evict()
        case _:
            return None


def _remap(file_page: int, page: int, rights: str) -> Op:
    if rights not in RIGHTS:
        raise ProgramError(f"{rights!r} are no rights", f"choose one of: {', '.join(RIGHTS)}")
    own = rights != "area"
    return ops.Remap(page, 1, rights if own else "none", file_page, "chgprot" if own else "-")
