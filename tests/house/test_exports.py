"""Is what a package promises in __all__ really there?"""

import importlib
import pkgutil
from importlib.metadata import version

import pytest

import vmalab

MODULES = ["vmalab", *sorted(m.name for m in pkgutil.walk_packages(vmalab.__path__, "vmalab."))]


@pytest.mark.parametrize("name", MODULES)
def test_every_promised_name_can_be_had(name):
    module = importlib.import_module(name)
    promised = list(getattr(module, "__all__", ()))
    missing = [attribute for attribute in promised if not hasattr(module, attribute)]
    assert not missing
    assert len(promised) == len(set(promised)), "a name is promised twice"


def test_the_front_door_knows_its_version():
    assert vmalab.__version__ == version("vmalab"), "installed from another tree? make clean setup"
