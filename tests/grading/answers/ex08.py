"""Right and wrong answers to set 08: each wrong one with the first probe that is to catch it."""

from tests.grading.answers.ex01 import _program

_SKY = "mmap 0 8 rw shared,fixed f0 0"
_READ = "remap 2 1 r 20 chgprot"
_NONE = "remap 5 1 none 5 chgprot"
_WRITE = "remap 1 1 rw 40 chgprot"
_WORD = "write 1 77"


def _stars(*lines):
    return _program("stars", *lines)


def _reader(body):
    return f"def read_note(entry):\n{body}"


def _check(body):
    return f"def allowed(entry, usual, access):\n{body}"


def _leave(body):
    return f"def leave(page, own, rights, usual):\n{body}"


_PAGE = "    page = entry >> 2 & 15 | entry >> 9 << 4\n"
_RIGHTS = "    return page, 'none' if entry & 256 else 'rw' if entry & 2 else 'r'"
_MAY = "    rights = usual if entry is None else entry\n"
_ENOUGH = "    return 'ok' if rights == 'rw' or (rights, access) == ('r', 'read') else 'SIGSEGV'"
_NOTE = "    if entry == 'note':\n        return 'ok'\n"
_SAME = "    if page == own and rights == usual:\n        return 0\n"
_BITS = "    bits = {'none': 256, 'r': 0, 'rw': 2}[rights]\n"
_ENTRY = "    return 64 | bits | (page & 15) << 2 | page >> 4 << 9"

RIGHT = {
    "ex8.q1": [
        'asked = "1 ok SIGSEGV SIGSEGV ok SIGSEGV ok SIGSEGV"',
        'asked = "1, OK, SIGSEGV, SIGSEGV, OK, SIGSEGV, OK, SIGSEGV"',
        'asked = "1\\n" + "ok sigsegv sigsegv\\n" + "ok sigsegv ok sigsegv"',
    ],
    "ex8.q2": [
        'back = "r rx rwx none rx"',
        'back = "r-- r-x rwx --- r-x"',
        'back = "r, rx, rwx, none, rx"',
    ],
    "ex8.q3": [
        _stars(_SKY, _READ, _NONE, _WRITE, _WORD),
        _stars(_SKY, "remap 5 1 none 30 chgprot", _WRITE, _WORD, _READ),
        _stars(_SKY, "remap 1 2 none 19 chgprot", _WRITE, _READ, _NONE, _WORD),
        _stars(_SKY, _READ, _WRITE, _NONE, "read 7", _WORD, "read 2"),
    ],
    "ex8.q4": [
        _reader(_PAGE + _RIGHTS),
        _reader(
            "    rights = 'rw' if entry // 2 % 2 else 'r'\n"
            "    if entry // 256 % 2:\n        rights = 'none'\n"
            "    return [entry // 512 * 16 + entry // 4 % 16, rights]"
        ),
        _reader(
            "    bits = f'{entry:032b}'\n    page = int(bits[:23] + bits[26:30], 2)\n"
            "    return page, {'0': {'0': 'r', '1': 'rw'}[bits[30]], '1': 'none'}[bits[23]]"
        ),
    ],
    "ex8.q5": [
        _check(_NOTE + _MAY + _ENOUGH),
        _check(
            "    needed = {'read': ('r', 'rw'), 'write': ('rw',)}[access]\n"
            "    asked = entry or usual\n"
            "    return 'ok' if asked in (*needed, 'note') else 'SIGSEGV'"
        ),
        _check(
            "    letter = access[0]\n    who = usual if not entry else entry\n"
            "    if who == 'note' or who != 'none' and letter in who:\n        return 'ok'\n"
            "    return 'SIGSEGV'"
        ),
    ],
    "ex8.q6": [
        _leave(_SAME + _BITS + _ENTRY),
        _leave(
            "    if (page, rights) == (own, usual):\n        return 0\n"
            "    upper, lower = divmod(page, 16)\n"
            "    number = upper * 512 + lower * 4 + 64\n"
            "    return number + (rights == 'none') * 256 + (rights == 'rw') * 2"
        ),
        _leave(
            "    if page != own or rights != usual:\n    " + _BITS + "    " + _ENTRY + "\n"
            "    return 0"
        ),
    ],
}

