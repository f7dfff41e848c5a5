"""How well probes tell right from wrong: the table of docs/grading.md, from tests/grading/answers.

Usage: python tools/discrimination.py         print it
       python tools/discrimination.py write   put it into docs/grading.md
"""

import importlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vmalab.grading.bundle import load_folder

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "grading.md"
SEALED = ROOT / "solutions" / "sealed"
BEGIN, END = "<!-- table of discrimination -->", "<!-- end of table -->"


def main(argv: Sequence[str]) -> int:
    """Print the table, or write it."""
    if list(argv) == ["write"]:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table())
    return 0


def written(text: str) -> str:
    """The document with the table as it should be."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", text)


def table() -> str:
    """A line an item: points, right answers, wrong answers, and what catches those."""
    lines = [
        "| item | kind | points | right answers | wrong answers | caught by probe 1 · 2 · 3 |",
        "|---|---|---|---|---|---|",
    ]
    rights = wrongs = 0
    for name, one in load_folder(SEALED).items():
        answers = importlib.import_module(f"tests.grading.answers.ex{name}")
        for item in one.items:
            right, wrong = answers.RIGHT[item.name], answers.WRONG[item.name]
            caught = Counter(first for _, first in wrong)
            by = " · ".join(str(caught[number]) for number in range(len(item.probes)))
            rights, wrongs = rights + len(right), wrongs + len(wrong)
            title = f"{item.name} {item.title}"
            lines.append(
                f"| {title} | {item.kind} | {item.points} | {len(right)} | {len(wrong)} | {by} |"
            )
    lines.append(f"| all | | | {rights} | {wrongs} | |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
