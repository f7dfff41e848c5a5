"""Right and wrong answers to set 05: each wrong one with the first probe that is to catch it."""

from tests.grading.answers.ex01 import _program

_MAP = "mmap 0 6 rw shared,fixed f0 0"
_TURN = [f"remap {page} 1 none {5 - page}" for page in range(6)]
_WRITE = "write 2 77"


def _note(body):
    return f"def note(pgoff):\n{body}"


_LARGE = "    if pgoff >= 1 << 29:\n        return None\n"
_GOOD = "    return (pgoff & 31) << 1 | 64 | pgoff >> 5 << 8"

RIGHT = {
    "ex5.q1": [
        'window = "1 5 0 1 9 3 4 20 21 7"',
        'window = "1, 5, 0, 1, 9, 3, 4, 20, 21, 7"',
        'window = "1 5\\n" + "0 1 9 3 4 20 21 7"',
    ],
    "ex5.q2": ['notes = "17 40 1000"', 'notes = "17, 40, 1000"', 'notes = "17\\n40\\n1000"'],
    "ex5.q3": [
        _program("backwards", _MAP, *_TURN, _WRITE),
        _program("backwards", _MAP, *reversed(_TURN), _WRITE),
        _program("backwards", _MAP, *_TURN[:3], _WRITE, *_TURN[3:]),
        _program("backwards", _MAP, "write 3 77", *_TURN),
    ],
    "ex5.q4": [
        _note(_LARGE + _GOOD),
        _note(
            "    high, low = divmod(pgoff, 32)\n"
            "    return high * 256 + 64 + low * 2 if high < 1 << 24 else None"
        ),
        _note(
            "    bits = f'{pgoff:029b}'\n    if len(bits) > 29:\n        return None\n"
            "    return int(bits[:24] + '01' + bits[24:] + '0', 2)"
        ),
    ],
}

WRONG = {
    "ex5.q1": [
        ('window = "1 5 0 1 2 3 4 5 6 7"', 0),
        ('window = "1 5 0 1 9 10 11 20 21 22"', 0),
        ('window = "1 5 0 1 9 3 4 20 20 7"', 0),
        ('window = "1 5 0 9 2 3 4 20 21 7"', 0),
        ('window = "5 5 0 1 9 3 4 20 21 7"', 1),
        ('window = "1 1 0 1 9 3 4 20 21 7"', 1),
        ('window = "3 5 0 1 9 3 4 20 21 7"', 1),
        ('window = "1 8 0 1 9 3 4 20 21 7"', 1),
    ],
    "ex5.q2": [
        ('notes = "34 40 1000"', 0),
        ('notes = "49 72 1032"', 0),
        ('notes = "17 40"', 0),
        ('notes = "98 336 8016"', 0),
        ('notes = "17 9 39"', 1),
        ('notes = "17 8 8"', 1),
        ('notes = "17 264 7944"', 1),
        ('notes = "17 40 999"', 1),
    ],
    "ex5.q3": [
        (_program("backwards", *(f"mmap {n} 1 rw shared,fixed f0 {5 - n}" for n in range(6))), 0),
        (_program("backwards", "mmap 0 6 rw private,fixed f0 0", _WRITE), 0),
        (_program("backwards", _MAP.replace(" rw ", " r "), *_TURN), 0),
        (_program("backwards", _MAP, *_TURN), 1),
        (_program("backwards", _MAP, _WRITE), 1),
        (_program("backwards", _MAP, *_TURN[:3], _WRITE), 1),
        (_program("backwards", _MAP, _WRITE, *_TURN), 1),
        (_program("backwards", _MAP, *_TURN, _WRITE, "read 2"), 2),
        (_program("backwards", _MAP, "remap 0 1 r 5", *_TURN, _WRITE), 2),
    ],
    "ex5.q4": [
        (_note(_LARGE + "    return pgoff << 1 | 64"), 0),
        (_note(_LARGE + "    return (pgoff & 31) << 1 | pgoff >> 5 << 8"), 0),
        (_note(_LARGE + "    return (pgoff & 31) << 1 | 65 | pgoff >> 5 << 8"), 0),
        (_note(_LARGE + "    return (pgoff & 31) << 1 | 64 | pgoff >> 5 << 7"), 0),
        (_note(_LARGE + "    return (pgoff & 31) << 1 | 192 | pgoff >> 5 << 8"), 0),
        (_note(_LARGE + "    return (pgoff & 31) << 1 | 64 | pgoff << 8"), 0),
        (_note(_GOOD), 1),
        (_note(_LARGE.replace("29", "28") + _GOOD), 1),
        (_note(_LARGE + _GOOD.replace("31", "15")), 1),
        (_note(_LARGE.replace(">=", ">") + _GOOD), 1),
    ],
}
