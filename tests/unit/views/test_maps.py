"""Is it the text of /proc/PID/maps, and are changed lines marked?"""

from tests.unit.views.samples import FEW, SPLITTING, WINDOW
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.views import maps_changes, maps_table

FAR = VmaRow(0x7FFF_F7FC_0000, 0x7FFF_F7FC_3000, "rw-p", 0, "anon")


def test_a_table_of_maps():
    assert maps_table(FEW) == (
        "addresses                  perms  offset    backing  flags\n"
        "200000000000-200000004000  rw-p   00000000  anon     ac\n"
        "200000004000-200000008000  r--p   00000000  anon     ac\n"
        "20000000a000-20000000b000  rw-s   00009000  f0       -\n"
        "200000010000-200000018000  ---p   00000000  anon     nr"
    )


def test_window_pages_stand_in_front():
    table = maps_table(Snapshot((*FEW.vmas[:1], FAR)), WINDOW)
    assert [line.split()[0] for line in table.splitlines()] == ["window", "0-4", "outside"]


def test_changed_lines_are_marked():
    before, done = SPLITTING
    assert [str(line) for line in maps_changes(before, done.after)] == [
        "- 200000000000-200000008000 rw-p 00000000 anon",
        "+ 200000000000-200000002000 rw-p 00000000 anon",
        "+ 200000002000-200000006000 r--p 00000000 anon",
        "+ 200000006000-200000008000 rw-p 00000000 anon",
    ]


def test_lines_that_stay_are_not_marked():
    assert {line.mark for line in maps_changes(FEW, FEW)} == {" "}
