"""Kernels that are wrong about touching pages, growing stacks, forking and truncating."""

from tests.mutants.mutate import Mutant, WrongAnswer
from vmalab.generations.v6 import Linux6
from vmalab.mm import fault, fork, memory, populate, truncate

EXT, FILE, DIRECTED = ("ext",), ("file",), ("directed",)

MUTANTS = [
    Mutant(
        "stack-ignores-the-gap",
        "a stack grows right down to its neighbour",
        fault.expand_downwards,
        "addr - prev.vm_end < mm.policy.stack_guard_gap",
        "False",
        EXT,
    ),
    Mutant(
        "stack-fears-prot-none",
        "a stack keeps its distance from memory that nobody can access, too",
        fault.expand_downwards,
        "and prev.vm_flags & VM_ACCESS_FLAGS",
        "",
        EXT,
    ),
    Mutant(
        "stack-keeps-pgoff",
        "a stack that grows down keeps its offset",
        fault.expand_downwards,
        "vma.vm_pgoff -= grow",
        "pass",
        ("ext", "directed"),
    ),
    WrongAnswer(
        "write-only-is-unreadable",
        "memory that may only be written cannot be read",
        fault.page_fault_access,
        "not vma.vm_flags & VM_ACCESS_FLAGS",
        "not vma.vm_flags & 1",
        ("mixed",),
    ),
    Mutant(
        "no-end-of-file",
        "a page beyond the end of its file can be touched",
        memory._do_file_fault,
        "if index >= filemap.nr_pages:",
        "if False:",
        FILE,
    ),
    Mutant(
        "bus-error-leaves-no-anon-vma",
        "a write beyond the end of a private file leaves the VMA without anon_vma",
        memory._do_cow_fault,
        "if mm.policy.anon_vma_before_page:",
        "if linear_page_index(vma, addr) < vma.vm_file.filemap.nr_pages:",
        DIRECTED,
    ),
    Mutant(
        "populate-only-reads",
        "populating private writable memory does not write to it",
        populate.populate_vma_page_range,
        "vma.vm_flags & (VM_WRITE | VM_SHARED) == VM_WRITE",
        "False",
        EXT,
    ),
    Mutant(
        "fork-shares-anon-vma",
        "after fork the child's VMAs have their parent's anon_vmas",
        Linux6.anon_vma_fork,
        "child.new_anon_vma(anon_vma)",
        "anon_vma",
        EXT,
    ),
    Mutant(
        "fork-copies-dontfork",
        "MADV_DONTFORK memory is copied",
        fork.dup_mmap,
        "if not vma.vm_flags & VM_DONTCOPY:",
        "if True:",
        EXT,
    ),
    Mutant(
        "fork-keeps-locks",
        "what was locked is locked in the child",
        fork._copy_vma,
        "copy.vm_flags &= ~VM_LOCKED_MASK",
        "pass",
        ("ext", "directed"),
    ),
    Mutant(
        "fork-forgets-guards",
        "guard markers are not copied to the child",
        fork._copy_vma,
        "if not wiped and _needs_copy(vma):",
        "if False:",
        ("ext", "directed"),
    ),
    Mutant(
        "truncate-spares-copies",
        "truncating a file leaves private copies of its pages",
        truncate.truncate,
        "even_cows=True",
        "even_cows=False",
        ("file", "directed"),
    ),
]
