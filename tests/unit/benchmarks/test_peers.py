"""Do all contenders get the same work, and does each one's story end with a number or a reason?

    field ---> {"pages": 40, "seconds": 5} ---> contender's own interpreter
          <--- {"us": {...}} | {"stopped": "mmap", "done": 100} | {"cannot": "..."} <---

Nothing here is timed, and nothing is installed.
"""

import json
import subprocess
import sys
from itertools import count

import pytest

from benchmarks.peers import contenders, environments, field
from benchmarks.peers.contenders import (
    BATCH,
    CONTENDERS,
    PAGE,
    PHASES,
    STRIDE,
    WINDOW,
    Contender,
    WrongWorkError,
    compete,
    each,
)
from benchmarks.peers.field import Entry, Standing, as_data, from_data, once_more, ratios
from vmalab.host import unavailable

NO_KERNEL = unavailable()


class Notebook:
    """A contender that writes down what it is asked for."""

    def __init__(self, forgets=False):
        self.asked = {name: [] for name in PHASES}
        self.mapped = set()
        self.forgets = forgets

    def contender(self):
        def phase(name, change):
            def batch(addrs):
                self.asked[name] += addrs
                change(addrs)

            return batch

        return Contender(
            phase("mmap", self.mapped.update),
            phase("mprotect", list),
            phase("find", list),
            phase("munmap", list if self.forgets else self.mapped.difference_update),
            self.mapped.__contains__,
        )


def test_every_page_goes_through_every_phase_and_stands_alone():
    notebook = Notebook()
    answer = compete(notebook.contender(), 250, 60)
    pages = [WINDOW + STRIDE * number for number in range(250)]
    assert STRIDE > PAGE
    assert [sorted(asked) for asked in notebook.asked.values()] == [sorted(pages * 40)] * 4
    assert notebook.asked["mmap"] != notebook.asked["munmap"] != pages
    assert (set(answer["us"]), answer["stopped"]) == (set(PHASES), "")


def test_who_has_no_time_left_says_how_far_it_came():
    notebook = Notebook()
    answer = compete(notebook.contender(), 3 * BATCH, -1.0)
    assert answer == {"us": {}, "stopped": "mmap", "done": BATCH}
    assert len(notebook.asked["mmap"]) == BATCH


# 10,000 calls of each kind: a space of 10,000 pages is filled once, one of 100 a hundred times,
# unless the time is up before
@pytest.mark.parametrize(("pages", "times"), [(10_000, 1), (100, 100)])
def test_a_small_space_is_filled_and_emptied_more_often(pages, times):
    notebook = Notebook()
    compete(notebook.contender(), pages, 60)
    assert len(notebook.asked["find"]) == pages * times


