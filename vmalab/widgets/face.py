"""What the boards have in common: a lock around the model, one view, one error, a text twin.

A view is told by what is new of it (:mod:`.changes`), and where the next views are known before
they are asked for, they are told as well: a page that has what a key leads to shows it at once.

    page                                        Python
      │ ── {"do": "move", "to": ["next"],       obeys, under the lock
      │     "ask": …} ────────────────────►
      │ ◄─ {"ask": …, "show": "0:4", … } ──     where it is now: the last word
      │ ◄─ {"show": "0:4", "base": "0:4",
      │     "views": [["0:5", …], …]} ─────     what it may be asked for next
      │ ── {"do": "likely", "likely": […]} ►    the focus is on what asks for these
      │ ◄─ {…, "views": [["1:…", …]]} ─────     rehearsed: what each would lead to
      │ ◄─ {"likely": true, … } ───────────     and that was all
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, ClassVar, Final

import anywidget
import traitlets

from vmalab.views.live import style_sheet
from vmalab.widgets.changes import change

LEAVE_S: Final = 0.001
"""An answer leaves from another thread, which needs the interpreter for a moment."""
MOST_LIKELY: Final = 6
"""So many messages are rehearsed: what the things under the focus and the pointer ask for."""
LONG_S: Final = 0.25
"""Where a rehearsal takes more of the processor, a page that waits for the kernel is better off."""
_ASSETS: Final = Path(__file__).parent / "assets"


def asset(name: str) -> str:
    """The text of a script or a style sheet that comes with vmalab."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def script(name: str) -> str:
    """The script of a widget, after what all of them are built from."""
    return asset("common.js") + asset(f"{name}.js")


def style(*names: str) -> str:
    """The style of a widget and of its pictures."""
    return "".join([style_sheet(), *(asset(f"{name}.css") for name in ("common", *names))])


