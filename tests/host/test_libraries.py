"""Does this machine's own ld.so, and its execve, do what the plans say? And do wrong plans fail?

    file ──reader──> plan ──model──> predicted VMAs
      └────────── dlopen in a fresh child ──────────> /proc/self/smaps

Here a share of CI's; ``make host`` and ``make full`` ask for more.
"""

import io
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from vmalab.cli.trace_import import WATCHED
from vmalab.host.maps import own_maps, parse_maps, snapshot_of
from vmalab.loader import calls, live, probe, verify
from vmalab.loader.elf import PF_R, PF_W, PF_X, Segment
from vmalab.loader.library import library_plan
from vmalab.loader.live import Prober
from vmalab.loader.replay import load_library
from vmalab.loader.strace import read_strace
from vmalab.loader.trace_import import import_trace
from vmalab.loader.writer import Blueprint, drepper, write_library
from vmalab.trace.capture import run_program
from vmalab.workloads.random_libraries import random_library

PAGE = 4096
DEBIAN = Path("/usr/lib/x86_64-linux-gnu")
FOLDER = DEBIAN if DEBIAN.is_dir() else Path("/usr/lib")

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(live.unavailable() is not None, reason=str(live.unavailable())),
]


@pytest.fixture(scope="module")
def libraries():
    """Some of the libraries of this system."""
    return verify.choose(verify.find_libraries([FOLDER]), 24, 7)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Random libraries, made without a compiler."""
    folder = tmp_path_factory.mktemp("random")
    return [str(write_library(random_library(3, index), folder)) for index in range(40)]


def outcomes(paths, one=verify.verify_library):
    return list(verify.verify(paths, one))


def differing(verdicts):
    return [(one.path, one.because) for one in verdicts if one.outcome == "differs"]


def test_libraries_of_this_system(libraries):
    verdicts = outcomes(libraries)
    assert not differing(verdicts)
    matched = sum(one.outcome == "matched" for one in verdicts)
    assert matched >= len(verdicts) // 2, verify.reasons(verdicts)


def test_random_libraries(written):
    verdicts = outcomes(written)
    assert not differing(verdicts)
    assert sum(one.outcome == "matched" for one in verdicts) > 35


def test_programs_stopped_at_execve():
    verdicts = outcomes(
        verify.choose(verify.find_programs(["/usr/bin"]), 12, 7), verify.verify_program
    )
    assert not differing(verdicts)
    assert sum(one.outcome == "matched" for one in verdicts) >= 10


# The classical library: five VMAs then, five now.
def test_drepper_s_five_on_this_machine(tmp_path):
    path = str(write_library(drepper(text=4, gap=252, relro=2, data=3, bss=16), tmp_path))
    with Prober() as prober:
        found = prober.dlopen(path)
    rows = verify.between(found.rows, found.bias, found.bias + 277 * PAGE)
    assert [row.perms for row in rows] == ["r-xp", "---p", "r--p", "rw-p", "rw-p"]
    assert [row.backing for row in rows] == [path] * 4 + ["anon"]


# Negative controls: a prediction that leaves a rule out must be found out.
@pytest.mark.parametrize("stage", ["relro", "seal", "bss", "zero"])
def test_a_plan_without_a_step_is_found_out(stage, written):
    wrong = partial(verify.verify_library, predict=partial(load_library, omit={stage}))
    assert differing(outcomes(written, wrong))
    assert not differing(outcomes(written[:1]))


def test_a_model_without_vm_account_is_found_out(written, libraries, monkeypatch):
    monkeypatch.setattr("vmalab.mm.mmap.VM_ACCOUNT", 0)
    monkeypatch.setattr("vmalab.mm.mprotect.VM_ACCOUNT", 0)
    verdicts = outcomes(written)
    assert any("r--p" in why for _, why in differing(verdicts))
    lengths = [why for _, why in differing(outcomes(libraries)) if layout_differs(why)]
    assert lengths, "without the rule, VMAs that stay two must merge"


def layout_differs(why):
    """Is there a difference that is not only in VM_ACCOUNT itself?"""
    told = [one.replace(" ac", "").split(" ", 1) for one in why.split("; ")]
    sides = [{rest for side, rest in told if side == who} for who in ("predicted", "live")]
    return sides[0] != sides[1]


def test_execve_is_not_ld_so(tmp_path):
    """ld.so leaves a hole mapped without rights; were it execve's way, the hole would be free."""
    path = str(write_library(drepper(), tmp_path))
    with Prober() as prober:
        wrong = verify.verify_library(path, prober, partial(load_library, omit={"seal"}))
    assert wrong.outcome == "differs"


# What we say cannot be loaded had better not be.
def test_refusals_are_held_against_ld_so_too(tmp_path, libraries):
    bad = tmp_path / "bad.so"
    bad.write_bytes(b"\x7fELF" + bytes(100))
    (text,) = outcomes([str(bad)])
    assert (text.outcome, "of class 0" in text.because) == ("refused", True)
    with Prober() as prober:
        good = next(path for path in libraries if not prober.dlopen(path).error)
        assert verify._refused(good, "so we say", prober.dlopen(good)).outcome == "differs"


def test_a_library_that_kills_its_process(tmp_path):
    one = Segment(0, 0, 0x900, 0x900, PF_R, PAGE)
    path = str(write_library(Blueprint((one,), relocated=(0x10,), name="deadly.so"), tmp_path))
    with Prober() as prober:
        assert prober.dlopen(path).error == "killed by SIGSEGV"
        assert verify.verify_library(path, prober).outcome == "refused"
    assert verify.kind_of("the loader would die: SIGSEGV") == "its loading kills the process"


