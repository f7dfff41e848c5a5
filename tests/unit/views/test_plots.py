"""Do plots draw on the axes that they are given, in the colours of their paper?

figure (light | dark)  ┌ ax ──────┐     the scene keeps its shape,
                       │ scene    │     its words shrink with it
                       └──────────┘
"""

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tests.unit.views import samples
from tests.unit.views.collisions import collisions
from vmalab.records.memory import MemoryMap, SlotRow
from vmalab.records.text import parse_program
from vmalab.records.walk import EntryField, Walk, WalkStep
from vmalab.trace.capture import run_program
from vmalab.views import (
    EntryState,
    kernels_compared,
    plot_address_space,
    plot_compare,
    plot_page_table,
    plot_pte,
    plot_swap,
    plot_vma_count,
)
from vmalab.views.palette import PALETTE, PAPER_DARK

RW = EntryField("RW", 0x2, "the page may be written")
WALK = Walk(0x5123, 0x123, 32, (WalkStep("pte", 10, 5, 0x64, 0x7067, "present", ()),), "present", 7)
KERNELS = ("linux-2.6", "linux-2.6-manyprots-v4", "linux-6")


def compared(text, kernels=KERNELS, **more):
    return [run_program(parse_program(text), kernel, **more) for kernel in kernels]


PARTING = compared("mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9\nremap 2 1 r 2 chgprot")
PLOTS = {
    "address_space": lambda ax: plot_address_space(samples.FEW, ax, window=samples.WINDOW),
    "page_table": lambda ax: plot_page_table(WALK, ax),
    "pte": lambda ax: plot_pte(EntryState(0x2, (RW,), "present"), ax, entry_bits=32),
    "swap": lambda ax: plot_swap(MemoryMap((), (SlotRow(0), SlotRow(1, 2))), ax),
    "compare": lambda ax: plot_compare(PARTING, ax),
    "vma_count": lambda ax: plot_vma_count({run.kernel: run for run in PARTING}, ax),
}


@pytest.mark.parametrize("name", PLOTS)
def test_it_draws_on_the_axes_it_is_given_and_on_those_only(name):
    figure = Figure(figsize=(12, 4))
    left, right = figure.subplots(1, 2)
    assert PLOTS[name](left) is left
    assert left.patches or left.lines
    assert not [*right.patches, *right.lines, *right.texts]


@pytest.mark.parametrize("name", PLOTS)
def test_without_axes_it_makes_a_figure_of_its_own(name):
    assert isinstance(PLOTS[name](None).get_figure(), Figure)


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("paper", ["light", "dark"])
def test_its_words_and_lines_can_be_read_on_their_paper(name, paper):
    figure = Figure(facecolor=PAPER_DARK if paper == "dark" else "white")
    ax = PLOTS[name](figure.add_subplot())
    ink = to_rgb(getattr(PALETTE["ink"], paper).ink)
    assert ink in {to_rgb(text.get_color()) for text in [*ax.texts, ax.title, ax.yaxis.label]}
    others = {"light": "dark", "dark": "light"}
    wrong = to_rgb(getattr(PALETTE["ink"], others[paper]).ink)
    shown = [text for text in [*ax.texts, ax.title] if text.get_text()]
    assert wrong not in {to_rgb(text.get_color()) for text in shown if not _inside(text)}


def _inside(text):
    """Words in boxes that are full of colour are inverted."""
    return text.get_text() in {"0", "1"}


def test_words_shrink_with_the_place_they_have():
    sizes = []
    for inches in ((10, 3), (5, 3)):
        ax = PLOTS["address_space"](Figure(figsize=inches).add_subplot())
        sizes.append(ax.texts[0].get_fontsize())
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.05)


def test_a_line_starts_at_the_first_operation_and_the_limit_is_named():
    ax = plot_vma_count({"mine": [1, 3, 5]}, limit=4, title="a title")
    mine, limit = ax.lines
    assert (list(mine.get_xdata()), list(mine.get_ydata())) == ([1, 2, 3], [1, 3, 5])
    assert limit.get_label() == "max_map_count: 4"
    assert ax.get_title(loc="left") == "a title"
    assert plot_vma_count({"mine": [1, 10]}, log=True).get_yscale() == "log"


@pytest.mark.parametrize("lines", [{}, {str(number): [1] for number in range(6)}])
def test_more_lines_than_can_be_told_apart_are_refused(lines):
    with pytest.raises(ValueError, match="give 1 to 5"):
        plot_vma_count(lines)


def test_no_two_lines_look_alike_without_colour():
    ax = plot_vma_count({str(number): [number] for number in range(5)})
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines}) == 5


def test_kernels_are_lanes_and_the_text_says_where_they_part():
    drawing = kernels_compared(PARTING)
    assert not collisions(drawing.scene)
    assert "The answers part at operation 3, remap 2 1 r 2 chgprot." in drawing.text
    assert drawing.scene.table.rows[2] == ("remap 2 1 r 2 chgprot", "EINVAL", "0", "EINVAL")
    heads = [line for line in drawing.text.splitlines() if "the last answer" in line]
    assert heads == [
        "2.6: 1 VMA; the last answer: EINVAL",
        "2.6 + v4: 1 VMA; the last answer: 0",
        "6: 2 VMAs; the last answer: EINVAL",
    ]


def test_runs_that_agree_are_said_to_agree_and_counts_that_differ_to_differ():
    same = kernels_compared(compared("mmap 0 4 rw private,anon,fixed"))
    assert "All answers agree, and so do the numbers of VMAs." in same.text
    counts = kernels_compared(compared("mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9"))
    assert "All answers agree; the numbers of VMAs do not." in counts.text


def test_machines_with_other_windows_share_one_ruler():
    text = "mmap 2 4 rw private,anon,fixed"
    runs = [*compared(text, ["linux-6"]), *compared(text, ["linux-2.6"], arch="i386")]
    assert runs[0].window.start != runs[1].window.start
    boxes = [line for line in kernels_compared(runs).text.splitlines() if "rw-p" in line]
    assert boxes[0] == boxes[1]


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="nothing to compare"):
        kernels_compared([])
    (other,) = compared("munmap 0 1", ["linux-6"])
    with pytest.raises(ValueError, match="different programs"):
        kernels_compared([PARTING[0], other])
