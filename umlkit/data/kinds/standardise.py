"""Standardise columns of numbers: statistics of the training samples alone, applied alike to every sample.

    z = (x - mean) / std

A column that does not vary in training becomes 0, a missing value the training mean, which is 0 too. What lies more
than ten thousand standard deviations out is cut there, so that no input is infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from umlkit.data.missing import by_blocks
from umlkit.data.records import Array, Floats, Ints

Statistics = npt.NDArray[np.float64]

FURTHEST = 1e4
FEW_COLUMNS = 4
"""Up to so many columns (the channels of pictures) bytes are counted by value."""
BYTES = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True)
class Standardiser:
    """Mean and standard deviation by column.

    Attributes:
        mean: (K,).
        std: (K,); 0 where nothing varies.
    """

    mean: Statistics
    std: Statistics

    @classmethod
    def fit(cls, values: Array, rows: Ints, *, width: int) -> Standardiser:
        """Over the samples ``rows`` of (N, ...), whose last ``width`` numbers are one row of columns; NaN left out."""
        if values.dtype == np.uint8 and values[:1].size > FEW_COLUMNS >= width:
            return cls(*_moments_of_bytes(_chosen(values, rows, width), width))
        return cls.of(lambda: _chosen(values, rows, width), width=width)

    @classmethod
    def of(cls, rows: Callable[[], Iterable[Array]], *, width: int) -> Standardiser:
        """Over blocks (k, ``width``) of rows, which are asked for three times; NaN left out."""
        return cls(*_moments(rows, width))

    def apply(self, columns: Array) -> Array:
        """(..., K) numbers -> (..., K) float64, standardised; NaN becomes 0."""
        varies = self.std > 0
        z: Array = columns.astype(np.float64)  # and then in place: it is done for every batch of large data
        with np.errstate(over="ignore"):  # a difference beyond float64 is infinite, and cut as such
            z -= self.mean
            z /= np.where(varies, self.std, 1.0)
        np.clip(z, -FURTHEST, FURTHEST, out=z)
        if columns.dtype.kind == "f":
            np.copyto(z, 0.0, where=np.isnan(z))
        if not varies.all():
            z[..., ~varies] = 0
        return z

    def channels_first(self, pixels: Array) -> Floats:
        """(n, H, W, K) -> (n, K, H, W) float32, standardised; bytes by a look into a table of 256."""
        out = np.empty((len(pixels), pixels.shape[3], *pixels.shape[1:3]), dtype=np.float32)
        bytewise = pixels.dtype == np.uint8
        for k, (mean, std) in enumerate(zip(self.mean, self.std, strict=True)):
            channel = Standardiser(np.array([mean]), np.array([std]))
            if bytewise:
                table = channel.apply(BYTES[:, None])[:, 0].astype(np.float32)
                np.take(table, pixels[..., k], out=out[:, k], mode="clip")  # nothing to clip; "raise" makes copies
            else:
                out[:, k] = channel.apply(pixels[..., k, None])[..., 0]
        return out

    def to_arrays(self) -> dict[str, Array]:
        """The statistics as named arrays, for a file."""
        return {"mean": self.mean, "std": self.std}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Standardiser:
        """The inverse of :meth:`to_arrays`."""
        return cls(
            mean=np.asarray(arrays["mean"], dtype=np.float64),
            std=np.asarray(arrays["std"], dtype=np.float64),
        )


def _chosen(values: Array, rows: Ints, width: int) -> Iterable[Array]:
    """Blocks of the chosen rows as (k, width)."""
    return (values[some].reshape(-1, width) for some in by_blocks(values, rows))


def _wide(rows: Callable[[], Iterable[Array]]) -> Iterable[Statistics]:
    return (block.astype(np.float64) for block in rows())


def _moments(rows: Callable[[], Iterable[Array]], width: int) -> tuple[Statistics, Statistics]:
    """Mean and standard deviation by column, in two passes over values scaled to [-1, 1], so that nothing overflows."""
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for block in _wide(rows):
        low, high = np.fmin(low, np.fmin.reduce(block)), np.fmax(high, np.fmax.reduce(block))
    scale = np.where(np.isfinite(low), np.maximum(np.abs(low), np.abs(high)), 0.0)
    scale = np.where(scale > 0, scale, 1.0)
    count, total = np.zeros(width), np.zeros(width)
    for block in _wide(rows):
        count += np.isfinite(block).sum(axis=0)
        total += np.nansum(block / scale, axis=0)
    count = np.maximum(count, 1)
    mean, squares = total / count, np.zeros(width)
    for block in _wide(rows):
        squares += np.nansum((block / scale - mean) ** 2, axis=0)
    # By the range, not the sum of squares: rounding leaves a constant column a variance above 0.
    varies = low < high
    return np.where(varies, mean, np.where(np.isfinite(low), low / scale, 0)) * scale, np.where(
        varies, np.sqrt(squares / count) * scale, 0.0
    )


def _moments_of_bytes(rows: Iterable[Array], width: int) -> tuple[Statistics, Statistics]:
    """The same from how often each byte occurs in each column: one pass, and exact."""
    counts = np.zeros((width, 256), dtype=np.int64)
    for block in rows:
        counts += np.stack([np.bincount(block[:, k], minlength=256) for k in range(width)])
    mean = counts @ BYTES.astype(np.float64) / max(1, int(counts[0].sum()))
    squares = (counts * (BYTES - mean[:, None]) ** 2).sum(axis=1)
    varies = (counts > 0).sum(axis=1) > 1
    return mean, np.where(varies, np.sqrt(squares / max(1, int(counts[0].sum()))), 0.0)
