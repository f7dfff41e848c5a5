"""Make `.venv` from the hash lock, and find a browser: the first thing every verb does.

    python tools/setup_env.py            make or refresh .venv; back at once if nothing changed
    python tools/setup_env.py browser    also see to a Chromium, which only the browser tests need
    python tools/setup_env.py npm        also see to npm, which slides and the Lite site need
    python tools/setup_env.py strace     also see to strace, which a few host proofs need

It runs before anything is installed, so it imports the standard library only. It needs Python 3.11
and pip, no more: uv is used where there is one, and where Debian has split `ensurepip` off Python,
the pip outside installs into the environment (`pip --python`).
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "vmalab-setup.stamp"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_PACKAGES = ("chromium", "fonts-dejavu-core", "libatomic1")
PLAYWRIGHT = (str(PYTHON), "-m", "playwright")


class CannotSetUp(Exception):
    """Set-up cannot go on; the text is one line, with the cure."""


def main(argv: Sequence[str]) -> int:
    """Run what the command line asks for; 0 when all of it is there."""
    try:
        make_environment()
        if "browser" in argv:
            have_browser()
        if "strace" in argv:
            have_program("strace", "strace", "plans will not be held against system calls")
        if "bubblewrap" in argv:
            have_program("bwrap", "bubblewrap", "no submission will be graded in a sandbox")
        if "npm" in argv:
            have_program("npm", "npm", "there will be no slides and no site without installing")
    except CannotSetUp as refusal:
        say(str(refusal))
        return 1
    return 0


def make_environment() -> None:
    """Bring `.venv` up to the lock, unless its stamp says that it is there already."""
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.is_file() and STAMP.read_text() == wanted:
        return
    began = time.monotonic()
    STAMP.unlink(missing_ok=True)
    if shutil.which("uv") is not None and install_with_uv():
        tool = "uv"
    else:
        install_with_pip()
        tool = "pip"
    STAMP.write_text(wanted)
    say(f"{VENV.name} is ready ({tool}, {time.monotonic() - began:.0f} s)")


def fingerprint() -> str:
    """What `.venv` depends on: the lock, the package's description, this Python, this place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = (LOCK.read_text(), project["project"], project["build-system"], sys.version, str(ROOT))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def install_with_uv() -> bool:
    """Install with uv; False when it could not, as where only pip is told of a mirror."""
    say(f"installing {count_locked()} locked packages into {VENV.name} with uv")
    clear_unusable(needs_pip=False)
    install = ["uv", "pip", "install", "-q", "--python", str(PYTHON), "--compile-bytecode"]
    if not PYTHON.exists() and run("uv", "venv", "-q", "--python", sys.executable, str(VENV)) != 0:
        return False
    if run(*install, "--require-hashes", "-r", str(LOCK)) != 0 or run(*install, *OURSELVES) != 0:
        say("uv could not do it; trying pip")
        return False
    return True


def install_with_pip() -> None:
    """Install with pip: the environment's own, or the one outside if there is no ensurepip."""
    say(f"installing {count_locked()} locked packages into {VENV.name} with pip (about a minute)")
    inside = importlib.util.find_spec("ensurepip") is not None
    clear_unusable(needs_pip=inside)
    if inside:
        pip = [str(PYTHON), "-m", "pip"]
    elif importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    else:
        raise CannotSetUp(
            "this Python has neither pip nor ensurepip: apt-get install python3-pip (or install uv)"
        )
    if not PYTHON.exists():
        without = [] if inside else ["--without-pip"]
        if run(sys.executable, "-m", "venv", *without, str(VENV)) != 0:
            raise CannotSetUp(
                "python3 -m venv failed, see above: apt-get install python3-venv (or install uv)"
            )
    install = [*pip, "install", "-q", "--disable-pip-version-check"]
    if run(*install, "--require-hashes", "-r", str(LOCK)) != 0:
        raise CannotSetUp(
            "pip could not install requirements.lock, see above; pip 22.3 or newer and a network?"
        )
    if run(*install, *OURSELVES) != 0:
        raise CannotSetUp(
            "the locked packages are in, but vmalab itself did not install, see above"
        )


# hatchling is in the lock, so nothing is fetched to build vmalab and nothing unlocked gets in.
OURSELVES = ("--no-deps", "--no-build-isolation", "-e", str(ROOT))


def clear_unusable(*, needs_pip: bool) -> None:
    """Remove a `.venv` that was half made, moved, of another Python, or lacks a needed pip."""
    if not VENV.exists():
        return
    probe = "import sys; print(sys.prefix, *sys.version_info[:2])"
    wanted = f"{VENV} {sys.version_info[0]} {sys.version_info[1]}"
    usable = PYTHON.exists() and heard(str(PYTHON), "-c", probe) == wanted
    if usable and needs_pip:
        usable = run(str(PYTHON), "-m", "pip", "--version", quiet=True) == 0
    if not usable:
        shutil.rmtree(VENV)


def count_locked() -> int:
    """How many packages the lock pins."""
    return sum("==" in line for line in LOCK.read_text().splitlines())


def have_browser() -> None:
    """See that a Chromium can be driven; if not, skip loudly at home and fail in CI."""
    if can_drive_browser():
        return
    install_debian(BROWSER_PACKAGES)
    if can_drive_browser():
        return
    cure = "apt-get install " + " ".join(BROWSER_PACKAGES)
    if in_ci():
        raise CannotSetUp(f"no Chromium, and in CI the browser tests must run: {cure}")
    say("*" * 78)
    say(f"NO CHROMIUM: the browser tests will be SKIPPED. The cure: {cure}")
    say("*" * 78)


def have_program(program: str, package: str, without: str) -> None:
    """See that there is a program; if not, say at home what goes without it, and fail in CI."""
    if shutil.which(program) is None:
        install_debian((package,))
    if shutil.which(program) is None:
        cure = f"apt-get install {package}"
        if in_ci():
            raise CannotSetUp(f"no {program}, and in CI its proofs must run: {cure}")
        say(f"NO {program.upper()}: {without}. The cure: {cure}")


def can_drive_browser() -> bool:
    """Whether there is a Chromium, and the driver that playwright brings along starts."""
    return find_browser() is not None and run(*PLAYWRIGHT, "--version", quiet=True) == 0


def in_ci() -> bool:
    """Whether a missing part of the machine is a failure."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def find_browser() -> str | None:
    """The path of a Chromium on this machine, or None."""
    named = os.environ.get("VMALAB_CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def install_debian(packages: Sequence[str]) -> None:
    """Install Debian packages as root or with a passwordless sudo, where that is possible."""
    if shutil.which("apt-get") is None:
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (shutil.which("sudo") is None or run("sudo", "-n", "true", quiet=True) != 0):
        return
    say(f"installing {', '.join(packages)} with apt-get")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y"]
    patient = ("-o", "DPkg::Lock::Timeout=300")
    run(*apt, *patient, "update")
    if run(*apt, *patient, "install", "--no-install-recommends", *packages) != 0:
        say("apt-get could not install them")


def run(*command: str, quiet: bool = False) -> int:
    """Run a command for its exit status; it is heard only if it fails, a quiet one never."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not quiet:
        print(done.stdout, done.stderr, sep="", file=sys.stderr)
    return done.returncode


def heard(*command: str) -> str:
    """What a command says on its standard output."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def say(text: str) -> None:
    """One line for the person watching."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
