"""Boot a kernel, spawn a task, make system calls: the front door of the model.

    kernel = Kernel("linux-6")           a machine with one of the kernels of history
    task = kernel.spawn()                a process with an empty address space
    addr = task.mmap(...)                a system call: its value, or KernelError with a reason
    task.store(addr); task.load(addr)    an access: nothing, or SegmentationFault, or BusError
    print(task.maps())                   what /proc/PID/maps would say

``Task.syscall`` is the way in that programs and benchmarks use: negative errnos, no exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import EBADF, EINVAL, ENOMEM, ENOSYS
from types import MethodType
from typing import NoReturn

from vmalab import proc
from vmalab.arch.mmu import Mmu
from vmalab.generations import generation
from vmalab.mm.fault import do_user_addr_fault
from vmalab.mm.filemap import File, Filemap
from vmalab.mm.fork import dup_mmap
from vmalab.mm.mm_struct import Machine, MmStruct
from vmalab.mm.munmap import exit_mmap
from vmalab.mm.page_alloc import PG_DIRTY, MemMap
from vmalab.mm.page_cache import filemap_get_page
from vmalab.mm.swapfile import SwapDevice
from vmalab.mm.truncate import release_if_orphan, truncate
from vmalab.mm.vmscan import Clock
from vmalab.records.events import Event, SyscallEntered
from vmalab.records.snapshot import Snapshot
from vmalab.uapi.errors import KernelError, OutOfMemory
from vmalab.uapi.mman import MAP_ANONYMOUS
from vmalab.units import PAGE_SIZE, WORD_MASK, bytes_to_pages, offset_in_page, pages_to_bytes

Listener = Callable[[Event], None]
SystemCall = Callable[..., int | str]
"""A system call of one task: its arguments to its value, or to a negative errno."""


class Kernel:
    """A booted machine: one generation, some memory, and the tasks that run on it.

    ``arch`` is the machine: i386, i386-pae, x86_64. ``ram_pages`` and ``swap_pages`` are all the
    memory it has: frames, and slots that pages are put out to.

    Raises:
        ValueError: no generation has that name, or it does not run on that machine.

    >>> Kernel("linux-6").spawn().maps()
    ''
    """

    def __init__(
        self,
        name: str = "linux-6",
        arch: str = "x86_64",
        *,
        ram_pages: int = 1 << 20,
        swap_pages: int = 0,
        listener: Listener | None = None,
    ) -> None:
        self.policy = generation(name, arch)
        self.machine = Machine(MemMap(ram_pages), SwapDevice(swap_pages))
        low = min(ram_pages // 16, 64)
        self.clock = Clock(self.machine, low, max(2 * low, 1))
        self.clock.emit = listener
        self.listener = listener
        self.tasks: dict[int, Task] = {}

    @property
    def name(self) -> str:
        """The generation's name."""
        return self.policy.name

    def slabinfo(self) -> str:
        """The line of /proc/slabinfo that counts VMAs."""
        return proc.slabinfo(self.policy, [task.mm for task in self.tasks.values()])

    def vmstat(self) -> str:
        """The lines of /proc/vmstat about frames, faults and swap."""
        return proc.vmstat(self.machine)

    def spawn(self) -> Task:
        """A new process with an empty address space and no open files."""
        mm = MmStruct(self.policy, self.machine)
        mm.listen(self.listener)
        return Task(self, mm)


