"""What every test may lean on: hypothesis profiles, and parts of a machine that may be missing."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI", "").lower() in {"true", "1"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=300, deadline=None, derandomize=True, print_blob=True
)  # derandomised: a red CI can be reproduced
settings.register_profile(
    "night",
    max_examples=5000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one, a skip at home and a failure in CI."""
    path = os.environ.get("VMALAB_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")
    if not path:
        without = "no Chromium here: apt-get install chromium, or name one in VMALAB_CHROMIUM"
        (pytest.fail if IN_CI else pytest.skip)(without)
    return path
