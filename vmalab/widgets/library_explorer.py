"""The LibraryExplorer: a real library, an ld.so of some year, a kernel; the plan frame by frame.

Not among the names of :mod:`vmalab.widgets`, because it loads an ELF reader.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import traitlets

from vmalab.generations import GENERATIONS
from vmalab.host.maps import own_maps, snapshot_of
from vmalab.kernel import Kernel
from vmalab.loader import live
from vmalab.loader.elf import read_elf
from vmalab.loader.eras import ERAS, NEWEST
from vmalab.loader.errors import ElfError
from vmalab.loader.live import Prober
from vmalab.loader.recorded import areas_of, blueprint_of, libraries_of
from vmalab.loader.remapped import load_remapped
from vmalab.loader.replay import Loaded, disk_source, load_library
from vmalab.loader.verify import LIBRARY_NAME, verify_library
from vmalab.loader.writer import Blueprint
from vmalab.widgets.face import FaceOfPlaces, script, style
from vmalab.widgets.libraries import in_memory, separate_code
from vmalab.widgets.library_explorer_view import plan, show, text_twin

RECORDED: Final = "Fedora Core 5: "
"""How the recorded libraries' names begin in the menu."""
REMAPPED: Final = "remapped"
PLANS: Final = {
    **{name: f"ld.so of glibc {name} ({era.released})" for name, era in ERAS.items()},
    REMAPPED: "remap_file_pages, as hoped for in 2006",
}
"""Who makes the plan."""
MOST_LISTED: Final = 24
KNOWN: Final = ("libc.", "libm.", "libpython", "ld-")
"""How the libraries begin that stand first in the menu."""


def recorded() -> dict[str, Blueprint]:
    """The recorded libraries of 2006 by their names in the menu, and one as they are made today."""
    found = {
        f"{RECORDED}{name.rsplit('/', 1)[-1]}": blueprint_of(rows)
        for name, rows in libraries_of(areas_of()).items()
    }
    return {**found, "made as today: code in pages of its own": separate_code()}


def of_this_process() -> dict[str, str]:
    """Paths of the libraries that this very process has mapped, by name; none but on Linux."""
    if sys.platform != "linux":
        return {}
    paths = {row.backing for row in snapshot_of([(row, ()) for row in own_maps()]).vmas}
    found = {Path(path).name: path for path in sorted(paths) if LIBRARY_NAME.search(path)}
    first = [name for start in KNOWN for name in found if name.startswith(start)]
    return {name: found[name] for name in [*first, *found] if Path(found[name]).is_file()}


