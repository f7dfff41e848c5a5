"""From what strace saw a process do to a program that any kernel of vmalab can run.

What execve mapped, strace does not show. Where the executable can still be read it is planned, and
put where its RELRO was seen to be protected. Page faults, strace does not show either: a mapping
that may be written is written to before the next call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vmalab.loader.elf import ElfFile, read_elf
from vmalab.loader.eras import LINUX_6
from vmalab.loader.errors import ElfError
from vmalab.loader.program import program_plan
from vmalab.loader.steps import FILE_FD, Step
from vmalab.loader.strace import StraceError, Traced, fd_of, number_of, path_of
from vmalab.loader.trace_layout import Imported, Made, lay_out
from vmalab.records import program as ops
from vmalab.records.program import FILE_PAGES, NR_FILES, Addr, Bytes, Op
from vmalab.records.words import prot_letters
from vmalab.uapi import mman
from vmalab.units import (
    bytes_to_pages,
    offset_in_page,
    page_align,
    page_align_down,
)

HIGH: Final = 0x7000_0000_0000
"""Programs lie below it, interpreters above."""
TOUCHED: Final = 1
"""The word that is written to memory whose first fault strace did not show."""
_OPENS: Final = {"open": 1, "openat": 2, "creat": None, "memfd_create": None, "openat2": None}
_COPIES: Final = {"dup", "dup2", "dup3", "fcntl"}
_MAPS: Final = {
    *("mmap", "munmap", "mprotect", "mremap", "madvise", "brk"),
    *("mlock", "mlock2", "munlock", "msync", "remap_file_pages"),
}


@dataclass(slots=True)
class _Importer:
    """A process under way: its descriptors, its files by number, the operations so far."""

    made: list[Made] = field(default_factory=list)
    opened: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    nr_opens: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    lengths: dict[int, int] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    start_brk: int = 0
    brk: int = 0
    highest_brk: int = 0


def import_trace(calls: Iterable[Traced], *, with_exec: bool = True) -> Imported:
    """The program that the first process of a trace was, from its last execve on.

    ``with_exec``: plan what execve mapped, too.

    Raises:
        StraceError: a call makes no sense, or the process is larger than a program's window.
    """
    mine, name, others = _first_process(calls)
    if not any(call.name in _MAPS for call in mine):
        raise StraceError("no memory call of a process is in it; strace -e trace=%memory,%desc")
    importer = _Importer()
    if with_exec and name:
        _plan_exec(importer, name, mine)
    for call in mine:
        try:
            _import(importer, call)
        except (StraceError, ValueError, IndexError) as error:
            raise StraceError(f"line {call.line}: {call.name}: {error}") from None
    if others:
        importer.left_out["call of another process"] += others
    program, places = lay_out(importer.made, (importer.start_brk, importer.highest_brk))
    left_out = tuple(sorted(importer.left_out.items()))
    return Imported(program, tuple(importer.names), places, left_out, name)


def _first_process(calls: Iterable[Traced]) -> tuple[list[Traced], str, int]:
    """The calls of the process that comes first, after its last execve; its name; how many more."""
    mine: list[Traced] = []
    pid, name, others = None, "", 0
    for call in calls:
        pid = call.pid if pid is None else pid
        if call.pid != pid:
            others += 1
        elif call.name == "execve" and call.result == 0 and call.args:
            mine, name = [], path_of(call.args[0])
        else:
            mine.append(call)
    return mine, name, others


def _import(importer: _Importer, call: Traced) -> None:
    """One call, if it is about memory or about the files that memory is of."""
    if call.result is None or (call.result < 0 and call.name != "mmap"):
        if call.name in _MAPS:
            importer.left_out[f"{call.name} that was refused"] += 1
    elif call.name in _OPENS:
        _open(importer, call)
    elif call.name in _COPIES:
        _copy(importer, call)
    elif call.name == "close":
        importer.opened.pop(fd_of(call.args[0])[0], None)
    elif call.name in _MAPS:
        _MEMORY[call.name](importer, call)


def _open(importer: _Importer, call: Traced) -> None:
    at = _OPENS[call.name]
    flags = call.args[at] if at is not None and at < len(call.args) else "O_RDWR"
    how = "w" if "O_WRONLY" in flags else "f" if "O_RDWR" in flags else "r"
    path = path_of(call.args[1 if call.name.startswith("openat") else 0])
    importer.nr_opens += 1
    importer.opened[call.result or 0] = (importer.nr_opens, how, path)


def _copy(importer: _Importer, call: Traced) -> None:
    """dup and its kin: another descriptor of the same open file."""
    fd, _ = fd_of(call.args[0])
    is_dup = call.name != "fcntl" or "F_DUPFD" in call.args[1]
    if is_dup and fd in importer.opened:
        importer.opened[call.result or 0] = importer.opened[fd]


def _file(importer: _Importer, word: str, pages: int) -> str:
    """What a program calls the file behind a descriptor; its length grows to what is mapped."""
    fd, named = fd_of(word)
    if fd not in importer.opened:
        importer.nr_opens += 1
        importer.opened[fd] = (importer.nr_opens, "r", named or f"descriptor {fd}, opened unseen")
    identity, how, path = importer.opened[fd]
    return how + str(_number(importer, identity, path, pages))


def _number(importer: _Importer, identity: int, path: str, pages: int) -> int:
    """A number for an open file, and the operation that makes the file long enough."""
    if identity not in importer.numbers:
        if len(importer.names) == NR_FILES:
            raise StraceError(f"more than {NR_FILES} files are mapped")
        importer.numbers[identity] = len(importer.names)
        importer.names.append(path)
    number = importer.numbers[identity]
    if pages > importer.lengths.get(number, FILE_PAGES):
        importer.lengths[number] = pages
        op = ops.Truncate(f"f{number}", pages)
        importer.made.append(Made((), lambda _: op))
    return number


def _mmap(importer: _Importer, call: Traced) -> None:
    if call.result is None or call.result < 0:
        importer.left_out["mmap that was refused"] += 1
        return
    length, prot, flags = (number_of(word) for word in call.args[1:4])
    offset = number_of(call.args[5]) if len(call.args) > 5 else 0
    if flags & mman.MAP_HUGETLB:
        importer.left_out["mmap of huge pages"] += 1
        return
    file, pgoff = "-", 0
    if not flags & mman.MAP_ANONYMOUS:
        pgoff = bytes_to_pages(offset)
        file = _file(importer, call.args[4], pgoff + bytes_to_pages(page_align(length)))
    importer.made.append(_mapping(call.result, length, prot, flags, file, pgoff))
    if prot & mman.PROT_WRITE and flags & mman.MAP_TYPE == mman.MAP_PRIVATE:
        _touch(importer, call.result)


def _mapping(addr: int, length: int, prot: int, flags: int, file: str, pgoff: int) -> Made:
    """A mapping, exactly where the kernel put it."""
    words = _flag_words(flags & ~(mman.MAP_FIXED_NOREPLACE | mman.MAP_POPULATE) | mman.MAP_FIXED)
    letters = prot_letters(prot)
    return Made(
        ((addr, addr + length),),
        lambda place: ops.Mmap(place(addr), _length(length), letters, words, file, pgoff),
    )


def _touch(importer: _Importer, addr: int) -> None:
    importer.made.append(Made(((addr, addr + 1),), lambda place: ops.Write(place(addr), TOUCHED)))


def _range_call(
    kind: Callable[..., Op], words: Callable[[Traced], tuple[ops.Flags, ...]]
) -> Callable[[_Importer, Traced], None]:
    """An importer of a call that names a range, a length and perhaps more."""

    def one(importer: _Importer, call: Traced) -> None:
        addr, length = number_of(call.args[0]), number_of(call.args[1])
        more = words(call)
        importer.made.append(
            Made(
                ((addr, addr + max(length, 1)),),
                lambda place: kind(place(addr), _length(length), *more),
            )
        )

    return one


def _mremap(importer: _Importer, call: Traced) -> None:
    """A move goes where the kernel put it."""
    addr, old, new = (number_of(word) for word in call.args[:3])
    landed = call.result or 0
    flags = "maymove,fixed" if landed != addr else "maymove"

    def build(place: Callable[[int], Addr]) -> Op:
        target = place(landed) if landed != addr else None
        return ops.Mremap(place(addr), _length(old), _length(new), flags, target)

    importer.made.append(Made(((addr, addr + old), (landed, landed + new)), build))


def _brk(importer: _Importer, call: Traced) -> None:
    """The first answer is where the heap begins; every other is where it ends."""
    now = call.result or 0
    if not importer.start_brk:
        importer.start_brk = importer.brk = importer.highest_brk = now
    elif now != importer.brk:
        grown = now > importer.brk
        touched, importer.brk = importer.brk, now
        importer.highest_brk = max(now, importer.highest_brk)
        importer.made.append(Made((), lambda place: ops.Brk(place(now))))
        if grown:
            _touch(importer, touched)


def _remap(importer: _Importer, call: Traced) -> None:
    addr, size, prot, pgoff = (number_of(word) for word in call.args[:4])
    importer.made.append(
        Made(
            ((addr, addr + size),),
            lambda place: ops.Remap(place(addr), _length(size), prot_letters(prot), pgoff, "-"),
        )
    )


_MEMORY: Final[dict[str, Callable[[_Importer, Traced], None]]] = {
    "mmap": _mmap,
    "munmap": _range_call(ops.Munmap, lambda _: ()),
    "mprotect": _range_call(ops.Mprotect, lambda call: (prot_letters(number_of(call.args[2])),)),
    "mremap": _mremap,
    "madvise": _range_call(ops.Madvise, lambda call: (_word(mman.MADVICE, call.args[2]),)),
    "brk": _brk,
    "mlock": _range_call(ops.Mlock, lambda _: ()),
    "mlock2": _range_call(ops.Mlock2, lambda call: (_word(mman.MLOCK_FLAGS, call.args[2]),)),
    "munlock": _range_call(ops.Munlock, lambda _: ()),
    "msync": _range_call(ops.Msync, lambda call: (_word(mman.MSYNC_FLAGS, call.args[2]),)),
    "remap_file_pages": _remap,
}


def _word(table: Mapping[str, int], word: str) -> str:
    """A number as the program format calls it, or as it is."""
    number = number_of(word)
    return next((name for name, value in table.items() if value == number), str(number))


def _flag_words(flags: int) -> str:
    """mmap flags as the program format has them."""
    words = [word for word, bit in mman.MMAP_FLAGS.items() if bit and flags & bit == bit]
    words = [word for word in words if word != "droppable"]
    rest = flags & ~sum({mman.MMAP_FLAGS[word] for word in words})
    return ",".join([*words, *([hex(rest)] if rest else [])])


def _length(length: int) -> ops.Len:
    """Pages where they are whole, else bytes."""
    return Bytes(None, length) if offset_in_page(length) else bytes_to_pages(length)


def _plan_exec(importer: _Importer, name: str, calls: list[Traced]) -> None:
    """Put what execve mapped before everything else, as far as it can be known."""
    try:
        elf = read_elf(name)
        interp = read_elf(elf.interp) if elf.interp else None
    except (ElfError, OSError):
        importer.left_out["program that can no longer be read: what execve mapped"] += 1
        return
    for part, is_program in ((elf, True), (interp, False)):
        if part is None:
            continue
        at = _seen_at(part, calls, is_program=is_program)
        if at is None:
            importer.left_out[f"{part.name}, whose place was not seen"] += 1
        else:
            _mapped(importer, part, at)


def _seen_at(elf: ElfFile, calls: list[Traced], *, is_program: bool) -> int | None:
    """Where a file that execve mapped must be: its RELRO was protected, and nobody had mapped it.

    A program with fixed addresses is where it says.
    """
    if elf.kind == "exec":
        return elf.loads[0].mapstart
    if elf.relro is None:
        return None
    start, end = page_align_down(elf.relro.vaddr), page_align_down(elf.relro.allocend)
    mapped: list[tuple[int, int]] = []
    for call in calls:
        if call.name == "mmap" and call.result is not None and call.result > 0:
            mapped.append((call.result, call.result + number_of(call.args[1])))
        if call.name == "mprotect" and call.result == 0:
            addr, length = number_of(call.args[0]), number_of(call.args[1])
            known = any(low <= addr < high for low, high in mapped)
            if length == end - start and not known and (addr < HIGH) == is_program:
                return addr - start + elf.loads[0].mapstart
    return None


def _mapped(importer: _Importer, elf: ElfFile, at: int) -> None:
    """execve's plan of one file, as operations."""
    importer.nr_opens += 1
    number = _number(importer, importer.nr_opens, elf.path, bytes_to_pages(page_align(elf.size)))
    for step in program_plan(elf, LINUX_6, at, whole=elf.kind == "dyn"):
        if step.call is None:
            if step.wipe[0] < step.wipe[1] and not _is_read_only(elf, at, step):
                _touch(importer, step.wipe[0])
            continue
        args = step.call.args
        if step.call.name == "munmap":
            importer.made.append(_unmapped(*args))
        else:
            addr, length, prot, flags, fd, offset = args
            file = f"r{number}" if fd == FILE_FD else "-"
            pgoff = bytes_to_pages(offset) if fd == FILE_FD else 0
            importer.made.append(_mapping(addr, length, prot, flags, file, pgoff))


def _unmapped(addr: int, length: int) -> Made:
    return Made(((addr, addr + length),), lambda place: ops.Munmap(place(addr), _length(length)))


def _is_read_only(elf: ElfFile, at: int, step: Step) -> bool:
    bias = at - elf.loads[0].mapstart
    return any(
        one.prot & mman.PROT_WRITE == 0 and one.mapstart <= step.wipe[0] - bias < one.mapend
        for one in elf.loads
    )
