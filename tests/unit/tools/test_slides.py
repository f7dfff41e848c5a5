"""Slides from a notebook: does every cell become what a wall should show?"""

import pytest

from tools import slides


def markdown(text, kind=""):
    metadata = {"slideshow": {"slide_type": kind}} if kind else {}
    return {"cell_type": "markdown", "source": [text], "metadata": metadata}


def code(text, *outputs, tags=()):
    return {
        "cell_type": "code",
        "source": [text],
        "metadata": {"tags": list(tags)},
        "outputs": list(outputs),
    }


def result(**data):
    named = {key.replace("_", "/"): [value] for key, value in data.items()}
    return {"output_type": "execute_result", "data": named}


def test_parts_begin_where_the_source_says_so():
    cells = [markdown("# One", "slide"), markdown("more"), markdown("## Two", "slide")]
    cells += [markdown("for the speaker", "notes"), markdown("not shown", "skip")]
    assert [part.split() for part in slides.parts_of(cells)] == [
        ["<h1>One</h1>", "<p>more</p>"],
        ["<h2>Two</h2>"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "from a import b\nimport c",
        "from a import (\n    b,\n    c,\n)\n\nPAGE = 4096",
        'from a import b\n\nPLAIN, V4 = "linux-2.6", "v4"',
        'from a import b\n\npredict("00.vmas")',
        'reveal("00.vmas")',
    ],
)
def test_what_only_gets_things_ready_is_not_shown(text):
    assert list(slides.blocks_of(code(text))) == []


def test_a_question_is_shown_as_one_and_ends_its_slide():
    twin = (
        "Predict: How many\nVMAs `now`?\n    mmap 0 1 r\n    munmap 0 1\n  ( ) one, or\n      none"
        '\n  ( ) <2>\nWithout the widget: predict("x", "y")'
    )
    [shown] = slides.blocks_of(code('predict("x")', result(text_plain=twin)))
    assert 'data-cut="after"' in shown
    assert "<p>How many VMAs <code>now</code>?</p>" in shown
    assert "<pre>mmap 0 1 r\nmunmap 0 1</pre>" in shown
    assert "<li>one, or none</li><li>&lt;2&gt;</li>" in shown
    assert "Without" not in shown


def test_what_a_reveal_says_waits_and_does_not_scold():
    said = "<div><p>No prediction was made. The answer is 2.</p></div>"
    [shown] = slides.blocks_of(code('reveal("x")', result(text_html=said)))
    assert shown == '<div class="fragment"><div><p>The answer is 2.</p></div></div>'


def test_pictures_text_and_twins():
    blocks = list(slides.blocks_of(code("draw()", result(text_html="<figure>F</figure>"))))
    assert blocks[1] == "<figure>F</figure>"
    blocks = list(slides.blocks_of(code("f()", {"output_type": "stream", "text": ["a<b\n"]})))
    assert blocks[1] == '<pre class="out">a&lt;b\n</pre>'
    blocks = list(slides.blocks_of(code('Stepper("x")', result(text_plain="Stepper: 1"))))
    assert "play it live" in blocks[1]
    assert "Stepper: 1" in blocks[1]
    live = code("ask_both()", tags=["nbval-ignore-output"])
    assert "this machine answers" in list(slides.blocks_of(live))[1]


def test_a_lesson_that_is_not_there(capsys):
    assert slides.main(["99"]) == 1
    assert "no lesson begins with 99" in capsys.readouterr().err


def test_a_widgets_long_text_is_cut_where_it_begins_anew():
    step = ["  1  mmap 0 1 r", "     Done."]
    twin = result(text_plain="\n".join(step * 15))
    [_, first, second] = slides.blocks_of(code("Stepper()", twin))
    assert first.startswith(f'<div>{slides.PLAY}<pre class="twin">  1  mmap')
    assert second.startswith('<div><pre class="twin">  1  mmap')
    assert (first + second).count("Done.") == 15
    text = "\n".join(["one"] * 30 + [""] + ["two"] * 30)
    assert all(len(part.splitlines()) <= slides.LONGEST for part in slides.pieces(text))
