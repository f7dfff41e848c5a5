"""The motive of it all: how many VMAs a User-mode Linux's host has, and what they weigh there.

    python -m benchmarks.guest [--pages 32768] [--json FILE]

The same guest three times, on the model: a mapping a page on a host of 2006 and on one of today,
and one window with ``remap_file_pages`` on a host with the patch. Everything is counted, and
nothing is timed: the numbers are the same on every machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vmalab.kernel import Kernel
from vmalab.workloads.uml import Params, run
from vmalab.workloads.uml.price import price

PAGES: Final = 32_768
"""A guest of 128 MiB, as in Ingo Molnar's report of 2 May 2006."""
HOSTS: Final = (
    ("mmap", "linux-2.6", "i386"),
    ("mmap", "linux-6", "x86_64"),
    ("rfp", "linux-2.6-manyprots-v4", "i386"),
)


def one(policy: str, name: str, arch: str, pages: int, bar: Progress) -> dict[str, Any]:
    """One host: VMAs of the process that runs, over the guest's touches; and bytes at the most."""
    params = Params(pages=pages)
    task = bar.add_task(f"{policy} on {name}", total=pages)
    kernel = Kernel(name, arch, ram_pages=4 * params.ram_pages * (params.processes + 2))
    report = run(
        params, policy, kernel, progress=lambda done: bar.update(task, completed=min(done, pages))
    )
    bill = price(report)
    return {
        "policy": policy,
        "kernel": name,
        "arch": arch,
        "pages": pages,
        "vmas": report.peak_vmas,
        "vma_bytes": bill.vma_bytes,
        "table_bytes": bill.table_bytes,
        "samples": [[sample.touches, sample.vmas] for sample in report.samples],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Count, print, and save if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guest", description=(__doc__ or "").partition("\n\n")[0]
    )
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    columns = TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        hosts = [one(*host, options.pages, bar) for host in HOSTS]
    for host in hosts:
        print(
            f"{host['policy']:5} {host['kernel']:24} {host['vmas']:7,} VMAs"
            f" {host['vma_bytes']:12,} bytes, page tables {host['table_bytes']:10,}"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(hosts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
