"""What a data file holds before anything is made of it: named arrays or columns, loaded on demand.

Files, tables and scikit-learn's sets all become a :class:`Raw`, so that labels, splits and modalities are found in
one way. The shapes come from headers, so an array that nobody asks for is never loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from umlkit.data.records import Array


@dataclass(frozen=True)
class Header:
    """Shape and type of an array that may not be loaded yet."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]


@dataclass(frozen=True)
class Raw:
    """A source of named arrays, or of named columns.

    Attributes:
        name: what messages call it: the path as the user wrote it, or ``sklearn:wine``.
        headers: array or column name -> shape and type, in the order of the file.
        load: name -> the array; a column of text cells is an object array of str.
        table: whether the names are columns of one table.
        lines: line of the file of every row of a table; empty where there are no lines.
        label: the label where the source has one of its own.
        path: the file, where there is one.
    """

    name: str
    headers: Mapping[str, Header]
    load: Callable[[str], Array]
    table: bool = False
    lines: Sequence[int] = ()
    label: str | None = None
    path: Path | None = None

    @property
    def word(self) -> str:
        """``column`` or ``array``: what a name stands for here."""
        return "column" if self.table else "array"

    def row(self, index: int) -> str:
        """A sample as messages name it: by row number, and by line where there are lines."""
        return f"row {index} (line {self.lines[index]})" if self.lines else f"row {index}"


def from_arrays(arrays: Mapping[str, Array], *, name: str, table: bool = False, label: str | None = None) -> Raw:
    """Arrays in memory as a source."""
    headers = {key: Header(values.shape, values.dtype) for key, values in arrays.items()}
    return Raw(name=name, headers=headers, load=arrays.__getitem__, table=table, label=label)
