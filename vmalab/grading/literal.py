r"""Reading an answer that is data without running it.

Predictions and programs are text. They are taken out of their cell's source as Python's grammar
has it, so that no learner's code runs before they have been judged. A little arithmetic on
constants is understood, because people write it::

    three = "\n".join(["mmap 0 6 rw private,anon,fixed", "madvise 2 2 dontfork"])
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from typing import Any, Final

from vmalab.grading.canonical import Plain, plain

MOST_SOURCE: Final = 64 * 1024
MOST_TEXT: Final = 64 * 1024
_METHODS: Final = {"join", "strip", "lower", "upper", "replace"}


class NotLiteralError(ValueError):
    """An answer that is no plain data; the message says what stands in the way."""


def parse_source(source: str) -> ast.Module | None:
    """The syntax tree of a cell, None if there is none: a slip of the pen, or too much of it."""
    if len(source) > MOST_SOURCE:
        return None
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def defines(source: str, name: str) -> bool:
    """Does a cell set a name at its top level?

    >>> defines("def find(a): pass", "find"), defines("x = 1", "y")
    (True, False)
    """
    tree = parse_source(source)
    if tree is None:
        lines = source[:MOST_SOURCE].splitlines()
        return any(line.startswith((f"def {name}(", f"{name} =", f"{name}=")) for line in lines)
    return any(name in _names(node) for node in tree.body)


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [one.id for one in targets if isinstance(one, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def read_literal(source: str, name: str) -> Plain:
    r"""The value that a cell gives to a name, if it can be read without running anything.

    >>> read_literal("a = 'x'\nb = a + 'y' * 2", "b")
    'xyy'

    Raises:
        NotLiteralError: the cell does not parse, sets no such name, or calculates its value.
    """
    tree = parse_source(source)
    if tree is None:
        msg = "the cell is not Python"
        raise NotLiteralError(msg)
    values: dict[str, Any] = {}
    for node in tree.body:
        for target in _names(node):
            values.pop(target, None)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                value = _try(lambda node=node: _value(node.value, values))  # type: ignore[misc]
                if value is not _NOTHING:
                    values[target] = value
    if name not in values:
        msg = f"{name} must be written down as plain text: the cell is read, not run"
        raise NotLiteralError(msg)
    return plain(values[name])


_NOTHING: Final = object()


def _try(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (NotLiteralError, RecursionError, TypeError, ValueError):
        return _NOTHING


def _value(node: ast.expr | None, values: dict[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [_value(part, values) for part in parts]
        case ast.Dict(keys=keys, values=parts) if None not in keys:
            pairs = zip(keys, parts, strict=True)
            return {_value(key, values): _value(part, values) for key, part in pairs}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult() as op, right=right):
            return _arithmetic(op, _value(left, values), _value(right, values))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _value(left, values) | _value(right, values)
        case ast.JoinedStr(values=parts) if all(isinstance(one, ast.Constant) for one in parts):
            return "".join(_value(part, values) for part in parts)
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=args, keywords=[]):
            return _method(owner, method, args, values)
        case _:
            msg = "calculated"
            raise NotLiteralError(msg)


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    """Sum or product, of a size that the judge can bear."""
    if isinstance(op, ast.Add):
        total = left + right
    else:
        sizes = [one if isinstance(one, int) else len(one) for one in (left, right)]
        if abs(sizes[0] * sizes[1]) > 1 << 64 or (
            not (isinstance(left, int) and isinstance(right, int))
            and abs(sizes[0] * sizes[1]) > MOST_TEXT
        ):
            msg = "too large"
            raise NotLiteralError(msg)
        total = left * right
    if not isinstance(total, int) and len(total) > MOST_TEXT:
        msg = "too large"
        raise NotLiteralError(msg)
    return total


def _method(owner: ast.expr, method: str, args: list[ast.expr], values: dict[str, Any]) -> Any:
    """A method of a text; or ``textwrap.dedent``."""
    given = [_value(arg, values) for arg in args]
    if isinstance(owner, ast.Name) and (owner.id, method) == ("textwrap", "dedent"):
        return textwrap.dedent(*given)
    text = _value(owner, values)
    if method not in _METHODS or type(text) is not str or len(given) > 1:
        msg = f"calls {method}"
        raise NotLiteralError(msg)
    return getattr(text, method)(*given)
