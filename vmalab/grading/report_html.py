"""A learner's report: one HTML file that needs nothing else, for eyes, keys and screen readers.

Of a hidden probe it shows name, points and hint: no source, no traceback, no expected value. What
came out of a learner's process is escaped, always.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from vmalab.grading.feedback import picture
from vmalab.grading.results import Result

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --line: #767676; --good: #00644b;
  --bad: #a33a00; --link: #005a94; }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #111; --line: #909090;
  --good: #6fd6b4; --bad: #ffab73; --link: #6cbcf0; } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
a { color: var(--link); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
caption { text-align: start; padding: .3rem .6rem; }
.points { text-align: end; white-space: nowrap; width: 6rem; }
.result { white-space: nowrap; width: 6rem; }
pre { overflow: auto; margin: .3rem 0; white-space: pre-wrap; font: .9rem ui-monospace, monospace; }
pre span { display: block; }
pre span + span { padding-inline-start: 15ch; text-indent: -15ch; }
.good { color: var(--good); } .bad { color: var(--bad); }
.note { border-inline-start: .3rem solid var(--line); padding-inline-start: .8rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { overflow-x: auto; margin: .5rem 0; }
"""


def report(results: list[Result]) -> str:
    """All sets of one learner as a page."""
    learner = escape(str(results[0]["learner"]))
    points, most = (sum(one[key] for one in results) for key in ("points", "most"))
    body = "".join(map(_set, results))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">\n"
        f"<title>{learner}: {points:g} of {most:g} points</title>\n<style>{_STYLE}</style>\n"
        f"</head>\n<body>\n<main>\n<h1>{learner}</h1>\n"
        f"<p><strong>{points:g} of {most:g} points</strong></p>\n{_summary(results)}{body}"
        "</main>\n</body>\n</html>\n"
    )


def _summary(results: list[Result]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#set{escape(one["exercise"])}">{escape(one["title"])}</a>'
        f'</th><td class="points">{one["points"]:g} of {one["most"]:g}</td></tr>\n'
        for one in results
    )
    return (
        '<table>\n<caption>Points by set</caption>\n<thead><tr><th scope="col">Set</th>'
        f'<th scope="col" class="points">Points</th></tr></thead>\n<tbody>\n{rows}</tbody>\n'
        "</table>\n"
    )


def _set(result: Result) -> str:
    number = escape(result["exercise"])
    title = f"{escape(result['title'])}: {result['points']:g} of {result['most']:g}"
    parts = [
        f'<section aria-labelledby="set{number}">\n<h2 id="set{number}">{title}</h2>\n',
        f"<p>Run {escape(result['sandbox'] or 'nowhere')}.</p>\n",
    ]
    if result["notes"]:
        items = "".join(f"<li>{escape(str(note))}</li>" for note in result["notes"])
        parts.append(f'<div class="note"><p>About the file:</p><ul>{items}</ul></div>\n')
    parts += [_item(item) for item in result["items"]]
    return "".join([*parts, "</section>\n"])


def _item(item: dict[str, Any]) -> str:
    head = f"{item['name']} {item['title']}: {item['points']:g} of {item['most']:g}"
    rows = "".join(_probe(probe) for probe in item["probes"])
    said = "" if item["answered"] else "<p>No answer that could be run was found.</p>\n"
    if item.get("stopped"):
        said += f'<p class="bad">Your answer was stopped: {escape(item["stopped"])}.</p>\n'
    if item.get("override"):
        said += f"<p>These points were {escape(item['override'])}</p>\n"
    drawn = "".join(_pictures(probe) for probe in item["probes"])
    return (
        f"<h3>{escape(head)}</h3>\n{said}<table>\n<caption>Probes of {escape(item['name'])}"
        '</caption>\n<thead><tr><th scope="col" class="result">Result</th>'
        '<th scope="col">Probe</th><th scope="col" class="points">Points</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n{drawn}"
    )


def _probe(probe: dict[str, Any]) -> str:
    verdict = (
        '<td class="result good">✓ passed</td>'
        if probe["passed"]
        else '<td class="result bad">✗ not yet</td>'
    )
    lines = "\n".join(map(str, probe["lines"])).splitlines()
    why = f"<pre>{''.join(f'<span>{escape(line)}</span>' for line in lines)}</pre>" if lines else ""
    hidden = " (hidden)" if probe["level"] == "hidden" else ""
    return (
        f'<tr>{verdict}<th scope="row">{escape(probe["name"])}{hidden}{why}</th>'
        f'<td class="points">{probe["points"]:g} of {probe["most"]:g}</td></tr>\n'
    )


def _pictures(probe: dict[str, Any]) -> str:
    """Both sides of an open probe that compared VMAs."""
    if probe["level"] != "open" or not probe.get("expected"):
        return ""
    drawn = [
        drawing.svg_as(f"{probe['name']}-{name}")
        for name, drawing in picture(probe["expected"], probe.get("said"))
    ]
    figures = "".join(f"<figure>{one}</figure>" for one in drawn)
    return f'<div class="pictures">{figures}</div>\n' if drawn else ""