class Task:
    """A process: an address space and open files. ``pid`` counts from 1.

    ``syscalls`` are those of its kernel, each with the address space that it works on; ``do_mmap``
    is mmap with the open file in place of its descriptor.
    ``narrow`` is what a register can hold where that is less than 64 bits, else 0.
    """

    def __init__(self, kernel: Kernel, mm: MmStruct) -> None:
        self.kernel = kernel
        self.pid = max(kernel.tasks, default=0) + 1
        kernel.tasks[self.pid] = self
        self.mm = mm
        table = kernel.policy.syscalls
        self.do_mmap: SystemCall = MethodType(table["mmap"], mm)
        self.syscalls: dict[str, SystemCall] = {
            **{name: MethodType(call, mm) for name, call in table.items()},
            "mmap": MethodType(_sys_mmap, self),
        }
        self.narrow = kernel.policy.word_mask % WORD_MASK
        self.files: dict[int, File] = {}
        self.mmu = Mmu(mm.pgtable, MethodType(do_user_addr_fault, mm), emit=mm.emit)
        mm.mmus.append(self.mmu)

    def memfd(self, name: str, nr_pages: int) -> int:
        """A new file in memory of so many pages, all zero, open read-write: its descriptor."""
        return self.open(Filemap(name, nr_pages * PAGE_SIZE))

    def pwrite(self, fd: int, data: bytes, offset_bytes: int = 0) -> None:
        """pwrite(2): put bytes into a file, through the page cache; the file grows as it must."""
        filemap, memory = self.files[fd].filemap, self.kernel.machine.memory
        done = 0
        while done < len(data):
            at = offset_bytes + done
            room = PAGE_SIZE - offset_in_page(at)
            pfn, _ = filemap_get_page(self.kernel.machine, filemap, bytes_to_pages(at))
            if pfn < 0:
                raise KernelError(ENOMEM, "no frame is free for the file's page", "mm/filemap.c")
            part = data[done : done + room]
            memory.physmem.write(pfn, offset_in_page(at), part)
            memory.flags[pfn] |= PG_DIRTY
            filemap.size = max(filemap.size, at + len(part))
            done += room

    def open(
        self, filemap: Filemap, *, readable: bool = True, writable: bool = True, name: str = ""
    ) -> int:
        """Open an object once more: a new descriptor, and a new ``struct file`` behind it."""
        fd = next(number for number in range(3, 1 << 20) if number not in self.files)
        filemap.inode = filemap.inode or self.kernel.machine.new_inode()
        self.files[fd] = File(filemap, readable=readable, writable=writable, name=name)
        filemap.nr_opens += 1
        return fd

    def close(self, fd: int) -> None:
        """close(2): one descriptor fewer; mappings of the file stay."""
        filemap = self.files.pop(fd).filemap
        filemap.nr_opens -= 1
        release_if_orphan(self.kernel.machine, filemap)

    def dup(self, fd: int) -> int:
        """dup(2): another descriptor for the same ``struct file``."""
        new = next(number for number in range(3, 1 << 20) if number not in self.files)
        self.files[new] = self.files[fd]
        self.files[fd].filemap.nr_opens += 1
        return new

    def fork(self) -> Task:
        """fork(2): a child with a copy of the address space.

        Raises:
            KernelError: ENOMEM, no frame is free for the child's page tables.
        """
        try:
            child = Task(self.kernel, dup_mmap(self.mm))
        except OutOfMemory as error:
            raise KernelError(ENOMEM, error.because, "kernel/fork.c:dup_mm") from None
        child.files = dict(self.files)
        for file in child.files.values():
            file.filemap.nr_opens += 1
        return child

    def ftruncate(self, fd: int, len_bytes: int) -> None:
        """ftruncate(2): give a file another length; pages beyond it are dropped, VMAs stay."""
        truncate(self.kernel.machine, self.files[fd].filemap, len_bytes)

    def exit(self) -> None:
        """exit(2): give back every page, table and swap slot; files stay for who has them open."""
        exit_mmap(self.mm)
        for fd in list(self.files):
            self.close(fd)
        self.kernel.tasks.pop(self.pid, None)

    def syscall(self, name: str, *args: int) -> int | str:
        """A system call by name: its value, or a negative errno (mincore: a string of digits)."""
        mm = self.mm
        if self.narrow:
            args = (*(arg & self.narrow for arg in args[:5]), *args[5:])
        if mm.emit is not None:
            mm.emit(SyscallEntered(name, args))
        call = self.syscalls.get(name)
        if call is None:
            reason = f"this kernel has no system call {name}"
            return mm.refuse(ENOSYS, reason, "kernel/sys_ni.c:sys_ni_syscall")
        try:
            return call(*args)
        except OutOfMemory:
            reason = "no frame is free for a page table that the call needs"
            return mm.refuse(ENOMEM, reason, "mm/memory.c:__pte_alloc")

    def mmap(
        self,
        addr: int | None,
        length: int,
        prot: int,
        flags: int,
        fd: int = -1,
        offset_bytes: int = 0,
    ) -> int:
        """mmap(2): the address of the new mapping. Lengths and offsets in bytes.

        Raises:
            KernelError: see :func:`vmalab.mm.mmap.do_mmap`; EBADF for an unknown descriptor.

        >>> task = Kernel("linux-6").spawn()
        >>> hex(task.mmap(None, 8192, 3, 0x22))
        '0x7ffff7ffd000'
        """
        return self._call("mmap", addr or 0, length, prot, flags, fd, offset_bytes)

    def munmap(self, addr: int, length: int) -> None:
        """munmap(2); see :func:`vmalab.mm.munmap.munmap`."""
        self._call("munmap", addr, length)

    def mprotect(self, addr: int, length: int, prot: int) -> None:
        """mprotect(2); see :func:`vmalab.mm.mprotect.mprotect`."""
        self._call("mprotect", addr, length, prot)

    def mremap(
        self, addr: int, old_length: int, new_length: int, flags: int = 0, new_addr: int = 0
    ) -> int:
        """mremap(2): the address afterwards; see the generation's mremap."""
        return self._call("mremap", addr, old_length, new_length, flags, new_addr)

    def remap_file_pages(
        self, addr: int, length: int, prot: int, pgoff: int, flags: int = 0
    ) -> None:
        """remap_file_pages(2); ``pgoff`` counts pages."""
        self._call("remap_file_pages", addr, length, prot, pgoff, flags)

    def madvise(self, addr: int, length: int, advice: int) -> None:
        """madvise(2); see the generation's madvise."""
        self._call("madvise", addr, length, advice)

    def mlock(self, addr: int, length: int) -> None:
        """mlock(2); see :func:`vmalab.mm.mlock.mlock`."""
        self._call("mlock", addr, length)

    def mlock2(self, addr: int, length: int, flags: int) -> None:
        """mlock2(2); see :func:`vmalab.mm.mlock.mlock2`."""
        self._call("mlock2", addr, length, flags)

    def munlock(self, addr: int, length: int) -> None:
        """munlock(2); see :func:`vmalab.mm.mlock.munlock`."""
        self._call("munlock", addr, length)

    def msync(self, addr: int, length: int, flags: int) -> None:
        """msync(2); see :func:`vmalab.mm.msync.msync`."""
        self._call("msync", addr, length, flags)

    def mincore(self, addr: int, length: int) -> str:
        """mincore(2): a digit a page; see :func:`vmalab.mm.msync.mincore`."""
        digits = self.syscall("mincore", addr, length)
        return digits if isinstance(digits, str) else self._raise(digits)

    def brk(self, addr: int) -> int:
        """brk(2): the end of the heap afterwards (bytes)."""
        return self._call("brk", addr)

    def load(self, addr: int, len_bytes: int = 1) -> bytes:
        """Read memory as the task does.

        Raises:
            SegmentationFault, BusError, OutOfMemory: why there is nothing to read.
        """
        return self.mmu.load(addr, len_bytes)

    def store(self, addr: int, data: bytes = b"\x01") -> None:
        """Write memory as the task does; see :meth:`load`."""
        self.mmu.store(addr, data)

    def touch_for_write(self, addr: int) -> None:
        """Write to an address what it holds already: a write that changes nothing."""
        self.mmu.translate(addr, "write")

    def fetch(self, addr: int, len_bytes: int = 1) -> bytes:
        """Fetch instructions as the task does; see :meth:`load`."""
        return self.mmu.fetch(addr, len_bytes)

    def snapshot(self) -> Snapshot:
        """The address space as a record that views can draw."""
        return proc.snapshot(self.mm)

    def maps(self) -> str:
        """The lines of /proc/PID/maps (without device and inode)."""
        return self.snapshot().maps()

    def smaps(self) -> str:
        """The text of /proc/PID/smaps: what the pages behind each VMA are."""
        return proc.smaps(self.mm)

    def pagemap(self, addr: int, nr_pages: int) -> tuple[int, ...]:
        """The 64-bit entries of /proc/PID/pagemap; see :mod:`vmalab.uapi.pagemap`."""
        return proc.pagemap(self.mm, addr, addr + pages_to_bytes(nr_pages))

    def status(self) -> str:
        """The lines of /proc/PID/status about memory."""
        return proc.status(self.mm)

    def _call(self, name: str, *args: int) -> int:
        words = [n & WORD_MASK if type(n) is int else _word(name, n) for n in args]
        value = self.syscall(name, *words)
        if isinstance(value, int) and value >= 0:
            return value
        return self._raise(int(value))

    def _raise(self, value: int) -> NoReturn:
        refusal = self.mm.refusal
        if refusal is not None and refusal.errno == -value:
            raise KernelError(refusal.errno, refusal.because, refusal.rule)
        raise KernelError(-value)


