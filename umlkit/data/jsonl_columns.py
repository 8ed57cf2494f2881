"""Columns of a ``.jsonl`` table: one kind of values in all lines, as an array."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from umlkit.data.lists import padded
from umlkit.data.records import Array
from umlkit.errors import Problem

_NUMBERS, _TRUTH, _TEXT, _LISTS, OTHER = "numbers", "truth values", "text", "lists of numbers", "objects"


@dataclass
class Column:
    """A column while it is read: its values by line, and in which line each kind of value was first."""

    values: list[Any] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)


def kind_of(value: Any) -> str:
    """What a value is, in the words of messages."""
    if isinstance(value, bool):
        return _TRUTH
    if isinstance(value, int | float):
        return _NUMBERS
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, list):
        return _LISTS if _of_numbers(value) else OTHER
    return OTHER


def _of_numbers(values: list[Any]) -> bool:
    """Whether a list holds numbers and gaps, or lists of the like throughout."""
    types = set(map(type, values))
    return types <= {int, float, type(None)} or (types == {list} and all(map(_of_numbers, values)))


def mixed(key: str, column: Column, name: str) -> Problem | None:
    """What is wrong where a column holds two kinds of values."""
    if len(column.kinds) < 2:
        return None
    (one, first), (other, second) = sorted(column.kinds.items(), key=lambda kind: kind[1])[:2]
    return Problem(
        f"the column {key!r} holds {one} and {other}",
        where=f"{name}:{second}",
        found=f"{one} in line {first}, {other} in line {second}",
        allowed="one kind of values in a column; null where one is missing",
    )


def to_array(key: str, column: Column, lines: list[int], name: str) -> Array | Problem:
    """(N,) or (N, T, ...) values of a column of one kind; of objects an array that holds nothing.

    Args:
        key: the column's name.
        column: its values, None where one is missing.
        lines: the line that each value is from.
        name: of the file, for messages.
    """
    kind = next(iter(column.kinds), _NUMBERS)
    if kind == _LISTS:
        return _lists(key, column.values, lines, name)
    if kind == OTHER:
        return np.empty(len(lines), dtype="V1")
    if kind == _TEXT:
        found = np.empty(len(lines), dtype=object)
        found[:] = ["" if value is None else value for value in column.values]
        return found
    return _numbers(column.values)


def _numbers(values: list[Any]) -> Array:
    """Whole numbers where all are, else float64 with NaN for what is missing."""
    try:
        found = np.array(values)
    except OverflowError:
        found = np.array(values, dtype=object)
    if found.dtype.kind in "bif":
        return found
    return np.array([np.nan if value is None else _float(value) for value in values], dtype=np.float64)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return np.inf if value > 0 else -np.inf


def _lists(key: str, values: list[Any], lines: list[int], name: str) -> Array | Problem:
    steps = []
    for line, value in zip(lines, values, strict=True):
        try:
            steps.append(_steps(value))
        except (ValueError, OverflowError):
            return _ragged(key, f"{name}:{line}", "lists of different lengths within one")
    inner = {found.shape[1:]: line for line, found in zip(reversed(lines), reversed(steps), strict=True) if len(found)}
    if len(inner) > 1:
        (one, first), (other, second) = sorted(inner.items(), key=lambda shape: shape[1])[:2]
        return _ragged(key, f"{name}:{second}", f"steps of shape {one} in line {first}, {other} in line {second}")
    width = next(iter(inner), ())
    lengths = np.array([len(found) for found in steps], dtype=np.int64)
    whole = all(found.dtype.kind == "i" for found in steps if len(found)) and bool((lengths > 0).all())
    kind = np.int64 if whole else np.float64
    flat = [found.astype(kind, copy=False).reshape(-1, *width) for found in steps]
    return padded(np.concatenate(flat), lengths)


def _steps(value: list[Any] | None) -> Array:
    """One list as an array, its own axis first."""
    if not value:
        return np.empty(0)
    found = np.array(value)
    if found.dtype.kind == "O":
        found = np.array(value, dtype=np.float64)  # None becomes NaN; what is ragged raises ValueError
    return found.astype(np.float64) if found.dtype.kind == "u" else found


def _ragged(key: str, where: str, found: str) -> Problem:
    return Problem(
        f"the column {key!r} holds lists that are ragged within",
        where=where,
        found=found,
        allowed="lists may differ in length; what they hold is of one shape: [[1, 2], [3, 4], [5, 6]]",
    )


def of_objects(key: str, line: int, name: str) -> Problem:
    """What is wrong with a column that nothing can be made of, first seen in a line."""
    return Problem(
        f"the column {key!r} holds objects or lists that are not of numbers",
        where=f"{name}:{line}",
        allowed="numbers, truth values, text, or lists of numbers",
        try_next="leave it out by listing the others under data.modalities in a recipe (umlkit init writes one)",
    )
