"""One English sentence for each operation of a program, in the imperative."""

from __future__ import annotations

import dataclasses
from typing import Final

from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes, Op
from vmalab.records.resolve import to_bytes
from vmalab.records.text import format_op
from vmalab.records.words import count_pages, name_prot


def describe_op(op: Op) -> str:
    """What an operation asks for, as one phrase.

    >>> describe_op(ops.Mmap(2, 4, "rw", "private,anon,fixed"))
    'map 4 pages read-write at page 2, private anonymous, exactly there'
    >>> describe_op(ops.Mremap(0, 4, 8, "maymove"))
    'grow 4 pages at page 0 to 8 pages, moving them if need be'
    """
    match op:
        case ops.Mmap():
            return _mmap(op)
        case ops.Munmap(addr, length):
            return f"unmap {_at(addr, length)}"
        case ops.Mprotect(addr, length, "none"):
            return f"take all access from {_at(addr, length)}"
        case ops.Mprotect(addr, length, prot):
            return f"make {_at(addr, length)} {_prot(prot)}"
        case ops.Mremap():
            return _mremap(op)
        case ops.Remap():
            return _remap(op)
        case ops.Madvise(addr, length, advice):
            phrase = _ADVICE.get(str(advice), f"give advice {advice} on {{}}")
            return phrase.format(_at(addr, length))
        case ops.Brk(addr):
            return f"move the end of the heap to {_addr(addr)}"
        case ops.Mlock() | ops.Mlock2() | ops.Munlock() | ops.Msync() | ops.Mincore():
            return _residency(op)
        case ops.Read() | ops.Write() | ops.Probe() | ops.Wprobe() | ops.Xprobe():
            return _touch(op)
        case _:
            return _surroundings(op)


def brief_op(op: Op) -> str:
    """An operation as its line, without the words at the end that go without saying.

    >>> brief_op(ops.Mmap(0, 4, "rw", "private,anon,fixed", "-", 0))
    'mmap 0 4 rw private,anon,fixed'
    """
    words = format_op(op).split()
    fields = dataclasses.fields(op)
    for field in reversed(fields):
        if field.default is dataclasses.MISSING or getattr(op, field.name) != field.default:
            break
        words.pop()
    return " ".join(words)


def _residency(op: ops.Mlock | ops.Mlock2 | ops.Munlock | ops.Msync | ops.Mincore) -> str:
    where = _at(op.addr, op.length)
    match op:
        case ops.Mlock():
            return f"lock {where} in memory"
        case ops.Mlock2(flags=flags):
            lazily = {"0": "", "-": "", "onfault": ", each when it is first touched"}
            return f"lock {where} in memory" + lazily.get(str(flags), f", flags {flags}")
        case ops.Munlock():
            return f"unlock {where}"
        case ops.Msync(flags=flags):
            return f"write {where} back to the file ({_words(flags)})"
        case ops.Mincore():
            return f"ask which of {where} are in memory"


def _touch(op: ops.Read | ops.Write | ops.Probe | ops.Wprobe | ops.Xprobe) -> str:
    where = _addr(op.addr)
    match op:
        case ops.Read():
            return f"read the word at {where}"
        case ops.Write(value=value):
            return f"write {value} at {where}"
        case ops.Probe(pages=pages):
            return f"try to read, then to write, {count_pages(pages)} from {where}"
        case ops.Wprobe(pages=pages):
            return f"try to write, then to read, {count_pages(pages)} from {where}"
        case ops.Xprobe(pages=pages):
            return f"try to read, then to execute, {count_pages(pages)} from {where}"


def _surroundings(op: Op) -> str:
    match op:
        case ops.Limit("as", pages):
            return f"allow {count_pages(pages)} of address space more than are in use"
        case ops.Limit(_, pages):
            return f"allow {count_pages(pages)} of locked memory more than are in use"
        case ops.Evict():
            return "reclaim every page of every mapped file"
        case ops.Contents():
            return "show what every page of the window holds"
        case ops.Truncate(file, pages):
            return f"make file {file} {count_pages(pages)} long"
        case ops.Fork():
            return "fork, and go on in the child"
        case _:
            return repr(op)


def _mmap(op: ops.Mmap) -> str:
    words = op.flags.split(",") if isinstance(op.flags, str) else [f"{op.flags:#x}"]
    much = f"map {_length(op.length)} {_prot(op.prot)}"
    where = "" if op.addr is None else f" at {_addr(op.addr)}"
    kind = " ".join(word for word in ("shared", "private", "droppable") if word in words)
    what = "anonymous" if "anon" in words else _file(op.file, op.pgoff)
    rest = [_MMAP_WORDS.get(word, _flag(word)) for word in words if word not in _KIND_WORDS]
    place = [] if op.addr is not None or "fixed" in words else ["wherever there is room"]
    return ", ".join([much + where, f"{kind} {what}".strip(), *rest, *place])


