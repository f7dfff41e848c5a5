"""Right and wrong answers to set 06: each wrong one with the first probe that is to catch it."""

from tests.grading.answers.ex01 import _program

_MAPS = "0-4 rx, 4-6 none, 6-8 r, 8-9 rw, 9-12 rw"
_ROOM = "mmap 0 18 rx private,fixed f0 0"
_SEAL = "mprotect 4 6 none"
_DATA = "mmap 10 5 rw private,fixed f0 4"
_BSS = "mmap 15 3 rw private,anon,fixed"
_RELOC = "write 10 77"
_RELRO = "mprotect 10 2 r"

_SKY = "mmap 0 18 none private,fixed f0 0"
_TEXT = "remap 0 4 rx 0 chgprot"
_STARS = "remap 10 5 rw 4 chgprot"


def _hand(*lines):
    return _program("by_hand", *lines)


def _two(*lines):
    return _program("into_two", *lines)


_PLAN = """
def plan(segments, relro):
    up = lambda n: -(-n // 4096)
    first, last = segments[0], segments[-1]
    lines = [f"mmap 0 {up(last['vaddr'] + last['memsz'])} {first['prot']} private,fixed f0 0"]
    ends = [up(one["vaddr"] + one["filesz"]) for one in segments]
    starts = [one["vaddr"] // 4096 for one in segments]
    if any(end != start for end, start in zip(ends, starts[1:])):
        lines.append(f"mprotect {ends[0]} {starts[-1] - ends[0]} none")
    for one, start, end in zip(segments, starts, ends):
        if one is not first and end > start:
            at = one["offset"] // 4096
            lines.append(f"mmap {start} {end - start} {one['prot']} private,fixed f0 {at}")
        top = up(one["vaddr"] + one["memsz"])
        if top > end:
            lines.append(f"mmap {end} {top - end} {one['prot']} private,anon,fixed")
    if relro:
        low, high = relro[0] // 4096, (relro[0] + relro[1]) // 4096
        if low != high:
            lines.append(f"mprotect {low} {high - low} r")
    return lines
"""


def _but(old, new):
    assert old in _PLAN
    return _PLAN.replace(old, new)


RIGHT = {
    "ex6.q1": [
        f'headers = "{_MAPS}"',
        f'headers = """{_MAPS.replace(", ", chr(10)).replace("none", "---p")}"""',
        'headers = "0-4 r-xp; 4-6 ---p; " + "6-8 r--p; 8-9 rw-p; 9-12 rw-p"',
    ],
    "ex6.q2": ['steps = "9 6 5 4"', 'steps = "9, 6, 5, 4"', 'steps = "9\\n6\\n5\\n4"'],
    "ex6.q3": [
        _hand(_ROOM, _SEAL, _DATA, _BSS, _RELOC, _RELRO),
        _hand(_ROOM, _DATA, _SEAL, _RELOC, _RELRO, _BSS),
        _hand(_ROOM, _BSS, _DATA, _RELOC, _RELRO, _SEAL),
        _hand("# reserve", _ROOM, _DATA, "", _RELOC, _BSS, _SEAL, _RELRO + "  # last"),
    ],
    "ex6.q4": [
        _two(_SKY, _TEXT, _STARS, _BSS, _RELOC, _RELRO),
        _two(_SKY, _STARS, _TEXT, _RELOC, _RELRO, _BSS),
        _two(
            _SKY, _TEXT, "remap 10 2 rw 4 chgprot", "remap 12 3 rw 6 chgprot", _RELOC, _RELRO, _BSS
        ),
        _two(_BSS, "mmap 0 15 none private,fixed f0 0", _STARS, _RELOC, _RELRO, _TEXT),
    ],
    "ex6.q5": [
        _PLAN,
        _but(
            'lines.append(f"mprotect {low} {high - low} r")',
            'lines += [f"mprotect {low} {high - low} r"]',
        ),
        """
def plan(segments, relro):
    page = 4096
    def span(low, high):
        return low // page, (high + page - 1) // page
    base, top = span(0, segments[-1]["vaddr"] + segments[-1]["memsz"])
    parts = []
    for one in segments:
        start, end = span(one["vaddr"], one["vaddr"] + one["filesz"])
        _, zeroes = span(0, one["vaddr"] + one["memsz"])
        parts.append((start, end, zeroes, one["prot"], one["offset"] // page))
    lines = ["mmap %d %d %s private,fixed f0 %d" % (base, top, parts[0][3], parts[0][4])]
    holes = [low[1] != high[0] for low, high in zip(parts, parts[1:])]
    if True in holes:
        lines += ["mprotect %d %d none" % (parts[0][1], parts[-1][0] - parts[0][1])]
    for number, (start, end, zeroes, prot, at) in enumerate(parts):
        if number > 0 and start < end:
            lines += ["mmap %d %d %s private,fixed f0 %d" % (start, end - start, prot, at)]
        if end < zeroes:
            lines += ["mmap %d %d %s private,anon,fixed" % (end, zeroes - end, prot)]
    if relro is not None and relro[0] // page < (relro[0] + relro[1]) // page:
        start = relro[0] // page
        lines += ["mprotect %d %d r" % (start, (relro[0] + relro[1]) // page - start)]
    return lines
""",
    ],
}

