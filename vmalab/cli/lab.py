"""``vmalab lab``: JupyterLab at the first notebook."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from vmalab.cli.status import BAD_INPUT, IMPOSSIBLE, CannotError
from vmalab.workloads.predictions import FILE_NAME, PLACE

FIRST_NOTEBOOK: Final = Path("notebooks", "00_start_here.ipynb")


def lab(
    notebook: Annotated[
        Path | None,
        typer.Argument(help="A notebook, or a folder that vmalab start made."),
    ] = None,
    port: Annotated[int, typer.Option(help="Where to listen; the next free port is taken.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab at the first notebook, on this machine's loopback address only."""
    if importlib.util.find_spec("jupyterlab") is None:
        cure = "run make lab in a checkout, or pip install jupyterlab"
        raise CannotError("JupyterLab is not installed", cure, IMPOSSIBLE)
    found = find_notebook(notebook)
    command = lab_command(found, port=port, browser=browser)
    raise typer.Exit(subprocess.call(command, env=lab_environment(found)))


def lab_command(notebook: Path, *, port: int, browser: bool) -> list[str]:
    """The command that serves a notebook's folder."""
    folder = notebook.parent
    root = folder.parent if folder.name == "notebooks" else folder
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    command += ["--ip=127.0.0.1", f"--port={port}", f"--ServerApp.root_dir={root}"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def lab_environment(notebook: Path) -> dict[str, str]:
    """What the notebook's kernels are told: where the learner's predictions are kept."""
    place = str(notebook.parent / FILE_NAME)
    return {PLACE: place, **os.environ}


def find_notebook(wanted: Path | None) -> Path:
    """The notebook asked for, or the first lesson of a folder, this checkout, or the current one.

    Raises:
        CannotError: it is not there.
    """
    if wanted is not None:
        wanted = wanted / FIRST_NOTEBOOK if wanted.is_dir() else wanted
        if not wanted.is_file():
            raise CannotError(f"there is no notebook {wanted}", "check the path", BAD_INPUT)
        return wanted.resolve()
    checkout = Path(__file__).resolve().parents[2]
    for home in (checkout, Path.cwd()):
        if (home / FIRST_NOTEBOOK).is_file():
            return home / FIRST_NOTEBOOK
    cure = "vmalab start DIR copies the course, and vmalab lab DIR opens it"
    raise CannotError(f"{FIRST_NOTEBOOK} is not here", cure, BAD_INPUT)