# mmap . . mprotect . . find . . munmap . . | mmap . X        a tick whenever the clock is read
def test_who_has_time_for_filling_it_once_has_an_answer(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(contenders.time, "process_time", count().__next__)
    answer = compete(notebook.contender(), 2 * BATCH, 17)
    assert answer["us"] == dict.fromkeys(PHASES, 1e6 / BATCH)
    assert answer["stopped"] == ""
    assert len(notebook.asked["mmap"]) == 3 * BATCH


def test_who_does_not_do_the_work_is_found_out():
    with pytest.raises(WrongWorkError, match="still mapped"):
        compete(Notebook(forgets=True).contender(), 30, 60)
    idle = Contender(*[list] * 4, has=lambda addr: False)
    with pytest.raises(WrongWorkError, match="is not mapped"):
        compete(idle, 30, 60)


@pytest.mark.parametrize(
    "name",
    [
        "model",
        "sortedcontainers",
        pytest.param(
            "live",
            marks=[
                pytest.mark.host,
                pytest.mark.skipif(NO_KERNEL is not None, reason=NO_KERNEL or ""),
            ],
        ),
    ],
)
def test_a_contender_does_the_work(name):
    if name == "sortedcontainers":
        pytest.importorskip(name)
    answer = compete(CONTENDERS[name](), 150, 60)
    assert set(answer["us"]) == set(PHASES)


def test_each_gives_every_address_with_the_same_arguments():
    seen = []
    each(lambda *args: seen.append(args), 7, 8)([1, 2])
    assert seen == [(1, 7, 8), (2, 7, 8)]


def test_an_interpreter_of_its_own_answers_line_by_line():
    rival = field.Rival("model")
    try:
        assert rival.version
        assert set(rival.run(20, 60)["us"]) == set(PHASES)
        assert rival.run(3 * BATCH, -1.0)["stopped"] == "mmap"
    finally:
        rival.end()


def test_a_contender_that_cannot_be_imported_says_so():
    code = (
        "import runpy, sys; sys.modules['intervaltree'] = None; sys.argv = ['', 'intervaltree'];"
        f" runpy.run_path({str(field.PROGRAM)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["cannot"].startswith("ModuleNotFoundError")


class Answers:
    """A rival's process that says what it was told to."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def run(self, pages, seconds):
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise ValueError(answer)
        return answer


def entry():
    return Entry("tortoise", "1", "", [Standing(size) for size in (10, 100, 1000)])


def test_who_does_not_finish_is_spared_what_is_larger():
    tortoise = entry()
    done = {"us": dict.fromkeys(PHASES, 2.0), "stopped": "", "done": 0}
    once_more(tortoise, 0, Answers(done), 5)
    once_more(tortoise, 1, Answers({"us": {}, "stopped": "mmap", "done": 50}), 5)
    small, middle, large = tortoise.standings
    assert (small.sums(), small.stopped) == ([8.0], "")
    assert middle.stopped == "did not finish in 5 s at 100 VMAs: 50 of 100 calls of mmap"
    assert "not asked" in large.stopped
    assert tortoise.at(100) is None
    assert tortoise.at(10) is small


def test_a_failure_ends_all_rounds_and_is_told():
    tortoise = entry()
    once_more(tortoise, 1, Answers("its process ended"), 5)
    assert {one.stopped for one in tortoise.standings} == {
        "no more rounds since 100: its process ended"
    }


def test_a_round_is_compared_with_the_same_round():
    mine = Standing(10, [{"mmap": 2.0}, {"mmap": 9.0}])
    assert ratios(mine, Standing(10, [{"mmap": 1.0}, {"mmap": 3.0}])) == [2.0, 3.0]


def test_what_was_measured_comes_back_from_json():
    entries = [entry(), Entry("hare", reason="it sleeps")]
    assert from_data(json.loads(json.dumps(as_data(entries, 3, 5)))) == entries


def test_who_cannot_be_installed_takes_no_part(monkeypatch, tmp_path):
    monkeypatch.setenv("VMALAB_PEERS", str(tmp_path))
    monkeypatch.setattr(environments, "_run", refuse)
    told = []
    (miasm,) = field.compete(["miasm"], [10], 1, 1, told.append)
    assert miasm.reason == "ERROR: no compiler"
    assert not miasm.standings
    assert told[0] == "miasm: starting"
    assert "takes no part: ERROR: no compiler" in field.lines([miasm])[0]


def refuse(command):
    raise subprocess.CalledProcessError(1, command, stderr="Collecting\nERROR: no compiler\nhint\n")


def test_an_environment_is_made_once_until_it_should_hold_something_else(monkeypatch, tmp_path):
    monkeypatch.setenv("VMALAB_PEERS", str(tmp_path))
    commands = []

    def run(command):
        commands.append(command)
        environments.interpreter("manticore").parent.parent.mkdir(exist_ok=True)

    monkeypatch.setattr(environments, "_run", run)
    assert environments.make("manticore") == environments.make("manticore") == ""
    assert len(commands) == 3
    assert "--no-deps" in commands[1]
    assert environments.ALONE["manticore"] in commands[1]
    monkeypatch.setitem(environments.REQUIREMENTS, "manticore", ("another",))
    assert environments.make("manticore") == ""
    assert len(commands) == 6
    monkeypatch.setattr(environments.platform, "python_version", lambda: "4.0.0")
    assert environments.make("manticore") == ""
    assert len(commands) == 9, "another interpreter has environments of its own"


def test_a_peer_nobody_knows_is_refused(capsys):
    assert field.main(["achilles"]) == 1
    assert "no peer is called 'achilles'" in capsys.readouterr().err
