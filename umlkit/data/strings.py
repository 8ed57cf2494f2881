"""A long column of text that fills no memory: UTF-8 bytes end to end in a mapped file, and where each text begins.

It stands in for an object array of str wherever one is read by blocks: ``values[start:stop]``, ``values[rows]`` and
iterating give ordinary strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, overload

import numpy as np

from umlkit.data.mapped import LARGE, scratch
from umlkit.data.records import Array, Ints

_ROWS = 1 << 14


@dataclass(frozen=True, eq=False)
class StringArray:
    """N texts.

    Attributes:
        content: (B,) uint8, the texts in UTF-8, one behind the other.
        offsets: (N + 1,) int64; text i is ``content[offsets[i]:offsets[i + 1]]``.
    """

    content: Array
    offsets: Ints

    dtype: ClassVar[np.dtype[Any]] = np.dtype(object)
    ndim: ClassVar[int] = 1

    @property
    def shape(self) -> tuple[int]:
        """``(N,)``."""
        return (len(self),)

    @property
    def size(self) -> int:
        """N."""
        return len(self)

    @property
    def nbytes(self) -> int:
        """Bytes of content and offsets."""
        return int(self.content.nbytes + self.offsets.nbytes)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _ROWS):
            yield from self[start : start + _ROWS]

    @overload
    def __getitem__(self, rows: int | np.integer[Any]) -> str: ...
    @overload
    def __getitem__(self, rows: slice | Array) -> Array: ...
    def __getitem__(self, rows: int | np.integer[Any] | slice | Array) -> str | Array:
        """One text, or an object array (k,) of str: by row number, slice, row numbers or a mask."""
        if isinstance(rows, int | np.integer):
            return self._text(range(len(self))[int(rows)])
        chosen = np.arange(len(self))[rows]
        found = np.empty(len(chosen), dtype=object)
        found[:] = [self._text(row) for row in chosen.tolist()]
        return found

    def reshape(self, *_: int) -> StringArray:
        """Itself: there is one axis."""
        return self

    def taken(self, rows: Ints) -> Array | StringArray:
        """The texts ``rows``, in their order; in memory where they are few."""
        lengths = np.diff(self.offsets)[rows]
        if int(lengths.sum()) + 8 * len(rows) < LARGE:
            return self[rows]
        offsets = scratch((len(rows) + 1,), np.int64)
        offsets[0] = 0
        np.cumsum(lengths, out=offsets[1:])
        content = scratch((int(offsets[-1]),), np.uint8)
        for i, row in enumerate(rows.tolist()):
            content[offsets[i] : offsets[i + 1]] = self.content[self.offsets[row] : self.offsets[row + 1]]
        return StringArray(content, offsets)

    def _text(self, row: int) -> str:
        return bytes(self.content[self.offsets[row] : self.offsets[row + 1]]).decode("utf-8")
