"""Text cells of a table to numbers: what is missing, what is a number, and where the first cell is that is neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umlkit.data.records import Array
from umlkit.data.strings import StringArray

MISSING = frozenset({"", "na", "n/a", "nan", "null"})


@dataclass(frozen=True)
class Numbers:
    """A column as numbers.

    Attributes:
        values: (N,) float64; NaN where the cell is missing or text.
        text: (row, cell) of the first cell that is text; None where there is none.
        texts: how many cells are text.
    """

    values: Array
    text: tuple[int, str] | None = None
    texts: int = 0


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value: empty, NA, N/A, NaN or null."""
    return cell.strip().casefold() in MISSING


def number(cell: str) -> float | None:
    """The number in a cell, NaN for a missing one, None for text."""
    if is_missing(cell):
        return float("nan")
    if "_" in cell:  # float() would read 1_000
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def to_numbers(cells: Array | StringArray) -> Numbers:
    """All cells of a column as numbers."""
    values = np.empty(len(cells), dtype=np.float64)
    texts, first = 0, None
    for row, cell in enumerate(cells):
        value = number(cell)
        values[row] = np.nan if value is None else value
        if value is None:
            texts += 1
            first = first or (row, cell)
    return Numbers(values, text=first, texts=texts)
