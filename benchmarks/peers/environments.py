"""An environment of its own for every peer, made on demand in a cache, outside the tree.

The folder is ``$VMALAB_PEERS``, or vmalab/peers in the user's cache, and in it one for each version
of CPython, so that a peer is run by the interpreter that runs the model. An environment is made
once and kept; it is made anew when what it should hold has changed. Deleting the folder is enough
to be rid of all of them.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

REQUIREMENTS: Final[dict[str, tuple[str, ...]]] = {
    "sortedcontainers": ("sortedcontainers==2.4.0",),
    "intervaltree": ("intervaltree==3.2.1",),
    "unicorn": ("unicorn==2.1.4", "setuptools<81"),
    "miasm": ("miasm==0.1.5", "setuptools<81", "future", "pyparsing"),
    "manticore": (
        *("pyyaml", "protobuf<3.21", "ply", "rlp", "prettytable", "pyevmasm", "crytic-compile"),
        *("safe-pysha3", "z3-solver", "capstone<6", "unicorn", "intervaltree", "pyelftools"),
    ),
    "angr": ("angr==9.2.213", "bitstring==4.2.3", "pycparser==3.0"),
    "nbgrader": ("nbgrader==0.9.6", "--editable", "."),
    "otter": ("otter-grader==7.0.0", "--editable", "."),
}
"""What pip is asked for: each peer with the version that was timed when results were written.

Graders run exercises, so vmalab itself, from this tree, is installed beside them.
"""
ALONE: Final = {"manticore": "manticore==0.3.7"}
"""Installed without what it asks for: pysha3, of which no Python since 3.11 can be built."""
VARIABLES: Final = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}
"""manticore's protocol files are older than today's protobuf in C."""
ROOT: Final = Path(__file__).resolve().parent.parent.parent
_LIMIT_S: Final = 900


def folder() -> Path:
    """Where the environments of this interpreter are."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    chosen = os.environ.get("VMALAB_PEERS")
    return (Path(chosen) if chosen else cache / "vmalab" / "peers") / platform.python_version()


def interpreter(peer: str) -> Path:
    """The Python of a peer's environment, there or not."""
    return folder() / peer / "bin" / "python"


def make(peer: str) -> str:
    """Make sure that a peer's environment is there: empty, or the reason why it cannot be."""
    where = folder() / peer
    done = where / "done"
    alone = [ALONE[peer]] if peer in ALONE else []
    wanted = "\n".join([*alone, *REQUIREMENTS[peer]]) + "\n"
    if done.exists() and done.read_text() == wanted:
        return ""
    shutil.rmtree(where, ignore_errors=True)
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", "--without-pip", str(where)])
        pip = _installer(interpreter(peer))
        if alone:
            _run([*pip, "--no-deps", *alone])
        _run([*pip, *REQUIREMENTS[peer]])
    except subprocess.TimeoutExpired:
        return f"installing it took more than {_LIMIT_S} s"
    except subprocess.CalledProcessError as error:
        return _reason(error.stderr or "", f"the installer ended with status {error.returncode}")
    except OSError as error:
        return str(error)
    done.write_text(wanted)
    return ""


def _installer(python: Path) -> list[str]:
    """What installs packages for another interpreter."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    return [*pip, "--disable-pip-version-check", "install", "--quiet"]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=ROOT, timeout=_LIMIT_S, capture_output=True, text=True)


def _reason(text: str, otherwise: str) -> str:
    """What an installer first says is an error, or says last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines[-1:] or [otherwise])[0][:160]
