"""What pages are made of and Python's registry does not have: Pyodide and reveal.js, from npm.

`tools/web/package-lock.json` pins them by hash, without an address; they are fetched once, below
`build/`, and the pages that are made of them ask nothing of any other machine.
"""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = Path(__file__).resolve().parent / "web"
BUILD = ROOT / "build"
PARTS = BUILD / "web"


class CannotBuild(Exception):
    """A page cannot be made; the text is one line, with the cure."""


def npm_package(name: str) -> Path:
    """The folder of an npm package at its pinned version, fetched if it is not there yet.

    Raises:
        CannotBuild: there is no npm, or it could not fetch it.
    """
    fetch()
    return PARTS / "node_modules" / name


def fetch() -> None:
    """Bring `build/web` up to the pins."""
    wanted = {name: (PINS / name).read_text() for name in ("package.json", "package-lock.json")}
    done = PARTS / "fetched"
    if done.is_file() and done.read_text() == repr(wanted):
        return
    npm = shutil.which("npm")
    if npm is None:
        msg = "there is no npm, which fetches Pyodide and reveal.js: apt-get install npm"
        raise CannotBuild(msg)
    PARTS.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    for name, text in wanted.items():
        (PARTS / name).write_text(text)
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=PARTS)
    done.write_text(repr(wanted))


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command that is heard only if it fails.

    Raises:
        CannotBuild: it failed; what it said last is told.
    """
    told = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if told.returncode != 0:
        said = (told.stderr.strip() or told.stdout.strip()).splitlines()[-15:]
        what = " ".join(str(part) for part in command[:4])
        msg = "\n".join([f"{what} … ended with status {told.returncode}:", *said])
        raise CannotBuild(msg)
