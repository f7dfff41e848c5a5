"""Right and wrong answers to set 07: each wrong one with the first probe that is to catch it."""

from tests.grading.answers.ex01 import _program

_SKY = "mmap 0 8 none shared,fixed f0 0"
_TWO = ["remap 2 1 rw 30 chgprot", "write 2 77", "remap 2 1 r 30 chgprot"]
_THREE = "remap 3 1 r 0 chgprot"
_SEVEN = ["remap 7 1 rw 12 chgprot", "write 7 78", "remap 7 1 none 0 chgprot"]


def _window(*lines):
    return _program("window", *lines)


def _right(body):
    return f"def right(entry):\n{body}"


def _flush(body):
    return f"def flush(entries):\n{body}"


_YOUNG = "    if not entry & 128:\n        return 'x'\n"
_WRITE = "    return 'rwx' if entry & 32 and entry & 256 else 'rx'"
_CALLS = "    calls = []\n    for page, frame, right in entries:\n"
_LAST = "        last = calls[-1] if calls else None\n"
_GONE = (
    "        if frame is None:\n"
    "            if last and last[0] == 'munmap' and last[1] + last[2] == page:\n"
    "                calls[-1] = ('munmap', last[1], last[2] + 1)\n"
    "            else:\n                calls.append(('munmap', page, 1))\n"
)
_GROWS = (
    "        elif last and last[0] == 'mmap' and last[1] + last[2] == page"
    " and last[3] == right and last[4] + last[2] == frame:\n"
    "            calls[-1] = ('mmap', last[1], last[2] + 1, right, last[4])\n"
)
_NEW = "        else:\n            calls.append(('mmap', page, 1, right, frame))\n"
_END = "    return calls"
_WHOLE = _CALLS + _LAST + _GONE + _GROWS + _NEW + _END
_PASS = "        if frame is None:\n            continue\n"


def _whole(part, changed):
    """The right answer with one part changed."""
    assert part in _WHOLE
    return _WHOLE.replace(part, changed)


RIGHT = {
    "ex7.q1": ['guest = "6 4"', 'guest = "6, 4"', 'guest = "6\\n" + "4"'],
    "ex7.q2": ['bill = "52 104 40"', 'bill = "52, 104, 40"', 'bill = "52 104\\n" + "40"'],
    "ex7.q3": [
        _window(_SKY, *_TWO, _THREE, *_SEVEN),
        _window(_SKY, _THREE, *_SEVEN, *_TWO),
        _window(_SKY, *_SEVEN, "remap 3 1 r 0 chgprot", *_TWO),
        _window(_SKY, _THREE, *_TWO, *_SEVEN[:2], "remap 7 1 none 55 chgprot"),
        _window(_SKY, *_TWO[:2], *_SEVEN[:2], _THREE, _TWO[2], _SEVEN[2]),
    ],
    "ex7.q4": [
        _right(_YOUNG + _WRITE),
        _right(
            "    young, dirty, rw = (entry >> bit & 1 for bit in (7, 8, 5))\n"
            "    return 'r' * young + 'w' * (young * dirty * rw) + 'x'"
        ),
        _right(
            "    table = {0x1A0: 'rwx', 0x180: 'rx', 0xA0: 'rx', 0x80: 'rx'}\n"
            "    return table.get(entry & 0x1A0, 'x')"
        ),
    ],
    "ex7.q5": [
        _flush(_WHOLE),
        _flush(
            "    runs = []\n"
            "    for page, frame, right in entries:\n"
            "        key = page if frame is None else (page - frame, right)\n"
            "        old = runs[-1] if runs else None\n"
            "        if old and old['end'] == page and old['right'] == right and "
            "(frame is None or page - frame == old['apart']):\n"
            "            old['end'] += 1\n"
            "        else:\n"
            "            apart = None if frame is None else page - frame\n"
            "            runs.append(dict(at=page, end=page + 1, right=right, apart=apart))\n"
            "    return [('munmap', r['at'], r['end'] - r['at']) if r['right'] is None else "
            "('mmap', r['at'], r['end'] - r['at'], r['right'], r['at'] - r['apart'])"
            " for r in runs]"
        ),
        _flush(
            "    from itertools import groupby\n"
            "    def kind(pair):\n"
            "        at, (page, frame, right) = pair\n"
            "        return page - at, frame if frame is None else frame - at, right\n"
            "    calls = []\n"
            "    for (_, frame, right), run in groupby(enumerate(entries), kind):\n"
            "        pages = [entry for _, entry in run]\n"
            "        first = pages[0]\n"
            "        if frame is None:\n"
            "            calls.append(['munmap', first[0], len(pages)])\n"
            "        else:\n"
            "            calls.append(['mmap', first[0], len(pages), right, first[1]])\n"
            "    return calls"
        ),
    ],
}