WRONG = {
    "ex8.q1": [
        ('asked = "4 ok SIGSEGV SIGSEGV ok SIGSEGV ok SIGSEGV"', 0),
        ('asked = "1 SIGSEGV SIGSEGV SIGSEGV ok SIGSEGV ok SIGSEGV"', 0),
        ('asked = "1 ok ok SIGSEGV ok SIGSEGV ok SIGSEGV"', 0),
        ('asked = "1 ok SIGSEGV ok ok SIGSEGV ok SIGSEGV"', 0),
        ('asked = "ok SIGSEGV SIGSEGV ok SIGSEGV ok SIGSEGV"', 0),
        ('asked = "1 ok SIGSEGV SIGSEGV SIGSEGV SIGSEGV SIGSEGV SIGSEGV"', 1),
        ('asked = "1 ok SIGSEGV SIGSEGV ok ok ok SIGSEGV"', 1),
        ('asked = "1 ok SIGSEGV SIGSEGV ok SIGSEGV ok ok"', 1),
        ('asked = "1 ok SIGSEGV SIGSEGV ok SIGSEGV ok"', 1),
    ],
    "ex8.q2": [
        ('back = "r r rw none rx"', 0),
        ('back = "rx rx rwx none rx"', 0),
        ('back = "r rx rwx rwx rx"', 0),
        ('back = "r rx rwx none rwx"', 0),
        ('back = "r rx rwx none"', 0),
        ('back = "r rwx rwx none rx"', 1),
        ('back = "r rw rwx none rx"', 1),
        ('back = "r rx rx none rx"', 1),
        ('back = "r none none none rx"', 1),
    ],
    "ex8.q3": [
        (_stars(_SKY, _WRITE, _READ, _NONE, _WORD), 0),
        (_stars(_SKY, "remap 2 1 none 20", "mprotect 2 1 r", _NONE, _WRITE, _WORD), 0),
        (_stars(_SKY, _READ, _WRITE, _WORD), 0),
        (_stars(_SKY.replace(" rw ", " none "), _READ, _NONE, _WRITE, _WORD), 0),
        (_stars(_SKY, _NONE, "remap 2 1 none 20", _WRITE, _WORD), 0),
        (_stars(_SKY, _READ, _NONE, _WRITE), 1),
        (_stars(_SKY, _READ, _NONE, _WORD, _WRITE), 1),
        (_stars(_SKY, "remap 2 1 r 2 chgprot", _NONE, _WRITE, _WORD), 1),
        (_stars(_SKY, _READ, _NONE, _WRITE, _WORD, "write 2 1"), 1),
    ],
    "ex8.q4": [
        (_reader("    page = entry >> 2 & 31 | entry >> 9 << 5\n" + _RIGHTS), 0),
        (_reader("    page = entry >> 1 & 31 | entry >> 8 << 5\n" + _RIGHTS), 0),
        (_reader("    page = entry >> 2 & 15 | entry >> 9\n" + _RIGHTS), 0),
        (_reader(_PAGE + "    return page, 'rw' if entry & 2 else 'r'"), 0),
        (
            _reader(
                _PAGE + "    return page, 'none' if entry & 128 else 'rw' if entry & 2 else 'r'"
            ),
            0,
        ),
        (_reader(_PAGE + "    return page, 'r' if entry & 2 else 'rw'"), 0),
        (
            _reader(
                _PAGE + "    return page, 'rw' if entry & 2 else 'none' if entry & 256 else 'r'"
            ),
            1,
        ),
        (_reader(_PAGE.replace("entry >> 9 <<", "(entry >> 9 & 255) <<") + _RIGHTS), 1),
        (_reader(_PAGE.replace("entry >> 9 <<", "(entry >> 9 & 65535) <<") + _RIGHTS), 1),
        (_reader(_PAGE + "    if page > 1 << 20:\n        return None\n" + _RIGHTS), 1),
    ],
    "ex8.q5": [
        (_check("    rights = usual\n" + _ENOUGH), 0),
        (_check("    if entry == 'note':\n        return 'SIGSEGV'\n" + _MAY + _ENOUGH), 0),
        (_check(_NOTE + _MAY + "    return 'SIGSEGV' if rights == 'none' else 'ok'"), 0),
        (_check(_NOTE + _MAY + "    return 'ok' if rights == 'rw' else 'SIGSEGV'"), 0),
        (_check("    if entry is None:\n        return 'ok'\n" + _NOTE + _MAY + _ENOUGH), 0),
        (_check(_NOTE + _MAY + _ENOUGH.replace("SIGSEGV", "SIGBUS")), 0),
        (_check(_NOTE + "    rights = entry or 'none'\n" + _ENOUGH), 1),
        (
            _check(
                _NOTE
                + _MAY
                + "    rights = max(rights, usual, key=len) if usual == 'rw' else rights\n"
                + _ENOUGH
            ),
            1,
        ),
        (
            _check(
                "    if entry == 'note' and usual == 'r' and access == 'write':\n"
                "        return 'SIGSEGV'\n" + _NOTE + _MAY + _ENOUGH
            ),
            1,
        ),
        (
            _check(
                _NOTE
                + _MAY
                + "    if entry == 'none' and usual != 'none':\n        return 'ok'\n"
                + _ENOUGH
            ),
            1,
        ),
    ],
    "ex8.q6": [
        (_leave("    if page == own:\n        return 0\n" + _BITS + _ENTRY), 0),
        (_leave("    if rights == usual:\n        return 0\n" + _BITS + _ENTRY), 0),
        (_leave(_BITS + _ENTRY), 0),
        (_leave(_SAME + "    bits = 0\n" + _ENTRY), 0),
        (_leave(_SAME + _BITS.replace("256", "128") + _ENTRY), 0),
        (_leave(_SAME + _BITS + _ENTRY.replace("64 | ", "")), 0),
        (_leave(_SAME + _BITS + "    return 64 | bits | (page & 31) << 1 | page >> 5 << 8"), 0),
        (_leave(_SAME + _BITS + _ENTRY.replace(">> 4 << 9", "// 16 % 256 << 9")), 1),
        (
            _leave(
                "    if page == own and rights in (usual, 'rw'):\n        return 0\n"
                + _BITS
                + _ENTRY
            ),
            1,
        ),
        (_leave(_SAME + _BITS.replace("'r': 0", "'r': 2 * (usual == 'none')") + _ENTRY), 1),
        (
            _leave(
                "    if page == own and usual != 'rw' and rights != 'none':\n        return 0\n"
                + _BITS
                + _ENTRY
            ),
            0,
        ),
    ],
}