def test_answers_that_cannot_be_had(tmp_path):
    with Prober() as prober:
        assert "cannot open shared object file" in prober.dlopen("/no/such.so").error
        assert prober.execve(str(tmp_path)).error == "execve failed: Permission denied"
    slow = probe.in_child("execve", "/bin/true", 0.0)
    assert slow == {"error": "no answer within 0 s: ended"}


# In this process, because coverage sees no other: the same functions that the prober runs.
def test_the_probe_itself(tmp_path):
    path = str(write_library(drepper(name="here.so"), tmp_path))
    answer = probe.dlopen(path)
    assert path in answer["maps"]
    assert probe.dlopen("/no/such.so")["error"].startswith("/no/such.so")
    answer = probe.execve("/bin/true")
    assert answer["auxv"][probe.AUXV_ENTRY]
    assert "[stack]" in answer["maps"]
    assert probe.in_child("dlopen", path)["base"]
    questions = io.BytesIO(b'["dlopen", "/no/such.so"]\n')
    answers = io.BytesIO()
    probe.serve(questions, answers)
    assert b"cannot open shared object" in answers.getvalue()


# An executable stack shows in the process, not in the library.
def test_an_executable_stack(tmp_path):
    plan = drepper(name="plain.so")
    path = str(write_library(plan, tmp_path))
    wild = Blueprint(plan.loads, plan.relro, stack_flags=PF_R | PF_W | PF_X, name="wild.so")
    wild_path = str(write_library(wild, tmp_path))

    def stack(where):
        with Prober() as prober:
            rows = prober.dlopen(where).rows
        return next(row.perms for row in rows if row.backing == "[stack]")

    assert (stack(path), stack(wild_path)) == ("rw-p", "rwxp")


def test_as_an_ordinary_user():
    """Root becomes somebody else; whoever is somebody else already runs all of this as is."""
    python = "/usr/bin/python3"
    if os.geteuid() != 0 or not os.access(python, os.X_OK):
        pytest.skip(f"this needs root, to become somebody else, and {python}")
    done = subprocess.run(
        [python, "-I", "-S", "-c", Path(probe.__file__).read_text()],
        input=b'["execve", "/bin/true"]\n["dlopen", "libm.so.6"]\n',
        capture_output=True,
        check=False,
        user=65534,
        group=65534,
        extra_groups=[],
        env={},
        cwd="/",
    )
    stopped, loaded = map(json.loads, done.stdout.splitlines())
    assert stopped["auxv"]
    assert "libm" in loaded["maps"]


# ---- the very calls, as strace sees them

needs_strace = pytest.mark.skipif(calls.unavailable() is not None, reason=str(calls.unavailable()))


@needs_strace
def test_the_plan_is_what_strace_sees(libraries, written):
    verdicts = list(calls.verify_calls([*libraries[:12], *written[:12]]))
    assert not differing(verdicts)
    assert sum(one.outcome == "matched" for one in verdicts) >= 10


@needs_strace
def test_another_plan_is_not(written):
    wrong = partial(library_plan, era="2.3.3")
    found = differing(calls.verify_calls(written[:20], wrong))
    assert any(why.startswith(("call ", "planned ")) for _, why in found)


@needs_strace
def test_libraries_without_calls_of_their_own(tmp_path):
    bad = tmp_path / "bad.so"
    bad.write_bytes(b"\x7fELF")
    first, second, third = calls.verify_calls(["/no/such.so", str(bad), libc_path()])
    assert (first.outcome, second.outcome) == ("refused", "refused")
    assert (third.outcome, third.because) == ("not loaded", calls.IN_MEMORY)


def libc_path():
    return next(row.backing for row in own_rows() if "libc.so" in row.backing)


def own_rows():
    return snapshot_of([(row, ()) for row in own_maps()]).vmas


TELL = "import os; os.write(1, open('/proc/self/maps', 'rb').read()); os._exit(0)"


# A whole process: what strace saw, replayed on the model, is the process's own last listing.
@needs_strace
@pytest.mark.parametrize(
    "command",
    [
        ["/bin/cat", "/proc/self/maps"],
        [sys.executable, "-c", TELL],
    ],
    ids=["cat", "python"],
)
def test_a_traced_process_is_replayed(command, tmp_path):
    log = tmp_path / "log"
    watch = ["strace", "-o", str(log), "-e", f"trace={WATCHED}", "--", *command]
    done = subprocess.run(watch, capture_output=True, check=True)
    with log.open() as lines:
        found = import_trace(read_strace(lines))
    run = run_program(found.program, events=False, validate=False)
    assert not [step.op for step in run.steps if step.failed]
    ours = {
        (start, start + row.end - row.start, row.perms, row.pgoff if row.backing[0] == "f" else 0)
        for row in run.steps[-1].after.vmas
        for start in [found.addr_of((row.start - run.window.start) // PAGE)]
    }
    theirs = {
        (row.start, row.end, row.perms, row.pgoff)
        for row in snapshot_of([(row, ()) for row in parse_maps(done.stdout.decode())]).vmas
        if not row.backing.startswith(("[v", "[stack"))
    }
    # A buffer for the listing itself comes and goes: all the rest is the same.
    assert len(theirs - ours) <= 1
    assert len(ours - theirs) <= 1
    assert len(theirs) > 20
