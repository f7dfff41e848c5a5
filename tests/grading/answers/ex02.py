"""Right and wrong answers to set 02: each wrong one with the first probe that is to catch it."""

from tests.grading.answers.ex01 import _program

_ONE = "mmap 0 6 rw private,anon,fixed"


def _merge(body):
    return f"def can_merge(low, high):\n{body}"


def _split(body):
    return f"def split(vma, page):\n{body}"


_SAME = (
    '    if low["flags"] != high["flags"] or low["file"] != high["file"]:\n        return False\n'
)
_NEXT = '    if low["pgoff"] + low["end"] - low["start"] != high["pgoff"]:\n        return False\n'
_ANON = (
    '    return low["anon_vma"] == high["anon_vma"]'
    ' or None in (low["anon_vma"], high["anon_vma"])\n'
)
_UPPER = '    upper = {**vma, "start": page, "pgoff": vma["pgoff"] + page - vma["start"]}\n'

RIGHT = {
    "ex2.q1": [
        'healed = "0-3 rw, 3-4 r, 4-10 rw"',
        'healed = "0-3 rw-p\\n3-4 r--p\\n4-10 rw-p"',
        'healed = "; ".join(["0-3 rw", "3-4 r", "4-10 rw"])',
    ],
    "ex2.q2": [
        'keys = "merge flags file offset anon"',
        'keys = """Merge\nFlags\nFile\nOffset\nAnon"""',
        'keys = "merge, flags, file, offset, anon"',
    ],
    "ex2.q3": [
        _program("three", _ONE, "madvise 2 2 dontfork"),
        _program("three", _ONE, "mlock 1 3"),
        _program("three", _ONE, "madvise 0 1 dontdump", "madvise 5 1 random"),
        _program("three", "mmap 0 6 rw shared,fixed f0 0", "remap 2 2 none 40"),
    ],
    "ex2.q4": [
        _program("two", "mprotect 2 2 rw", "mprotect 8 2 r"),
        _program("two", "mprotect 6 2 rw", "mprotect 0 2 r"),
        _program("two", "mprotect 0 6 rw", "mprotect 6 4 r"),
        _program("two", "mprotect 0 10 none", "mprotect 5 5 rw"),
    ],
    "ex2.q5": [
        _merge(_SAME + _NEXT + _ANON),
        _merge(
            "    same = all(low[key] == high[key] for key in ('flags', 'file'))\n"
            "    follows = high['pgoff'] - low['pgoff'] == high['start'] - low['start']\n"
            "    anons = {low['anon_vma'], high['anon_vma']} - {None}\n"
            "    return same and follows and len(anons) < 2"
        ),
        _merge(
            "    if set(low['flags']) ^ set(high['flags']):\n        return False\n"
            "    if low['file'] is None and high['file'] is not None:\n        return False\n"
            "    if low['file'] != high['file']:\n        return False\n"
            "    a, b = low['anon_vma'], high['anon_vma']\n"
            "    if a is not None and b is not None and a != b:\n        return False\n"
            "    return low['pgoff'] - low['start'] == high['pgoff'] - high['start']"
        ),
    ],
    "ex2.q6": [
        _split('    low = {**vma, "end": page}\n' + _UPPER + "    return low, upper"),
        _split(
            "    low, high = dict(vma), dict(vma)\n    low['end'] = high['start'] = page\n"
            "    high['pgoff'] += page - vma['start']\n    return [low, high]"
        ),
        _split(
            "    import copy\n    low, high = copy.deepcopy(vma), copy.deepcopy(vma)\n"
            "    low.update(end=page)\n"
            "    high.update(start=page, pgoff=vma['pgoff'] + (low['end'] - low['start']))\n"
            "    return low, high"
        ),
    ],
}

