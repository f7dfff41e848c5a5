"""What do mappings feel when their file gets shorter?"""


# |--------file--------|       ->  |----file----|SIGBUS..|    no VMA changes
#                                  and they come back when the file does
def test_pages_go_and_areas_stay(both):
    both("""
        mmap 0 4 rw shared,fixed f0 0
        write 3 1
        truncate f0 2                    => 0 | 0-4 rw-s 0 f0
        probe 0 4                        => 0-2=oo 2-4=bb
        truncate f0 64                   => 0 | 0-4 rw-s 0 f0
        probe 0 4                        => 0-4=oo
    """)


def test_private_copies_go_too(both):
    both("""
        mmap 0 4 rw private,fixed f0 0
        write 3 1
        read 3
        truncate f0 2
        read 3                           => SIGBUS
    """)


def test_what_nobody_mapped_is_no_matter(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 rw shared,fixed f1 0
        write 0 1
        write 2 1
        truncate f0 0                    => 0 | 0-2 rw-p | 2-4 rw-s 0 f1
        mincore 0 4                      => 1011
    """)


def test_the_page_cache_forgets_what_is_cut_off(both):
    both("""
        mmap 0 4 r shared,fixed f0 0
        mincore 0 4                      => 1111
        truncate f0 2
        truncate f0 4
        mincore 0 4                      => 1100
    """)


# A guard marker is no page of the file: it stays.
def test_guard_markers_stay(both):
    both("""
        mmap 0 4 rw shared,fixed f0 0
        madvise 3 1 guard_install
        truncate f0 2
        truncate f0 64
        probe 0 4                        => 0-3=oo 3-4=mm
    """)