WRONG = {
    "ex6.q1": [
        ('headers = "0-4 rx, 6-8 r, 8-9 rw, 9-12 rw"', 0),
        ('headers = "0-4 rx, 4-6 none, 6-9 rw, 9-12 rw"', 0),
        ('headers = "0-4 rx, 4-6 none, 6-9 r, 9-12 rw"', 0),
        ('headers = "0-4 rx, 4-6 none, 6-8 r, 8-12 rw"', 0),
        ('headers = "0-3 rx, 3-6 none, 6-8 r, 8-9 rw, 9-12 rw"', 0),
        ('headers = "0-4 rx, 4-6 rx, 6-8 r, 8-9 rw, 9-12 rw"', 1),
        ('headers = "0-4 rx, 4-6 none, 6-8 rw, 8-9 r, 9-12 rw"', 1),
        ('headers = "0-4 rwx, 4-6 none, 6-8 r, 8-9 rw, 9-12 rw"', 1),
    ],
    "ex6.q2": [
        ('steps = "7 5 4 2"', 0),
        ('steps = "9 6 5 2"', 0),
        ('steps = "5 3 3 2"', 0),
        ('steps = "9 6 5"', 0),
        ('steps = "9 4 4 4"', 1),
        ('steps = "9 7 5 4"', 1),
        ('steps = "9 6 4 4"', 1),
        ('steps = "9 6 6 4"', 1),
    ],
    "ex6.q3": [
        (_hand(_ROOM, _DATA, _BSS, _RELOC, _RELRO), 0),
        (_hand(_ROOM, _SEAL, _DATA, _BSS, _RELOC), 0),
        (_hand(_ROOM, _SEAL, "mmap 10 5 rw private,fixed f0 10", _BSS, _RELOC, _RELRO), 0),
        (_hand(_ROOM, _SEAL, "mmap 10 8 rw private,fixed f0 4", _RELOC, _RELRO), 0),
        (_hand(_ROOM, _DATA, _BSS, _RELOC, _RELRO, "munmap 4 6"), 0),
        (_hand(_ROOM, _SEAL, _DATA, _BSS, _RELRO, _RELOC), 1),
        (_hand(_ROOM, _SEAL, _DATA, _BSS, _RELRO), 1),
        (_hand(_BSS, "mmap 0 10 rx private,fixed f0 0", _SEAL, _DATA, _RELOC, _RELRO), 1),
        (_hand(_ROOM, _SEAL, _DATA, _BSS, _RELOC, _RELRO, "read 10"), 1),
    ],
    "ex6.q4": [
        (_two(_ROOM, _SEAL, _DATA, _BSS, _RELOC, _RELRO), 0),
        (_two(_SKY, _TEXT, _DATA, _BSS, _RELOC, _RELRO), 0),
        (_two(_SKY, _TEXT, _STARS, _RELOC, _RELRO), 0),
        (_two(_SKY, _TEXT, _STARS, _BSS, _RELOC), 1),
        (_two(_SKY, "remap 0 10 rx 0 chgprot", _STARS, _BSS, _RELOC, _RELRO), 1),
        (_two(_SKY, "remap 0 4 r 0 chgprot", _STARS, _BSS, _RELOC, _RELRO), 1),
        (_two(_SKY, _TEXT, _STARS, _BSS, _RELRO), 2),
        (_two(_SKY, _TEXT, "remap 10 5 rw 10 chgprot", _BSS, _RELOC, _RELRO), 2),
        (_two(_SKY, _STARS, _RELOC, _STARS, _TEXT, _RELRO, _BSS), 2),
        (_two(_SKY, _TEXT, _STARS, _BSS, _RELRO, _RELOC), 2),
    ],
    "ex6.q5": [
        (_but("ends[0]} {starts[-1] - ends[0]} none", "ends[0]} {starts[-1] - ends[0]} r"), 0),
        (
            _but(
                "high = relro[0] // 4096, (relro[0] + relro[1]) // 4096",
                "high = relro[0] // 4096, up(relro[0] + relro[1])",
            ),
            0,
        ),
        (_but("{one['prot']} private,anon", "none private,anon"), 0),
        (_but("up = lambda n: -(-n // 4096)", "up = lambda n: n // 4096"), 0),
        (_but("if top > end:", "if False:"), 0),
        (_but("f0 {at}", "f0 {start}"), 0),
        (_but("if any(end != start for end, start in zip(ends, starts[1:])):", "if True:"), 1),
        (_but("if relro:", "if True:"), 1),
        (_but("up(last['vaddr'] + last['memsz'])", "up(last['vaddr'] + last['filesz'])"), 1),
        (_but("and end > start:", ":"), 2),
        (
            _but(
                "if any(end != start for end, start in zip(ends, starts[1:])):",
                "if len(ends) == 2:",
            ),
            2,
        ),
        (
            _but(
                "        top = up", "        if one is not segments[-1]: continue\n        top = up"
            ),
            2,
        ),
    ],
}
