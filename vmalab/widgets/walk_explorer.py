"""The WalkExplorer: an address, the tables that lead to its page, and bits to flip."""

from __future__ import annotations

from typing import Any

from vmalab.kernel import Task
from vmalab.trace.experiment import Experiment, Told
from vmalab.uapi.errors import Access
from vmalab.widgets.face import Face, script, style
from vmalab.widgets.walk_view import show, text_twin
from vmalab.workloads.small_process import MEMORY, small_process

MOST_DIGITS = 20


class WalkExplorer(Face):
    """Look an address up, touch it, flip a bit of an entry, see what breaks, put it back.

    ``task`` is the process that is looked at, a small ready-made one if none is given; loads and
    stores are its own, and broken is only a copy of it. From code: ``go``, ``touch``, ``flip``,
    ``flush``, ``put_back``; each returns the sentence that the page shows.

    Raises:
        ValueError: the address is beyond what the tables reach.
    """

    _esm = script("walk_explorer")
    _css = style("walk_explorer")

    def __init__(self, task: Task | None = None, addr: int | None = None) -> None:
        if task is None:
            task, start = small_process(), MEMORY
        else:
            start = next((vma.vm_start for vma in task.mm.tree), 0)
        self._trial = Experiment(task, start)
        self._told = self._trial.go(start if addr is None else addr)
        super().__init__()
        self._show(self._told)

    @property
    def experiment(self) -> Experiment:
        """What the page shows."""
        return self._trial

    def go(self, addr: int) -> str:
        """Look at another address."""
        with self._lock:
            return self._show(self._trial.go(addr))

    def look_at(self, depth: int) -> str:
        """Look closely at the entry of another level, counted from the top."""
        with self._lock:
            return self._show(self._trial.look_at(depth))

    def touch(self, access: Access, value: int = 0x2A) -> str:
        """Load, store or fetch one byte at the address."""
        with self._lock:
            return self._show(self._trial.touch(access, value))

    def flip(self, bit: int) -> str:
        """Flip a bit of the entry that is looked at."""
        with self._lock:
            return self._show(self._trial.flip(bit))

    def flush(self) -> str:
        """Make the TLB forget everything."""
        with self._lock:
            return self._show(self._trial.flush())

    def put_back(self) -> str:
        """Undo every flipped bit and all that came of it."""
        with self._lock:
            return self._show(self._trial.put_back())

    def _show(self, told: Told) -> str:
        self._told = told
        with self.hold_sync():
            self.error = {}
            self.display(show(self._trial, told, self.model_id or ""))
        return told.sentence

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        try:
            with self._lock:
                told = done(self._trial, content)
                if told is not None:
                    self._show(told)
        except ValueError as error:
            self.error = {"message": f"{error}."}

    def rehearse(self, content: dict[str, Any]) -> dict[str, Any] | None:
        """What the page would show if it were done: it is, on a machine that is then dropped."""
        trial = self._trial.rehearsal()
        told = done(trial, content)
        return None if told is None else show(trial, told, self.model_id or "")

    def twin(self) -> str:
        """The address space, the walk, the TLB."""
        return text_twin(self._trial, self._told)


def done(trial: Experiment, content: dict[str, Any]) -> Told | None:
    """What came of what a page asks for; None if that makes no sense.

    Raises:
        ValueError: there is no such address, or no such bit.
    """
    match content:
        case {"do": "go", "addr": str(text)}:
            return trial.go(parse_addr(text))
        case {"do": "level", "depth": int(depth)}:
            return trial.look_at(depth)
        case {"do": "touch", "access": "read" | "write" | "exec" as access}:
            return trial.touch(access)
        case {"do": "flip", "bit": int(bit)}:
            return trial.flip(bit)
        case {"do": "flush"}:
            return trial.flush()
        case {"do": "put back"}:
            return trial.put_back()
        case _:
            return None


def parse_addr(text: str) -> int:
    """An address as people type it: hexadecimal, with 0x or without.

    >>> hex(parse_addr(" 7fff_f7e0_0000 "))
    '0x7ffff7e00000'

    Raises:
        ValueError: it is none; the message says what one looks like.
    """
    typed = text.strip()[: MOST_DIGITS + 1]
    try:
        return int(typed, 16)
    except ValueError:
        msg = f"{typed!r} is no address: write hexadecimal digits, as in 0x10000000"
        raise ValueError(msg) from None
