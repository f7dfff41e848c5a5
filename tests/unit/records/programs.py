"""Any program at all, for hypothesis."""

from hypothesis import strategies as st

from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes, Program
from vmalab.uapi import mman

words = st.integers(0, (1 << 64) - 1)
few_pages = st.integers(0, 1 << 20)
pages = st.one_of(few_pages, words)
addrs = st.one_of(
    pages,
    st.none(),
    words.map(Abs),
    st.builds(At, pages, st.integers(-4096, 4096)),
)
lengths = st.one_of(
    pages,
    st.builds(Bytes, pages, st.integers(-4096, 4096)),
    st.builds(Bytes, st.none(), words),
)
prots = st.one_of(st.just("none"), st.text("rwx", min_size=1, max_size=3), words.map(hex))
files = st.sampled_from(["-", "x", "f0", "f3", "r1", "w2"])


def flags_of(table):
    names = st.lists(st.sampled_from(sorted(table)), min_size=1, max_size=4).map(",".join)
    return st.one_of(names, words.map(hex), words.map(str), st.just("-"))


OPS = st.one_of(
    st.builds(ops.Mmap, addrs, lengths, prots, flags_of(mman.MMAP_FLAGS), files, lengths),
    st.builds(ops.Munmap, addrs, lengths),
    st.builds(ops.Mprotect, addrs, lengths, prots),
    st.builds(ops.Mremap, addrs, lengths, lengths, flags_of(mman.MREMAP_FLAGS), addrs),
    st.builds(ops.Remap, addrs, lengths, prots, words, flags_of(mman.REMAP_FLAGS)),
    st.builds(ops.Madvise, addrs, lengths, flags_of(mman.MADVICE)),
    st.builds(ops.Mlock, addrs, lengths),
    st.builds(ops.Mlock2, addrs, lengths, flags_of(mman.MLOCK_FLAGS)),
    st.builds(ops.Munlock, addrs, lengths),
    st.builds(ops.Msync, addrs, lengths, flags_of(mman.MSYNC_FLAGS)),
    st.builds(ops.Mincore, addrs, lengths),
    st.builds(ops.Brk, addrs),
    st.builds(ops.Limit, st.sampled_from(["as", "memlock"]), pages),
    st.builds(ops.Read, addrs),
    st.builds(ops.Write, addrs, st.integers(-(1 << 31), 1 << 31)),
    st.builds(ops.Probe, addrs, few_pages),
    st.builds(ops.Wprobe, addrs, few_pages),
    st.builds(ops.Xprobe, addrs, few_pages),
    st.builds(ops.Truncate, st.sampled_from(["f0", "f3"]), pages),
    st.sampled_from([ops.Evict(), ops.Contents(), ops.Fork()]),
)
PROGRAMS = st.builds(
    Program,
    st.integers(1, 1 << 20),
    st.lists(OPS, min_size=1, max_size=8).map(tuple),
    st.sampled_from(["hole", "none"]),
    st.text("abc123-", min_size=1, max_size=8),
)
