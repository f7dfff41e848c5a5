"""Does the fuzzer find what is planted, shrink it, and count?"""

import dataclasses

import pytest

from vmalab import host
from vmalab.records.program import Munmap
from vmalab.workloads import fuzz as fuzzing
from vmalab.workloads.fuzz import Job, default_model, fuzz

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable())),
]


def never_unmaps(program):
    """A model on which munmap(2) succeeds by looking away."""
    run = default_model(program)
    for index, step in enumerate(run.steps):
        if isinstance(step.op, Munmap) and step.result == "0":
            wrong = dataclasses.replace(step, result="-1 EPERM")
            return dataclasses.replace(
                run, steps=(*run.steps[:index], wrong, *run.steps[index + 1 :])
            )
    return run


@pytest.mark.skipif(host.release_note() is not None, reason=str(host.release_note()))
@pytest.mark.parametrize("profile", fuzzing.PROFILES)
def test_the_model_agrees_with_this_kernel(profile):
    seen = []
    report = fuzz(Job(profile, 3, 40), progress=lambda done, total: seen.append((done, total)))
    assert not report.found, report.found[0].difference
    assert (report.programs, report.ops) == (40, 1600)
    assert report.share_ok > 0.6
    assert seen == [(40, 40)]


def test_a_planted_mistake_is_found_and_shrunk():
    report = fuzz(Job("anon", 1, 50), model=never_unmaps)
    (found,) = report.found
    assert found.shrunk.ops == (Munmap(0, 1),)
    assert str(found.shrunk_difference).splitlines()[1:] == ["  model -1 EPERM", "  host  0"]
    assert any(isinstance(op, Munmap) for op in found.program.ops)


def test_as_many_differences_as_asked_for():
    assert len(fuzz(Job("anon", 1, 50, 10), model=never_unmaps, stop_after=2).found) == 2


@pytest.mark.slow
def test_processes_at_work_find_the_same():
    alone, together = (fuzz(Job("mixed", 2, 120, 20), jobs=jobs) for jobs in (1, 2))
    assert alone.counts == together.counts
    assert not together.found


def test_operations_that_the_model_cannot_make_are_skipped():
    def unable(program):
        run = default_model(program)
        steps = (dataclasses.replace(step, result="unsupported") for step in run.steps)
        return dataclasses.replace(run, steps=tuple(steps))

    report = fuzz(Job("anon", 1, 3, 5), model=unable)
    assert report.programs == 0
    assert dict(report.skipped) == {"an operation that one side cannot make": 3}


def test_what_the_host_cannot_run_is_skipped_with_its_reason(monkeypatch):
    class Unable:
        sealed = False

        def start(self, programs):
            return iter([host.HostUnsupportedError("no"), host.HostError("broken")])

    job = Job("anon", 1, 2, 5)
    with pytest.raises(host.HostError, match="broken"):
        fuzzing._batch(job, default_model, Unable())
    report, _ = fuzzing._batch(Job("anon", 1, 1, 5), default_model, _First(Unable()))
    assert dict(report.skipped) == {"no": 1}


class _First:
    """The first answer of another host."""

    sealed = False

    def __init__(self, other):
        self.other = other

    def start(self, programs):
        return iter(list(self.other.start(programs))[:1])


def test_a_difference_that_does_not_come_back_is_an_error():
    answers = iter([never_unmaps])

    def once(program):
        return next(answers, default_model)(program)

    with pytest.raises(host.HostError, match="differed once, but not again"):
        fuzz(Job("anon", 1, 1), model=once)


def test_an_unknown_profile_is_refused_by_name():
    with pytest.raises(ValueError, match="'uml' is not a profile"):
        fuzz(Job("uml", 1, 1))


def test_batches_cover_a_job():
    parts = list(Job("anon", 1, 120, 5, first=7).split())
    assert [(part.first, part.programs) for part in parts] == [(7, 50), (57, 50), (107, 20)]
    assert [p.name for part in parts for p in part.make()] == [
        p.name for p in Job("anon", 1, 120, 5, first=7).make()
    ]
