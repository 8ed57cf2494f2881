"""Columns of free text, which are a modality each: told from columns of words that stand for categories.

A cell of free text holds several words, and hardly two cells are alike. Looked at are at most two thousand cells,
spread over the column.
"""

from __future__ import annotations

from collections.abc import Sequence

from umlkit.data.cells import is_missing
from umlkit.data.columns import NUMERIC, as_texts
from umlkit.data.raw import Raw
from umlkit.data.records import Array
from umlkit.data.spread import spread

WORDS = 2.5
"""Words of a cell, on the average, from which on it may be free text: an emoji's name has 2.6, ``New York`` 2."""
DIFFERENT = 0.5
"""Share of the cells that differ from all before, from which on it may be free text."""
LOOKED_AT = 2000


def free_text_columns(raw: Raw, names: Sequence[str]) -> list[str]:
    """Those of the columns that hold free text."""
    return [name for name in names if _is_free(raw, name)]


def looks_free(texts: Array) -> bool:
    """Whether texts (N,) of type str are free text."""
    cells = [cell for cell in spread(texts, LOOKED_AT) if not is_missing(cell)]
    if not cells:
        return False
    words = sum(len(cell.split()) for cell in cells) / len(cells)
    return words >= WORDS and len(set(cells)) >= DIFFERENT * len(cells)


def _is_free(raw: Raw, name: str) -> bool:
    if raw.headers[name].dtype.kind in NUMERIC or len(raw.headers[name].shape) != 1:
        return False
    values = raw.load(name)
    return values.dtype.kind in "OUST" and looks_free(as_texts(values))
