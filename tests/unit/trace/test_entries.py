"""Does a T line say what a page-table entry is, in each layout?"""

import pytest

from vmalab.arch.formats import pte_format
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.trace.entries import entry_word


def told(text, **kwargs):
    """The T lines of a program."""
    return [step.entries for step in run_program(parse_program(text), entries=True, **kwargs).steps]


#   page 0  written          page 2  read: the zero page       page 4  a guard
#   page 1  executable       page 3  not touched
def test_neighbours_alike_are_told_together():
    assert told(
        """
        mmap 0 6 rw private,anon,fixed
        write 0 7
        write 1 7
        read 3
        madvise 4 1 guard_install
        mprotect 0 1 none
        mprotect 1 1 rx
        """
    ) == [
        "",
        "0-1=Pwd",
        "0-2=Pwd",
        "0-2=Pwd 3-4=Pr",
        "0-2=Pwd 3-4=Pr 4-5=G",
        "0-1=Pnd 1-2=Pwd 3-4=Pr 4-5=G",
        "0-1=Pnd 1-2=Prxd 3-4=Pr 4-5=G",
    ]


def test_pages_that_were_put_out_and_back_again():
    lines = told("mmap 0 2 rw private,anon,fixed\nwrite 0 7\nmadvise 0 2 pageout\nread 0\nevict")
    assert lines[2:4] in (["0-1=Pwd", "0-1=Pwd"], ["0-1=S", "0-1=Pr"], ["0-1=S", "0-1=Prd"])


def test_only_what_is_in_the_window_is_told():
    assert told("seq 1 4 hole\nmmap 2 4 rw private,anon,fixed,populate")[0] == "2-4=Pwd"


# Each layout, with and without an NX bit, with and without a place for the protection.
@pytest.mark.parametrize(
    ("arch", "bits", "words"),
    [
        ("i386", "plain", ("Pw", "Pn", "Pr", "S", "F9", "F9")),
        ("i386", "2006-04", ("Pw", "Pn", "Pr", "S", "F9:w", "F9:n")),
        ("i386", "v4", ("Pw", "Pn", "Pr", "S", "F9:w", "F9:n")),
        ("i386-pae", "v4", ("Pwx", "Pn", "Prx", "S", "F9:w", "F9:n")),
        ("x86_64", "plain", ("Pw", "Pn", "Prx", "S", "F9", "F9")),
        ("x86_64", "v4", ("Pw", "Pn", "Prx", "S", "F9:w", "F9:n")),
    ],
)
def test_words_for_every_kind_of_entry(arch, bits, words):
    fmt = pte_format(arch, bits)
    prots = [fmt.protection_map[index] for index in (8 | 3, 8, 8 | 5)]
    entries = [fmt.mk_pte(5, prot) | fmt.accessed for prot in prots]
    entries += [fmt.swp_entry_to_pte(1, 5)]
    entries += [fmt.pgoff_prot_to_pte(9, prot) for prot in prots[:2]]
    assert tuple(entry_word(fmt, pte) for pte in entries) == words
    assert entry_word(fmt, entries[0] & ~fmt.accessed | fmt.dirty) == f"{words[0]}do"
