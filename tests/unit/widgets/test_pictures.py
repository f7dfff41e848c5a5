"""Do the lessons' small pictures say what the kernels say, beside one another and page by page?"""

import pytest

from vmalab.widgets.pictures import draw, shown_pages, side_by_side, tell

V4 = "linux-2.6-manyprots-v4"
WINDOW = """
    mmap 0 4 rw shared,fixed f0 0
    remap 1 1 none 9
    read 2
"""


def lines(told):
    return repr(told).splitlines()


def test_every_kernel_has_a_column_and_every_operation_a_line():
    found = lines(side_by_side(WINDOW, "linux-2.6", "linux-6"))
    assert found[0].split() == ["2.6", "6"]
    assert [line.split()[0] for line in found[1:]] == ["mmap", "remap", "read", "VMAs"]


def test_lines_that_differ_are_marked_and_no_others():
    found = lines(side_by_side(WINDOW, "linux-2.6", "linux-6"))
    assert [line for line in found if "≠" in line] == [found[-1]]
    assert found[-1].split()[-2:] == ["1", "3"]
    found = lines(side_by_side("mmap 0 1 r shared,fixed f0\nremap 0 1 r 0 chgprot", V4, "linux-6"))
    assert found[2].split("≠")[1].split() == ["0", "EINVAL"]


def test_a_kernel_that_does_not_run_on_the_machine_says_so():
    with pytest.raises(ValueError, match="i386"):
        side_by_side(WINDOW, "linux-2.6", "linux-6", arch="i386")


@pytest.mark.parametrize(("kernel", "vmas", "linear"), [("linux-2.6", 1, "1"), ("linux-6", 3, "9")])
def test_the_same_pages_are_shown_with_one_vma_or_with_three(kernel, vmas, linear):
    drawing = shown_pages(WINDOW, on=kernel)
    assert drawing.scene.title == f"Pages of f0 through a window: {vmas} VMA{'s' * (vmas > 1)}"
    assert drawing.scene.table.rows[1] == ("1", "present", "9", "rw-", linear, "rw-")


def test_one_may_stop_on_the_way_and_choose_the_machine():
    rows = shown_pages(WINDOW, 1, arch="i386").scene.table.rows
    assert {row[1] for row in rows} == {"none"}
    assert {row[3] for row in rows} == {"rw"}


# Under an operation's picture the stepper shows which pages an area shows, if its VMA cannot tell.
def test_pictures_of_operations_show_pages_too():
    assert "shows" in draw(WINDOW, on="linux-2.6").text
    assert "shows" not in draw(WINDOW, on="linux-6").text
    assert "rights" in draw(WINDOW + "\nremap 3 1 r 3 chgprot", on=V4).text


def test_a_story_can_be_told_of_any_kernel():
    assert "0-4 rw-s 0 f0" in repr(tell(WINDOW, on="linux-2.6"))
