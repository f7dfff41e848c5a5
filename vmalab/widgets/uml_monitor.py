"""The UmlMonitor: a User-mode Linux at work, and what its host keeps for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import traitlets

from vmalab.widgets.face import FaceOfPlaces, script, style
from vmalab.widgets.uml_monitor_view import Films, show, text_twin
from vmalab.workloads.uml import POLICIES, Params
from vmalab.workloads.uml.film import Film, Moment, film
from vmalab.workloads.uml.guest import MODES

HOSTS: Final = {
    "linux-2.6-manyprots-v4": "2.6.18 with the patch (August 2006)",
    "linux-2.6": "2.6.18 as it was",
    "linux-6": "6.18, today's",
}
"""The hosts' kernels, by name."""
LIMITS: Final = (65_536, 512, 256, 128)
"""What max_map_count may be set to; the first is that of Linux 2.6."""
LEAST_PAGES, MOST_PAGES, STEP_PAGES = 64, 1024, 64


class UmlMonitor(FaceOfPlaces):
    """Run a guest on a host, and watch the host's VMAs, look-ups and memory.

    ``policy`` is ``mmap``, a mapping for each page, or ``rfp``, one window and remap_file_pages.
    ``pages`` are guest pages, of which two touched one after the other lie apart in the guest's
    RAM with the probability ``fragmentation``; ``mode`` is ``skas0`` or ``skas3``; ``on`` is the
    host's kernel. Both policies are run when something is chosen; stepping only shows them.

    Raises:
        ValueError: no such policy, mode or kernel, or the guest is too small or too large.
    """

    _esm = script("uml_monitor")
    _css = style("stepper", "uml_monitor")

    choices: Any = traitlets.Dict().tag(sync=True)
    settings: Any = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        policy: str = "mmap",
        *,
        pages: int = 512,
        fragmentation: float = 1.0,
        mode: str = "skas0",
        on: str = "linux-2.6-manyprots-v4",
        max_map_count: int = LIMITS[0],
        at: int = 0,
    ) -> None:
        _one_of(policy, POLICIES, "policy")
        _one_of(mode, MODES, "mode")
        self._params = Params(pages=pages, fragmentation=fragmentation, commands=1, mode=mode)
        self._on, self._limit = on, max_map_count
        self._policy = policy
        self._films = _run(self._params, on, max_map_count)
        super().__init__(
            choices={
                "hosts": list(HOSTS.items()),
                "modes": list(MODES),
                "limits": list(LIMITS),
                "pages": [LEAST_PAGES, MOST_PAGES, STEP_PAGES],
            }
        )
        self._show_all(at)

    @property
    def film(self) -> Film:
        """The day that is shown, with every moment of it."""
        return self._films[self._policy]

    @property
    def moment(self) -> Moment:
        """The host as it is shown."""
        return self.film.moments[self._at]

    @property
    def last(self) -> int:
        """The number of the last moment."""
        return len(self.film.moments) - 1

    def work_out(self, at: int) -> dict[str, Any]:
        """Everything that is shown of a moment."""
        return show(self._films, self._policy, at, self.model_id or "")

    def switch(self, policy: str) -> None:
        """Show the same guest at the same touch under another policy.

        Raises:
            ValueError: there is no such policy.
        """
        _one_of(policy, POLICIES, "policy")
        with self._lock:
            touches = self.moment.touches
            self._policy = policy
            reached = [one.touches <= touches for one in self.film.moments]
            self._show_all(max(sum(reached) - 1, 0))

    def change(
        self,
        *,
        pages: int | None = None,
        fragmentation: float | None = None,
        mode: str | None = None,
        on: str | None = None,
        max_map_count: int | None = None,
    ) -> None:
        """Run another guest, or the same on another host, and stay at the same moment.

        Raises:
            ValueError: as for the whole class.
        """
        if mode is not None:
            _one_of(mode, MODES, "mode")
        wished = {"pages": pages, "fragmentation": fragmentation, "mode": mode}
        with self._lock:
            given = {name: value for name, value in wished.items() if value is not None}
            params = replace(self._params, **given)  # type: ignore[arg-type]  # checked there
            host = self._on if on is None else on
            limit = self._limit if max_map_count is None else max_map_count
            self._films = _run(params, host, limit)
            self._params, self._on, self._limit = params, host, limit
            self._show_all(self._at)

    def _show_all(self, at: int) -> None:
        with self.hold_sync():
            self.settings = {
                "policy": self._policy,
                "pages": self._params.pages,
                "fragmentation": round(100 * self._params.fragmentation),
                "mode": self._params.mode,
                "on": self._on,
                "limit": self._limit,
            }
            self.begin(at)

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for; what makes no sense is passed over."""
        match content:
            case {"do": "policy", "value": str(policy)} if policy in POLICIES:
                self.switch(policy)
            case {"do": "pages", "value": int(pages)} if LEAST_PAGES <= pages <= MOST_PAGES:
                self.change(pages=pages)
            case {"do": "fragmentation", "value": int(percent)} if 0 <= percent <= 100:
                self.change(fragmentation=percent / 100)
            case {"do": "mode", "value": str(mode)} if mode in MODES:
                self.change(mode=mode)
            case {"do": "on", "value": str(on)} if on in HOSTS:
                self.change(on=on)
            case {"do": "limit", "value": int(limit)} if limit in LIMITS:
                self.change(max_map_count=limit)
            case _:
                super().obey(content)

    def twin(self) -> str:
        """The day in lines, and the bill of both policies."""
        return text_twin(self._films, self._policy)


def _run(params: Params, on: str, limit: int) -> Films:
    """The same guest under both policies."""
    return {policy: film(params, policy, on, limit) for policy in POLICIES}


def _one_of(value: str, known: Any, kind: str) -> None:
    if value not in known:
        msg = f"{value!r} is no {kind} of a guest; choose one of {', '.join(known)}"
        raise ValueError(msg)
