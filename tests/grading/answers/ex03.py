"""Right and wrong answers to set 03: each wrong one with the first probe that is to catch it."""

from tests.grading.answers.ex01 import _program

_MAP = "mmap 0 2048 rw private,anon,fixed"


def _decode(present="pte >> 12, bool(pte & 2), bool(pte & 0x40)", swap="pte >> 1 & 31, pte >> 8"):
    return (
        "def decode(pte):\n    if pte == 0:\n        return None\n    if pte & 1:\n"
        f"        return 'present', {present}\n    return 'swap', {swap}\n"
    )


def _walk(
    shifts="39, 30, 21, 12",
    index="addr >> shift & 511",
    absent="not entry & 1",
    frame="entry >> 12 & (1 << 40) - 1",
    end="pfn << 12 | addr & 4095",
):
    return (
        f"def walk(read, top, addr):\n    pfn = top\n    for shift in ({shifts}):\n"
        f"        entry = read(pfn, {index})\n        if {absent}:\n            return None\n"
        f"        pfn = {frame}\n    return {end}\n"
    )


RIGHT = {
    "ex3.q1": [
        'indexes = "0 0 128 1 291 64"',
        'indexes = "0, 0, 128, 1, 291, 64"',
        'indexes = """0\n0\n128\n1\n291\n64"""',
    ],
    "ex3.q2": [
        'entries = "present/ok present/fault none/fault kept/fault"',
        'entries = "Present/OK; Present/Fault; None/Fault; Kept/Fault"',
        'entries = "\\n".join(["present/ok", "present/fault", "none/fault", "kept/fault"])',
    ],
    "ex3.q3": [
        _program("far", _MAP, "write 0 1", "write 600 2", "write 1100 3"),
        _program("far", _MAP, "write 511 1", "write 512 2", "write 2047 3"),
        _program(
            "far", "mmap 0 4096 rw shared,anon,fixed", "write 0 1", "write 1024 1", "write 3000 1"
        ),
    ],
    "ex3.q4": [
        _decode(),
        _decode(
            "pte // 4096, (pte >> 1) % 2 == 1, (pte >> 6) % 2 == 1", "(pte // 2) % 32, pte // 256"
        ),
        (
            "def decode(pte):\n    bit = lambda n: bool(pte >> n & 1)\n    if bit(0):\n"
            "        return ['present', (pte & 0xFFFFF000) >> 12, bit(1), bit(6)]\n"
            "    return ('swap', (pte & 0x3E) >> 1, pte >> 8) if pte else None\n"
        ),
    ],
    "ex3.q5": [
        _walk(),
        (
            "def walk(read, top, addr, depth=0):\n    if depth == 4:\n"
            "        return top * 4096 + addr % 4096\n"
            "    entry = read(top, (addr >> (39 - 9 * depth)) % 512)\n    if entry % 2 == 0:\n"
            "        return None\n"
            "    return walk(read, (entry & 0xFFFFFFFFFF000) >> 12, addr, depth + 1)\n"
        ),
        (
            "def walk(read, top, addr):\n    page, byte = divmod(addr, 4096)\n"
            "    digits = [page // 512**power % 512 for power in (3, 2, 1, 0)]\n"
            "    for digit in digits:\n        entry = read(top, digit)\n"
            "        if entry & 1 == 0:\n            return None\n"
            "        top = (entry % (1 << 52)) // 4096\n    return top * 4096 + byte\n"
        ),
    ],
}

WRONG = {
    "ex3.q1": [
        ('indexes = "0 128 1 291 0 64"', 0),
        ('indexes = "1 128 0 0 291 64"', 0),
        ('indexes = "0 0 64 1 291 64"', 0),
        ('indexes = "0 0 128 1 123 64"', 0),
        ('indexes = "0 0 128 1 291"', 1),
        ('indexes = "0 0 128 1 291 128"', 1),
        ('indexes = "0 0 128 1 291 1"', 1),
        ('indexes = "0x0 0x0 0x80 0x1 0x123 0x40"', 0),
    ],
    "ex3.q2": [
        ('entries = "present/ok present/ok none/fault kept/fault"', 1),
        ('entries = "present/fault present/fault none/fault kept/fault"', 1),
        ('entries = "present/ok present/fault none/fault none/fault"', 0),
        ('entries = "present/ok present/fault kept/fault kept/fault"', 0),
        ('entries = "present/ok present/fault none/ok kept/fault"', 1),
        ('entries = "present/ok present/fault none/fault present/fault"', 0),
        ('entries = "present/ok present/fault none/fault kept/ok"', 1),
        ('entries = "present/ok kept/fault none/fault kept/fault"', 0),
    ],
    "ex3.q3": [
        (_program("far", _MAP), 0),
        (_program("far", _MAP, "write 0 1", "write 1 2", "write 2 3"), 0),
        (_program("far", _MAP, "write 0 1", "write 600 2"), 0),
        (_program("far", _MAP, "write 0 1", "write 513 2", "write 1023 3"), 0),
        (_program("far", _MAP, "write 0 1", "write 600 2", "write 2100 3"), 0),
        (_program("far", _MAP, "read 0", "read 600", "read 1100"), 1),
        (_program("far", _MAP, "write 0 1", "write 1 1", "write 600 2", "write 1100 3"), 1),
        (_program("far", _MAP, "write 0 1", "write 600 2", "read 1100"), 1),
    ],
    "ex3.q4": [
        (_decode(present="pte >> 13, bool(pte & 2), bool(pte & 0x40)"), 0),
        (_decode(present="pte >> 12, bool(pte & 4), bool(pte & 0x40)"), 0),
        (_decode(present="pte >> 12, bool(pte & 2), bool(pte & 0x20)"), 1),
        (_decode(present="pte >> 12, pte & 2, pte & 0x40"), 0),
        (_decode(swap="pte & 31, pte >> 8"), 0),
        (_decode(swap="pte >> 1 & 31, pte >> 12"), 0),
        (_decode(swap="pte >> 1 & 15, pte >> 8"), 1),
        (_decode(swap="pte >> 1 & 31, pte >> 8 & 0xFFF"), 1),
        (_decode(present="pte >> 12 & 0xFFFF, bool(pte & 2), bool(pte & 0x40)"), 0),
        (_decode(swap="pte >> 1 & 127, pte >> 8"), 1),
    ],
    "ex3.q5": [
        (_walk(shifts="12, 21, 30, 39"), 0),
        (_walk(shifts="30, 21, 12"), 0),
        (_walk(index="addr >> shift & 1023"), 0),
        (_walk(end="pfn"), 0),
        (_walk(end="pfn << 12"), 0),
        (_walk(absent="entry == 0"), 0),
        (_walk(frame="entry >> 12"), 0),
        (_walk(frame="entry >> 12 & 0xFF"), 0),
        (_walk(end="pfn << 12 | addr & 0xFFF0"), 0),
        (_walk(absent="not entry & 0x20"), 0),
        (_walk(absent="not (entry & 1 and entry & 2 or shift > 12)"), 0),
    ],
}
