"""Right and wrong answers to set 01: each wrong one with the first probe that is to catch it."""

_BUILD = ["mmap 0 2 rw private,anon,fixed", "mmap 4 2 r private,fixed f0 3"]
_SHARED = "mmap 6 2 rw shared,fixed f0 0"


def _program(name, *lines):
    return f"{name} = {chr(10).join(lines)!r}"


def _find(body):
    return f"def find_vma(vmas, addr):\n{body}"


RIGHT = {
    "ex1.q1": [
        'maps_1 = "0-2 rw, 2-4 r, 4-5 rw, 6-8 rw"',
        'maps_1 = """0-2 rw-p\n2-4 r--p\n4-5 rw-p\n6-8 rw-p"""',
        'rest = "4-5 rw; 6-8 rw"\nmaps_1 = "0-2 rw; 2-4 r; " + rest',
    ],
    "ex1.q2": [
        'errnos = "ok EINVAL ENOMEM ok EBADF EINVAL"',
        'errnos = "OK, einval, enomem, OK, ebadf, einval"',
        'errnos = "\\n".join(["ok", "EINVAL", "ENOMEM", "ok", "EBADF", "EINVAL"])',
    ],
    "ex1.q3": [
        _program("build", *_BUILD, _SHARED),
        _program("build", _SHARED, *reversed(_BUILD)),
        _program("build", _BUILD[0], "mmap 4 4 rw shared,fixed f0 63", _BUILD[1], _SHARED),
        _program("build", "mmap 0 3 rw private,anon,fixed", _BUILD[1], _SHARED, "munmap 2 1"),
    ],
    "ex1.q4": [
        _program("grow", "mremap 0 4 6 maymove,fixed 8"),
        _program("grow", "mremap 0 4 6 maymove"),
        _program("grow", "mremap 0 4 4 maymove,fixed 10", "mremap 10 4 6"),
        _program("grow", "mremap 0 4 6 maymove,fixed 6", "mremap 6 6 6 maymove,fixed 10"),
    ],
    "ex1.q5": [
        _find("    return next((one for one in vmas if addr < one[1]), None)"),
        _find("    for start, end in vmas:\n        if end > addr:\n            return start, end"),
        _find(
            "    import bisect\n    i = bisect.bisect_right([end for _, end in vmas], addr)\n"
            "    return vmas[i] if i < len(vmas) else None"
        ),
        _find(
            "    if not vmas:\n        return None\n    middle = len(vmas) // 2\n"
            "    if vmas[middle][1] > addr:\n"
            "        return find_vma(vmas[:middle], addr) or vmas[middle]\n"
            "    return find_vma(vmas[middle + 1 :], addr)"
        ),
    ],
}

WRONG = {
    "ex1.q1": [
        ('maps_1 = "0-8 rw"', 0),
        ('maps_1 = "0-2 rw, 2-4 r, 4-8 rw"', 0),
        ('maps_1 = "0-2 rw, 2-5 r, 6-8 rw"', 0),
        ('maps_1 = "0-2 rw, 2-4 r, 4-6 rw, 7-8 rw"', 0),
        ('maps_1 = "0-1 rw, 2-3 r, 4-4 rw, 6-7 rw"', 0),
        ('maps_1 = "0-2 rw, 2-4 r, 4-5 r, 6-8 r"', 1),
        ('maps_1 = "0-2 rw, 2-4 rw, 4-5 rw, 6-8 rw"', 1),
        ('maps_1 = "0 to 2 rw"', 0),
    ],
    "ex1.q2": [
        ('errnos = "ok EINVAL ENOMEM EINVAL EBADF EINVAL"', 0),
        ('errnos = "ok ok ENOMEM ok EBADF EINVAL"', 0),
        ('errnos = "ok EINVAL ok ok EBADF EINVAL"', 0),
        ('errnos = "ok EINVAL ENOMEM ok EBADF ok"', 0),
        ('errnos = "ok EINVAL EINVAL ok EBADF EINVAL"', 1),
        ('errnos = "ok EINVAL ENOMEM ok EINVAL EINVAL"', 1),
        ('errnos = "ok EFAULT ENOMEM ok EBADF ENOMEM"', 1),
        ('errnos = "ok EINVAL ENOMEM ok EBADF"', 0),
    ],
    "ex1.q3": [
        (_program("build", *_BUILD), 0),
        (_program("build", *_BUILD, "mmap 6 2 rw private,fixed f0 0"), 0),
        (_program("build", *_BUILD, "mmap 6 2 r shared,fixed f0 0"), 0),
        (_program("build", _BUILD[0], "mmap 4 2 r private,fixed f0 0", _SHARED), 1),
        (_program("build", *_BUILD, "mmap 6 2 rw shared,anon,fixed"), 1),
        (_program("build", _BUILD[0], "mmap 4 2 r private,fixed f1 3", _SHARED), 1),
        (_program("build", *_BUILD, _SHARED, "munmap 9 1", "munmap 10 1"), 2),
        (_program("build", "mmap 0 0 rw private,anon,fixed", *_BUILD, _SHARED), 2),
    ],
    "ex1.q4": [
        (_program("grow", "mremap 0 4 6"), 0),
        (_program("grow", "mremap 1 3 6 maymove,fixed 8"), 0),
        (_program("grow", "munmap 4 1", "mremap 0 4 6"), 0),
        (_program("grow", "mmap 8 6 rw private,anon,fixed"), 0),
        (_program("grow", "mremap 0 4 5 maymove,fixed 8"), 0),
        (_program("grow", "munmap 0 4", "mmap 8 6 rw private,anon,fixed"), 1),
        (_program("grow", "munmap 0 4", "mmap 8 6 rw private,anon,fixed", "write 9 7"), 1),
        (_program("grow", "mremap 0 4 6 maymove,fixed 3"), 0),
    ],
    "ex1.q5": [
        (_find("    return next((v for v in vmas if v[0] <= addr < v[1]), None)"), 0),
        (_find("    return next((v for v in vmas if addr < v[0]), None)"), 0),
        (_find("    return next((v for v in reversed(vmas) if addr < v[1]), None)"), 0),
        (_find("    return next((v for v in vmas if addr <= v[1]), None)"), 1),
        (_find("    return next((v for v in vmas if addr < v[1]), vmas[-1])"), 1),
        (_find("    return next((v for v in vmas if addr < v[1]), vmas[0] if vmas else None)"), 1),
        (_find("    return next(v for v in vmas if addr < v[1])"), 1),
        (_find("    return vmas[0] if vmas else None"), 0),
        (
            _find("    while vmas and vmas[0][1] < addr:\n        vmas.pop(0)\n    return vmas[0]"),
            1,
        ),
    ],
}
