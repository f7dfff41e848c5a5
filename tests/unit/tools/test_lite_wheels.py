"""The wheels of the page that needs no installing: are they the ones that are locked?"""

import importlib
import re
import sys
import zipfile

import pytest

from tools import lite, lite_wheels
from tools.web_parts import PINS, CannotBuild


def test_what_a_page_needs_is_what_the_lock_pins():
    names = lite_wheels.needed_in_a_page()
    assert {"ipython", "traitlets", "anywidget", "ipywidgets", "pyelftools"} <= names
    assert not {"psutil", "pexpect", "numpy", "matplotlib", "pyzmq"} & names
    pinned = lite_wheels.pins(names)
    assert {lite_wheels.canonical(n) for n in re.findall(r"^(\S+)==", pinned, flags=re.M)} == names
    assert " ;" not in pinned
    assert len(re.findall(r"--hash=sha256:", pinned)) >= len(names)


def test_a_package_that_is_not_here_is_named():
    with pytest.raises(CannotBuild, match="no-such-thing is not installed"):
        lite_wheels.needed_in_a_page(("no.such_thing",))


def test_what_the_lock_says_of_a_wheel(tmp_path):
    wheel = tmp_path / "a_b-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("a_b/__init__.py", "")
        packed.writestr("one.py", "")
        packed.writestr(
            "a_b-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: a_b\nVersion: 1.0\n"
        )
    entry = lite_wheels.lock_entry(wheel)
    assert (entry["name"], entry["version"], entry["imports"]) == ("a-b", "1.0", ["a_b", "one"])


# Pins by hash, and no registry's address: any mirror will do.
def test_what_comes_from_npm_is_pinned_by_hash_and_without_an_address():
    lock = (PINS / "package-lock.json").read_text()
    assert "://" not in lock
    assert '"resolved"' not in lock
    packages = len(re.findall(r'"node_modules/', lock))
    assert packages == len(re.findall(r'"integrity": "sha512-', lock)) >= 2


def test_the_page_is_told_to_ask_nobody(tmp_path):
    told = lite.configuration(["vmalab"])["jupyter-config-data"]["litePluginSettings"]
    [kernel] = told.values()
    assert kernel["disablePyPIFallback"] is True
    (tmp_path / "jupyter-lite.json").write_text(
        '{"jupyter-config-data": {"litePluginSettings": {}}}'
    )
    with pytest.raises(CannotBuild, match="would fetch Python from"):
        lite.check(tmp_path)


def test_lessons_are_written_for_the_kernel_of_the_page(tmp_path):
    lite.write_contents(tmp_path)
    lesson = (tmp_path / "notebooks" / "00_start_here.ipynb").read_text()
    assert '"name": "python"' in lesson
    assert list((tmp_path / "exercises").glob("*.ipynb"))


def test_matplotlib_is_a_sentence_there(tmp_path, monkeypatch):
    lite_wheels.write_sentence(tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    assert lite_wheels.lock_entry(wheel)["imports"] == ["matplotlib"]
    monkeypatch.syspath_prepend(str(wheel))
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match="no matplotlib in this page") as told:
        importlib.import_module("matplotlib.figure")
    assert told.value._render_traceback_() == [str(told.value)]
