"""Is the table in docs/grading.md what the answers make it?"""

from tools import discrimination


def test_the_table_is_up_to_date():
    text = discrimination.DOCUMENT.read_text(encoding="utf-8")
    assert text == discrimination.written(text), "python tools/discrimination.py write"
