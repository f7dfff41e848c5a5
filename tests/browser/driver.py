"""One JupyterLab and one headless Chromium, and the few things that tests ask of them."""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, sync_playwright

BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
"""No news from elsewhere; every output is on the page, seen or not."""
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
PATIENCE = 60


class Server:
    """A JupyterLab of our own, with settings of our own, on a free port of this machine."""

    def __init__(self, root: Path, home: Path) -> None:
        self.token = secrets.token_hex(16)
        self.home = home
        for name, values in SETTINGS.items():
            file = home / "settings" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        self.log = (home / "lab.log").open("w")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                "--ServerApp.port=0",
                "--expose-app-in-browser",
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={root}",
            ],
            env=os.environ
            | {
                "JUPYTER_CONFIG_DIR": str(home / "config"),
                "JUPYTER_DATA_DIR": str(home / "data"),
                "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
                "IPYTHONDIR": str(home / "ipython"),
            },
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.url = self._wait_for_url()

    def _wait_for_url(self) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            for file in (self.home / "runtime").glob("jpserver-*.json"):
                try:
                    return json.loads(file.read_text())["url"]
                except (json.JSONDecodeError, KeyError):
                    pass
            time.sleep(0.05)
        raise RuntimeError("JupyterLab did not start:\n" + (self.home / "lab.log").read_text())

    def get(self, path: str) -> object:
        """What the server's own interface says."""
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """End it, kernels and all."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, server: Server, page: Page, name: str) -> None:
        self.server, self.page, self.name = server, page, name
        page.goto(f"{server.url}lab/tree/{name}?reset&token={server.token}")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=PATIENCE * 1000)
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """The page's own indicator says idle too early; the server knows better."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            kernels = [
                session["kernel"]
                for session in self.server.get("api/sessions")
                if session["path"] == self.name and session["kernel"]
            ]
            if any(k["execution_state"] == "idle" and k["connections"] >= 1 for k in kernels):
                return
            time.sleep(0.1)
        raise TimeoutError(f"the kernel of {self.name} never became idle")

    def command(self, name: str, args: dict | None = None) -> None:
        """Begin one of JupyterLab's commands, as a menu would; `finish` waits for its end."""
        self.page.evaluate(
            """([name, args]) => {
              window.finished = undefined;
              window.jupyterapp.commands.execute(name, args).then(
                (value) => { window.finished = {value}; },
                (error) => { window.finished = {error: String(error)}; });
            }""",
            [name, args or {}],
        )

    def finish(self) -> object:
        """Wait until the command that was begun last has ended: what it returned."""
        self.page.wait_for_function("window.finished", timeout=2 * PATIENCE * 1000)
        return self.page.evaluate("window.finished")

    def restart_and_run_all(self) -> None:
        """Restart the kernel, run every cell, and wait until all are done."""
        self.command("notebook:restart-run-all")
        self.page.click(".jp-Dialog button.jp-mod-accept")
        assert "error" not in self.finish()
        self.wait_for_kernel()
        counts = self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
              .filter((cell) => cell.model.type === "code")
              .map((cell) => cell.model.executionCount)"""
        )
        told = f"not every cell ran: {counts}\n" + "\n".join(self.errors())
        assert counts == list(range(1, len(counts) + 1)), told

    def errors(self) -> list[str]:
        """The text of every error among the outputs, and of every widget that failed to show."""
        return self.page.locator(
            ".jp-OutputArea-output[data-mime-type*='stderr'], "
            ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], "
            ".jupyter-widgets-error-widget, .jupyter-widgets.error"
        ).all_inner_texts()

    def theme(self, name: str) -> None:
        """Switch JupyterLab's theme and wait until the page wears it."""
        light = str(name == LIGHT).lower()
        self.command("apputils:change-theme", {"theme": name})
        self.finish()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        self.page.wait_for_timeout(300)

    def violations(self, selector: str) -> list[str]:
        """What axe-core finds serious or critical within some part of the page."""
        return violations(self.page, selector)


def violations(page: Page, selector: str) -> list[str]:
    """What axe-core finds serious or critical within some part of a page."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "(within) => axe.run(within, {resultTypes: ['violations']})", {"include": [[selector]]}
    )
    return [
        f"{one['id']} ({one['impact']}): {one['help']}\n"
        + "\n".join(
            f"    {node['html'][:200]}\n    {node['failureSummary']}" for node in one["nodes"]
        )
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def tab_through(page: Page, times: int) -> list[str]:
    """Press Tab so many times; the name of whatever has the focus each time, and it must show."""
    names = []
    for _ in range(times):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => {
              const here = document.activeElement;
              const name = here.getAttribute("aria-label") || here.textContent;
              return [name, getComputedStyle(here).outlineStyle];
            }"""
        )
        assert outline != "none", name
        names.append(name)
    return names


@contextmanager
def browser_page(executable: str, width: int = 1366, height: int = 768):
    """A page in a headless Chromium, and the list that collects its requests to elsewhere."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*BROWSER_FLAGS])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(15_000)
        strangers: list[str] = []
        page.on("request", lambda request: strangers.extend(elsewhere(request.url)))
        try:
            yield page, strangers
        finally:
            browser.close()


def elsewhere(url: str) -> list[str]:
    """The address, if it is not this machine's."""
    near = ("http://127.0.0.1", "http://localhost", "ws://127.0.0.1", "data:", "blob:", "about:")
    return [] if url.startswith(near) else [url]