def _word(name: str, number: object) -> int:
    """An argument as a 64-bit register holds it; anything but a whole number is refused."""
    if not isinstance(number, int):
        msg = f"{name} takes whole numbers (bytes, pages, flags), not {number!r}"
        raise TypeError(msg)
    return number & WORD_MASK


def _sys_mmap(
    task: Task, addr: int, length: int, prot: int, flags: int, fd: int, offset_bytes: int
) -> int | str:
    """The one call that looks at the task's open files.

    Mirrors: arch/x86/kernel/sys_x86_64.c:mmap, mm/mmap.c:ksys_mmap_pgoff.
    """
    if offset_bytes % PAGE_SIZE:
        rule = "arch/x86/kernel/sys_x86_64.c:mmap"
        reason = f"the file offset {offset_bytes:#x} is not page-aligned"
        return task.mm.refuse(EINVAL, reason, rule)
    file = None
    if not flags & MAP_ANONYMOUS:
        file = task.files.get(fd)
        if file is None:
            number = fd if fd < 1 << 31 else fd - task.mm.word_mask - 1
            reason = f"file descriptor {number} is not open"
            return task.mm.refuse(EBADF, reason, "mm/mmap.c:ksys_mmap_pgoff")
    return task.do_mmap(file, addr, length, prot, flags, offset_bytes // PAGE_SIZE)
