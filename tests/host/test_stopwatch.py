"""Are calls timed that were made, and is everything given back?"""

from pathlib import Path

import pytest

from vmalab.host import stopwatch, unavailable
from vmalab.host.errors import HostError
from vmalab.host.maps import own_maps

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(bool(unavailable()), reason="needs Linux on x86_64"),
]


def test_every_call_takes_time_and_nothing_is_left():
    took = stopwatch.time_calls(rounds=5)
    assert {"floor", "mmap", "mprotect", "remap_file_pages"} <= set(took)
    assert all(took.values())
    assert not [row for row in own_maps() if "stopwatch" in str(row)]


def test_a_call_that_this_kernel_refuses_is_left_out(monkeypatch):
    monkeypatch.setattr(stopwatch, "MADV_GUARD_INSTALL", 9999)
    assert "guard_install" not in stopwatch.time_calls(rounds=2)


def test_what_cannot_be_undone_is_told(monkeypatch):
    monkeypatch.setattr(stopwatch, "MADV_GUARD_REMOVE", 9999)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(HostError, match="would not undo"):
        stopwatch.time_calls(rounds=2)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