WRONG = {
    "ex2.q1": [
        ('healed = "0-10 rw"', 0),
        ('healed = "0-3 rw, 3-4 r, 4-6 rw, 6-8 rw, 8-10 rw"', 0),
        ('healed = "0-3 rw, 3-4 r, 4-8 rw, 8-10 rw"', 0),
        ('healed = "0-3 rw, 3-6 r, 6-10 rw"', 0),
        ('healed = "0-3 rw, 3-4 r, 4-6 rw, 6-10 rw"', 0),
        ('healed = "0-3 rw, 3-4 r, 4-10 r"', 1),
        ('healed = "0-3 r, 3-4 rw, 4-10 rw"', 1),
        ('healed = "0-3 rwx, 3-4 r, 4-10 rw"', 1),
    ],
    "ex2.q2": [
        ('keys = "merge merge file offset anon"', 0),
        ('keys = "merge flags merge offset anon"', 0),
        ('keys = "merge flags file merge anon"', 0),
        ('keys = "merge flags file offset merge"', 0),
        ('keys = "anon flags file offset anon"', 0),
        ('keys = "merge flags anon offset anon"', 1),
        ('keys = "merge flags file file anon"', 1),
        ('keys = "merge anon file offset flags"', 1),
    ],
    "ex2.q3": [
        (_program("three", _ONE), 0),
        (_program("three", _ONE, "madvise 3 3 dontfork"), 0),
        (_program("three", _ONE, "madvise 2 2 willneed"), 0),
        (_program("three", _ONE, "munmap 2 1", "munmap 4 1"), 0),
        (_program("three", _ONE, "madvise 2 2 dontfork", "madvise 2 2 dofork"), 0),
        (_program("three", _ONE, "mprotect 2 2 r"), 1),
        (_program("three", _ONE, "mmap 2 2 rw private,anon,fixed,noreserve"), 1),
        (_program("three", "mmap 0 2 rw private,anon,fixed", "mmap 2 4 r private,anon,fixed"), 0),
    ],
    "ex2.q4": [
        (_program("two", "mprotect 0 10 rw"), 0),
        (_program("two", "mprotect 2 2 rw"), 0),
        (_program("two", "munmap 6 4", "mprotect 2 2 rw"), 0),
        (_program("two", "mprotect 2 2 rw", "mprotect 6 2 rw"), 0),
        (_program("two", "mprotect 2 2 rwx", "mprotect 8 2 r"), 0),
        (_program("two", "mprotect 2 2 rw", "mprotect 6 1 r", "mprotect 8 2 r"), 1),
        (_program("two", "munmap 9+1 1", "mprotect 2 2 rw", "mprotect 8 2 r"), 1),
        (_program("two", "mmap 0 10 rw private,anon,fixed", "mprotect 6 4 r"), 2),
        (_program("two", "mmap 0 6 rw private,anon,fixed,locked", "mprotect 8 2 r"), 2),
    ],
    "ex2.q5": [
        (_merge(_NEXT + _ANON), 0),
        (
            _merge("    if low['flags'] != high['flags']:\n        return False\n" + _NEXT + _ANON),
            0,
        ),
        (_merge("    return True"), 0),
        (_merge("    return False"), 0),
        (_merge(_SAME + _ANON), 1),
        (_merge(_SAME + _NEXT + "    return True"), 1),
        (_merge(_SAME + _NEXT + '    return low["anon_vma"] == high["anon_vma"]'), 1),
        (_merge(_SAME + '    if low["pgoff"] > high["pgoff"]:\n        return False\n' + _ANON), 1),
        (
            _merge(
                _SAME
                + "    follows = low['pgoff'] + low['end'] - low['start'] == high['pgoff']\n"
                + "    if low['file'] and not follows:\n        return False\n"
                + _ANON
            ),
            1,
        ),
        (_merge(_SAME + _NEXT + "    return not (low['anon_vma'] and high['anon_vma'])"), 1),
    ],
    "ex2.q6": [
        (_split('    return {**vma, "end": page}, {**vma, "start": page}'), 0),
        (_split('    return {**vma, "end": page}, {**vma, "start": page, "pgoff": page}'), 0),
        (
            _split(
                '    return {**vma, "end": page},'
                ' {**vma, "start": page, "pgoff": vma["pgoff"] + page}'
            ),
            0,
        ),
        (_split('    low = {**vma, "end": page - 1}\n' + _UPPER + "    return low, upper"), 0),
        (
            _split(
                '    low = {**vma, "end": page}\n' + _UPPER + "    upper['anon_vma'] = None\n"
                "    return low, upper"
            ),
            0,
        ),
        (_split('    low = {**vma, "end": page}\n' + _UPPER + "    return upper, low"), 0),
        (
            _split(
                "    high = {**vma, 'start': page, 'pgoff': vma['pgoff'] + page - vma['start']}\n"
                "    vma['end'] = page\n    return vma, high"
            ),
            1,
        ),
        (
            _split(
                "    low = {**vma, 'end': page}\n    pages = 2 if vma['file'] else 0\n"
                "    return low, {**vma, 'start': page, 'pgoff': vma['pgoff'] + pages}"
            ),
            1,
        ),
    ],
}
