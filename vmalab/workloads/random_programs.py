"""Random programs, the same ones for the same seed and number.

The generator keeps a rough picture of what is mapped where, so that most operations find
something to work on; it never asks a kernel.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

from vmalab.host.compile import too_far
from vmalab.records import program as ops
from vmalab.records.program import WINDOW_START, At, Bytes, Op, Program
from vmalab.records.resolve import Window
from vmalab.workloads.bad_arguments import spoil
from vmalab.workloads.picture import Picture
from vmalab.workloads.profiles import PROFILES, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_OPS = 40
_T = TypeVar("_T")


def random_program(
    seed: int, index: int, profile: str = "mixed", nr_ops: int = DEFAULT_OPS
) -> Program:
    """Program number ``index`` of a seed.

    >>> random_program(1, 7, "anon", 3) == random_program(1, 7, "anon", 3)
    True

    Raises:
        ValueError: no profile has that name.
    """
    if profile not in PROFILES:
        msg = f"{profile!r} is not a profile; choose one of {', '.join(PROFILES)}"
        raise ValueError(msg)
    return make_program(PROFILES[profile], seed, index, nr_ops)


def make_program(profile: Profile, seed: int, index: int, nr_ops: int = DEFAULT_OPS) -> Program:
    """Program number ``index`` of a seed, of any profile."""
    rng = random.Random(f"{seed}/{profile.name}/{index}")
    return _Maker(rng, profile).program(nr_ops, f"{profile.name}-{seed}-{index}")


class _Maker:
    """Makes one program."""

    def __init__(self, rng: random.Random, profile: Profile) -> None:
        self.rng = rng
        self.profile = profile
        self.window = Window(WINDOW_START["x86_64"], profile.pages)
        self.picture = Picture(rng, profile.pages, profile.longest)
        self.made: dict[str, Callable[[], Op]] = {
            "mmap": self.mmap,
            "munmap": self.munmap,
            "mprotect": self.mprotect,
            "mremap": self.mremap,
            "remap": self.remap,
            "madvise": self.madvise,
            "mlock": self.mlock,
            "mlock2": self.mlock2,
            "munlock": self.munlock,
            "msync": self.msync,
            "mincore": self.mincore,
            "truncate": self.truncate,
            "probe": self.probe,
            "contents": ops.Contents,
            "write": self.write,
            "read": self.read,
            "brk": self.brk,
        }

    def pick(self, weights: Mapping[_T, int]) -> _T:
        """One of the keys, by weight."""
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def program(self, nr_ops: int, name: str) -> Program:
        rng, profile = self.rng, self.profile
        weights = dict(profile.weights)
        if rng.random() < profile.heap:
            weights["brk"] = 12
        made: list[Op] = []
        fill = "none" if rng.random() < 0.15 and not profile.sealed else "hole"
        if fill == "none":
            self.picture.put(0, profile.pages, "anon")
        while len(made) < nr_ops:
            op = self.made[self.pick(weights)]()
            op = spoil(op, rng) if rng.random() < profile.bad else op
            if not too_far(op, self.window, sealed=profile.sealed):
                made.append(op)
        if rng.random() < profile.fork:
            made[rng.randrange(nr_ops)] = ops.Fork()
        if rng.random() < profile.limit:
            limit = ops.Limit("as", rng.randint(1, 8))
            if rng.random() < 0.5:
                limit = ops.Limit("memlock", rng.randint(0, 4))
            made[rng.randrange(nr_ops)] = limit
        return Program(profile.pages, tuple(made), "none" if fill == "none" else "hole", name)

    def length(self, pages: int) -> ops.Len:
        """A length: whole pages, or now and then a few bytes less."""
        if self.rng.random() < 0.04:
            return Bytes(pages, -self.rng.randint(1, 4095))
        return pages

    def mmap(self) -> Op:
        rng = self.rng
        kind = self.pick(self.profile.kinds)
        fixed = "fixed"
        if self.profile.sealed:
            fixed = rng.choice(["", "", "fixed", "fixed_noreplace"])
        elif rng.random() < 0.08:
            fixed = rng.choice(["fixed_noreplace", "", "fixed_noreplace"])
        start, pages = self.picture.span_for_new()
        addr: ops.Addr = start
        if not fixed and rng.random() < 0.7:
            addr = None
        prot = self.pick(self.profile.prots)
        flags = ["shared" if kind in {"shm", "file"} else "private"]
        file, pgoff = "-", 0
        if kind in {"anon", "shm", "stack"}:
            flags.append("anon")
        else:
            file, pgoff, prot = self.file_place(start, prot, shared=kind == "file")
        if kind == "stack":
            flags.append("growsdown")
        if self.profile.extras and rng.random() < 0.25:
            flags.append(self.pick(self.profile.extras))
        if fixed:
            flags.append(fixed)
            self.picture.put(start, pages, file if file != "-" else kind, pgoff)
        return ops.Mmap(addr, self.length(pages), prot, ",".join(flags), file, pgoff)

    def file_place(self, start: int, prot: str, *, shared: bool) -> tuple[str, int, str]:
        """Which file, at which page; a protection that its descriptor allows, mostly."""
        rng = self.rng
        file = rng.choice(["f0", "f0", "f0", "f1"])
        if rng.random() < 0.12:
            file = "r0"
            if shared and "w" in prot and rng.random() < 0.8:
                prot = "r"
        elif rng.random() < 0.02:
            file = "w0"
        pgoff = start if rng.random() < self.profile.natural else rng.randrange(66)
        return file, pgoff, prot

    def munmap(self) -> Op:
        start, pages = self.picture.span()
        self.picture.clear(start, pages)
        return ops.Munmap(start, self.length(pages))

    def mprotect(self) -> Op:
        start, pages = self.picture.span()
        return ops.Mprotect(start, self.length(pages), self.pick(self.profile.prots))

    def mremap(self) -> Op:
        rng = self.rng
        start, old = self.picture.span()
        how = rng.random()
        if how < 0.2:  # shrink or grow in place
            new = max(1, old + rng.choice([-2, -1, 1, 1, 2, 3]))
            flags = "maymove" if self.profile.sealed and rng.random() < 0.6 else "0"
            self.picture.resize(start, old, new)
            return ops.Mremap(start, self.length(old), new, flags)
        new = old if rng.random() < 0.7 else max(1, old + rng.choice([-1, 1, 2]))
        if self.profile.sealed and rng.random() < 0.5:
            flags = "maymove,dontunmap" if rng.random() < 0.2 else "maymove"
            return ops.Mremap(start, old, new, flags)
        if rng.random() < 0.04:
            old = 0
        target = self.picture.target(start, new)
        if rng.random() < 0.15:
            self.picture.copy(start, old, target)
            return ops.Mremap(start, old, old, "maymove,fixed,dontunmap", target)
        self.picture.move(start, old, target)
        return ops.Mremap(start, old, new, "maymove,fixed", target)

    def remap(self) -> Op:
        rng = self.rng
        start, pages = self.picture.span_of_files()
        natural = rng.random() < self.profile.natural
        pgoff = self.picture.home(start) if natural else rng.randrange(64)
        return ops.Remap(start, self.length(pages), "none", pgoff)

    def madvise(self) -> Op:
        advice = self.pick(self.profile.advice)
        start, pages = self.picture.span()
        return ops.Madvise(start, self.length(pages), advice)

    def mlock(self) -> Op:
        return ops.Mlock(*self.picture.span())

    def mlock2(self) -> Op:
        return ops.Mlock2(*self.picture.span(), self.rng.choice(["onfault", "onfault", "0"]))

    def munlock(self) -> Op:
        return ops.Munlock(*self.picture.span())

    def msync(self) -> Op:
        flags = ["sync", "async", "invalidate", "sync,invalidate", "0"]
        return ops.Msync(*self.picture.span(), self.rng.choice(flags))

    def mincore(self) -> Op:
        return ops.Mincore(*self.picture.span())

    def truncate(self) -> Op:
        return ops.Truncate(self.rng.choice(["f0", "f1"]), self.rng.choice([0, 4, 8, 16, 64, 66]))

    def probe(self) -> Op:
        kind = self.rng.choice([ops.Probe, ops.Wprobe, ops.Xprobe])
        return kind(*self.picture.span())

    def write(self) -> Op:
        return ops.Write(self.touched(), self.rng.randint(1, 99))

    def read(self) -> Op:
        return ops.Read(self.touched())

    def touched(self) -> ops.Addr:
        """A page to touch; below a stack now and then; seldom in the middle of a page.

        Never over byte 8, where files have their return instruction.
        """
        start, pages = self.picture.span()
        page = start + self.rng.randrange(pages)
        if "stack" in self.profile.kinds and self.rng.random() < 0.1:
            page = max(0, self.picture.below_a_stack())
        return At(page, self.rng.randrange(12, 4093)) if self.rng.random() < 0.03 else page

    def brk(self) -> Op:
        page = self.rng.randint(0, self.profile.pages)
        if self.rng.random() < 0.1:
            return ops.Brk(None)
        if self.rng.random() < 0.2:
            return ops.Brk(At(max(page, 1), -self.rng.randint(1, 4095)))
        return ops.Brk(page)
