"""remap_file_pages as an emulation: what does it accept, and what does it make of the area?"""


# |f0 0 1 2 3 4 5|  ->  |0|1->9 10|3 4 5|      three areas where 2.6 had one
def test_a_page_out_of_order_is_an_area_of_its_own(both):
    both("""
        mmap 0 6 rw shared,fixed f0 0
        remap 1 2 none 9       => 0 | 0-1 rw-s 0 f0 | 1-3 rw-s 9 f0 | 3-6 rw-s 3 f0
        remap 1 2 none 1       => 0 | 0-6 rw-s 0 f0
    """)


# Two areas of one file with the same flags may be rearranged in one call.
def test_a_range_over_two_areas_of_one_file(both):
    both("""
        mmap 0 2 rw shared,fixed f0 0
        mmap 2 2 rw shared,fixed f0 20
        remap 1 2 none 40      => 0 | 0-1 rw-s 0 f0 | 1-3 rw-s 40 f0 | 3-4 rw-s 21 f0
    """)


# What it does not accept, in the order in which it looks.
def test_what_is_refused(both):
    both("""
        mmap 0 2 rw shared,fixed f0 0
        mmap 4 2 rw private,fixed f0 4
        mmap 8 2 rw shared,fixed f0 8
        mmap 10 2 rw shared,fixed f1 10
        mmap 12 2 rw shared,anon,fixed
        mmap 14 2 rw shared,anon,fixed
        mmap 16 2 rw shared,fixed f0 16
        madvise 17 1 dontfork
        remap 0 1 r 1                    => -1 EINVAL
        remap 0 0x0 none 1               => -1 EINVAL
        remap 0 0xfff none 1             => -1 EINVAL
        remap 0 0xfffffffffffff000 none 1  => -1 EINVAL
        remap 0 1 none 0xffffffffffffffff  => -1 EINVAL
        remap 2 1 none 1                 => -1 EINVAL
        remap 4 1 none 1                 => -1 EINVAL
        remap 0 4 none 1                 => -1 EINVAL
        remap 8 4 none 1                 => -1 EINVAL
        remap 12 4 none 1                => -1 EINVAL
        remap 16 2 none 1                => -1 EINVAL
        remap 0 1 none 0x8000000000000   => -1 EOVERFLOW
    """)


# The start is rounded down, the size cut to whole pages, and the flags word plays no part.
def test_bytes_are_rounded_down(both):
    both("""
        mmap 0 4 rw shared,fixed f0 0
        remap 1+5 1+4095 none 9          => 0 | 0-1 rw-s 0 | 1-2 rw-s 9 | 2-4 rw-s 2
        remap 3 1 none 12 nonblock,0x100 => 0 | 0-1 rw-s 0 | 1-2 rw-s 9 | 2-3 rw-s 2 | 3-4 rw-s 12
    """)


# The pieces are new mappings: they have lost what madvise gave, so they never go home.
def test_the_pieces_lose_what_advice_had_set(both):
    both("""
        mmap 0 4 rw shared,fixed,noreserve f0 0
        madvise 0 4 dontfork
        remap 1 1 none 9
        remap 1 1 none 1       => 0 | 0-1 rw-s 0 f0 +dc +nr | 1-2 rw-s 1 f0 -dc -nr | 2-4 rw-s 2 f0
    """)


# Locks are kept, but not "when touched".
def test_the_pieces_stay_locked(both):
    both("""
        mmap 0 4 rw shared,fixed f0 0
        mlock2 0 4 onfault
        remap 1 1 none 9       => 0 | 0-1 rw-s 0 +lo +lf | 1-2 rw-s 9 +lo -lf | 2-4 rw-s 2 +lo +lf
    """)


def test_shared_anonymous_memory_can_be_rearranged_even_past_its_end(both):
    both("""
        mmap 0 4 rw shared,anon,fixed
        remap 0 1 none 3       => 0 | 0-1 rw-s 3 shm0 | 1-4 rw-s 1 shm0
        remap 1 1 none 50      => 0 | 0-1 rw-s 3 shm0 | 1-2 rw-s 50 shm0 | 2-4 rw-s 2 shm0
        read 0
        read 1                 => SIGBUS
    """)


def test_memory_without_access_can_be_rearranged(both):
    both("""
        mmap 0 4 none shared,fixed f0 0
        remap 1 1 none 9       => 0 | 0-1 ---s 0 | 1-2 ---s 9 | 2-4 ---s 2
    """)


# A read-only file has no VM_SHARED, though the mapping is MAP_SHARED.
def test_a_shared_mapping_of_a_read_only_file_is_not_shared_enough(both):
    both("""
        mmap 0 4 r shared,fixed r0 0     => p0 | 0-4 r--s 0 f0 -sh +ms
        remap 1 1 none 9                 => -1 EINVAL
    """)


# remap_file_pages01 of LTP (Ingo Molnar's): a window of 16 pages in reverse, in pairs.
#
#     0 1 2 3 ... e f    ->    e f c d ... 0 1       eight areas
def test_a_window_in_reverse_by_pairs(both):
    reverse = "\n".join(f"remap {2 * i} 2 none {14 - 2 * i}" for i in range(8))
    home = "\n".join(f"remap {2 * i} 2 none {2 * i}" for i in range(8))
    run = both(f"mmap 0 16 rw shared,fixed f0 0\n{reverse}\n{home}")
    assert run.state(9).map_count == 8
    assert run.state(17).map_count == 1


# Shared memory without a name lives as long as an area maps it, and a little longer here.
def test_remapping_the_only_area_of_an_object_keeps_its_pages(both):
    both("""
        mmap 0 1 rw shared,anon,fixed
        write 0 7
        remap 0 1 none 0
        read 0                 => #7
    """)
