"""Is docs/cheat-sheet.html what the model says today, and does it fit on one page?"""

import re

import pytest

from tools import cheat_sheet


def test_the_sheet_is_current():
    current = cheat_sheet.PAGE.read_text() == cheat_sheet.page()
    assert current, "docs/cheat-sheet.html is out of date: run make cheat-sheet"


def test_the_printed_one_has_one_page():
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", cheat_sheet.PDF.read_bytes())
    assert len(pages) == 1, "docs/cheat-sheet.pdf is not one page: shorten the sheet"


def test_every_call_of_the_sheet_does_what_its_row_says():
    rows = {what: after for what, _, after in cheat_sheet.calls()}
    assert rows["merge"].endswith("→ <code>0-6 rw-p</code>")
    assert rows["split"].count("<code>") == 1 + 3
    assert "f0@9" in rows["page by page"]


def test_only_refusals_are_shown_as_refusals():
    whys = [cheat_sheet.refusal(lines)[2] for lines in cheat_sheet.REFUSALS]
    assert len(set(whys)) == len(whys)
    with pytest.raises(ValueError, match="was not refused"):
        cheat_sheet.refusal(("mmap 0 1 r private,anon,fixed",))


def test_an_address_of_a_reason_is_told_in_pages():
    assert cheat_sheet.in_pages(0x200000002000) == "page 2"
    assert cheat_sheet.in_pages(0x200000000001) == "page 0+1"
