"""Does shrinking find the smallest program, and only what really fails?"""

from vmalab.records.program import At, Bytes, Mmap, Mprotect, Munmap, Program
from vmalab.records.text import parse_program
from vmalab.workloads.random_programs import random_program
from vmalab.workloads.shrink import shrink


def kinds(program):
    return [type(op) for op in program.ops]


# Two operations that only together fail, far apart among forty.
def test_two_operations_out_of_forty():
    program = random_program(1, 4, "mixed")
    wanted = [type(program.ops[3]), type(program.ops[31])]

    def fails(candidate):
        found = kinds(candidate)
        return wanted[0] in found and wanted[1] in found[found.index(wanted[0]) + 1 :]

    assert fails(program)
    assert kinds(shrink(program, fails)) == wanted


def test_arguments_become_simple():
    text = "seq 1 64 none\nmmap 9+5 7-3 rwx private,anon,fixed,noreserve f2 12"
    small = shrink(parse_program(text), lambda p: "fixed" in p.ops[0].flags)
    assert small == Program(64, (Mmap(0, 1, "none", "fixed", "f0", 0),), "hole")


def test_a_number_shrinks_no_further_than_it_may():
    program = parse_program("munmap 40 33")
    small = shrink(program, lambda p: p.ops[0].addr + p.ops[0].length > 20)
    assert small.ops in {(Munmap(0, 21),), (Munmap(20, 1),)}


def test_bytes_become_pages_where_that_is_enough():
    program = parse_program("mprotect 3+5 4-1 r\nmprotect 0x7ffff000 0x1234 rw")
    small = shrink(program, lambda p: len(p.ops) == 2)
    assert small.ops == (Mprotect(0, 1, "none"), Mprotect(0, 1, "none"))
    kept = shrink(program, lambda p: p.ops[0].addr == At(3, 5))
    assert kept.ops[0] == Mprotect(At(3, 5), 1, "none")
    assert kept.ops[0].length != Bytes(4, -1)


def test_it_gives_up_after_so_many_runs():
    runs = []
    program = random_program(1, 4, "mixed")
    small = shrink(program, lambda p: runs.append(p) or False, max_runs=7)
    assert small == program
    assert len(runs) == 7


def test_a_program_of_one_operation_is_never_emptied():
    assert len(shrink(parse_program("fork"), lambda _: True).ops) == 1