class Face(anywidget.AnyWidget):
    """State in Python, shown by a page that asks and computes nothing.

    A page's message is obeyed under the lock, on whichever thread the kernel chose, and answered,
    whether or not it changed anything. ``view["key"]`` names a view, ``RUN:PLACE``: what has the
    same key is the same. What a message would lead to if it were the next is named by the message.
    """

    view: Any = traitlets.Dict().tag(sync=True)
    error: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        self._lock = threading.RLock()
        self._run = -1
        self._obeying = False
        self._name = ""
        self._likely: list[dict[str, Any]] = []
        self._rehearsed: dict[str, dict[str, Any]] = {}
        self._too_long = False
        self._sent: dict[str, Any] = {}
        self._sent_keys: set[str] = set()
        super().__init__(**state)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if isinstance(likely := content.get("likely"), list):
            self._likely = [one for one in likely[:MOST_LIKELY] if isinstance(one, dict)]
        heard = content.get("do") != "likely"
        if heard:
            self._hear(content)
            time.sleep(LEAVE_S)
        for message in self._likely:
            with self._lock:
                self._rehearse(message)
        with self._lock:
            self.get_ready() if heard else self._tell([], likely=True)

    def _hear(self, content: dict[str, Any]) -> None:
        with self._lock:
            self._obeying, self._name = True, str(content.get("as", ""))
            try:
                with self.hold_sync():
                    self._open(content) if content.get("do") == "open" else self.obey(content)
            finally:
                self._obeying, self._name = False, ""
                self._answer(content.get("ask"))

    def _rehearse(self, message: dict[str, Any]) -> None:
        """Tell what a message would lead to if it were the next, unless that was told already."""
        key = f"{self._run + 1}:{message.get('as')}"
        if self._too_long or key in self._rehearsed:
            return
        began = time.process_time()
        try:
            view = self.rehearse(message)
        except Exception:  # whatever is wrong, the message itself will say it
            view = None
        self._too_long = time.process_time() - began > LONG_S
        if view is not None:
            self._rehearsed[key] = {**view, "key": key, "ways": {}}
            self.tell_ahead([self._rehearsed[key]])

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for; what makes no sense is passed over."""
        raise NotImplementedError

    def get_ready(self) -> None:
        """The page has its answer: compute what it will probably ask for next."""

    def rehearse(self, content: dict[str, Any]) -> dict[str, Any] | None:
        """What :meth:`display` would be given for a message, which is not obeyed; None: unknown."""

    def display(self, view: dict[str, Any]) -> None:
        """Show something that was never shown before, unless it was rehearsed and is the same."""
        self._run += 1
        rehearsed = self._rehearsed.get(f"{self._run}:{self._name}", {})
        fresh = {**view, "key": f"{self._run}:0", "ways": {}}
        self.view = rehearsed if rehearsed == {**fresh, "key": rehearsed.get("key")} else fresh
        self._rehearsed = {}

    def _open(self, content: dict[str, Any]) -> None:
        """A page that has just been opened, or has missed something, says which view it has."""
        self._sent_keys, self._rehearsed, self._too_long = set(), {}, False
        if content.get("has") != self.view.get("key"):
            self._sent = {}
            self.send_state("view")

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits; a view, to pages that have another one, as what is new of it."""
        names = {key} if isinstance(key, str) else None if key is None else set(key)
        if names is None or ("view" in names and not self._sent):
            self._sent, self._sent_keys = self.view, {self.view.get("key", "")}
        elif "view" in names:
            names.discard("view")
            if not self._obeying:
                self._answer(None)
        super().send_state(names)

    def _answer(self, ask: object) -> None:
        """Say which view is shown now, and what it is if no page was told before."""
        self._tell([self.view], ask=ask)
        self._sent = self.view

    def tell_ahead(self, views: Collection[dict[str, Any]]) -> None:
        """Let pages have views that they were not told before, and may ask for."""
        if any(view["key"] not in self._sent_keys for view in views):
            self._tell(views)

    def _tell(self, views: Iterable[dict[str, Any]], **more: object) -> None:
        base, told = self._sent, []
        for view in views:
            if view["key"] not in self._sent_keys:
                self._sent_keys.add(view["key"])
                told.append([view["key"], change(base, view)])
        show, has = self.view["key"], base.get("key")
        self.send({**more, "show": show, "base": has, "views": told})

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
    """A face that shows one place of a row of them; what was worked out for a place is kept.

    ``moves`` are the names of the ways from a place to others; what ``likely`` ones lead to is told
    before it is asked for. Who goes one way mostly goes on: then that one is told alone, and soon.
    """

    moves: ClassVar[tuple[str, ...]] = ("first", "previous", "next", "last")
    likely: ClassVar[tuple[str, ...]] = ("next", "previous")
    first: ClassVar[int] = 0

    def __init__(self, **state: Any) -> None:
        self._at = 0
        self._went: str | int = ""
        self._shown: dict[int, dict[str, Any]] = {}
        super().__init__(**state)

    @property
    def last(self) -> int:
        """The number of the last place."""
        raise NotImplementedError

    def work_out(self, at: int) -> dict[str, Any]:
        """What the page shows at a place."""
        raise NotImplementedError

    def place(self, at: int, to: str) -> int:
        """The number of the place that a move leads to."""
        places = (self.first, at - 1, at + 1, self.last)
        return dict(zip(FaceOfPlaces.moves, places, strict=True))[to]

    def move(self, *to: str | int) -> None:
        """Go somewhere: by each one of ``moves``, or to a place by its number.

        Raises:
            ValueError: there is no such move.
        """
        with self._lock:
            at = self._at
            for one in to:
                if isinstance(one, str) and one not in self.moves:
                    msg = f"no move is called {one!r}; choose one of: {', '.join(self.moves)}"
                    raise ValueError(msg)
                at = self._within(self.place(at, one) if isinstance(one, str) else one)
                self._went = one
            self._at = at
            self.view = self._view(at)

    def begin(self, at: int) -> None:
        """Show a place of another row: what was worked out before is of no use."""
        self._run += 1
        self._shown = {}
        self._went = ""
        self._at = self._within(at)
        self.view = self._view(self._at)

    def obey(self, content: dict[str, Any]) -> None:
        """Move, if that is what the page asks for."""
        match content:
            case {"do": "move", "to": list(to)}:
                self.move(*(one for one in to if isinstance(one, int) or one in self.moves))
            case _:
                pass

    def get_ready(self) -> None:
        """What the likely moves lead to, and the page has not."""
        likely = [to for to in self.likely if to == self._went] or self.likely
        ways = [self._within(self.place(self._at, to)) for to in likely]
        self.tell_ahead([self._view(at) for at in ways])

    def _within(self, at: int) -> int:
        return max(min(self.first, self.last), min(at, self.last))

    def _key(self, at: int) -> str:
        return f"{self._run}:{self._within(at)}"

    def _view(self, at: int) -> dict[str, Any]:
        if at not in self._shown:
            ways = {to: self._key(self.place(at, to)) for to in self.moves}
            place = {"key": self._key(at), "ways": ways, "at": at, "last": self.last}
            self._shown[at] = {**self.work_out(at), **place}
        return self._shown[at]
