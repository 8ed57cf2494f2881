"""Find NaN, infinity and the range of an array, block by block, so that a large one is not copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from umlkit.data.records import Array, Ints

_BLOCK = 1 << 21
_TEXT = 1 << 10
"""Values that a text counts for."""


@dataclass(frozen=True)
class NonFinite:
    """What is not a number in an array.

    Attributes:
        nan, inf: how many values.
        nan_row, inf_row: the first row with one, or None.
    """

    nan: int = 0
    inf: int = 0
    nan_row: int | None = None
    inf_row: int | None = None


def blocks(values: Array) -> Iterator[tuple[int, Array]]:
    """(first row, rows) of an array with at most about two million values a block."""
    step = _step(values)
    for start in range(0, len(values), step):
        yield start, values[start : start + step]


def by_blocks(values: Array, rows: Ints) -> Iterator[Ints]:
    """The row numbers ``rows``, as many at a time as :func:`blocks` has in a block."""
    step = _step(values)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _step(values: Array) -> int:
    width = _TEXT if values.dtype.hasobject else values[:1].size
    return max(1, _BLOCK // max(1, width))


def non_finite(values: Array) -> NonFinite:
    """Count NaN and infinities; integers have none."""
    found = NonFinite()
    if values.dtype.kind != "f":
        return found
    for start, block in blocks(values):
        if np.isfinite(block).all():
            continue
        rows = block.reshape(len(block), -1)
        nan, inf = np.isnan(rows), np.isinf(rows)
        found = NonFinite(
            nan=found.nan + int(nan.sum()),
            inf=found.inf + int(inf.sum()),
            nan_row=_first(nan, start) if found.nan_row is None else found.nan_row,
            inf_row=_first(inf, start) if found.inf_row is None else found.inf_row,
        )
    return found


def _first(mask: Array, start: int) -> int | None:
    rows = np.flatnonzero(mask.any(axis=1))
    return start + int(rows[0]) if len(rows) else None


def value_range(parts: Iterable[Array]) -> tuple[float, float] | None:
    """The least and the largest number of some arrays; None where there is no number."""
    low, high = np.inf, -np.inf
    for part in parts:
        if part.size:
            low = min(low, float(np.fmin.reduce(part, axis=None)))
            high = max(high, float(np.fmax.reduce(part, axis=None)))
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None


def column_ranges(values: Array, rows: Ints) -> tuple[Array, Array]:
    """The least and the largest number of every column (K,) of the samples ``rows`` of (N, K); infinite where none."""
    low, high = np.full(values.shape[1], np.inf), np.full(values.shape[1], -np.inf)
    for some in by_blocks(values, rows):
        block = values[some].astype(np.float64)
        low, high = np.fmin(low, np.fmin.reduce(block)), np.fmax(high, np.fmax.reduce(block))
    return low, high
