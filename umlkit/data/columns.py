"""Columns of a table as one array: numbers as they are, words as numbers that stand for categories, text as text.

A column of cells that all are numbers is one of numbers; one of words holds categories, whole numbers that count the
words in alphabetical order, and so does one of codes: whole numbers of one width, some with a leading zero (postal
codes, months). One column of words alone stays text, and its kind decides what becomes of it. A column of numbers
among which a few cells are words is a mistake in the data, or one of categories that has to be stated as such, and
is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


@dataclass(frozen=True)
class Wanted:
    """Which of a modality's columns are to hold categories.

    Attributes:
        categories: their names.
        sure: no other column does: a word there is a mistake.
    """

    categories: Collection[str] = ()
    sure: bool = False


def extract_columns(
    raw: Raw, names: tuple[str, ...], problems: list[Problem], *, wanted: Wanted | None = None
) -> Extracted | None:
    """The columns side by side, (N, K), or (N,) for one column of words; None with what is wrong in ``problems``."""
    before = len(problems)
    wanted = wanted or Wanted()
    parts = [_column(raw, name, problems, wanted) for name in names]
    found = [part for part in parts if part is not None]
    if len(problems) > before:
        return None
    if len(found) == 1 and found[0].levels and not wanted.categories:
        return Extracted(as_texts(raw.load(names[0])))
    values = scratch((len(found[0].values), len(found)), np.float64)
    for i, part in enumerate(found):
        values[:, i] = part.values
    levels = tuple(part.levels[0] if part.levels else None for part in found)
    return Extracted(values, levels if any(level is not None for level in levels) else ())


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
    """Cells (N,) as (N,) numbers of their categories, NaN where one is missing, with the one column's levels."""
    words: Iterable[str] = map(number_as_word, cells.tolist()) if cells.dtype.kind in NUMERIC else iter(cells)
    number: dict[str, int] = {}
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(words):
        word = cell.strip()
        if not is_missing(word):
            found[row] = number.setdefault(word, len(number))
    levels = tuple(sorted(number))
    rank = {number[word]: float(place) for place, word in enumerate(levels)}
    there = np.isfinite(found)
    found[there] = [rank[first] for first in found[there].tolist()]
    return Extracted(found, (levels,))


def number_as_word(value: float) -> str:
    """A number that stands for a category, written alike whatever type it is stored as: 3 and 3.0 are ``3``."""
    if value != value:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _column(raw: Raw, name: str, problems: list[Problem], wanted: Wanted) -> Extracted | None:
    values = raw.load(name)
    stated = name in wanted.categories
    if values.dtype.kind in NUMERIC:
        return encoded(values) if stated else Extracted(values)
    cells = as_texts(values)
    if stated:
        return encoded(cells)
    numbers = to_numbers(cells)
    if numbers.text is None:
        codes = not wanted.sure and _are_codes(cells)
        return encoded(cells) if codes else Extracted(numbers.values)
    if not wanted.sure and int(np.isfinite(numbers.values).sum()) < MOSTLY_NUMBERS * len(values):
        return encoded(cells)
    row, cell = numbers.text
    problems.append(
        Problem(
            f"text in the column {name!r}, where numbers are due",
            where=f"{raw.name}, {raw.row(row)}",
            found=f"{cell!r}" + (f", and {numbers.texts - 1} more such cells" if numbers.texts > 1 else ""),
            allowed="numbers; empty, NA, NaN and null are missing values",
            try_next=f"correct the cell; or, if the column holds categories, name it in a recipe under "
            f"data.modalities.<name>.categories: [{name!r}]; or list the columns to use there (umlkit init)",
        )
    )
    return None


def _are_codes(cells: Iterable[str]) -> bool:
    """Whether cells that all are numbers are whole ones of one width, some with a leading zero."""
    width, leading = 0, False
    for cell in cells:
        word = cell.strip()
        if is_missing(word):
            continue
        if not (word.isascii() and word.isdigit() and len(word) == (width or len(word)) and len(word) > 1):
            return False
        width = len(word)
        leading = leading or word[0] == "0"
    return leading
