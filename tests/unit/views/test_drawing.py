"""Does a drawing show itself in whichever way it is asked?"""

from tests.unit.views import samples
from vmalab.views import address_space, show

DRAWING = address_space(samples.FEW, samples.WINDOW)


def test_printing_gives_text_only(capsys):
    show(DRAWING)
    assert capsys.readouterr().out == f"{DRAWING.text}\n"
    assert repr(DRAWING) == str(DRAWING) == DRAWING.text


def test_a_notebook_gets_text_and_inline_svg_that_follows_its_theme():
    bundle = DRAWING._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert DRAWING.svg in bundle["text/html"]
    assert "<details>" in bundle["text/html"]


def test_a_notebook_may_ask_for_less():
    assert set(DRAWING._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert set(DRAWING._repr_mimebundle_(exclude={"text/plain"})) == {"text/html"}


def test_it_saves_what_the_files_name_asks_for(tmp_path):
    assert DRAWING.save(tmp_path / "a.svg").read_text().startswith("<svg")
    assert DRAWING.save(str(tmp_path / "a.txt")).read_text().startswith("Address space: 4 VMAs")