def _flag(word: str) -> str:
    return word if word.isidentifier() else f"flags {word}"


def _file(file: str, pgoff: ops.Len) -> str:
    if file == "-":
        return "without a file"
    if file == "x":
        return "from a bad file descriptor"
    opened = {"r": " (opened read-only)", "w": " (opened write-only)"}.get(file[0], "")
    start = f"page {pgoff}" if isinstance(pgoff, int) else _length(pgoff)
    return f"file f{file[1:]}{opened} from its {start}"


def _mremap(op: ops.Mremap) -> str:
    words = str(op.flags).split(",")
    old, new = to_bytes(op.old_length), to_bytes(op.new_length)
    where = _at(op.addr, op.old_length)
    if old == 0:
        text = f"map {_length(op.new_length)} from {_addr(op.addr)} a second time"
    elif old == new:
        text = f"{'move' if {'fixed', 'dontunmap'} & set(words) else 'keep'} {where}"
    else:
        text = f"{'grow' if new > old else 'shrink'} {where} to {_length(op.new_length)}"
    if "fixed" in words:
        text += (
            f", moving them to {_addr(op.new_addr)}" if old != new else f" to {_addr(op.new_addr)}"
        )
    elif "maymove" in words and old != new:
        text += ", moving them if need be"
    if "dontunmap" in words:
        text += ", leaving the old place mapped but empty"
    return text


def _remap(op: ops.Remap) -> str:
    pgoff = f"page {op.pgoff}" if isinstance(op.pgoff, int) else _length(op.pgoff)
    text = f"let {_at(op.addr, op.length)} show the file from its {pgoff}"
    if str(op.prot) not in {"none", "0"}:
        text += f", asking for {_prot(op.prot)}"
    return text if op.flags in {"-", "0", 0} else f"{text} ({_words(op.flags)})"


def _at(addr: ops.Addr, length: ops.Len) -> str:
    return f"{_length(length)} at {_addr(addr)}"


def _addr(addr: ops.Addr) -> str:
    match addr:
        case None:
            return "address 0"
        case Abs(value):
            return f"{value:#x}"
        case At(page, byte) if byte < 0:
            return f"{_bytes(-byte)} before page {page}"
        case At(page, byte):
            return f"byte {byte} of page {page}"
        case page:
            return f"page {page}"


def _length(length: ops.Len) -> str:
    match length:
        case Bytes(None, byte):
            return f"{byte:#x} bytes"
        case Bytes(pages, byte):
            sign = "less" if byte < 0 else "and"
            return f"{count_pages(pages or 0)} {sign} {_bytes(abs(byte))}"
        case pages:
            return count_pages(pages)


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _prot(prot: ops.Flags) -> str:
    if prot == "none":
        return "without access"
    if isinstance(prot, str) and not prot.strip("rwx"):
        return name_prot(prot)
    return f"with protection {prot}"


def _words(flags: ops.Flags) -> str:
    return f"flags {flags:#x}" if isinstance(flags, int) else flags.replace(",", ", ")


_KIND_WORDS: Final = frozenset({"shared", "private", "droppable", "anon"})
_MMAP_WORDS: Final = {
    "fixed": "exactly there",
    "fixed_noreplace": "exactly there and replacing nothing",
    "noreserve": "reserving no memory for it",
    "populate": "filled in at once",
    "nonblock": "without waiting",
    "locked": "locked in memory",
    "growsdown": "growing downwards",
    "stack": "marked as a stack",
}
_ADVICE: Final = {
    "normal": "expect ordinary access to {}",
    "random": "expect random access to {}",
    "seq": "expect sequential access to {}",
    "willneed": "read {} ahead",
    "dontneed": "drop what {} hold",
    "free": "let the kernel drop what {} hold when it needs memory",
    "remove": "punch a hole in the file under {}",
    "dontfork": "keep {} out of forked children",
    "dofork": "give {} to forked children again",
    "mergeable": "let equal contents of {} be shared",
    "unmergeable": "stop sharing equal contents of {}",
    "hugepage": "prefer huge pages for {}",
    "nohugepage": "use no huge pages for {}",
    "dontdump": "leave {} out of core dumps",
    "dodump": "put {} into core dumps again",
    "wipeonfork": "let forked children find {} zeroed",
    "keeponfork": "let forked children find {} as they are",
    "cold": "say that {} will not be needed soon",
    "pageout": "reclaim {} now",
    "populate_read": "fault {} in for reading",
    "populate_write": "fault {} in for writing",
    "dontneed_locked": "drop what {} hold, locked or not",
    "collapse": "gather {} into huge pages",
    "guard_install": "put guard markers on {}",
    "guard_remove": "take the guard markers off {}",
}
