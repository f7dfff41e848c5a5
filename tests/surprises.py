"""Twenty-eight things about 6.18 that surprise, each with the shortest program that shows it.

Pictures, variants and reasons are with the tests of each call; this is the list, in the form of
tests/story.py. Number 24, mseal(2), is not modelled; 27 is about 65530 VMAs, too many for a list.
"""

SURPRISES = {
    "1 written apart they never merge, and a filler goes to the lower neighbour": """
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        write 0 1
        write 4 1
        mmap 2 2 rw private,anon,fixed          => p2 | 0-4 rw-p | 4-6 rw-p
    """,
    "2 dropping every page does not undo a write": """
        mmap 0 2 rw private,anon,fixed,populate
        mmap 4 2 rw private,anon,fixed,populate
        madvise 0 2 dontneed
        madvise 4 2 dontneed
        mmap 2 2 rw private,anon,fixed          => p2 | 0-4 rw-p | 4-6 rw-p
    """,
    "3 a flag at the time of the first write parts two areas for ever": """
        mmap 0 4 rw private,anon,fixed
        madvise 2 2 dontfork
        write 0 1
        write 2 1
        madvise 2 2 dofork                      => 0 | 0-2 rw-p | 2-4 rw-p
    """,
    "4 both halves of a split stay written": """
        mmap 0 6 rw private,anon,fixed
        write 0 1
        munmap 2 2
        write 5 1
        mmap 2 2 rw private,anon,fixed          => p2 | 0-6 rw-p
    """,
    "5 a written area absorbs an unwritten one by mprotect since 6.16": """
        mmap 0 4 rw private,anon,fixed,noreserve
        mprotect 2 2 r
        write 0 1
        mprotect 2 2 rw                         => 0 | 0-4 rw-p
    """,
    "6 accounting keeps apart two lines that look the same": """
        mmap 0 2 r private,anon,fixed
        mmap 2 2 rw private,anon,fixed
        write 2 1
        mprotect 2 2 r                          => 0 | 0-2 r--p | 2-4 r--p
    """,
    "7 MAP_STACK and MAP_NORESERVE are kept for ever, MAP_POPULATE is not": """
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 rw private,anon,fixed,stack
        mmap 4 2 rw private,anon,fixed,noreserve
        mmap 6 2 rw private,anon,fixed,noreserve,populate  => p6 | 0-2 rw-p | 2-4 rw-p | 4-8 rw-p
    """,
    "8 in a child, what was written before the fork takes nobody in": """
        mmap 0 2 rw private,anon,fixed
        write 0 1
        fork
        mmap 2 2 rw private,anon,fixed          => p2 | 0-2 rw-p | 2-4 rw-p
    """,
    "9 moved memory merges where it goes to only if it was never written": """
        mmap 0 4 rw private,anon,fixed
        mremap 0 2 2 maymove,fixed 8
        write 2 1
        mremap 2 2 2 maymove,fixed 10           => p10 | 8-10 rw-p | 10-12 rw-p
    """,
    "10 two opens of one file are two files": """
        mmap 0 2 r shared,fixed f0 0
        mmap 2 2 r shared,fixed r0 2            => p2 | 0-2 r--s 0 f0 | 2-4 r--s 2 f0
    """,
    "11 mapping beyond the end is fine, touching is not": """
        mmap 0 2 r shared,fixed f0 64
        read 0                                  => SIGBUS
    """,
    "12 a MAP_FIXED that is refused has unmapped nothing": """
        mmap 0 2 r private,anon,fixed
        mmap 0 2 rw shared,fixed r0 0           => -1 EACCES | 0-2 r--p
    """,
    "13 a refused mprotect has changed what lies below the hole": """
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        mprotect 0 6 r                          => -1 ENOMEM | 0-2 r--p | 4-6 rw-p
    """,
    "14 unmapping nothing is no error": """
        munmap 0 4                              => 0 | -
    """,
    "15 a refused mlock has locked what lies below the hole": """
        mmap 0 2 rw private,anon,fixed
        mlock 0 6                               => -1 ENOMEM | 0-2 rw-p +lo
    """,
    "16 a refused madvise has done what lies behind the hole, too": """
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        madvise 0 6 dontfork                    => -1 ENOMEM | 0-2 rw-p +dc | 4-6 rw-p +dc
    """,
    "17 a gap that moves clears nothing at its target": """
        mmap 0 2 rw private,anon,fixed
        mmap 10 4 rw private,anon,fixed
        mremap 0 4 4 maymove,fixed 10           => p10 | 10-14 rw-p
    """,
    "18 only what reaches the end of its area can grow": """
        mmap 0 4 rw private,anon,fixed
        mremap 0 2 3                            => -1 ENOMEM
        mremap 2 2 3                            => p2 | 0-5 rw-p
    """,
    "19 DONTUNMAP takes the locks off what it leaves, even of the part that stayed": """
        mmap 0 4 rw private,anon,fixed,locked
        mremap 0 2 2 maymove,fixed,dontunmap 8  => p8 | 0-4 rw-p -lo | 8-10 rw-p +lo
    """,
    "20 a move without a source has not touched its target": """
        mmap 8 2 rw private,anon,fixed
        mremap 0 2 2 maymove,fixed 8            => -1 EFAULT | 8-10 rw-p
    """,
    "21 remap_file_pages rounds down, and ignores its flags": """
        mmap 0 4 rw shared,fixed f0 0
        remap 1+9 1+9 none 9 0x123              => 0 | 0-1 rw-s 0 f0 | 1-2 rw-s 9 f0 | 2-4 rw-s 2
    """,
    "22 pages put back in order need not become one area again": """
        mmap 0 4 rw shared,fixed f0 0
        madvise 0 4 dontfork
        remap 1 1 none 9
        remap 1 1 none 1                        => 0 | 0-1 rw-s 0 | 1-2 rw-s 1 | 2-4 rw-s 2
    """,
    "23 guard markers keep areas apart without any write": """
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        madvise 0 1 guard_install
        madvise 4 1 guard_install
        mmap 2 2 rw private,anon,fixed          => p2 | 0-4 rw-p | 4-6 rw-p
    """,
    "25 making locked memory writable writes to it": """
        mmap 0 2 r private,anon,fixed,locked
        mmap 4 2 r private,anon,fixed,locked
        mprotect 0 2 rw
        mprotect 4 2 rw
        mmap 2 2 rw private,anon,fixed,locked   => p2 | 0-4 rw-p | 4-6 rw-p
    """,
    "26 a stack keeps its distance, but not from memory that nobody can access": """
        mmap 0 1 none private,anon,fixed
        mmap 8 1 rw private,anon,growsdown,fixed
        write 6 1                               => ok | 0-1 ---p | 6-9 rw-p
        mprotect 0 1 r
        write 4 1                               => SIGSEGV
    """,
    "28 what may only be written or executed can be read": """
        mmap 0 1 w private,anon,fixed
        mmap 1 1 x private,anon,fixed
        read 0
        read 1
    """,
}
