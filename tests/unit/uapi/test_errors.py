"""Three kinds of failure: do they say what happened, and survive a trip between processes?"""

import errno
import pickle

import pytest

from vmalab.uapi.errors import (
    BUS_ADRERR,
    SEGV_MAPERR,
    BusError,
    KernelBug,
    KernelError,
    SegmentationFault,
    VmalabSignal,
    errno_name,
)


def test_a_refusal_is_an_oserror_with_a_reason():
    error = KernelError(errno.ENOMEM, "there is no VMA at 0x1000", "mm/mprotect.c:mprotect_fixup")
    assert isinstance(error, OSError)
    assert (error.errno, error.strerror) == (12, "Cannot allocate memory")
    assert str(error) == "ENOMEM: there is no VMA at 0x1000 [mm/mprotect.c:mprotect_fixup]"


def test_without_a_reason_the_system_s_own_words_must_do():
    assert str(KernelError(errno.EINVAL)) == "EINVAL: Invalid argument"
    assert str(KernelError(4242)).startswith("4242: ")


def test_a_refusal_can_be_pickled_whole():
    error = pickle.loads(pickle.dumps(KernelError(errno.EPERM, "because", "mm/a.c:b")))
    assert (error.errno, error.because, error.rule) == (errno.EPERM, "because", "mm/a.c:b")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            SegmentationFault(0x10, "write", SEGV_MAPERR, "no VMA"),
            "SIGSEGV SEGV_MAPERR: write at 0x10: no VMA",
        ),
        (BusError(0x20, "read", BUS_ADRERR, "the end"), "SIGBUS BUS_ADRERR: read at 0x20: the end"),
        (BusError(0x20, "read", 77, "?"), "SIGBUS 77: read at 0x20: ?"),
    ],
)
def test_a_signal_says_which_access_went_where(fault, text):
    assert str(fault) == text
    copy = pickle.loads(pickle.dumps(fault))
    assert isinstance(copy, VmalabSignal)
    assert (copy.addr, copy.access, copy.si_code, copy.because) == fault.args


def test_a_broken_law_shows_the_state():
    assert str(KernelBug("VMAs are in order", "a\nb")) == "broken law: VMAs are in order\na\nb"
    assert str(KernelBug("VMAs are in order")) == "broken law: VMAs are in order"


def test_an_unknown_number_stands_for_itself():
    assert [errno_name(n) for n in (22, 95, 0, 9999)] == ["EINVAL", "EOPNOTSUPP", "0", "9999"]
