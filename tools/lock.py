"""Resolve requirements.lock anew: every extra, every platform, with hashes and without addresses.

uv does the resolving. Where it is not installed, it is fetched into a folder that is thrown away.

Usage: python tools/lock.py
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESOLVE = "-q --upgrade --universal --all-extras --python-version 3.11 --no-annotate"
WRITE = "--generate-hashes --no-emit-index-url --custom-compile-command"


def main() -> int:
    """Write the lock; the exit status is uv's."""
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv") or fetch_uv(Path(folder))
        how = [*RESOLVE.split(), *WRITE.split(), "make lock"]
        command = [uv, "pip", "compile", *how, "pyproject.toml", "-o", "requirements.lock"]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


def fetch_uv(folder: Path) -> str:
    """Install uv into a folder of its own."""
    bare = folder / "uv"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(bare), "uv"]
    subprocess.run(pip, check=True)
    return str(bare / "bin" / "uv")


if __name__ == "__main__":
    sys.exit(main())
