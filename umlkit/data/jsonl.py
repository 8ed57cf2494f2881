"""Read ``.jsonl`` tables: one JSON object a line, its keys the columns; strict, with line numbers in every message.

A column holds numbers, truth values, text, or lists of numbers (of lists of numbers, ...): one kind in all its lines.
``null`` and a key that a line lacks are missing values: NaN among numbers, empty text among texts. The whole table is
held in memory; a large one belongs in Parquet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from umlkit.data.lists import padded
from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array
from umlkit.data.table import decoded
from umlkit.errors import InputError, Problem

_SHOWN = 5
_NUMBERS, _TRUTH, _TEXT, _LISTS, _OTHER = "numbers", "truth values", "text", "lists of numbers", "objects"


@dataclass
class _Column:
    """A column while it is read: its values by line, and in which line each kind of value was first."""

    values: list[Any] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)


def open_jsonl(path: Path, *, name: str) -> Raw:
    """The columns of a file of JSON objects.

    Raises:
        InputError: not UTF-8, a line that is no object or no JSON, a column of mixed types, lists that are ragged
            within, no rows. A column of objects is an error when it is loaded.
    """
    columns, lines, problems = _read(path, name)
    if not lines and not problems:
        problems.append(Problem("holds no rows", where=name, found="blank lines only"))
    elif not columns and not problems:
        problems.append(Problem("holds no columns", where=name, found="objects without keys"))
    arrays: dict[str, Array] = {}
    for key, column in columns.items():
        values = _mixed(key, column, name) or _array(key, column, lines, name)
        if isinstance(values, Problem):
            problems.append(values)
        else:
            arrays[key] = values
        column.values.clear()
    if problems:
        raise InputError(*problems)

    def load(key: str) -> Array:
        if arrays[key].dtype.kind == "V":
            raise InputError(_of_objects(key, columns[key].kinds[_OTHER], name))
        return arrays[key]

    headers = {key: Header(values.shape, values.dtype) for key, values in arrays.items()}
    return Raw(name=name, headers=headers, load=load, table=True, lines=lines, path=path)


def _read(path: Path, name: str) -> tuple[dict[str, _Column], list[int], list[Problem]]:
    """The columns, the numbers of the lines they are from, and what is wrong with others, of which a few are told."""
    columns: dict[str, _Column] = {}
    lines: list[int] = []
    problems: list[Problem] = []
    for number, text in _texts(path, name):
        found = _object(text, f"{name}:{number}")
        if isinstance(found, Problem):
            problems.append(found)
            if len(problems) == _SHOWN:
                break
            continue
        for key, value in found.items():
            column = columns.setdefault(key, _Column())
            column.values.extend([None] * (len(lines) - len(column.values)))
            column.values.append(value)
            if value is not None:
                column.kinds.setdefault(_kind(value), number)
        lines.append(number)
    for column in columns.values():
        column.values.extend([None] * (len(lines) - len(column.values)))
    return columns, lines, problems


def _texts(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    text = decoded(path.read_bytes(), name)
    start, number = 0, 1
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line.strip():
            yield number, line
        start, number = end + 1, number + 1


def _object(text: str, where: str) -> dict[str, Any] | Problem:
    try:
        found = json.loads(text, object_pairs_hook=_unique)
    except _RepeatedKeyError as error:
        return Problem("says a key twice", where=where, found=repr(error.args[0]))
    except (ValueError, RecursionError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return Problem(
            "is no JSON",
            where=where,
            found=f"{said}: {text.strip()[:40]!r}",
            allowed='one object a line: {"id": "a", "y": 1, "x": [0.5, 2]}',
            try_next=_as_lines(text, where),
        )
    if isinstance(found, dict):
        return found
    return Problem(
        "is no object",
        where=where,
        found=f"{_kind(found) if found is not None else 'null'}: {text.strip()[:40]!r}",
        allowed='one object a line: {"id": "a", "y": 1, "x": [0.5, 2]}',
        try_next=_as_lines(text, where),
    )


def _as_lines(text: str, where: str) -> str | None:
    """What to do with one JSON document that spans the file."""
    if not where.endswith(":1") or text.strip()[:1] not in ("[", "{"):
        return None
    return "pandas.read_json(file).to_json('lines.jsonl', orient='records', lines=True)"


class _RepeatedKeyError(ValueError):
    """A key that one object says twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return _TRUTH
    if isinstance(value, int | float):
        return _NUMBERS
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, list):
        return _LISTS if _of_numbers(value) else _OTHER
    return _OTHER


def _of_numbers(values: list[Any]) -> bool:
    """Whether a list holds numbers and gaps, or lists of the like throughout."""
    types = set(map(type, values))
    return types <= {int, float, type(None)} or (types == {list} and all(map(_of_numbers, values)))


def _mixed(key: str, column: _Column, name: str) -> Problem | None:
    if len(column.kinds) < 2:
        return None
    (one, first), (other, second) = sorted(column.kinds.items(), key=lambda kind: kind[1])[:2]
    return Problem(
        f"the column {key!r} holds {one} and {other}",
        where=f"{name}:{second}",
        found=f"{one} in line {first}, {other} in line {second}",
        allowed="one kind of values in a column; null where one is missing",
    )


def _array(key: str, column: _Column, lines: list[int], name: str) -> Array | Problem:
    kind = next(iter(column.kinds), _NUMBERS)
    if kind == _LISTS:
        return _lists(key, column.values, lines, name)
    if kind == _OTHER:
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


def _of_objects(key: str, line: int, name: str) -> Problem:
    return Problem(
        f"the column {key!r} holds objects or lists that are not of numbers",
        where=f"{name}:{line}",
        allowed="numbers, truth values, text, or lists of numbers",
        try_next="leave it out by listing the others under data.modalities in a recipe (umlkit init writes one)",
    )
