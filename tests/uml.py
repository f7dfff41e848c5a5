"""Guests of User-mode Linux for tests: run one, and ask what its pages let programs do."""

from vmalab.kernel import Kernel
from vmalab.uapi.errors import SegmentationFault
from vmalab.workloads.uml import ModelHost, run
from vmalab.workloads.uml.layout import DATA_VPN, FILE_VPN, TEXT_PAGES, TEXT_VPN


def run_on(name, policy, params, arch="x86_64", **how):
    """A run, and the host it ran on."""
    kernel = Kernel(name, arch, ram_pages=8 * params.ram_pages)
    host = ModelHost(kernel, params.ram_pages, logged=how.pop("logged", False))
    return run(params, policy, kernel, host=host, **how), host


def rights(host, params):
    """What each page of each process lets a program do: rw, r-, -- or, never seen, the same."""
    pages = [*range(TEXT_VPN, TEXT_VPN + TEXT_PAGES)]
    pages += range(DATA_VPN, DATA_VPN + params.data_pages + 2)
    pages += range(FILE_VPN, FILE_VPN + params.file_pages + 2)
    return {(space, vpn): may(host, space, vpn) for space in host.spaces for vpn in pages}


def may(host, space, vpn):
    """Try to read and to write a page; what it holds stays the same."""
    try:
        word = host.load(space, vpn)
    except SegmentationFault:
        return "--"
    try:
        host.store(space, vpn, word)
    except SegmentationFault:
        return "r-", word
    return "rw", word
