"""What the boards have in common: a lock around the model, one view, one error, a text twin."""

from __future__ import annotations

import threading
from typing import Any

import anywidget
import traitlets


class Face(anywidget.AnyWidget):
    """State in Python, shown by a page that asks and computes nothing.

    A page's message is obeyed under the lock, on whichever thread the kernel chose, and counted in
    ``answered``, so that the page hears of each whether or not it changed anything.
    """

    view: Any = traitlets.Dict().tag(sync=True)
    error: Any = traitlets.Dict().tag(sync=True)
    answered = traitlets.Int().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        self._lock = threading.RLock()
        super().__init__(**state)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        with self._lock, self.hold_sync():
            self.answered += 1
            self.obey(content)
        with self._lock:
            self.get_ready()

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for; what makes no sense is passed over."""
        raise NotImplementedError

    def get_ready(self) -> None:
        """The page has its answer: compute what it will probably ask for next."""

    def twin(self) -> str:
        """All of it in text, for everything that shows no widgets."""
        raise NotImplementedError

    def __repr__(self) -> str:
        with self._lock:
            return self.twin()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        return {**data, "text/plain": repr(self)}, metadata


class FaceOfPlaces(Face):
    """A face that shows one place of a row of them; what was worked out for a place is kept."""

    def __init__(self, **state: Any) -> None:
        self._shown: dict[int, dict[str, Any]] = {}
        super().__init__(**state)

    def place(self, to: str | int) -> int:
        """The number of the place that a move leads to."""
        raise NotImplementedError

    def work_out(self, at: int) -> dict[str, Any]:
        """What the page shows at a place."""
        raise NotImplementedError

    def _view(self, at: int) -> dict[str, Any]:
        if at not in self._shown:
            self._shown[at] = self.work_out(at)
        return self._shown[at]

    def get_ready(self) -> None:
        """The next place and the one before are likely."""
        for to in ("next", "previous"):
            self._view(self.place(to))
