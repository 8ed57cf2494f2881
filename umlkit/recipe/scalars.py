"""What an unquoted word of a recipe means: the core schema of YAML 1.2, not the surprises of YAML 1.1.

``1e-3`` is a number; ``no``, ``on``, ``y``, ``1:30`` and ``2024-01-01`` are text; ``010`` is ten.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
TRUE = frozenset({"true", "True", "TRUE"})
FALSE = frozenset({"false", "False", "FALSE"})
DECIMAL = re.compile(r"[-+]?[0-9]+")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
NAN = frozenset({".nan", ".NaN", ".NAN"})

LONGEST_INT = 1000


class NumberTooLongError(ValueError):
    """A whole number with more digits than anybody means."""


def resolve(text: str) -> Scalar:
    """The value of an unquoted word.

    Raises:
        NumberTooLongError: a whole number of more than :data:`LONGEST_INT` digits.
    """
    if text in NULLS:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if DECIMAL.fullmatch(text) or BASED.fullmatch(text):
        return _whole(text)
    if FLOAT.fullmatch(text):
        return float(text)
    if INFINITE.fullmatch(text):
        return -math.inf if text.startswith("-") else math.inf
    return math.nan if text in NAN else text


def is_text(word: str) -> bool:
    """Whether an unquoted ``word`` would be read as text; if not, text of that spelling needs quotes."""
    try:
        return isinstance(resolve(word), str)
    except NumberTooLongError:
        return False


def _whole(text: str) -> int:
    if len(text) > LONGEST_INT:
        raise NumberTooLongError(f"a whole number of {len(text)} digits")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
