"""Where learners' code runs: a process tree that sees little, reaches nothing and may use little.

Three ways, the first that works here:

    bwrap     no network, no processes but its own, a read-only system, an empty /tmp of a fixed
              size, nothing of the course but a copy of the model. The normal case
    unshare   no network and no other processes; but the user's files can be read and changed
    trust     nothing but the limits; only where the instructor says --trust

When started by root, the process gives root up for a user number of its own before Python starts,
so that the limit on processes counts, and no file of root's is its own.
"""

from __future__ import annotations

import compileall
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final, Literal

Way = Literal["bwrap", "unshare", "trust"]

SAYS: Final[dict[Way, str]] = {
    "bwrap": "in bubblewrap: no network, no files of this machine, limits on everything",
    "unshare": "with unshare: no network, limits; this user's files could be read and changed",
    "trust": "NOT SANDBOXED (--trust): with this user's rights, only limits",
}
SANDBOXES: Final[tuple[Way, ...]] = ("bwrap", "unshare")
"""The best first."""
CURE: Final = (
    "apt-get install bubblewrap; where user namespaces are forbidden, allow them (sysctl"
    " kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces=10000), or be root"
)
_TMP: Final = Path("/tmp")
_NOBODY: Final = 65534
_FIRST_UID: Final = 1 << 30
"""User numbers that no machine gives to people."""
_WITHOUT: Final = {"cli", "widgets", "grading", "__pycache__"}
PROBES: Final = ("probes", "in_place", "machines", "libraries", "rights", "guests")
"""The modules that probes are written with: what of the grader goes into a sandbox."""


class NoSandboxError(Exception):
    """This machine cannot keep learners' code apart; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use. Seconds, bytes, counts."""

    cell_seconds: float = 10.0
    total_seconds: float = 90.0
    cpu_seconds: int = 60
    memory_bytes: int = 1 << 30
    file_bytes: int = 16 << 20
    processes: int = 64
    open_files: int = 256
    output_bytes: int = 1 << 20


@cache
def best_way(*, trust: bool = False) -> Way:
    """The best way that this machine allows.

    Raises:
        NoSandboxError: there is none, and nobody said ``trust``.
    """
    for way in SANDBOXES:
        if not obstacle(way):
            return way
    if trust:
        return "trust"
    msg = (
        f"no sandbox works here ({'; '.join(map(obstacle, SANDBOXES))}): install bubblewrap, allow"
        " user namespaces, or say --trust to run submissions with your own rights"
    )
    raise NoSandboxError(msg)


def obstacle(way: Way) -> str:
    """Why a way is closed here, found by trying a program in it; nothing if it is open."""
    words = [*_bwrap(Path("/nonexistent")), *_as_nobody()] if way == "bwrap" else _unshare()
    if shutil.which(words[0]) is None:
        return f"{words[0]} is not installed"
    probe = [*words, "prlimit", "--nproc=64", "/usr/bin/env", "true"]
    done = subprocess.run(probe, capture_output=True, timeout=20, check=False, text=True)
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return said[-1] if said else f"{words[0]} ended with status {done.returncode}"


def make_image(folder: Path) -> Path:
    """A copy of the model for the sandbox, compiled: no exercise, no judge, no command line.

    A copy, so that nothing changes under a running class; compiled, so that each start is quick.
    """
    package, target = Path(__file__).resolve().parent.parent, folder / "vmalab"
    shutil.copytree(package, target, ignore=lambda _, names: _WITHOUT & set(names))
    grading = target / "grading"
    grading.mkdir()
    (grading / "__init__.py").write_text('"""Probes."""\n')
    for name in ("canonical", *PROBES):
        shutil.copy(package / "grading" / f"{name}.py", grading)
    compileall.compile_dir(target, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return folder


def command(
    way: Way, image: Path, sockets: Path, inside: list[str], limits: Limits
) -> tuple[list[str], list[int]]:
    """The command line that runs ``inside`` there, and the descriptors that it inherits.

    ``sockets`` is the one folder that is shared.
    """
    python = ["prlimit", f"--nproc={limits.processes}", sys.executable, *inside]
    match way:
        case "bwrap":
            words = _bwrap(*_python_folders(), Path("/opt/model"), Path("/run/kernel"))
            shared = ["--ro-bind", str(image), "/opt/model", "--bind", str(sockets), "/run/kernel"]
            hidden = _unseen([*words[1:], *shared, "--remount-ro", "/"])
            return ["bwrap", "--args", str(hidden), *_as_nobody(), *python], [hidden]
        case "unshare":
            return [*_unshare(), *python], []
        case "trust":
            return python, []


def _unseen(words: list[str]) -> int:
    """A file descriptor that holds words for bwrap: its command line can be read inside."""
    fd = os.memfd_create("args", 0)
    os.set_inheritable(fd, True)  # noqa: FBT003
    os.write(fd, b"".join(word.encode() + b"\0" for word in words))
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _python_folders() -> tuple[Path, ...]:
    """The folders that this Python needs: its environment, and what that was made from."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    return tuple(sorted(one for one in found if not one.is_relative_to("/usr")))


def _bwrap(*readable: Path) -> list[str]:
    words = ["bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net"]
    words += ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    if os.geteuid() == 0:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            words += ["--cap-add", capability]
    else:
        words += ["--unshare-user", "--uid", str(_NOBODY), "--gid", str(_NOBODY)]
    words += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for link in ("bin", "lib", "lib64", "sbin"):
        words += ["--symlink", f"usr/{link}", f"/{link}"]
    for file in ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives"):
        words += ["--ro-bind-try", file, file]
    # before the folders to be read, which may lie below the machine's own /tmp
    words += ["--perms", "1777", "--size", str(64 << 20), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for parent in sorted({one for folder in readable for one in folder.parents[:-1]} - {_TMP}):
        words += ["--perms", "0755", "--dir", str(parent)]
    for folder in readable:
        words += ["--ro-bind-try", str(folder), str(folder)]
    return words


def _unshare() -> list[str]:
    words = ["unshare", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return words if os.geteuid() == 0 else [*words, "--map-root-user"]


def _as_nobody() -> list[str]:
    """Give root up, where we have it: a user number of its own for each sandbox."""
    if os.geteuid() != 0:
        return []
    uid = str(_own_uid())
    return [
        *("setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--no-new-privs"),
        *("--inh-caps", "-all", "--ambient-caps", "-all", "--bounding-set", "-all"),
    ]


def _own_uid() -> int:
    return _FIRST_UID + os.getpid() % (1 << 22)


def environment(way: Way, image: Path) -> dict[str, str]:
    """All that the process inside may know of the world."""
    model = Path("/opt/model") if way == "bwrap" else image
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin",
        "PYTHONPATH": str(model),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": "/tmp/.ipython",
        "JPY_SESSION_NAME": "",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def limiter(limits: Limits) -> Callable[[], None]:
    """What the child does before it becomes the sandbox: take limits that it cannot give back.

    That on processes comes later, inside, where the count begins at nothing.
    """

    def limit() -> None:
        for what, most in (
            (resource.RLIMIT_CPU, limits.cpu_seconds),
            (resource.RLIMIT_AS, limits.memory_bytes),
            (resource.RLIMIT_FSIZE, limits.file_bytes),
            (resource.RLIMIT_NOFILE, limits.open_files),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))

    return limit


def socket_folder(way: Way) -> Path:
    """A fresh folder for a kernel's sockets, which only that sandbox's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="vmalab-"))
    if way == "bwrap" and os.geteuid() == 0:
        os.chown(folder, _own_uid(), _own_uid())
    return folder
