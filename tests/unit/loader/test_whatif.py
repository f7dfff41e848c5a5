"""How many VMAs has a library, and how many would it have had? Of files with any kind of name."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.loader.elf import PF_W, PF_X, parse_elf
from vmalab.loader.errors import ElfError
from vmalab.loader.history import fedora_core_5
from vmalab.loader.maps_file import Area, MapsError, parse_area, parse_areas
from vmalab.loader.processes import HeaderReader, all_pids, read_process, sizeof_vma
from vmalab.loader.recorded import areas_of, libraries_of
from vmalab.loader.replay import load_library
from vmalab.loader.whatif import Counts, add, examine, is_deleted
from vmalab.loader.writer import drepper, write_elf
from vmalab.mm.filemap import bytes_of
from vmalab.workloads.random_libraries import random_library

PAGE = 4096


def text_of(loaded, name="/lib/x.so", device="08:01", inode=7):
    """A loaded library as lines of maps."""
    lines = []
    for row in loaded.rows:
        anon = row.backing == "anon"
        place = "00:00 0" if anon else f"{device} {inode}"
        offset = 0 if anon else row.pgoff * PAGE
        lines.append(
            f"{row.start:x}-{row.end:x} {row.perms} {offset:08x} {place} {'' if anon else name}"
        )
    return "\n".join(lines).encode()


def load(plan, **how):
    data = write_elf(plan)
    elf = parse_elf(io.BytesIO(data), len(data), plan.name)
    return load_library(elf, source=bytes_of(data), **how)


def only(areas, *headers):
    (library,) = examine(areas, *headers).libraries
    return library


# Drepper's arithmetic: 5 -> 3 -> 2.
def test_five_three_two():
    library = only(parse_areas(text_of(load(drepper()))))
    assert library.counts.today == 5
    assert library.counts.scenarios == (3, 3, 2)


# 2.6's own: the whole of /bin/mount on Fedora Core 5.
def test_fedora_core_5():
    report = examine(areas_of())
    assert (report.vmas, report.instances) == (48, 12)
    libraries = [one for one in report.libraries if ".so" in one.name]
    counts = sum((one.counts for one in libraries), Counts())
    assert (len(libraries), counts.today, counts.files, counts.bss) == (11, 39, 36, 3)
    assert counts.nonlinear == 11
    assert counts.files - counts.nonlinear == 25


def test_the_recorded_process_is_made_again():
    remade = fedora_core_5("linux-2.6")
    assert all(one.agrees for one in remade)
    assert sum(len(one.rows) for one in remade) == 4 + 39
    assert {one.shift for one in remade if "setrans" not in one.name and "nss" not in one.name} == {
        0
    }
    assert len({one.shift for one in remade}) == 2, "two neighbours, placed by chance, together"
    assert len(libraries_of(areas_of())) == 11


def written_through_mprotect(plan):
    """Are there segments that ld.so must make writable for a while? VM_ACCOUNT stays behind."""
    return plan.textrel or any(
        not one.flags & PF_W and one.memsz > one.filesz for one in plan.loads
    )


def relro_is_where_linkers_put_it(plan):
    """At the start of a writable segment, and inside it."""
    return plan.relro is None or any(
        one.flags & PF_W and one.vaddr == plan.relro[0] and plan.relro[1] <= one.filesz
        for one in plan.loads
    )


PLANS = [random_library(31, index) for index in range(300)]
SUITABLE = [
    plan
    for plan in PLANS
    if not written_through_mprotect(plan) and relro_is_where_linkers_put_it(plan)
    if plan.loads[0].flags & PF_X
][:30]


# S1 by counting is S1 by leaving out the mprotects, on any library whose headers are known.
@pytest.mark.parametrize("plan", SUITABLE, ids=lambda plan: plan.name)
def test_mprotect_does_not_split(plan):
    data = write_elf(plan)
    elf = parse_elf(io.BytesIO(data), len(data), plan.name)
    try:
        loaded, unsplit = load(plan), load(plan, omit={"relro", "seal"})
    except ElfError as error:
        assert "would die" in str(error)  # noqa: PT017 - a few do
        return
    report = examine(parse_areas(text_of(loaded)), lambda _: elf)
    files = [row for row in unsplit.rows if row.backing != "anon"]
    assert report.counts.unsplit == len(files)


def test_the_classical_shapes_are_counted_as_if_mprotect_did_not_split():
    for parts in ({}, {"relro": 0}, {"gap": 0}, {"bss": 0}, {"relro": 0, "bss": 0}):
        plan = drepper(**parts)
        files = [r for r in load(plan, omit={"relro", "seal"}).rows if r.backing != "anon"]
        assert only(parse_areas(text_of(load(plan)))).counts.unsplit == len(files)


# Mapped twice, it counts twice; as data, not at all.
def test_instances_and_data():
    first = parse_areas(text_of(load(drepper())))
    again = tuple(
        Area(
            a.start - (1 << 40),
            a.end - (1 << 40),
            a.perms,
            a.offset_bytes,
            a.device,
            a.inode,
            a.name,
        )
        for a in first
    )
    data = (parse_area(b"1000-9000 r--p 00000000 08:01 7 /lib/x.so"),)
    library = only((*first, *again, *data))
    assert (library.instances, library.counts.today) == (2, 10)
    assert not examine(data).libraries
    shared = parse_area(b"1000-9000 r-xs 00000000 08:01 7 /lib/x.so")
    assert not examine([shared]).libraries


# Data that begins with the page of the file that text begins with is not another instance.
def test_a_small_library():
    rows = parse_areas(
        b"1000-2000 r-xp 00000000 08:01 7 /lib/s.so\n2000-3000 rw-p 00000000 08:01 7 /lib/s.so"
    )
    assert only(rows).instances == 1
    assert only(rows).counts.files == 2


# Names: blanks, newlines, deleted, left out, of bytes that are no text.
@pytest.mark.parametrize(
    ("name", "told"),
    [
        (b"/lib/a b.so", "/lib/a b.so"),
        (b"/lib/a\\012b.so", "/lib/a\nb.so"),
        (b"/lib/x.so (deleted)", "/lib/x.so (deleted)"),
        (b"", "inode 7 of device 08:01"),
        (b"/lib/\xff.so", "/lib/\udcff.so"),
        ("/lib/ü\u2028.so".encode(), "/lib/ü\u2028.so"),
        (b"/lib/a\rb\x85.so", "/lib/a\rb\udc85.so"),
    ],
)
def test_names_of_every_kind(name, told):
    library = only(parse_areas(text_of(load(drepper())).replace(b"/lib/x.so", name)))
    assert library.name == told
    assert library.counts.today == 5


def test_a_listing_without_inodes():
    text = text_of(load(drepper()), device="00:00", inode=0)
    assert only(parse_areas(text)).counts.scenarios == (3, 3, 2)
    short = b"1000-2000 r-xp 00000000"
    assert parse_area(short).name == ""
    assert is_deleted("/x (deleted)")
    assert not is_deleted("/x")


@pytest.mark.parametrize(
    "name",
    [b"/dev/dri/card0", b"/memfd:x (deleted)", b"[vdso]", b"anon_inode:[x]", b"/SYSV00000000"],
)
def test_what_is_no_library(name):
    assert not examine([parse_area(b"1000-2000 r-xp 00000000 00:05 7 " + name)]).libraries


@pytest.mark.parametrize(
    "line",
    [b"hello", b"1000-2000 rwxq 0 08:01 7", b"2000-1000 r-xp 00000000 08:01 7", b"1-2 r-xp 0"],
)
def test_what_is_no_line_of_maps(line):
    with pytest.raises(MapsError, match="line 2: not a"):
        parse_areas(b"1000-2000 r-xp 00000000\n" + line)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_line(data):
    try:
        examine(parse_areas(data))
    except MapsError as error:
        assert "\n" not in str(error)  # noqa: PT017 - bytes may also be read


def test_adding_up():
    one = examine(parse_areas(text_of(load(drepper()))))
    total = add([one, one])
    assert (total.vmas, total.instances, total.counts.today) == (10, 2, 10)
    assert total.saved == (4, 4, 6)
    assert add([]).saved == (0, 0, 0)


# ---- processes, from a /proc made by hand


@pytest.fixture
def proc(tmp_path):
    """A function that adds a process to a /proc of our own."""

    def process(pid, maps=None, comm="it", flags=0):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "comm").write_text(comm + "\n")
        (folder / "stat").write_text(f"{pid} (a ) b) S 1 1 1 0 -1 {flags} 0 0")
        if maps is not None:
            (folder / "maps").write_bytes(maps)
        return folder

    process.root = tmp_path
    return process


def test_every_fate_is_told(proc, monkeypatch):
    proc(1, text_of(load(drepper())))
    proc(2, b"", flags=0x208040)
    proc(3, b"")
    proc(4, None, comm="gone\nby now")
    (proc.root / "self").mkdir()
    assert all_pids(proc.root) == [1, 2, 3, 4]
    found = [read_process(pid, proc.root) for pid in (1, 2, 3, 4, 5)]
    assert [one.fate for one in found] == ["read", "kernel thread", "ended", "ended", "ended"]
    assert [one.name for one in found] == ["it", "it", "it", "gone?by now", ""]
    (proc.root / "3" / "stat").unlink()
    assert read_process(3, proc.root).fate == "ended"

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vmalab.loader.processes.Path.read_bytes", refuse)
    assert read_process(1, proc.root).fate == "not ours"


def test_a_process_that_ends_while_it_is_read(proc, monkeypatch):
    proc(1, b"")

    def vanish(*_):
        raise ProcessLookupError(3, "No such process")

    monkeypatch.setattr("vmalab.loader.processes.Path.read_bytes", vanish)
    assert read_process(1, proc.root).fate == "ended"


def test_the_size_of_a_vma(proc):
    assert sizeof_vma(proc.root) == (192, False)
    slabs = proc.root / "slabinfo"
    slabs.write_text("# name\nvm_area_struct     12916  13000    200   20    1 : tunables\n")
    assert sizeof_vma(proc.root) == (200, True)
    slabs.write_text("nothing")
    assert sizeof_vma(proc.root) == (192, False)


# The span of a library is its headers' to say: by map_files, or by the path if its inode agrees.
def test_headers_by_whichever_way_works(proc, tmp_path):
    library = tmp_path / "a b.so"
    library.write_bytes(write_elf(drepper()))
    inode = library.stat().st_ino
    folder = proc(1)
    (folder / "root").symlink_to("/")

    def area(name, number=inode):
        return Area(0x1000, 0x2000, "r-xp", 0, "08:01", number, str(name))

    def headers(*args):
        return HeaderReader(proc.root).of(1)(area(*args))

    assert headers(library).span == 277 * PAGE
    assert headers(library, inode + 1) is None, "another file has that name now"
    assert headers(tmp_path / "gone.so") is None
    assert headers(f"{library} (deleted)").span == 277 * PAGE
    (folder / "map_files").mkdir()
    (folder / "map_files" / "1000-2000").symlink_to(library)
    assert headers("/gone (deleted)").span == 277 * PAGE
    reader = HeaderReader(proc.root).of(1)
    assert reader(area(library)) is reader(area(library)), "each file is read once"
    assert headers("/has a \0 in it") is not None