class LibraryExplorer(FaceOfPlaces):
    """Scrub through the way of a shared library into memory.

    ``library`` is a path, a name from the menu or a :class:`Blueprint`; if none is given, libc of
    this machine, or of Fedora Core 5 where this machine has none. ``era`` names an ld.so
    (:data:`PLANS`), ``kernel`` a generation. From code: ``move``, ``load``, ``ask_ld_so``.

    Raises:
        ElfError: the file is no library, or that ld.so would refuse it.
        OSError: it cannot be read.
        ValueError: there is no such era or kernel.
    """

    _esm = script("library_explorer")
    _css = style("stepper", "library_explorer")

    libraries: Any = traitlets.List().tag(sync=True)
    plans: Any = traitlets.List().tag(sync=True)
    generations: Any = traitlets.List().tag(sync=True)
    library = traitlets.Unicode().tag(sync=True)
    era = traitlets.Unicode().tag(sync=True)
    kernel = traitlets.Unicode().tag(sync=True)
    plan: Any = traitlets.Dict().tag(sync=True)
    verdict = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, library: str | Blueprint = "", era: str = "", kernel: str = "", *, at: int = 0
    ) -> None:
        self._recorded, self._paths = recorded(), of_this_process()
        if isinstance(library, Blueprint):
            self._recorded[library.name] = library
            library = library.name
        name = library or next(iter(self._paths), next(iter(self._recorded)))
        old = name.startswith(RECORDED)
        era, kernel = (
            era or ("2.4" if old else NEWEST),
            kernel or ("linux-2.6" if old else "linux-6"),
        )
        self._loaded = self._load(name, era, kernel)
        super().__init__(
            libraries=self._menu(name),
            plans=list(PLANS.items()),
            generations=list(GENERATIONS),
            library=name,
            era=era,
            kernel=kernel,
        )
        self._show_all(at)

    @property
    def loaded(self) -> Loaded:
        """The library, loaded, with every moment of it."""
        return self._loaded

    def load(self, library: str = "", era: str = "", kernel: str = "") -> bool:
        """Another library, ld.so or kernel; False (and ``error`` says why) if it cannot be."""
        with self._lock:
            asked = library or self.library, era or self.era, kernel or self.kernel
            try:
                loaded = self._load(*asked)
            except (ElfError, OSError, ValueError) as error:
                what = error.strerror if isinstance(error, OSError) and error.strerror else error
                self.error = {
                    "message": f"{asked[0]}: {str(what).removeprefix(f'{asked[0]}: ').rstrip('.')}",
                    "cure": "choose a library from the list, or type the path of another",
                }
                return False
            stays = asked[0] == self.library
            self._loaded = loaded
            with self.hold_sync():
                self.error, self.verdict = {}, ""
                self.library, self.era, self.kernel = asked
                self.libraries = self._menu(asked[0])
                self._show_all(self._at if stays else 0)
            return True

    def ask_ld_so(self) -> str:
        """Hold the prediction against this machine's own ld.so, which loads it in a child.

        The library's constructors run there.
        """
        with self._lock:
            path = self._paths.get(self.library, self.library)
            if reason := live.unavailable():
                self.verdict = f"This machine's ld.so cannot be asked: {reason}."
            elif self.library in self._recorded:
                self.verdict = "This library is a record: there is no file to be loaded here."
            else:
                with Prober() as prober:
                    told = verify_library(str(Path(path).resolve()), prober)
                matched = f"{told.areas} VMAs, exactly as ld.so 2.36 on linux-6 is said to leave"
                self.verdict = (
                    f"This machine's own ld.so was asked: {matched}."
                    if told.outcome == "matched"
                    else f"This machine's own ld.so was asked: {told.outcome}, {told.because}."
                )
            return str(self.verdict)

    def _load(self, name: str, era: str, kernel: str) -> Loaded:
        if era not in PLANS:
            msg = f"no plan is called {era!r}; choose one of: {', '.join(PLANS)}"
            raise ValueError(msg)
        task = Kernel(kernel).spawn()
        if name in self._recorded:
            elf, source = in_memory(self._recorded[name])
        else:
            elf = read_elf(self._paths.get(name, name))
            source = disk_source(elf.path)
        if era == REMAPPED:
            return load_remapped(elf, task=task, source=source)
        return load_library(elf, era=era, task=task, source=source)

    def _menu(self, chosen: str) -> list[tuple[str, str]]:
        names = [*list(self._paths)[:MOST_LISTED], *self._recorded]
        return [(name, name) for name in dict.fromkeys([*names, chosen])]

    def _show_all(self, at: int) -> None:
        self.plan = plan(self._loaded)
        self.begin(at)

    @property
    def last(self) -> int:
        """The number of the last step; 0 is before the first."""
        return len(self._loaded.moments)

    def work_out(self, at: int) -> dict[str, Any]:
        """A step of the plan, the picture and the maps after it."""
        return show(self._loaded, at, self.model_id or "")

    def obey(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        match content:
            case {"do": "library", "name": str(name)} if name.strip():
                self.load(library=name.strip())
            case {"do": "era", "name": str(name)} if name in PLANS:
                self.load(era=name)
            case {"do": "kernel", "name": str(name)} if name in GENERATIONS:
                self.load(kernel=name)
            case {"do": "ask"}:
                self.ask_ld_so()
            case _:
                super().obey(content)

    def twin(self) -> str:
        """The plan with its reasons, and the picture at its end."""
        return text_twin(self._loaded, f"LibraryExplorer: {PLANS[self.era]} on {self.kernel}")
