"""Columns that hold categories: those the recipe names, those a trained model knows, and words that are none.

Numbers may stand for categories (a ward, a product number); only the user knows, and says so by ``categories``. A
column of words in which nearly every one is another (names, ids) has nothing that could be learned from one sample
for the next, and is left out where umlkit chooses the columns.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from umlkit.data.cells import is_missing, number
from umlkit.data.columns import NUMERIC, Extracted, as_texts, encoded
from umlkit.data.raw import Raw
from umlkit.data.records import Array, ModalityArray
from umlkit.data.spread import spread
from umlkit.errors import Problem

LOOKED_AT = 5000
"""Cells of a column that are looked at, evenly spaced."""
FEWEST = 20
"""Cells below which a column is no list of ids, however different they are."""
NEARLY_EVERY = 0.9
"""Share of cells that say something of their own from which on a column of words holds ids."""


def categorised(found: Extracted, columns: Collection[str | int], *, name: str) -> Extracted | Problem:
    """An array (N, K), or (N,), whose columns of these numbers hold categories; a problem where there is no such one.

    Args:
        found: values of any numbers, cut.
        columns: as the recipe names them.
        name: of the modality.
    """
    values = found.values.reshape(len(found.values), -1)
    width = values.shape[1]
    wrong = [one for one in columns if isinstance(one, str) or not 0 <= one < width]
    if wrong or found.values.ndim > 2 or values.dtype.kind not in NUMERIC:
        return no_category(name, wrong[0] if wrong else "", f"numbers of columns, from 0 to {width - 1}")
    made = values.astype(np.float64)
    levels = list(found.levels or (None,) * width)
    for i in {one for one in columns if isinstance(one, int) and levels[one] is None}:
        column = encoded(values[:, i])
        made[:, i], levels[i] = column.values, column.levels[0]
    return replace(found, values=made, levels=tuple(levels))


def no_category(name: str, found: str | int, allowed: str) -> Problem:
    """A column that was to hold categories and is not there."""
    return Problem(
        f"data.modalities.{name}.categories names a column that the modality does not have",
        found=repr(found),
        allowed=allowed,
    )


def category_numbers(modality: ModalityArray) -> tuple[int, ...]:
    """Which columns of a modality hold categories, by number."""
    return tuple(i for i, level in enumerate(modality.levels) if level is not None)


def unfit(raw: Raw, name: str) -> str | None:
    """Why a column can be no input of a table: it has no values, or holds ids; None where it can."""
    header = raw.headers[name]
    if len(header.shape) != 1 or header.dtype.kind not in "USTO" or not header.shape[0]:
        return None
    values = raw.load(name)
    cells = as_texts(spread(values, LOOKED_AT))
    there = [cell.strip() for cell in cells if not is_missing(cell)]
    if not there:
        every = as_texts(values)
        return None if any(not is_missing(cell) for cell in every) else "nothing but missing values"
    different = len(set(there))
    if len(there) < FEWEST or different <= NEARLY_EVERY * len(there) or any(number(cell) is not None for cell in there):
        return None
    return "nearly every row another word: ids, not categories"


def are_few(texts: Array) -> bool:
    """Whether texts (N,) look like the names of categories: short, and most of them come again."""
    there = [text.strip() for text in as_texts(spread(texts, LOOKED_AT)) if not is_missing(text)]
    words = sum(len(text.split()) for text in there)
    return bool(there) and len(set(there)) <= len(there) / 2 and words <= 3 * len(there)