WRONG = {
    "ex7.q1": [
        ('guest = "7 4"', 0),
        ('guest = "5 4"', 0),
        ('guest = "4 4"', 0),
        ('guest = "6"', 0),
        ('guest = "6 4 0"', 0),
        ('guest = "6 3"', 1),
        ('guest = "6 5"', 1),
        ('guest = "6 1"', 1),
        ('guest = "6 2"', 1),
    ],
    "ex7.q2": [
        ('bill = "50 100 40"', 0),
        ('bill = "52 52 40"', 0),
        ('bill = "52 0 40"', 0),
        ('bill = "3 6 40"', 0),
        ('bill = "52 104"', 0),
        ('bill = "52 104 50"', 1),
        ('bill = "52 104 80"', 1),
        ('bill = "52 104 0"', 1),
        ('bill = "52 104 52"', 1),
    ],
    "ex7.q3": [
        (_window(_SKY.replace(" none ", " rw "), *_TWO, _THREE, *_SEVEN), 0),
        (_window(_SKY, *_TWO[:2], _THREE, *_SEVEN), 0),
        (_window(_SKY, *_TWO, _THREE, *_SEVEN[:2]), 0),
        (_window(_SKY, *_TWO, _THREE, *_SEVEN[:2], "munmap 7 1"), 0),
        (_window(_SKY, *_TWO, *_SEVEN), 0),
        (_window("mmap 2 1 r shared,fixed f0 30", "mmap 3 1 r shared,fixed f0 0"), 0),
        (_window(_SKY, *_TWO, "remap 3 1 r 3 chgprot", *_SEVEN), 1),
        (_window(_SKY, *_TWO[::2], _THREE, *_SEVEN), 1),
        (_window(_SKY, *_TWO, _THREE), 1),
        (_window(_SKY, *_TWO[:2], "remap 2 1 r 2 chgprot", _THREE, *_SEVEN), 1),
        (_window(_SKY, *_TWO, _THREE, *_SEVEN, "write 2 1"), 2),
        (_window(_SKY, *_TWO, _THREE, *_SEVEN, "read 2", "read 3"), 2),
    ],
    "ex7.q4": [
        (_right("    return 'rwx' if entry & 32 else 'rx'"), 0),
        (_right(_YOUNG + "    return 'rwx' if entry & 32 else 'rx'"), 0),
        (_right(_WRITE), 0),
        (_right(_YOUNG + "    return 'rw' if entry & 32 and entry & 256 else 'r'"), 0),
        (_right(_YOUNG.replace("128", "64") + _WRITE), 0),
        (_right(_YOUNG.replace("'x'", "'none'") + _WRITE), 0),
        (_right(_YOUNG + "    return 'rwx' if entry & 256 else 'rx'"), 1),
        (_right(_YOUNG + "    return 'rwx' if entry & 288 == 256 or entry & 256 else 'rx'"), 1),
        (_right("    if entry & 288 == 288:\n        return 'rwx'\n" + _YOUNG + _WRITE), 1),
    ],
    "ex7.q5": [
        (_flush(_CALLS + _LAST + _GONE + _NEW + _END), 0),
        (_flush(_whole(" and last[4] + last[2] == frame", "")), 0),
        (_flush(_whole("('munmap', page, 1)", "('mmap', page, 1, 'x', 0)")), 0),
        (_flush(_whole("        if frame is None:\n", _PASS + "        if frame is None:\n")), 0),
        (_flush(_WHOLE + "[::-1]"), 0),
        (_flush(_whole(" and last[3] == right", "")), 1),
        (_flush(_whole("'mmap' and last[1] + last[2] == page", "'mmap'")), 1),
        (_flush(_whole("last[0] == 'munmap' and", "False and")), 1),
        (_flush(_whole("'munmap' and last[1] + last[2] == page", "'munmap'")), 1),
        (_flush(_whole("+ last[2] == frame", "<= frame <= last[4] + last[2]")), 1),
        (_flush(_whole("    calls = []", "    calls, entries = [], entries[:12]")), 2),
    ],
}
