"""What a data file holds before anything is made of it: named arrays or columns, loaded on demand.

Files, tables and scikit-learn's sets all become a :class:`Raw`, so that labels, splits and modalities are found in
one way. The shapes come from headers, so an array that nobody asks for is never loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from umlkit.data.records import Array, LeftOut


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
        headers: array or column name -> shape and type, in the order of the file. A type of kind ``M``, ``m`` or
            ``V`` (dates, durations, records) in a table is a column that nothing can be made of.
        load: name -> the array. A column of text is an object array of str, or a
            :class:`~umlkit.data.strings.StringArray` where it is large. A column of lists is an array with more axes
            than one, (N, T, ...): lists that differ in length are padded at the end with NaN to the longest.
        table: whether the names are columns of one table.
        lines: line of the file of every row of a table; empty where there are no lines.
        label: the label where the source has one of its own.
        path: the file or the folder, where there is one.
        notes: lines for the user on how it was read.
        parts: the columns of every file, by its name, where several files were joined; empty otherwise.
        named: what the samples are called, where rows have lost their lines in a join.
        left_out: the samples that a join left out.
    """

    name: str
    headers: Mapping[str, Header]
    load: Callable[[str], Array]
    table: bool = False
    lines: Sequence[int] = ()
    label: str | None = None
    path: Path | None = None
    notes: tuple[str, ...] = ()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: Sequence[str] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def word(self) -> str:
        """``column`` or ``array``: what a name stands for here."""
        return "column" if self.table else "array"

    def row(self, index: int) -> str:
        """A sample as messages name it: by row number, and by its line in the file or its id after a join."""
        if len(self.lines):
            return f"row {index} (line {self.lines[index]})"
        return f"row {index} ({self.named[index]!r})" if len(self.named) else f"row {index}"


def from_arrays(arrays: Mapping[str, Array], *, name: str, table: bool = False, label: str | None = None) -> Raw:
    """Arrays in memory as a source."""
    headers = {key: Header(values.shape, values.dtype) for key, values in arrays.items()}
    return Raw(name=name, headers=headers, load=arrays.__getitem__, table=table, label=label)
