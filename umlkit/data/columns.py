"""Columns of a table as one array: numbers as they are, words as numbers that stand for categories, text as text.

A column of cells that all are numbers is one of numbers; one of words holds categories, whole numbers that count the
words in alphabetical order. One column of words alone stays text, and its kind decides what becomes of it. A column of
numbers among which a few cells are words is a mistake in the data, and named as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from umlkit.data.cells import is_missing, to_numbers
from umlkit.data.mapped import scratch
from umlkit.data.raw import Raw
from umlkit.data.records import Array
from umlkit.data.strings import StringArray
from umlkit.errors import Problem

NUMERIC = "biuf"
MOSTLY_NUMBERS = 0.5
"""Share of a column's cells that are numbers from which on its words are taken for mistakes."""

Levels = tuple[tuple[str, ...] | None, ...]


@dataclass(frozen=True)
class Extracted:
    """What stood in an array or in columns.

    Attributes:
        values: (N, ...) numbers; or (N,) texts as objects of type str.
        levels: as in :class:`umlkit.data.records.ModalityArray`.
    """

    values: Array
    levels: Levels = ()


def extract_columns(raw: Raw, names: tuple[str, ...], problems: list[Problem]) -> Extracted | None:
    """The columns side by side, (N, K), or (N,) for one column of words; None with what is wrong in ``problems``."""
    before = len(problems)
    parts = [_column(raw, name, problems) for name in names]
    found = [part for part in parts if part is not None]
    if len(problems) > before:
        return None
    if len(found) == 1 and found[0].levels:
        return Extracted(as_texts(raw.load(names[0])))
    values = scratch((len(found[0].values), len(found)), np.float64)
    for i, part in enumerate(found):
        values[:, i] = part.values
    levels = tuple(part.levels[0] if part.levels else None for part in found)
    return Extracted(values, levels if any(levels) else ())


def extract_texts(raw: Raw, names: tuple[str, ...]) -> Array:
    """The cells of the columns as texts (N,), one below the other where there are several; missing ones left out."""
    columns = [as_texts(raw.load(name)) for name in names]
    if len(columns) == 1:
        return columns[0]
    found = np.empty(len(columns[0]), dtype=object)
    found[:] = ["\n".join(cell for cell in cells if not is_missing(cell)) for cells in zip(*columns, strict=True)]
    return found


def as_texts(values: Array | StringArray) -> Array:
    """Words of any type as an array of objects of type str; a long column in a file stays there."""
    if isinstance(values, StringArray):
        return cast(Array, values)  # it stands in for one wherever rows are taken or iterated over
    found = np.empty(len(values), dtype=object)
    found[:] = [v.decode("utf-8", "backslashreplace") if isinstance(v, bytes) else str(v) for v in values]
    return found


def encoded(cells: Array) -> Extracted:
    """Words (N,) as (N,) numbers of their categories, NaN where a cell is missing, with the one column's levels."""
    words = [str(cell).strip() for cell in cells]
    levels = tuple(sorted({word for word in words if not is_missing(word)}))
    number = {word: float(i) for i, word in enumerate(levels)}
    return Extracted(np.array([number.get(word, np.nan) for word in words]), (levels,))


def _column(raw: Raw, name: str, problems: list[Problem]) -> Extracted | None:
    values = raw.load(name)
    if values.dtype.kind in NUMERIC:
        return Extracted(values)
    numbers = to_numbers(as_texts(values))
    if numbers.text is None:
        return Extracted(numbers.values)
    if int(np.isfinite(numbers.values).sum()) < MOSTLY_NUMBERS * len(values):
        return encoded(as_texts(values))
    row, cell = numbers.text
    problems.append(
        Problem(
            f"text in the column {name!r}, where numbers are due",
            where=f"{raw.name}, {raw.row(row)}",
            found=f"{cell!r}" + (f", and {numbers.texts - 1} more such cells" if numbers.texts > 1 else ""),
            allowed="numbers; empty, NA, NaN and null are missing values",
            try_next="correct the cell, or list the columns to use under data.modalities in a recipe (umlkit init)",
        )
    )
    return None
