"""Lessons as slides: one HTML file each, reveal.js inside, no network when shown.

    python -m tools.slides [NN...]      build/slides/NN_name.html, and an index of them

A part of a lesson begins where its source says `slideshow={"slide_type": "slide"}`. The page cuts
the parts into slides that fit (tools/web/deck.js), a prediction ends its slide, and what it
reveals waits for a key. Widgets are shown by their text twins: play them live in the notebook.
Keys: arrows and space to go on and back, D for dark, O for all, F for the whole screen.
"""

import html
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import mistune
from ipython_pygments_lexers import IPython3Lexer
from pygments import highlight
from pygments.formatters import HtmlFormatter

from tools.web_parts import BUILD, PINS, ROOT, CannotBuild, npm_package

NOTEBOOKS = ROOT / "notebooks"
DECKS = BUILD / "slides"
NEW_PART = ("slide", "subslide")
LEFT_OUT = ("skip", "notes")
LONGEST = 24
"""Lines of a widget's text that one slide can show in letters for a wall."""
SLACK = 5
"""Lines by which a part of such a text may be shorter or longer than the others."""
UNPREDICTED = "No prediction was made. "
"""What a reveal says to a notebook that nobody answered; on a wall everybody has."""

Cell = dict[str, Any]
_markdown = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])


def main(argv: Sequence[str]) -> int:
    """Build the decks asked for, or all; 1 when one could not be."""
    try:
        lessons = chosen(argv)
        for lesson in lessons:
            write_deck(lesson)
        write_index()
    except CannotBuild as refusal:
        print(f"slides: {refusal}", file=sys.stderr)
        return 1
    print(f"slides: {len(lessons)} in {DECKS.relative_to(ROOT)}; open index.html there")
    return 0


def chosen(wanted: Sequence[str]) -> list[Path]:
    """The lessons that begin with one of these numbers; all if there are none.

    Raises:
        CannotBuild: no lesson does.
    """
    every = sorted(NOTEBOOKS.glob("*.ipynb"))
    found = [path for path in every if not wanted or path.name.startswith(tuple(wanted))]
    if not found:
        msg = f"no lesson begins with {' or '.join(wanted)}; notebooks/ has them"
        raise CannotBuild(msg)
    return found


def write_deck(lesson: Path) -> Path:
    """One lesson's slides, in a file that needs no other."""
    notebook = json.loads(lesson.read_text())
    reveal = npm_package("reveal.js") / "dist"
    parts = "\n".join(f"<article>\n{part}\n</article>" for part in parts_of(notebook["cells"]))
    target = DECKS / f"{lesson.stem}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        PAGE.format(
            title=html.escape(title_of(notebook)),
            styles=(reveal / "reveal.css").read_text() + code_styles() + ours("deck.css"),
            parts=parts,
            reveal=(reveal / "reveal.js").read_text().replace("</script", "<\\/script"),
            deck=ours("deck.js"),
        )
    )
    return target


def write_index() -> None:
    """A list of the decks there are."""
    rows = [
        f'<li><a href="{deck.name}">{html.escape(titled(deck))}</a></li>'
        for deck in sorted(DECKS.glob("[0-9]*.html"))
    ]
    (DECKS / "index.html").write_text(INDEX.format(rows="\n".join(rows)))


def titled(deck: Path) -> str:
    """The title that a deck carries."""
    found = re.search(r"<title>(.*?)</title>", deck.read_text())
    return html.unescape(found[1]) if found else deck.stem


def ours(name: str) -> str:
    """A part of the page that is our own."""
    return (PINS / name).read_text()


def title_of(notebook: Cell) -> str:
    """The lesson's first heading."""
    return text_of(notebook["cells"][0]).splitlines()[0].lstrip("# ")


def parts_of(cells: list[Cell]) -> Iterator[str]:
    """The blocks of each part, one string of HTML a part."""
    blocks: list[str] = []
    for cell in cells:
        kind = cell["metadata"].get("slideshow", {}).get("slide_type", "")
        if kind in NEW_PART and blocks:
            yield "\n".join(blocks)
            blocks = []
        if kind not in LEFT_OUT:
            blocks += blocks_of(cell)
    if blocks:
        yield "\n".join(blocks)


def blocks_of(cell: Cell) -> Iterator[str]:
    """A cell, as blocks that a slide may be cut between; that it asks is seen without saying so."""
    text = text_of(cell)
    if cell["cell_type"] == "markdown":
        yield str(_markdown(text))
        return
    source = re.sub(r"^((predict|check|reveal)\(.*\)|# NBVAL_\w+)\n?", "", text, flags=re.M)
    if not only_imports(source):
        yield code(source)
    if "nbval-ignore-output" in cell["metadata"].get("tags", []):
        yield '<p class="todo">Live: run it in the notebook, and this machine answers.</p>'
    for output in cell["outputs"]:
        yield from shown(output, text)


