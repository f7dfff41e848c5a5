"""Build docs/gallery.md: every plot of vmalab.views, with the lines that drew it.

The lines in the page are run as they stand, once on light paper and once on dark. Figures are SVG
with words kept as words, so that the same code gives the same bytes.

Usage: python -m tools.gallery    (make docs)
"""

import io
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vmalab.views.palette import PAPER_DARK, PAPER_LIGHT

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "gallery.md"
FIGURES: Final = ROOT / "docs" / "gallery"
PAPERS: Final = {"light": PAPER_LIGHT, "dark": PAPER_DARK}


@dataclass(frozen=True)
class Plot:
    """One figure: its function, what it shows, the lines that draw it on ``ax``, its inches."""

    name: str
    shows: str
    twin: str
    lines: str
    inches: tuple[float, float]

    @property
    def code(self) -> str:
        """The lines, without their indentation."""
        return textwrap.dedent(self.lines).strip()


PLOTS: Final = (
    Plot(
        "plot_address_space",
        "An address space: its VMAs, the holes between them, and what the page tables hold.",
        "address_space",
        """
        from vmalab.records.text import parse_program
        from vmalab.trace.capture import run_program
        from vmalab.views import plot_address_space

        program = parse_program(\"\"\"seq 1 16 hole
        mmap 2 6 rw private,anon,fixed
        write 3 7
        mprotect 4 2 r
        mmap 10 3 r shared,fixed f0 4
        read 11\"\"\")
        run = run_program(program)
        plot_address_space(run.state(len(run.steps)), ax, window=run.window)
        """,
        (9.4, 2.2),
    ),
    Plot(
        "plot_page_table",
        "A walk through the page tables, from the bits of an address to a frame.",
        "page_table_walk",
        """
        from vmalab.views import plot_page_table
        from vmalab.workloads.small_process import MEMORY, small_process

        walk = small_process().mm.pgtable.walk(MEMORY + 0x123)
        plot_page_table(walk, ax)
        """,
        (9.4, 5.6),
    ),
    Plot(
        "plot_pte",
        "One page-table entry, bit by bit. Here: what is left of a page that went to swap.",
        "pte_strip",
        """
        from vmalab.views import EntryState, plot_pte
        from vmalab.workloads.small_process import MEMORY, small_process

        step = small_process().mm.pgtable.walk(MEMORY + 3 * 4096).steps[-1]
        plot_pte(EntryState(step.entry, step.bits, step.kind), ax)
        """,
        (9.4, 2.75),
    ),
    Plot(
        "plot_swap",
        "The slots of a swap device, after a machine of 10 frames was asked for more.",
        "swap_map",
        """
        from vmalab.kernel import Kernel
        from vmalab.trace.memory_map import memory_map
        from vmalab.views import plot_swap

        kernel = Kernel(ram_pages=10, swap_pages=16)
        task = kernel.spawn()
        addr = task.mmap(None, 9 * 4096, 3, 0x22)
        for page in range(9):
            task.store(addr + page * 4096, b"x")
        plot_swap(memory_map(kernel), ax)
        """,
        (9.4, 1.3),
    ),
    Plot(
        "plot_vma_count",
        "How many VMAs there are after each call: of runs, or of numbers of your own.",
        "growth_text",
        """
        from vmalab.trace.capture import run_program
        from vmalab.records.text import parse_program
        from vmalab.views import plot_vma_count

        calls = [f"remap {page} 1 none {31 - page}" for page in range(32)]
        program = parse_program("\\n".join(["mmap 0 32 rw shared,fixed f0 0", *calls]))
        kernels = ("linux-2.6", "linux-6")
        plot_vma_count({name: run_program(program, name) for name in kernels}, ax)
        """,
        (7.5, 3.6),
    ),
    Plot(
        "plot_compare",
        "One program on several kernels: what it leaves on each, and where their answers part.",
        "kernels_compared",
        """
        from vmalab.records.text import parse_program
        from vmalab.trace.capture import run_program
        from vmalab.views import plot_compare

        program = parse_program(\"\"\"mmap 0 8 rw shared,fixed f0 0
        remap 1 2 none 9
        remap 4 1 r 4 chgprot
        mprotect 6 2 r\"\"\")
        kernels = ("linux-2.6", "linux-2.6-manyprots-v4", "linux-6")
        plot_compare([run_program(program, name) for name in kernels], ax)
        """,
        (9.4, 4.4),
    ),
)

HEAD: Final = """\
# The gallery

Plots for figures of your own. Each function draws on the matplotlib axes `ax` that it is given, or
makes a figure of its own where it is given none, and returns the axes. The lines under a figure are
those that drew it. Colours follow the paper: light, or dark, as after
`plt.style.use("dark_background")`.

In a notebook the drawing itself is often better: it has its text beside it, for screen readers and
for comparing. Each section names it.

This page is made by `make docs`; its figures too.
"""


def axes(plot: Plot, paper: str) -> Axes:
    """The plot, drawn on a paper by the lines that the page shows."""
    figure = Figure(figsize=plot.inches, facecolor=PAPERS[paper], layout="constrained")
    ax = figure.add_subplot()
    exec(compile(plot.code, plot.name, "exec"), {"ax": ax})
    return ax


def svg(plot: Plot, paper: str) -> str:
    """The figure as SVG, the same bytes every time."""
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "vmalab"}):
        figure = axes(plot, paper).get_figure(root=True)
        assert figure is not None
        figure.savefig(out, format="svg", metadata={"Date": None, "Title": plot.shows})
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def page() -> str:
    """The page."""
    parts = [HEAD]
    for plot in PLOTS:
        dark, light = (f"gallery/{plot.name}-{paper}.svg" for paper in ("dark", "light"))
        parts.append(
            f"## {plot.name}\n\n{plot.shows} The drawing: `{plot.twin}`.\n\n<picture>\n"
            f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">\n'
            f'<img src="{light}" alt="{plot.shows}">\n</picture>\n\n```python\n{plot.code}\n```\n'
        )
    return "\n".join(parts)


def main() -> None:
    """Write the page and its figures."""
    FIGURES.mkdir(exist_ok=True)
    for plot in PLOTS:
        for paper in PAPERS:
            (FIGURES / f"{plot.name}-{paper}.svg").write_text(svg(plot, paper), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
