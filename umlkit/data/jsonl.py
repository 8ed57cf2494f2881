"""Read ``.jsonl`` tables: one JSON object a line, its keys the columns; strict, with line numbers in every message.

A column holds numbers, truth values, text, or lists of numbers (of lists of numbers, ...): one kind in all its lines.
``null`` and a key that a line lacks are missing values: NaN among numbers, empty text among texts. The whole table is
held in memory; a large one belongs in Parquet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from umlkit.data.jsonl_columns import OTHER, Column, kind_of, mixed, of_objects, to_array
from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array
from umlkit.data.table import decoded
from umlkit.errors import InputError, Problem

_SHOWN = 5


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
        values = mixed(key, column, name) or to_array(key, column, lines, name)
        if isinstance(values, Problem):
            problems.append(values)
        else:
            arrays[key] = values
        column.values.clear()
    if problems:
        raise InputError(*problems)

    def load(key: str) -> Array:
        if arrays[key].dtype.kind == "V":
            raise InputError(of_objects(key, columns[key].kinds[OTHER], name))
        return arrays[key]

    headers = {key: Header(values.shape, values.dtype) for key, values in arrays.items()}
    return Raw(name=name, headers=headers, load=load, table=True, lines=lines, path=path)


def _read(path: Path, name: str) -> tuple[dict[str, Column], list[int], list[Problem]]:
    """The columns, the numbers of the lines they are from, and what is wrong with others, of which a few are told."""
    columns: dict[str, Column] = {}
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
            column = columns.setdefault(key, Column())
            column.values.extend([None] * (len(lines) - len(column.values)))
            column.values.append(value)
            if value is not None:
                column.kinds.setdefault(kind_of(value), number)
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
        found=f"{kind_of(found) if found is not None else 'null'}: {text.strip()[:40]!r}",
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
