"""Right and wrong answers to set 04: each wrong one with the first probe that is to catch it."""


def _choose(body):
    return f"def choose(referenced, hand):\n    left = list(referenced)\n{body}"


_END = "    return hand, (hand + 1) % len(left), left\n"
_LOOP = "    while left[hand]:\n        left[hand] = False\n        hand = (hand + 1) % len(left)\n"


def _fault(
    holds="start <= addr < end",
    denied="perms == '---' or (access == 'write' and 'w' not in perms)",
    ended="file_end is not None and addr >= file_end",
    missing="SEGV_MAPERR",
):
    return (
        "def fault(vmas, addr, access):\n    for start, end, perms, file_end in vmas:\n"
        f"        if {holds}:\n            if {denied}:\n                return 'SEGV_ACCERR'\n"
        f"            return 'SIGBUS' if {ended} else 'ok'\n    return '{missing}'\n"
    )


RIGHT = {
    "ex4.q1": [
        'touches = "ok SIGSEGV SIGSEGV ok SIGBUS ok"',
        'touches = "OK, sigsegv, sigsegv, OK, sigbus, OK"',
        'touches = """ok\nSIGSEGV\nSIGSEGV\nok\nSIGBUS\nok"""',
    ],
    "ex4.q2": [
        'ends = "minor hit minor major hit out major hit"',
        'ends = "minor, hit, minor, major, hit, out, major, hit"',
        'ends = "Minor Hit Minor " + "Major Hit Out " + "Major Hit"',
    ],
    "ex4.q3": [
        'string = "1w 1! 1 1! 1 1!"',
        'string = "1w, 1!, 1, 1!, 2, 1, 1!"',
        'string = "1 1w 1! 1 1 1! 1 1!"',
        'string = "f0 1w f1 1! 1 1! f0 1 1!"',
    ],
    "ex4.q4": [
        _choose(_LOOP + _END),
        _choose(
            "    n = len(left)\n    for turn in range(n + 1):\n        at = (hand + turn) % n\n"
            "        if not left[at]:\n            return at, (at + 1) % n, left\n"
            "        left[at] = False\n"
        ),
        (
            "def choose(referenced, hand):\n    if not referenced[hand]:\n"
            "        return hand, (hand + 1) % len(referenced), list(referenced)\n"
            "    rest = [one and at != hand for at, one in enumerate(referenced)]\n"
            "    return choose(rest, (hand + 1) % len(referenced))\n"
        ),
    ],
    "ex4.q5": [
        _fault(),
        (
            "def fault(vmas, addr, access):\n"
            "    vma = next((one for one in vmas if addr in range(one[0], one[1])), None)\n"
            "    if vma is None:\n        return 'SEGV_MAPERR'\n    _, _, perms, file_end = vma\n"
            "    allowed = 'w' in perms if access == 'write' else perms.strip('-')\n"
            "    if not allowed:\n        return 'SEGV_ACCERR'\n"
            "    return 'ok' if file_end is None or addr < file_end else 'SIGBUS'\n"
        ),
        (
            "def fault(vmas, addr, access):\n    answer = 'SEGV_MAPERR'\n"
            "    for start, end, perms, file_end in reversed(vmas):\n"
            "        if start <= addr and addr < end:\n            answer = 'ok'\n"
            "            if file_end is not None and file_end <= addr:\n"
            "                answer = 'SIGBUS'\n"
            "            if not set(perms) & set({'read': 'rwx', 'write': 'w'}[access]):\n"
            "                answer = 'SEGV_ACCERR'\n    return answer\n"
        ),
    ],
}

WRONG = {
    "ex4.q1": [
        ('touches = "ok ok SIGSEGV ok SIGBUS ok"', 0),
        ('touches = "ok SIGSEGV ok ok SIGBUS ok"', 0),
        ('touches = "ok SIGSEGV SIGSEGV ok ok ok"', 0),
        ('touches = "ok SIGSEGV SIGSEGV ok SIGBUS SIGBUS"', 0),
        ('touches = "SIGSEGV SIGSEGV SIGSEGV ok SIGBUS ok"', 0),
        ('touches = "ok SIGBUS SIGSEGV ok SIGBUS ok"', 1),
        ('touches = "ok SIGSEGV SIGBUS ok SIGBUS ok"', 1),
        ('touches = "ok SIGSEGV SIGSEGV ok SIGSEGV ok"', 1),
    ],
    "ex4.q2": [
        ('ends = "minor hit hit major hit out major hit"', 0),
        ('ends = "minor minor minor major hit out major hit"', 0),
        ('ends = "minor hit minor major major out major hit"', 0),
        ('ends = "hit hit minor major hit out major hit"', 0),
        ('ends = "minor hit minor major hit out hit hit"', 0),
        ('ends = "major hit minor major hit out major hit"', 1),
        ('ends = "minor hit minor minor hit out major hit"', 1),
        ('ends = "minor hit minor major hit out minor hit"', 1),
    ],
    "ex4.q3": [
        ('string = "1w 1! 1!  1!"', 0),
        ('string = "1w 1!"', 0),
        ('string = "1! 1! 1!"', 0),
        ('string = "1w 2! 1 2! 1 2!"', 0),
        ('string = "1w 1! 1w 1! 1w 1!"', 1),
        ('string = "1w 1! 1 1! 1w 1!"', 1),
        ('string = "1w 1! 2w 2! 1 1! 1 1!"', 1),
        ('string = "1w 1! 1 1! 1 1! 1 1 1 1 1 1 1"', 1),
    ],
    "ex4.q4": [
        (_choose("    hand = left.index(True) if True in left else hand\n" + _END), 0),
        (_choose("    return hand, (hand + 1) % len(left), left\n"), 0),
        (_choose("    hand = left.index(False) if False in left else hand\n" + _END), 0),
        (_choose(_LOOP + "    return hand, hand, left\n"), 0),
        (_choose(_LOOP + "    return hand, (hand + 1) % len(left), referenced\n"), 0),
        (_choose(_LOOP + "    left[hand] = True\n" + _END), 0),
        (_choose(_LOOP.replace("(hand + 1) % len(left)", "hand + 1") + _END), 1),
        (_choose(_LOOP + "    return hand, hand + 1, left\n"), 0),
        (_choose("    left = referenced\n" + _LOOP + _END), 2),
        (
            _choose(
                "    if all(left):\n        return hand, (hand + 1) % len(left), left\n"
                + _LOOP
                + _END
            ),
            1,
        ),
    ],
    "ex4.q5": [
        (_fault(holds="addr < end"), 0),
        (_fault(denied="access == 'write' and 'w' not in perms"), 0),
        (_fault(denied="access[0] not in perms"), 1),
        (_fault(holds="start <= addr <= end"), 0),
        (_fault(holds="start < addr < end"), 0),
        (_fault(ended="file_end is not None and addr > file_end"), 1),
        (_fault(ended="file_end and addr >= end"), 1),
        (_fault(denied="False"), 0),
        (_fault(missing="SIGBUS"), 0),
        (
            _fault(
                denied="(file_end is None or addr < file_end) and (perms == '---' or"
                " (access == 'write' and 'w' not in perms))"
            ),
            1,
        ),
    ],
}
