"""Is the state between two events the one that the earlier event left behind?"""

from vmalab.records.events import FlagsChanged, VmaCreated, VmaMerged, VmaRemoved, VmaSplit
from vmalab.records.text import parse_program
from vmalab.trace.film import film
from vmalab.workloads.examples import EXAMPLES


def test_each_event_has_happened_in_the_state_after_it():
    checked = set()
    for example in EXAMPLES.values():
        taken = film(parse_program(example.text))
        for step, moments in zip(taken.run.steps, taken.moments, strict=True):
            assert len(moments) == len(step.events)
            for event, state in zip(step.events, moments, strict=True):
                ranges = {(row.start, row.end) for row in state.vmas}
                match event:
                    case VmaSplit(start, addr, end):
                        assert {(start, addr), (addr, end)} <= ranges
                    case VmaCreated(start, end) | VmaMerged(start, end):
                        assert (start, end) in ranges
                    case VmaRemoved(start, end):
                        assert (start, end) not in ranges
                    case FlagsChanged(start, end, gained, lost):
                        row = state.find(start)
                        assert row is not None
                        assert set(gained) <= set(row.flags)
                        assert not set(lost) & set(row.flags)
                    case _:
                        continue
                checked.add(type(event))
    assert checked == {VmaSplit, VmaCreated, VmaMerged, VmaRemoved, FlagsChanged}


def test_the_last_event_leaves_what_the_operation_leaves():
    taken = film(parse_program(EXAMPLES["merge"].text))
    for number, (step, moments) in enumerate(
        zip(taken.run.steps, taken.moments, strict=True), start=1
    ):
        assert moments[-1] == step.after == taken.state(number)


def test_the_state_before_the_first_operation_is_empty():
    assert film(parse_program("munmap 0 1")).state(0).vmas == ()


def test_without_a_fixed_address_room_is_found_in_the_window():
    assert film(parse_program("seq 1 8 hole\nmmap - 2 rw private,anon")).run.steps[0].result == "p6"
