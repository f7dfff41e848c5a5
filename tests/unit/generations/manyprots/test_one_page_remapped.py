"""Every protection of a window, every protection wanted for one of its pages, on real kernels.

window   | rw- | rw- | rw- | rw- | r-x | rw- | rw- | …       the page, and two beside it
                                    4     5     6
"""

from pathlib import Path

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_MANYPROTS, VM_NONLINEAR
from vmalab.trace.touches import _try
from vmalab.uapi.mman import MAP_CHGPROT, MAP_SHARED

PAGE, PAGES = 4096, 32
RECORDED = (Path(__file__).parents[3] / "data" / "one_page_remapped.txt").read_text()
LINES = [line.split() for line in RECORDED.splitlines() if not line.startswith("#")]
MACHINES = sorted({(series, arch) for series, arch, *_ in LINES})


def prot(letters):
    """r-x as a number."""
    return sum(1 << bit for bit, letter in enumerate("rwx") if letter in letters)


def tried(kernel, arch, window, wanted):
    """The same columns, on the model."""
    task = Kernel(kernel, arch).spawn()
    fd = task.memfd("f", PAGES)
    for page in range(PAGES):
        task.pwrite(fd, b"\0" * 8 + b"\xc3", page * PAGE)
    addr = task.mmap(None, PAGES * PAGE, prot(window), MAP_SHARED, fd)
    task.remap_file_pages(addr + 4 * PAGE, PAGE, prot(wanted), 4, MAP_CHGPROT)
    vm_flags = task.mm.tree.at(addr).vm_flags
    flags = "N" * bool(vm_flags & VM_NONLINEAR) + "M" * bool(vm_flags & VM_MANYPROTS)
    answers = [
        "".join(_try(task, addr + page * PAGE, way, apart=True) for way in ways)
        for page, ways in ((4, "rwx"), (5, "rwx"), (6, "wr"))
    ]
    return [window, wanted, flags or "-", *answers]


@pytest.mark.parametrize(("series", "arch"), MACHINES)
def test_64_pairs_of_protections(series, arch):
    recorded = [line[2:] for line in LINES if line[:2] == [series, arch]]
    assert len(recorded) == 64
    for line in recorded:
        assert tried(f"linux-2.6-manyprots-{series}", arch, *line[:2]) == line
