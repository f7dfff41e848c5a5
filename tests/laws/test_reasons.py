"""Does every refusal give a reason of its own, and name the kernel function whose check it is?"""

import ast
import importlib
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

import vmalab

HOME = Path(vmalab.__file__).parent
SOURCES = sorted([*HOME.glob("mm/*.py"), *HOME.glob("generations/**/*.py"), HOME / "kernel.py"])
KERNEL_FUNCTION = re.compile(r"(mm|kernel|arch/x86/\w+)/\w+\.c:\w+\Z")


class Refusal(NamedTuple):
    """One ``mm.refuse(errno, because, rule)`` in the text of the model."""

    place: str
    errno: str
    because: str
    rule: str


def template(node, names):
    """A string as written, with a hole ``{}`` where a value goes in."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(template(part, names) for part in parts)
        case ast.FormattedValue():
            return "{}"
        case ast.Name(id=name):
            return names[name]
        case _:
            raise AssertionError(f"cannot read a text from {ast.unparse(node)}")


def texts_assigned(nodes, names):
    """Names that are given a text, and the text."""
    found = dict(names)
    for node in nodes:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=(ast.Constant(value=str()) | ast.JoinedStr()) as text,
            ):
                found[name] = template(text, found)
    return found


def texts_imported(module):
    """Texts that a module takes from another one of ours, by name."""
    found = {}
    for node in module.body:
        match node:
            case ast.ImportFrom(module=str() as origin, names=names) if origin.startswith("vmalab"):
                given = vars(importlib.import_module(origin))
                texts = {alias.asname or alias.name: given.get(alias.name) for alias in names}
                found |= {name: text for name, text in texts.items() if isinstance(text, str)}
    return found


def is_refusal(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "refuse"
    )


def refusals_of(path):
    module = ast.parse(path.read_text())
    constants = texts_assigned(module.body, texts_imported(module))
    for function in [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]:
        nodes = [node for node in ast.walk(function) if hasattr(node, "lineno")]
        for call in filter(is_refusal, nodes):
            above = [node for node in nodes if node.lineno < call.lineno]
            names = texts_assigned(sorted(above, key=lambda node: node.lineno), constants)
            errno, because, rule = call.args
            place = f"{path.relative_to(HOME)}:{call.lineno}"
            texts = template(because, names), template(rule, names)
            yield Refusal(place, ast.unparse(errno), *texts)


REFUSALS = [refusal for path in SOURCES for refusal in refusals_of(path)]


def test_there_are_refusals_to_look_at():
    assert len(REFUSALS) > 80


def test_no_two_refusals_share_a_reason():
    counted = Counter(refusal.because for refusal in REFUSALS)
    shared = [refusal for refusal in REFUSALS if counted[refusal.because] > 1]
    assert not shared, "\n".join(map(str, shared))


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.place)
def test_a_refusal_says_why_and_whose_rule_it_is(refusal):
    assert len(refusal.because.replace("{}", "").split()) >= 3, refusal
    assert KERNEL_FUNCTION.match(refusal.rule), refusal
    assert not refusal.because.endswith("."), refusal
