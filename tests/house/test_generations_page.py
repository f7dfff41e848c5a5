"""Is docs/generations.md what the policies say today?"""

from tools.generations import PAGE, page


def test_the_page_is_current():
    current = PAGE.read_text() == page()
    assert current, "docs/generations.md is out of date: run python -m tools.generations"
