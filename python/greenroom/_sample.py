"""Text that a regular expression matches: what stands for a parameter in an example of a path."""

from __future__ import annotations

import re
from typing import Any

try:  # how re itself reads an expression; it promises to nobody that this stays
    from re import _constants as ops
    from re import _parser as parser
except ImportError:
    ops = parser = None

# What is tried before something is made up.
READABLE = ("1", "1.5", "2026-01-31", "00000000-0000-4000-8000-000000000001", "a")

CHARACTERS = "a1A-_. /@,:"

CATEGORIES = {"CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s",
              "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W"}


class Unknown(Exception):
    """The expression has something that nothing is made up for."""


def sample(regex: str, *preferred: str) -> str | None:
    """The first of `preferred` that `regex` matches as a whole, or something short that it does;
    None where nothing is found."""
    try:
        compiled = re.compile(regex)
        made_up = _sequence(parser.parse(regex)) if parser else ""
    except (re.error, RecursionError, Unknown):
        return None
    return next((text for text in (*preferred, *READABLE, made_up) if compiled.fullmatch(text)), None)


def make_up(regex: str) -> str | None:
    """Something short that `regex` finds from its start on, with all that it may be asked for."""
    try:
        text = _sequence(parser.parse(regex)) if parser else ""
        return text if re.match(regex, text) else None
    except (re.error, RecursionError, Unknown):
        return None


def _sequence(nodes: Any) -> str:
    return "".join(_one(op, value) for op, value in nodes)


def _one(op: Any, value: Any) -> str:
    if op is ops.LITERAL:
        return chr(value)
    if op is ops.NOT_LITERAL:
        return _character([(op, value)])
    if op is ops.ANY:
        return "a"
    if op is ops.IN:
        return _character(value)
    if op is ops.SUBPATTERN:
        return _sequence(value[-1])
    if op is ops.BRANCH:
        return _sequence(value[1][0])
    if op is ops.MAX_REPEAT or op is ops.MIN_REPEAT:
        least, most, repeated = value
        return _sequence(repeated) * max(least, min(most, 1))
    if op is ops.AT:
        return ""
    raise Unknown


def _character(choices: list[tuple[Any, Any]]) -> str:
    """One of a set."""
    op, value = choices[0]
    negated = op is ops.NEGATE
    first = chr(value) if op is ops.LITERAL else chr(value[0]) if op is ops.RANGE else ""
    for character in CHARACTERS + first:
        if any(_is(op, value, character) for op, value in choices) != negated:
            return character
    raise Unknown


def _is(op: Any, value: Any, character: str) -> bool:
    if op is ops.LITERAL:
        return ord(character) == value
    if op is ops.NOT_LITERAL:
        return ord(character) != value
    if op is ops.RANGE:
        return value[0] <= ord(character) <= value[1]
    if op is ops.CATEGORY:
        return re.match(CATEGORIES[str(value)], character) is not None
    return False
