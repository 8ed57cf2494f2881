"""Standardise modalities: statistics of the training samples alone, applied alike to every sample, seen or unseen.

A vector is standardised per column, an image per channel; a column that does not vary in training becomes 0, a
missing value the training mean, which is 0 too. What lies more than ten thousand standard deviations out is cut
there, so that no input is infinite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from umlkit.data.missing import blocks
from umlkit.data.records import Array, Dataset, Floats, Ints, ModalityArray, Samples

if TYPE_CHECKING:
    import torch

Statistics = npt.NDArray[np.float64]

FURTHEST = 1e4
_BLOCK = 1 << 21


@dataclass(frozen=True)
class Preprocess:
    """How one modality is standardised.

    Attributes:
        mean, std: (D,) of a vector's columns, or (C,) of an image's channels; std is 0 where nothing varies.
        kind: ``vector`` or ``image``.
        raw_shape: shape of one sample as read: (D,), (H, W) or (H, W, C).
    """

    mean: Statistics
    std: Statistics
    kind: str
    raw_shape: tuple[int, ...]

    @classmethod
    def fit(cls, modality: ModalityArray, rows: Ints) -> Preprocess:
        """Mean and standard deviation over the samples ``rows`` (the training part), NaN left out."""
        width = _width(modality.kind, modality.sample_shape)
        mean, std = _moments(modality.values, rows, width)
        return cls(mean=mean, std=std, kind=modality.kind, raw_shape=tuple(modality.sample_shape))

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one standardised sample: (D,) or (C, H, W)."""
        if self.kind == "vector":
            return self.raw_shape
        return (len(self.mean), *self.raw_shape[:2])

    def apply(self, values: Array) -> Floats:
        """(n, *raw_shape) numbers -> (n, *sample_shape) float32, standardised."""
        out = np.empty((len(values), *self.sample_shape), dtype=np.float32)
        for start, block in blocks(values):
            out[start : start + len(block)] = self._block(block)
        return out

    def _block(self, block: Array) -> Array:
        channels = block.reshape(*block.shape[:3], -1) if self.kind == "image" else block
        varies = self.std > 0
        with np.errstate(over="ignore"):  # a difference beyond float64 is infinite, and cut as such
            z = (channels.astype(np.float64) - self.mean) / np.where(varies, self.std, 1.0)
        z = np.where(
            varies, np.clip(np.nan_to_num(z, nan=0.0, posinf=FURTHEST, neginf=-FURTHEST), -FURTHEST, FURTHEST), 0
        )
        return np.moveaxis(z, -1, 1) if self.kind == "image" else z

    def to_arrays(self) -> dict[str, Array]:
        """The statistics as named arrays, for a file."""
        shape = np.array(self.raw_shape, dtype=np.int64)
        image = np.array([self.kind == "image"], dtype=np.int64)
        return {"mean": self.mean, "std": self.std, "raw_shape": shape, "image": image}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Preprocess:
        """The inverse of :meth:`to_arrays`."""
        return cls(
            mean=np.asarray(arrays["mean"], dtype=np.float64),
            std=np.asarray(arrays["std"], dtype=np.float64),
            kind="image" if bool(arrays["image"][0]) else "vector",
            raw_shape=tuple(int(side) for side in arrays["raw_shape"]),
        )


def samples(
    dataset: Dataset,
    rows: Ints,
    preprocess: Mapping[str, Preprocess],
    modalities: Sequence[str],
    device: torch.device | str = "cpu",
) -> Samples:
    """The samples ``rows`` of these modalities as standardised tensors on the device."""
    # Imported here: reading and describing data need no torch.
    import torch

    inputs = {
        name: torch.from_numpy(preprocess[name].apply(dataset.modalities[name].values[rows])).to(device)
        for name in modalities
    }
    return Samples(inputs=inputs, labels=torch.from_numpy(dataset.labels[rows]).to(device))


def _width(kind: str, sample_shape: Sequence[int]) -> int:
    if kind == "vector":
        return sample_shape[0]
    return sample_shape[2] if len(sample_shape) == 3 else 1


def _chosen(values: Array, rows: Ints, width: int) -> Iterable[Statistics]:
    """Blocks of the chosen rows as (k, width) float64, about two million values each."""
    step = max(1, _BLOCK // max(1, values[:1].size))
    for start in range(0, len(rows), step):
        yield values[rows[start : start + step]].reshape(-1, width).astype(np.float64)


def _moments(values: Array, rows: Ints, width: int) -> tuple[Statistics, Statistics]:
    """Mean and standard deviation by column, in two passes over values scaled to [-1, 1], so that nothing overflows."""
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for block in _chosen(values, rows, width):
        low, high = np.fmin(low, np.fmin.reduce(block)), np.fmax(high, np.fmax.reduce(block))
    scale = np.where(np.isfinite(low), np.maximum(np.abs(low), np.abs(high)), 0.0)
    scale = np.where(scale > 0, scale, 1.0)
    count, total = np.zeros(width), np.zeros(width)
    for block in _chosen(values, rows, width):
        count += np.isfinite(block).sum(axis=0)
        total += np.nansum(block / scale, axis=0)
    count = np.maximum(count, 1)
    mean, squares = total / count, np.zeros(width)
    for block in _chosen(values, rows, width):
        squares += np.nansum((block / scale - mean) ** 2, axis=0)
    # By the range, not the sum of squares: rounding leaves a constant column a variance above 0.
    varies = low < high
    return np.where(varies, mean, np.where(np.isfinite(low), low / scale, 0)) * scale, np.where(
        varies, np.sqrt(squares / count) * scale, 0.0
    )
