"""Is the house still small enough to be read?"""

import pytest

from tools import sizes


def test_no_file_is_longer_than_its_ceiling():
    lengths = {
        str(path.relative_to(sizes.ROOT)): sizes.physical_lines(path)
        for path in sizes.files(*sizes.WATCHED)
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > sizes.FILE_CEILING}
    assert lengths, "found no files to measure"
    assert not too_long, f"over {sizes.FILE_CEILING} lines: {too_long}"


@pytest.mark.parametrize(("name", "rooms", "ceiling"), sizes.budgets())
def test_a_path_stays_under_its_ceiling(name, rooms, ceiling):
    lines = sizes.total(rooms)
    assert 0 < lines <= ceiling, f"{name}: {lines} lines of code, the ceiling is {ceiling}"


def test_comments_docstrings_and_blanks_are_not_code(tmp_path):
    source = tmp_path / "sample.py"
    source.write_text(
        '"""Doc\nstring."""\n\n# comment\nx = (\n    1,  # one\n)\n\n"""About x."""\n'
    )
    assert sizes.code_lines(source) == 3
    assert sizes.physical_lines(source) == 9
