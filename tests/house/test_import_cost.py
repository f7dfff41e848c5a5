"""What does `import vmalab` cost? Nothing but the standard library, and under 50 ms of it."""

import json
import os
import statistics
import subprocess
import sys

import pytest

CEILING_SECONDS = 0.050
RUNS = 7

IMPORT_AND_TELL = """
import sys, time
before, began = set(sys.modules), time.process_time()
import vmalab
seconds = time.process_time() - began
import json
print(json.dumps([seconds, sorted(set(sys.modules) - before)]))
"""


@pytest.fixture(scope="module")
def imports(tmp_path_factory):
    """Seconds of processor time and modules loaded, of several fresh interpreters."""
    # Compiled files are cached, as they are at home, even where the environment forbids it.
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_"))}
    environ["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("pycache"))
    command = [sys.executable, "-c", IMPORT_AND_TELL]
    told = [
        json.loads(subprocess.run(command, env=environ, capture_output=True, check=True).stdout)
        for _ in range(1 + RUNS)
    ]
    return told[1:]  # the first run compiles


def test_only_the_standard_library_is_loaded(imports):
    roots = {module.partition(".")[0] for _, modules in imports for module in modules}
    assert roots - sys.stdlib_module_names == {"vmalab"}


def test_it_takes_under_fifty_milliseconds(imports):
    assert statistics.median(seconds for seconds, _ in imports) < CEILING_SECONDS
