"""Does a VMA know its pages, and does it print as one line?"""

from vmalab.kernel import Kernel
from vmalab.mm.filemap import File, Filemap
from vmalab.mm.vma import (
    AnonVma,
    VmArea,
    describe_vma,
    linear_page_index,
    vma_is_anonymous,
    vma_pages,
)


#     |--------|        page 5 of the file is at 0x1000
#     5        8
def test_offsets_count_from_the_start_of_the_area():
    vma = VmArea(0x1000, 0x4000, 0x3, 5, File(Filemap("f", 1 << 20)))
    assert vma_pages(vma) == 3
    assert [linear_page_index(vma, addr) for addr in (0x1000, 0x1FFF, 0x3000)] == [5, 5, 7]
    assert not vma_is_anonymous(vma)


def test_a_copy_elsewhere_keeps_all_but_its_place():
    vma = VmArea(0x1000, 0x4000, 0x3, 5, None, AnonVma(7))
    copy = vma.copy(0x8000, 0x9000, 9)
    assert (copy.vm_start, copy.vm_end, copy.vm_pgoff) == (0x8000, 0x9000, 9)
    assert (copy.vm_flags, copy.anon_vma) == (3, vma.anon_vma)


def test_an_area_prints_as_one_line():
    vma = VmArea(0x1000, 0x4000, 0x3, 5, None, AnonVma(7))
    assert repr(vma) == "<VmArea 0x1000-0x4000 rw-p pgoff 0x5 anon>"
    assert describe_vma(vma) == "0x1000-0x4000 rw-p pgoff 0x5 anon [rd wr] anon_vma 7"
    assert repr(vma.anon_vma) == "AnonVma(7)"


def test_shared_anonymous_memory_has_a_file():
    task = Kernel().spawn()
    addr = task.mmap(None, 4096, 3, 0x21)
    assert not vma_is_anonymous(task.mm.tree.at(addr))
    assert "shm0" in describe_vma(task.mm.tree.at(addr))
