"""Is a guest's bill the sum of what it did, and does it name where its microseconds come from?"""

from tests.uml import run_on
from vmalab.workloads.costs import CLONE_AND_EXIT_A_VMA, SOURCE, microseconds
from vmalab.workloads.uml import Killed, Params, Report, Sample
from vmalab.workloads.uml.price import price, tell

PARAMS = Params(pages=300, commands=2)


def test_a_bill_adds_up():
    report = Report("linux-6", "mmap", PARAMS, samples=[Sample(1, 900), Sample(2, 1100)])
    report.calls = {"mmap": 10, "munmap": 5, "clone": 2}
    report.faults, report.vmas_copied, report.sizeof_vma, report.vmas_in_all = 7, 50, 192, 1000
    bill = price(report)
    assert bill.calls_us == 10 * microseconds("mmap", 1000) + 5 * microseconds("munmap", 1000)
    assert bill.faults_us == 7 * microseconds("fault", 1000)
    assert bill.clones_us == 50 * CLONE_AND_EXIT_A_VMA
    assert bill.us == bill.calls_us + bill.faults_us + bill.clones_us
    assert bill.vma_bytes == round(1000 * (192 + 0.177 * 256))


def test_the_emulation_pays_for_its_vmas_and_one_window_does_not():
    kinds = [
        Report(kernel, "rfp", PARAMS, [Sample(1, 1000)]) for kernel in ("linux-6", "linux-2.6")
    ]
    for report in kinds:
        report.calls = {"remap_file_pages": 100}
    today, then = map(price, kinds)
    assert today.calls_us > 1.8 * then.calls_us


def test_the_patch_takes_the_vmas_and_the_price_of_processes_away():
    mmap, _ = run_on("linux-2.6-manyprots-v4", "mmap", PARAMS, "i386")
    rfp, _ = run_on("linux-2.6-manyprots-v4", "rfp", PARAMS, "i386")
    dear, cheap = price(mmap), price(rfp)
    assert dear.vma_bytes == mmap.vmas_in_all * 84
    assert dear.vma_bytes > 20 * cheap.vma_bytes
    assert dear.clones_us > 20 * cheap.clones_us


def test_runs_are_told_side_by_side_with_their_deaths_and_the_source():
    report = Report("linux-6", "mmap", PARAMS)
    report.killed = [Killed(1, 65_531, 12, "first line\nsecond line")]
    lines = tell([report, Report("linux-2.6", "rfp", PARAMS)]).splitlines()
    assert lines[0].split() == ["policy", "mmap", "rfp"]
    assert len({len(line) for line in lines[:20]}) == 1
    assert "mmap: guest process 1, 65,531 VMAs:" in lines
    assert "    second line" in lines
    assert " ".join(lines).endswith(SOURCE)
