"""What ``vmalab doctor`` looks at: one small function a question."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from vmalab import host
from vmalab.cli.lab import find_notebook
from vmalab.cli.status import CannotError
from vmalab.host import maps
from vmalab.loader import live
from vmalab.records.text import parse_program
from vmalab.units import format_bytes

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PYTHON_NEEDED: Final = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer: ``ok``, ``note`` (part of vmalab does without), or ``missing``."""

    what: str
    state: Literal["ok", "note", "missing"]
    found: str
    cure: str = ""


def python() -> Finding:
    """Is Python new enough?"""
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info >= PYTHON_NEEDED:
        return Finding("Python", "ok", found)
    return Finding("Python", "missing", found, "install Python 3.11 or newer")


def package(name: str, state: Literal["note", "missing"]) -> Finding:
    """Is a package installed?"""
    try:
        return Finding(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, state, "not installed", f"make setup, or pip install {name}")


def notebooks() -> Finding:
    """Are the lessons here?"""
    try:
        return Finding("lessons", "ok", str(find_notebook(None).parent))
    except CannotError as error:
        return Finding("lessons", "note", error.message, error.cure)


def kernel() -> Finding:
    """Is this the kernel that the model mirrors?"""
    found = f"{platform.system()} {platform.release()}"
    if sys.platform != "linux":
        cure = "the model runs anywhere; to ask a real kernel, use Linux"
        return Finding("kernel", "note", found, cure)
    if host.release_note():
        return Finding("kernel", "note", found, "vmalab fuzz may find where it differs from 6.18")
    return Finding("kernel", "ok", found)


def machine() -> Finding:
    """What is it made of?"""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = f"{platform.machine()}, {os.cpu_count()} CPUs, {format_bytes(memory)}"
    return Finding("machine", "ok", found)


def programs(what: str, text: str, *, sealed: bool = False) -> Finding:
    """Does a small program run on this machine's own kernel?"""
    if reason := host.unavailable():
        return Finding(what, "note", reason, "run programs on the model: vmalab run")
    try:
        run = host.run_program(parse_program(text), sealed=sealed)
    except host.HostError as error:
        return Finding(what, "note", str(error), "run programs on the model: vmalab run")
    refused = [step.result for step in run.steps if step.failed]
    if refused:
        return Finding(what, "note", f"refused: {refused[0]}", "look for a seccomp filter")
    return Finding(what, "ok", "works")


def procmap_query() -> Finding:
    """Can one VMA be asked for, or must all of /proc/self/maps be read?"""
    what = "PROCMAP_QUERY"
    if host.unavailable():
        return Finding(what, "note", "no /proc to ask", "see above")
    reader = maps.WindowReader(0, 1)
    reader.close()
    if reader.by_query:
        return Finding(what, "ok", "works")
    return Finding(what, "note", "not here: the text is read, slowly", "use Linux 6.11 or newer")


def user() -> Finding:
    """Whose processes may be looked at?"""
    if not hasattr(os, "geteuid"):
        return Finding("user", "ok", "no root on this system")
    if os.geteuid() == 0:
        return Finding("user", "ok", "root")
    cure = "vmalab maps shows your own processes; root sees all"
    return Finding("user", "note", f"uid {os.geteuid()}", cure)


def browser() -> Finding:
    """Is there a Chromium for the browser tests?"""
    for name in BROWSERS:
        if path := shutil.which(name):
            return Finding("Chromium", "ok", path)
    cure = "only make browser needs it: apt-get install chromium"
    return Finding("Chromium", "note", "not found", cure)


def fonts() -> Finding:
    """Has the browser fonts to draw with?"""
    what, cure = "fonts", "only make browser needs them: apt-get install fonts-dejavu-core"
    lister = shutil.which("fc-list")
    if lister is None:
        return Finding(what, "note", "fc-list is not here to ask", cure)
    done = subprocess.run([lister], capture_output=True, text=True, check=False)
    count = len(done.stdout.splitlines())
    return Finding(what, "ok" if count else "note", f"{count} faces", "" if count else cure)


def own_ld_so() -> Finding:
    """Can this machine's ld.so be asked how it loads a library?"""
    what, reason = "ld.so", live.unavailable()
    if reason:
        return Finding(what, "note", reason, "the model loads libraries anywhere: vmalab ld FILE")
    return Finding(what, "ok", " ".join(platform.libc_ver()))


def strace() -> Finding:
    """Can a process's system calls be watched?"""
    if path := shutil.which("strace"):
        return Finding("strace", "ok", path)
    cure = "only vmalab trace and ld --calls need it: apt-get install strace"
    return Finding("strace", "note", "not found", cure)


def sandbox() -> Finding:
    """How would learners' code be kept apart, and what stands in the way of a better way?"""
    from vmalab.grading import sandbox as ways  # noqa: PLC0415 - only graders have to load it

    what, closed = "sandbox", {way: ways.obstacle(way) for way in ways.SANDBOXES}
    way = next((one for one, reason in closed.items() if not reason), None)
    if way == ways.SANDBOXES[0]:
        return Finding(what, "ok", ways.SAYS[way])
    found = "; ".join(reason for reason in closed.values() if reason)
    if way is not None:
        found = f"{ways.SAYS[way]} ({found})"
    return Finding(what, "note", found, ways.CURE)


def terminal() -> Finding:
    """Can this terminal show box-drawing characters?"""
    encoding = (sys.stdout.encoding or "ascii").lower()
    if encoding.startswith("utf"):
        return Finding("terminal", "ok", encoding)
    return Finding("terminal", "note", encoding, "set LANG=C.UTF-8 to see pictures as text")


def procfs() -> Finding:
    """Is /proc there?"""
    if Path("/proc/self/smaps").exists():
        return Finding("/proc", "ok", "mounted, with smaps")
    return Finding("/proc", "note", "no /proc/self/smaps", "mount -t proc proc /proc")


_TOUCH: Final = "mmap 0 4 rw private,anon,fixed - 0\nwrite 1 7\nread 1\nmprotect 1 2 r"
_SEALED: Final = "seq 1 16 hole\nmmap - 4 rw private,anon - 0"

CHECKS: Final[tuple[Callable[[], Finding], ...]] = (
    python,
    partial(package, "jupyterlab", "missing"),
    partial(package, "ipywidgets", "missing"),
    partial(package, "anywidget", "missing"),
    partial(package, "matplotlib", "missing"),
    partial(package, "nbval", "note"),
    notebooks,
    kernel,
    machine,
    user,
    procfs,
    procmap_query,
    partial(programs, "host programs", _TOUCH),
    partial(programs, "host fork", "fork\nmmap 0 1 r private,anon,fixed - 0"),
    partial(programs, "host heap", "brk 2\nwrite 1 7"),
    partial(programs, "host limits", "limit memlock 1\nlimit as 4"),
    partial(programs, "host sealed", _SEALED, sealed=True),
    own_ld_so,
    strace,
    sandbox,
    terminal,
    browser,
    fonts,
)
"""Every question, in the order in which the answers are shown."""
