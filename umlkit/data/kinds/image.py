"""The kind ``image``: a picture a sample, (H, W) or (H, W, C), standardised by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from umlkit.data.kinds.base import Kind, Preprocess
from umlkit.data.kinds.numbers import not_numbers, value_problems
from umlkit.data.kinds.standardise import Standardiser
from umlkit.data.missing import blocks
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Floats, Ints, ModalityArray
from umlkit.errors import Problem

CHANNELS = (1, 3, 4)
SMALLEST_SIDE = 8


@dataclass(frozen=True)
class ImagePreprocess(Preprocess):
    """Standardised channels, first.

    Attributes:
        channels: statistics of C channels.
        size: (H, W).
    """

    channels: Standardiser
    size: tuple[int, int]

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W)."""
        return (len(self.channels.mean), *self.size)

    def apply(self, modality: ModalityArray) -> Floats:
        """(n, C, H, W)."""
        values = modality.values
        out = np.empty((len(values), *self.shape), dtype=np.float32)
        for start, block in blocks(values):
            out[start : start + len(block)] = self.channels.channels_first(block.reshape(*block.shape[:3], -1))
        return out

    def to_arrays(self) -> dict[str, Array]:
        """Statistics and sides."""
        return {**self.channels.to_arrays(), "size": np.array(self.size, dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> ImagePreprocess:
        """The inverse of :meth:`to_arrays`."""
        height, width = (int(side) for side in arrays["size"])
        return cls(Standardiser.from_arrays(arrays), (height, width))


class Image(Kind):
    """A picture."""

    name = "image"
    preprocess = ImagePreprocess
    allowed = "(samples, height, width) or (samples, height, width, channels)"

    def suggested(self, modality: ModalityArray) -> str | None:
        """Whole numbers 0-255 with both sides >= 8, or a last axis of 1, 3 or 4 behind two sides >= 8."""
        sides = modality.sample_shape
        if modality.is_text or len(sides) not in (2, 3) or min(sides[:2]) < SMALLEST_SIDE:
            return None
        looks = sides[2] in CHANNELS if len(sides) == 3 else _whole_bytes(modality.values)
        return "two sides of at least 8 and pixel values or channels" if looks else None

    def settle(self, name: str, modality: ModalityArray, *, where: str) -> ModalityArray | Problem:
        """(N, H, W) or (N, H, W, C), as they are."""
        problem = not_numbers(name, modality, kind=self.name, where=where)
        if problem is not None:
            return problem
        if len(modality.sample_shape) not in (2, 3):
            return Problem(
                f"the modality {name!r} is stated to be an image and has no two sides",
                where=where,
                found=f"shape {modality.values.shape}",
                allowed=self.allowed,
            )
        return channels_first(name, modality.values, where=where) or replace(modality, kind=self.name)

    def problems(self, name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
        """NaN where they are not to be imputed, and infinities."""
        return value_problems(name, modality, raw)

    def fit(self, modality: ModalityArray, rows: Ints) -> ImagePreprocess:
        """By channel."""
        height, width, *channels = modality.sample_shape
        return ImagePreprocess(
            Standardiser.fit(modality.values, rows, width=channels[0] if channels else 1), (height, width)
        )

    def describe(self, modality: ModalityArray) -> str:
        """``28 x 28``."""
        return " x ".join(map(str, modality.sample_shape))


def channels_first(name: str, values: Array, *, where: str) -> Problem | None:
    """What to do about pictures of shape (N, C, H, W); None where they are not."""
    sides = values.shape[1:]
    if len(sides) != 3 or sides[0] not in CHANNELS or sides[2] in CHANNELS or min(sides[1:]) < SMALLEST_SIDE:
        return None
    return Problem(
        f"the modality {name!r} seems to have its channels first",
        where=where,
        found=f"shape {values.shape}",
        allowed="(samples, height, width, channels)",
        try_next="move them last: array.transpose(0, 2, 3, 1)",
    )


def _whole_bytes(values: Array) -> bool:
    if values.dtype in (np.dtype(np.uint8), np.dtype(bool)):
        return True
    return all(
        bool(((block >= 0) & (block <= 255)).all())
        and (block.dtype.kind != "f" or bool((block == np.floor(block)).all()))
        for _, block in blocks(values)
    )
