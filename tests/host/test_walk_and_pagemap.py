"""Does a walk of the model say of a page what this machine's kernel says of the same page?"""

import ctypes
import mmap

import pytest

from tests.live import not_live
from vmalab.host.maps import own_maps
from vmalab.host.memory import read_pagemap
from vmalab.kernel import Kernel
from vmalab.proc.pagemap import pagemap
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED
from vmalab.uapi.pagemap import PM_FILE, PM_PRESENT, PM_SWAP
from vmalab.units import PAGE_SIZE
from vmalab.widgets.pagemap import indexes, tell_pagemap
from vmalab.workloads.bare_tables import bare_table

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(not_live() is not None, reason=str(not_live())),
]
SHOWN = PM_PRESENT | PM_SWAP | PM_FILE
NR_PAGES = 64


def test_the_indexes_of_every_live_address_lead_back_to_it():
    rows = [row for row in own_maps() if row[0] < 1 << 47]
    assert len(rows) > 20
    for start, end, *_ in rows:
        for addr in (start, end - 1):
            walk = bare_table("x86_64", "v6", [addr]).walk(addr)
            again = 0
            for (name, index), step in zip(indexes(addr), walk.steps, strict=True):
                assert (name, index) == (step.level, step.index)
                again = again << step.index_bits | step.index
            assert again * PAGE_SIZE + walk.offset_bytes == addr
            assert walk.outcome == "present"


@pytest.mark.parametrize("kind", [MAP_PRIVATE, MAP_SHARED])
def test_entries_agree_with_the_kernels_report_after_loads_and_stores(kind):
    flags = mmap.MAP_PRIVATE if kind == MAP_PRIVATE else mmap.MAP_SHARED
    memory = mmap.mmap(-1, NR_PAGES * PAGE_SIZE, flags=flags | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_NOHUGEPAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    task = Kernel("linux-6").spawn()
    task.mmap(start, len(memory), 3, kind | MAP_FIXED | MAP_ANONYMOUS)
    for page in range(NR_PAGES):
        addr = start + page * PAGE_SIZE
        if page % 3 == 0:
            memory[page * PAGE_SIZE] = 1
            task.store(addr)
        elif page % 3 == 1:
            assert memory[page * PAGE_SIZE] == task.load(addr)[0] == 0
    real = [entry & SHOWN for entry in read_pagemap(start, start + len(memory))]
    model = [entry & SHOWN for entry in pagemap(task.mm, start, start + len(memory))]
    assert model == real
    for page, entry in enumerate(real):
        outcome = task.mm.pgtable.walk(start + page * PAGE_SIZE).outcome
        assert (outcome == "present") == bool(entry & PM_PRESENT)
    assert sum(bool(entry & PM_PRESENT) for entry in real) >= NR_PAGES // 2


def test_the_lesson_tells_of_four_pages():
    lines = repr(tell_pagemap()).splitlines()
    assert len(lines) == 4
    assert "stored to    present" in lines[0]
    assert lines[2].endswith("-") or "soft-dirty" in lines[2]
