"""Build the course as a web site that needs no installing: JupyterLite, and Python in the page.

    python -m tools.lite            build/lite/site, with all that it will ever ask for
    python -m tools.lite serve      the same, then serve it on this machine

Python there is Pyodide: no /proc, no system calls of its own, no matplotlib. Lessons know: what a
real kernel would say is left out, with a sentence, and the rest runs as it does here.
"""

import functools
import http.server
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.lite_wheels import SHIMS, download, needed_in_a_page, write_lock, write_sentence
from tools.web_parts import BUILD, ROOT, CannotBuild, npm_package, run

LITE = BUILD / "lite"
SITE = LITE / "site"
EXTENSIONS = Path(sys.prefix, "share", "jupyter", "labextensions")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
FEDERATED = (KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab_pygments")
"""What the site takes along of the JupyterLab here: the kernel, and widgets."""
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
KERNELSPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
SETTINGS = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
"""A widget out of sight stays what it was: lessons are short."""
FOLDERS = ("notebooks", "exercises")
PORT = 8000


def main(argv: Sequence[str]) -> int:
    """Build, and serve if asked; 1 when it could not be built."""
    began = time.monotonic()
    try:
        build()
    except CannotBuild as refusal:
        print(f"lite: {refusal}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    took = time.monotonic() - began
    print(f"lite: {SITE.relative_to(ROOT)} is ready ({size / 1e6:.0f} MB, {took:.0f} s)")
    if "serve" in argv:
        serve()
    return 0


def build(site: Path = SITE) -> Path:
    """The whole site, from nothing but what was fetched before."""
    work = LITE / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(site, ignore_errors=True)
    pyodide = work / "static" / "pyodide"
    pyodide.mkdir(parents=True)
    source = npm_package("pyodide")
    for name in (*CORE, "pyodide-lock.json"):
        shutil.copy(source / name, pyodide)
    packages = write_lock(pyodide, gather_wheels(pyodide))
    write_contents(work / "files")
    (work / "jupyter-lite.json").write_text(json.dumps(configuration(packages), indent=1))
    (work / "overrides.json").write_text(json.dumps(SETTINGS))
    (work / "jupyter_lite_config.json").write_text(json.dumps(how_to_build(work, site), indent=1))
    run(sys.executable, "-m", "jupyterlite_core", "build", cwd=work)
    check(site)
    return site


def gather_wheels(folder: Path) -> list[Path]:
    """Put every wheel of the page into a folder: ours, fetched ones, and the kernel's own."""
    cache = LITE / "wheels"
    names = needed_in_a_page() - {"widgetsnbextension"}
    wanted = repr(sorted(names)) + (ROOT / "requirements.lock").read_text()
    done = cache / "fetched"
    if not (done.is_file() and done.read_text() == wanted):
        shutil.rmtree(cache, ignore_errors=True)
        download(names, cache)
        done.write_text(wanted)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    shims = EXTENSIONS / KERNEL / "static" / "pypi"
    for wheel in [*cache.glob("*.whl"), *(w for s in SHIMS for w in shims.glob(f"{s}*.whl"))]:
        shutil.copy(wheel, folder)
    write_sentence(folder)
    return sorted(folder.glob("*.whl"))


def write_contents(folder: Path) -> None:
    """Lessons and exercises, for the kernel that the page has."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
        for path in sorted((ROOT / name).glob("*.ipynb")):
            notebook = json.loads(path.read_text())
            notebook["metadata"]["kernelspec"] = KERNELSPEC
            (folder / name / path.name).write_text(json.dumps(notebook))


def configuration(packages: list[str]) -> dict[str, Any]:
    """What the page is told: where Python is, what to load, and to ask nobody else."""
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": packages},
    }
    config = {
        "appName": "vmalab",
        "exposeAppInBrowser": True,
        "litePluginSettings": {f"{KERNEL}:kernel": kernel},
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": config}


def how_to_build(work: Path, site: Path) -> dict[str, Any]:
    """What jupyter lite is told: these extensions and no others, JupyterLab and no other app."""
    return {
        "LiteBuildConfig": {
            "output_dir": str(site),
            "contents": [str(work / "files")],
            "apps": ["lab"],
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(EXTENSIONS / one) for one in FEDERATED],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        }
    }


def check(site: Path) -> None:
    """See that the build kept what we said: a page that asks a stranger for Python is no page."""
    told = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    settings = told["litePluginSettings"].get(f"{KERNEL}:kernel", {})
    if not settings.get("pyodideUrl", "").startswith("./static/pyodide/pyodide.mjs"):
        msg = f"the site would fetch Python from {settings.get('pyodideUrl')!r}"
        raise CannotBuild(msg)


def serve(port: int = PORT) -> None:
    """Serve the site on this machine only, until interrupted."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"lite: open http://127.0.0.1:{port}/lab/?path=notebooks/00_start_here.ipynb")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
