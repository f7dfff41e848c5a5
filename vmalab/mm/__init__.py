"""The memory manager: VMAs, the tree that holds them, and the system calls that change them.

Read in this order: :mod:`~vmalab.mm.vma`, :mod:`~vmalab.mm.vma_tree`, :mod:`~vmalab.mm.merge`,
:mod:`~vmalab.mm.munmap`, :mod:`~vmalab.mm.mmap`, :mod:`~vmalab.mm.memory`. Rooms carry the names of
Linux's files. No function here asks which kernel it is part of: where kernels differ, it asks
``mm.policy`` (:mod:`vmalab.mm.policy`).

Inside this package a refusal is a negative errno; ``MmStruct.refuse`` remembers why.
"""
