"""Where programs cannot run on the machine's own kernel, is the reason said?"""

import pytest

from vmalab import host
from vmalab.host import client
from vmalab.records.text import parse_program


@pytest.fixture
def elsewhere(monkeypatch):
    """A machine that would do, to take things away from."""
    monkeypatch.setattr(client.sys, "platform", "linux")
    monkeypatch.setattr(client.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(client.platform, "release", lambda: "6.18.9-generic")
    monkeypatch.setattr(client.Path, "exists", lambda _: True)
    return monkeypatch


def test_a_linux_on_x86_64_will_do(elsewhere):
    assert host.unavailable() is None
    assert host.release_note() is None


def test_another_system(elsewhere):
    elsewhere.setattr(client.sys, "platform", "darwin")
    elsewhere.setattr(client.platform, "system", lambda: "Darwin")
    assert host.unavailable() == "this machine runs Darwin, not Linux"
    assert host.release_note() is None
    with pytest.raises(host.HostUnsupportedError, match="not Linux"):
        host.run_program(parse_program("munmap 0 1"))


def test_another_processor(elsewhere):
    elsewhere.setattr(client.platform, "machine", lambda: "aarch64")
    assert "speaks x86_64 only" in host.unavailable()


def test_a_small_python(elsewhere):
    elsewhere.setattr(client.sys, "maxsize", 2**31 - 1)
    assert "32-bit" in host.unavailable()


def test_no_proc(elsewhere):
    elsewhere.setattr(client.Path, "exists", lambda _: False)
    assert "mount -t proc" in host.unavailable()


def test_a_python_without_an_executable(elsewhere):
    elsewhere.setattr(client.sys, "executable", "")
    assert "its own executable" in host.unavailable()


@pytest.mark.parametrize(("release", "noted"), [("6.18", False), ("6.180.1", True), ("6.1", True)])
def test_another_release_is_noted(elsewhere, release, noted):
    elsewhere.setattr(client.platform, "release", lambda: release)
    assert bool(host.release_note()) == noted
