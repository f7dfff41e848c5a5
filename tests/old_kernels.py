"""Stories on kernels of 2006: what happened, and which entries the page table has then.

    mmap 0 8 rw shared,fixed f0 0
    remap 1 1 none 9 -                 => 0 | 0-8 rw-s 0 f0 +nl ; 1-2=Pw

Behind a semicolon stand the entries of the window, as in a transcript's T line; ``-`` is none.
"""

from tests.story import check, tell
from vmalab.trace.capture import run_program

PLAIN = "linux-2.6"
APRIL, V4 = "linux-2.6-manyprots-2006-04", "linux-2.6-manyprots-v4"
PRIVATE = "linux-2.6-manyprots-private"


def on(kernel, text, arch="i386", **options):
    """Run a story, hold each line to what it promises, and give the run."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    operations = [line for line in lines if not line.startswith(("#", "seq"))]
    program, expected = tell("\n".join(line.partition(";")[0] for line in lines), pages=32)
    run = run_program(program, kernel, arch=arch, entries=True, **options)
    check(run, expected)
    for line, step in zip(operations, run.steps, strict=True):
        _, semicolon, wanted = line.partition(";")
        if semicolon:
            assert (step.entries or "-") == wanted.strip(), f"{line}, on {kernel} {arch}"
    return run


def results(kernel, text, arch="i386", **options):
    """Only what each line of a story came to."""
    return [step.result for step in on(kernel, text, arch, **options).steps]


def as_intended(kernel):
    return f"{kernel}:as-intended"
