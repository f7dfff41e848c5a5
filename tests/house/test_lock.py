"""Does requirements.lock pin all that pyproject.toml asks for, by hash and without an address?"""

import re
import tomllib
from itertools import chain

from tools.sizes import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_no_address_is_in_it():
    assert "://" not in LOCK
    assert "--index" not in LOCK
    assert "--find-links" not in LOCK


def test_every_requirement_has_a_hash():
    requirements = re.split(r"^(?=\w)", LOCK, flags=re.M)[1:]
    assert len(requirements) > 100
    assert not [r.split()[0] for r in requirements if "--hash=sha256:" not in r]


def test_every_dependency_is_locked():
    wanted = chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    names = {re.split(r"[^\w.-]", w)[0].lower() for w in wanted}
    assert names <= set(re.findall(r"^([\w.-]+)==", LOCK, flags=re.M))
