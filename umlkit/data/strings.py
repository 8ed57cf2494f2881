"""A long column of text that fills no memory: UTF-8 bytes end to end in a mapped file, and where each text begins.

It stands in for an object array of str wherever one is read by blocks: ``values[start:stop]``, ``values[rows]`` and
iterating give ordinary strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, overload

import numpy as np

from umlkit.data.mapped import LARGE, scratch
from umlkit.data.records import Array, Ints

_ROWS = 1 << 14
_OBJECT = 64  # what Python adds to the bytes of a text, and the reference to it


def in_memory(content: int, rows: int) -> int:
    """About how many bytes so many texts take as Python objects."""
    return content + _OBJECT * rows


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
        if isinstance(rows, slice) and rows.step in (None, 1):
            return self._run(*rows.indices(len(self))[:2])
        chosen = np.arange(len(self))[rows]
        return _objects([self._text(row) for row in chosen.tolist()])

    def reshape(self, *_: int) -> StringArray:
        """Itself: there is one axis."""
        return self

    def taken(self, rows: Ints) -> Array | StringArray:
        """The texts ``rows``, in their order; in memory where they are few."""
        lengths = np.diff(self.offsets)[rows]
        if in_memory(int(lengths.sum()), len(rows)) < LARGE:
            return self[rows]
        offsets = scratch((len(rows) + 1,), np.int64)
        offsets[0] = 0
        np.cumsum(lengths, out=offsets[1:])
        content = scratch((int(offsets[-1]),), np.uint8)
        for i, row in enumerate(rows.tolist()):
            content[offsets[i] : offsets[i + 1]] = self.content[self.offsets[row] : self.offsets[row + 1]]
        return StringArray(content, offsets)

    def _run(self, start: int, stop: int) -> Array:
        """Texts that lie one behind the other, read at once."""
        if stop <= start:
            return _objects([])
        bounds = self.offsets[start : stop + 1]
        content = self.content[bounds[0] : bounds[-1]].tobytes()
        within = (bounds - bounds[0]).tolist()
        return _objects([content[first:last].decode("utf-8") for first, last in pairwise(within)])

    def _text(self, row: int) -> str:
        return bytes(self.content[self.offsets[row] : self.offsets[row + 1]]).decode("utf-8")


def _objects(texts: list[str]) -> Array:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found
