"""Programs for rules that random ones seldom try: two errors at once, and states that need luck."""

from tests.story import tell
from tests.surprises import SURPRISES
from vmalab.records.text import parse_programs

_RARE = parse_programs("""
seq order-of-mmap-checks 16 hole
mmap 0 4 rw private,anon,fixed
mmap 0 4 rw fixed_noreplace,anon
mmap 0x7fffffffe001 0x2000 rw private,anon,fixed
mmap 4 1 rw 0x80013,fixed r0

seq locked-behind-a-hole 16 hole
mmap 0 2 rw private,anon,fixed
mmap 4 2 rw private,anon,fixed
mlock 4 2
msync 0 6 invalidate
msync 0 2 invalidate

seq guards-in-a-private-file 16 hole
mmap 0 2 rw private,fixed f0 0
madvise 0 1 guard_install
mmap 4 2 rw private,fixed f0 4
write 4 1
mmap 2 2 rw private,fixed f0 2
probe 0 6

seq heap-below-a-mapping 24 hole
mmap 8 2 rw private,anon,fixed
brk 6
brk 7
brk 8
brk 4

seq guards-and-merging 24 hole
mmap 0 4 rw private,anon,fixed
mprotect 2 2 rwx
madvise 2 1 guard_install
mprotect 2 2 rw
mprotect 0 2 r
mprotect 0 2 rw

seq sharing-by-flags 24 hole
mmap 0 4 rw private,anon,fixed
madvise 2 2 random
write 0 1
write 2 1
madvise 2 2 normal

seq remap-at-the-edge 24 hole
mmap 0 4 rw shared,fixed f0 0
remap 2 4 none 9
mmap 4 4 rw shared,fixed f1 4
remap 2 4 none 9

seq stack-grows-and-merges 24 hole
mmap 8 2 rw private,anon,growsdown,fixed
read 6
mmap 4 2 rw private,anon,growsdown,fixed

seq bus-error-and-anon-vma 80 hole
mmap 62 4 rw private,fixed f0 62
write 65 1
mmap 70 2 rw private,fixed f0 70
write 71 1
mmap 66 4 rw private,fixed f0 66

seq dontunmap-of-locked 24 hole
mmap 0 4 rw private,anon,locked,fixed
mremap 0 4 4 maymove,fixed,dontunmap 8

seq onfault-becomes-locked 24 hole
mmap 0 4 rw private,anon,fixed
mlock2 0 4 onfault
mlock 0 2

seq remap-of-locked 24 hole
mmap 0 4 rw shared,fixed f0 0
mlock 0 4
remap 1 1 none 9

seq fork-of-locked 24 hole
mmap 0 4 rw private,anon,fixed
mlock 0 4
fork

seq fork-of-guarded 24 hole
mmap 0 4 rw private,anon,fixed
madvise 1 1 guard_install
fork
probe 0 4

seq truncate-under-a-copy 24 hole
mmap 0 4 rw private,fixed f0 0
write 2 7
truncate f0 1
read 2
""")

DIRECTED = [*_RARE, *(tell(text)[0] for text in SURPRISES.values())]
