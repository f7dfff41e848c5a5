"""Is what lesson 07 counts what happened?

w0 w1    SIGSEGV, mmap, SIGSEGV, mmap      2 VMAs, or 1 where frames are in order, or under rfp
"""

import pytest

from vmalab.widgets import guests


def counted(told, name):
    """Both policies' counts in a table."""
    (line,) = (line for line in repr(told).splitlines() if line.startswith(name))
    return [int(word.replace(",", "")) for word in line[len(name) :].split()]


def test_each_touch_says_what_the_host_was_asked_for():
    lines = repr(guests.touches("r3 w3 w3 w4")).splitlines()
    assert [line.split("   ")[1].strip() for line in lines] == ["SIGSEGV", "SIGSEGV", "", "SIGSEGV"]
    assert "mmap page 3 r-x RAM page 0 " in lines[0]
    assert "mmap page 3 rwx" in lines[1]
    assert lines[3].endswith("2 VMAs")


@pytest.mark.parametrize("how", [{"fragmentation": 0.0}, {"policy": "rfp"}])
def test_pages_in_order_and_pages_of_a_window_share_a_vma(how):
    assert repr(guests.touches("w0 w1 w2", **how)).splitlines()[-1].endswith("1 VMA")


@pytest.mark.parametrize(("text", "told"), [("x0", "no touch"), ("w", "r0 reads"), ("w9999", "w0")])
def test_a_word_that_is_no_touch_is_named(text, told):
    with pytest.raises(ValueError, match=told):
        guests.touches(text)


def test_an_unknown_policy_is_named():
    with pytest.raises(ValueError, match="'tt' is no policy; choose one of mmap, rfp"):
        guests.touches("w0", "tt")


def test_a_new_page_costs_the_host_two_faults_or_one():
    told = guests.price_of_turns(4, 8)
    assert counted(told, "host faults: SIGSEGV for UML") == [32, 32]
    assert counted(told, "host faults: of its own") == [32, 0]
    assert counted(told, "context switches") == [4, 4]


def test_a_process_costs_four_vmas_a_page_or_eleven_in_all():
    for pages in (40, 80):
        told = guests.price_of_a_process(pages)
        (copied, few), (made, no_more) = (
            counted(told, name) for name in ("VMAs copied by clone", "VMAs made by calls")
        )
        assert copied == 2 * (pages + 2)
        assert made == 2 * pages + 13
        assert few + no_more == 11
    assert counted(guests.price_of_a_process(40, "skas3"), "VMAs copied by clone") == [0, 0]


def test_searching_grows_with_the_logarithm_but_in_a_list():
    rows = repr(guests.look_ups(10, 1000)).splitlines()[1:]
    ratio = {line[:12].strip(): float(line.split()[-1]) / float(line.split()[-2]) for line in rows}
    assert ratio.pop("linked list") > 50
    assert max(ratio.values()) < 5


def test_a_machine_that_hides_its_slabs_is_answered_for(monkeypatch):
    monkeypatch.setattr(guests, "SLABINFO", guests.SLABINFO / "missing")
    assert guests.slab_line() == (guests.RECORDED, "recorded")


def test_slabs_are_read_where_they_may_be(monkeypatch, tmp_path):
    monkeypatch.setattr(guests, "SLABINFO", tmp_path / "slabinfo")
    (tmp_path / "slabinfo").write_text("# name\nvm_area_struct  7  21  184  21 1 : tunables\n")
    line, whose = guests.slab_line()
    assert (guests.vmas_of(line), whose) == ((7, 184), "this machine")
    (tmp_path / "slabinfo").write_text("# name\n")
    assert guests.slab_line()[1] == "recorded"
