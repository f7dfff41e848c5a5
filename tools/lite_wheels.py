"""The wheels of the page that needs no installing: which there are, and Pyodide's lock of them.

Pyodide loads what its lock names, from beside the lock. We write that lock ourselves: vmalab, what
it needs in a notebook at the versions of requirements.lock, and the kernel's own wheels. Nothing
is resolved in the page, so nothing is asked for that the site does not have.
"""

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tools.web_parts import PINS, ROOT, CannotBuild, run

ROOTS = ("ipython", "comm", "ipywidgets", "anywidget", "pyelftools", "packaging")
"""What lessons import, and what the kernel in the page is built on."""
SHIMS = ("ipykernel", "piplite", "pyodide_kernel", "widgetsnbextension-4")
"""Wheels that jupyterlite-pyodide-kernel carries itself."""
IN_A_PAGE = {
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "extra": "",
}


NO_MATPLOTLIB = '''"""matplotlib needs compiled code, which this page does not have."""


class NoMatplotlibHere(ImportError):
    """A sentence, and no traceback: nothing went wrong in the notebook."""

    def _render_traceback_(self):
        return [str(self)]


raise NoMatplotlibHere(
    "There is no matplotlib in this page. Pictures of vmalab.views are SVG and need none: show "
    "the drawing itself, as address_space(task.snapshot()). Charts wait for a Python of your own."
)
'''


def canonical(name: str) -> str:
    """A distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed_in_a_page(roots: tuple[str, ...] = ROOTS) -> set[str]:
    """All that the roots depend on where there is no operating system."""
    found: set[str] = set()
    queue = list(roots)
    while queue:
        name = canonical(queue.pop())
        if name not in found:
            found.add(name)
            queue += _requirements(name)
    return found


def _requirements(name: str) -> Iterator[str]:
    try:
        lines = requires(name) or []
    except PackageNotFoundError as missing:
        msg = f"{name} is not installed: make setup"
        raise CannotBuild(msg) from missing
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate(IN_A_PAGE):
            yield requirement.name


def pins(names: set[str]) -> str:
    """The part of requirements.lock that pins these, hashes and all, without its markers."""
    blocks = re.split(r"^(?=\w)", (ROOT / "requirements.lock").read_text(), flags=re.M)
    wanted = [block for block in blocks if canonical(block.split("==")[0]) in names]
    return "".join(re.sub(r" ;[^\\]*\\", r" \\", block) for block in wanted)


def download(names: set[str], folder: Path) -> None:
    """Fetch wheels without compiled code into a folder, by hash.

    Raises:
        CannotBuild: there is no pip, or it could not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    request = folder / "wanted.txt"
    micropip = (PINS / "micropip.lock").read_text()
    request.write_text(pins(names) + micropip)
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes")
    pure = ("--only-binary=:all:", "--platform=any", "--python-version=3.14")
    try:
        run(*pip, *pure, "-d", folder, "-r", request)
    except CannotBuild:
        outside = getattr(sys, "_base_executable", sys.executable)  # where uv left pip out
        run(outside, *pip[1:], *pure, "-d", folder, "-r", request)


def lock_entry(wheel: Path) -> dict[str, Any]:
    """What Pyodide's lock says of one wheel."""
    with zipfile.ZipFile(wheel) as packed:
        files = packed.namelist()
        [info] = [name for name in files if name.endswith(".dist-info/METADATA")]
        about = HeaderParser().parsestr(packed.read(info).decode())
    tops = {name.split("/")[0].removesuffix(".py") for name in files if name.endswith(".py")}
    return {
        "name": canonical(about["Name"]),
        "version": about["Version"],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(top for top in tops if "." not in top),
        "depends": [],
        "unvendored_tests": False,
    }


def write_lock(pyodide: Path, wheels: list[Path]) -> list[str]:
    """Replace Pyodide's lock by one that names these wheels only; their names, in order."""
    lock = json.loads((pyodide / "pyodide-lock.json").read_text())
    entries = {entry["name"]: entry for entry in map(lock_entry, wheels)}
    lock["packages"] = dict(sorted(entries.items()))
    (pyodide / "pyodide-lock.json").write_text(json.dumps(lock, indent=1, sort_keys=True))
    return sorted(entries)


def write_sentence(folder: Path) -> None:
    """A wheel in the place of matplotlib's, whose import says what to do instead."""
    with zipfile.ZipFile(folder / "matplotlib-0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("matplotlib/__init__.py", NO_MATPLOTLIB)
        about = "matplotlib-0.dist-info/"
        wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: matplotlib\nVersion: 0\n")
        wheel.writestr(
            about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(about + "RECORD", "")
