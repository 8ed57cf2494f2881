"""A modality's kind: a vector or an image, inferred from its shape and values unless the recipe states it.

Whole numbers 0-255 with both sides >= 8, or a last axis of 1, 3 or 4 behind two sides >= 8, is an image; one axis is
a vector. Anything else has to be stated, because a wrong guess would cost accuracy without a word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umlkit.data.missing import blocks
from umlkit.data.records import Array
from umlkit.errors import Problem

_CHANNELS = (1, 3, 4)
_SMALLEST_SIDE = 8


@dataclass(frozen=True)
class Settled:
    """A modality in the shape of its kind: (N, D) for a vector, (N, H, W[, C]) for an image; a view where numpy can."""

    values: Array
    kind: str
    because: str


def settle(name: str, values: Array, *, stated: str, where: str) -> Settled | Problem:
    """Give an array of numbers, shape (N, ...), its kind.

    Args:
        name: the modality.
        values: (N, ...) numbers.
        stated: ``auto``, ``vector`` or ``image``.
        where: the source, for messages.
    """
    if stated == "vector":
        return Settled(_flat(values), "vector", "stated")
    if stated == "image":
        problem = _not_an_image(name, values, where=where)
        return problem or Settled(values, "image", "stated")
    if values.ndim <= 2:
        return Settled(_flat(values), "vector", "one axis")
    if _looks_like_image(values):
        problem = _not_an_image(name, values, where=where)
        return problem or Settled(values, "image", "two sides of at least 8 and pixel values or channels")
    return _unclear(name, values, where=where)


def _flat(values: Array) -> Array:
    flat: Array = values.reshape(len(values), -1)
    return flat


def _looks_like_image(values: Array) -> bool:
    sides = values.shape[1:]
    if min(sides[:2]) < _SMALLEST_SIDE:
        return False
    if len(sides) == 3:
        return sides[2] in _CHANNELS
    return len(sides) == 2 and _whole_bytes(values)


def _whole_bytes(values: Array) -> bool:
    if values.dtype in (np.dtype(np.uint8), np.dtype(bool)):
        return True
    return all(
        bool(((block >= 0) & (block <= 255)).all())
        and (block.dtype.kind != "f" or bool((block == np.floor(block)).all()))
        for _, block in blocks(values)
    )


def _not_an_image(name: str, values: Array, *, where: str) -> Problem | None:
    sides = values.shape[1:]
    if len(sides) not in (2, 3):
        return Problem(
            f"the modality {name!r} is stated to be an image and has no two sides",
            where=where,
            found=f"shape {values.shape}",
            allowed="(samples, height, width) or (samples, height, width, channels)",
        )
    if len(sides) == 3 and sides[0] in _CHANNELS and sides[2] not in _CHANNELS:
        return _channels_first(name, values, where=where)
    return None


def _channels_first(name: str, values: Array, *, where: str) -> Problem:
    return Problem(
        f"the modality {name!r} seems to have its channels first",
        where=where,
        found=f"shape {values.shape}",
        allowed="(samples, height, width, channels)",
        try_next="move them last: array.transpose(0, 2, 3, 1)",
    )


def _unclear(name: str, values: Array, *, where: str) -> Problem:
    sides = values.shape[1:]
    if len(sides) == 3 and sides[0] in _CHANNELS and min(sides[1:]) >= _SMALLEST_SIDE:
        return _channels_first(name, values, where=where)
    lines = [f"data.modalities.{name}.kind: vector"]
    if len(sides) in (2, 3):
        lines.insert(0, f"data.modalities.{name}.kind: image")
    return Problem(
        f"the kind of modality {name!r} is not clear from its shape and values",
        where=where,
        found=f"shape {values.shape} of {values.dtype}",
        allowed="vector (flattened) or image, stated in the recipe",
        try_next=f"in a recipe, which `umlkit init` writes: {' or '.join(lines)}",
    )