def only_imports(text: str) -> bool:
    """Whether a cell only gets things ready, which nobody needs to see on a wall."""
    body = re.sub(r"\([^)]*\)", "", text)
    lines = [line for line in body.splitlines() if line.strip()]
    return all(re.match(r"(from|import) |[A-Z_0-9, ]+ = [\"\dA-Z]", line) for line in lines)


def code(text: str) -> str:
    """A cell's source, coloured."""
    return str(highlight(text, IPython3Lexer(), HtmlFormatter(cssclass="hl", wrapcode=False)))


def code_styles() -> str:
    """Colours of source text, on light and on dark."""
    light = HtmlFormatter(style="default").get_style_defs(".hl")
    dark = HtmlFormatter(style="github-dark").get_style_defs('[data-jp-theme-light="false"] .hl')
    plain = ".hl, .hl pre { background: var(--raised) !important; color: inherit; }"
    return "\n".join([light, dark, plain])


def shown(output: Cell, source: str) -> Iterator[str]:
    """One output: a picture where there is one, the text that stands for it otherwise."""
    if output["output_type"] == "stream":
        yield f'<pre class="out">{html.escape("".join(output["text"]))}</pre>'
        return
    data = output.get("data", {})
    text = "".join(data.get("text/plain", output.get("traceback", "")))
    if "text/html" in data:
        picture = "".join(data["text/html"])
        is_figure = picture.startswith("<figure")
        yield picture.replace(UNPREDICTED, "") if is_figure else boxed(picture)
    elif text.startswith(("Predict:", "Check yourself:")):
        yield question(text)
    elif re.match(r"(display\()?[A-Z]\w+\(", source):
        for number, piece in enumerate(pieces(text)):
            pre = f'<pre class="twin">{html.escape(piece)}</pre>'
            yield f"<div>{'' if number else PLAY}{pre}</div>"
    else:
        yield f'<pre class="out">{html.escape(text)}</pre>'


def pieces(text: str) -> list[str]:
    """A long text in as few parts as slides can hold, cut where lines are indented least."""
    lines = text.strip("\n").splitlines()
    parts = -(-len(lines) // LONGEST)
    if parts < 2:
        return ["\n".join(lines)]
    even = -(-len(lines) // parts)
    near = range(even - SLACK, min(even + SLACK, LONGEST) + 1)
    cut = min(near, key=lambda at: (indent(lines[at]), abs(at - even)))
    return ["\n".join(lines[:cut]).rstrip("\n"), *pieces("\n".join(lines[cut:]))]


def indent(line: str) -> int:
    """How far a line is from the margin; an empty one parts better than any."""
    return len(line) - len(line.lstrip()) if line.strip() else -1


def boxed(words: str) -> str:
    """Words that carry a style of their own: one block, seen when somebody goes on."""
    return f'<div class="fragment">{words.replace(UNPREDICTED, "")}</div>'


def question(twin: str) -> str:
    """A question's text twin as a slide of its own: to be answered before going on."""
    kind, _, rest = twin.partition(": ")
    rest = rest.split("\nWithout the widget:")[0]
    asked, *choices = re.split(r"\n *\( \) ", rest)
    asked, _, program = asked.partition("\n    ")
    listed = "".join(f"<li>{inline(choice)}</li>" for choice in choices)
    lines = f"<pre>{html.escape(dedent('    ' + program))}</pre>" if program else ""
    return (
        f'<div class="ask" data-cut="after"><p class="kind">{kind}</p><p>{inline(asked)}</p>'
        f"{lines}<ul>{listed}</ul></div>"
    )


def inline(text: str) -> str:
    """Words with code in backticks, wrapped as the slide likes."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(" ".join(text.split())))


def text_of(cell: Cell) -> str:
    """What an author wrote in a cell."""
    return "".join(cell["source"]).strip()


PLAY = '<p class="todo">A widget: play it live in the notebook. Its text twin:</p>'
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
{styles}
</style></head>
<body data-jp-theme-light="true">
<div class="reveal"><div class="slides">
{parts}
</div><div class="where">{title}</div></div>
<script>{reveal}</script>
<script>{deck}</script>
</body></html>
"""
INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>vmalab: slides</title>
<style>:root {{ color-scheme: light dark }}
body {{ font: 20px/1.7 system-ui, sans-serif; max-width: 34em; margin: 3em auto }}</style>
</head><body><h1>vmalab: slides</h1>
<p>Arrows and space go on and back; D for dark, O for all slides, F for the whole screen.</p>
<ul>
{rows}
</ul></body></html>
"""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
