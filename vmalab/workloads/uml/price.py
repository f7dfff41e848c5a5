"""What a run of a guest cost its host, counted, in bytes, and in simulated time; as a table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean
from textwrap import wrap

from vmalab.units import format_bytes
from vmalab.workloads.costs import (
    CLONE_AND_EXIT_A_VMA,
    SOURCE,
    microseconds,
    nonlinear_microseconds,
    vma_bytes,
)
from vmalab.workloads.uml.workload import Report

_TIMED = ("mmap", "munmap", "mprotect")


@dataclass(frozen=True, slots=True)
class Price:
    """The bill of one run. ``calls_us``, ``faults_us`` and ``clones_us`` are simulated."""

    vma_bytes: int
    table_bytes: int
    calls_us: float
    faults_us: float
    clones_us: float

    @property
    def us(self) -> float:
        """All of it, in simulated microseconds."""
        return self.calls_us + self.faults_us + self.clones_us


def price(report: Report) -> Price:
    """The bill: bytes at the busiest moment, time for the whole run."""
    vmas = round(mean(sample.vmas for sample in report.samples)) if report.samples else 1
    calls = report.calls
    us = sum(calls.get(name, 0) * microseconds(name, vmas) for name in _TIMED)
    remap = nonlinear_microseconds()
    if report.kernel.startswith("linux-6"):  # the emulation, which makes VMAs
        remap = microseconds("remap_file_pages", vmas)
    us += calls.get("remap_file_pages", 0) * remap
    return Price(
        vma_bytes(report.kernel, report.sizeof_vma, report.vmas_in_all),
        report.table_bytes,
        us,
        report.faults * microseconds("fault", vmas),
        report.vmas_copied * CLONE_AND_EXIT_A_VMA,
    )


def tell(reports: list[Report]) -> str:
    """Runs side by side, as a table for people; where the microseconds come from stands below."""
    columns = [_column(report) for report in reports]
    labels = [label for label, _ in columns[0]]
    width = max(map(len, labels))
    cells = [[cell for _, cell in column] for column in columns]
    widths = [max(map(len, column)) for column in cells]
    lines = [
        "  ".join(
            [label.ljust(width)]
            + [column[row].rjust(wide) for column, wide in zip(cells, widths, strict=True)]
        )
        for row, label in enumerate(labels)
    ]
    for report in reports:
        for killed in report.killed:
            lines += [
                "",
                f"{report.policy}: guest process {killed.pid}, {killed.host_vmas:,} VMAs:",
            ]
            lines += [f"    {line}" for line in killed.message.splitlines()]
    return "\n".join([*lines, "", *wrap(f"simulated time: {SOURCE}", 80)])


def _column(report: Report) -> list[tuple[str, str]]:
    """One run: (label, number) from top to bottom."""
    bill, calls = price(report), report.calls
    counts = {
        "touches by guest programs": report.touches,
        "guest page faults": report.faults,
        "stops of a host process": report.stops,
        "context switches": report.switches,
        "host mmap": calls.get("mmap", 0),
        "host munmap": calls.get("munmap", 0),
        "host mprotect": calls.get("mprotect", 0),
        "host remap_file_pages": calls.get("remap_file_pages", 0),
        "host clone": calls.get("clone", 0),
        "VMAs copied by clone": report.vmas_copied,
        "VMAs of one process, at most": report.peak_vmas,
        "VMAs of all, at most": report.vmas_in_all,
        "guest processes killed": len(report.killed),
    }
    return [
        ("policy", report.policy),
        ("host kernel", report.kernel),
        *((name, f"{count:,}") for name, count in counts.items()),
        ("memory for VMAs", format_bytes(bill.vma_bytes)),
        ("memory for page tables", format_bytes(bill.table_bytes)),
        ("simulated: calls", f"{bill.calls_us / 1000:,.1f} ms"),
        ("simulated: faults", f"{bill.faults_us / 1000:,.1f} ms"),
        ("simulated: clones", f"{bill.clones_us / 1000:,.1f} ms"),
        ("simulated: in all", f"{bill.us / 1000:,.1f} ms"),
    ]
