"""The cut ``take: "[:, :, :4]"``: a small grammar of integers, slices and an ellipsis, parsed and never evaluated.

It is written as numpy writes it, sample axis included; that first axis is always taken whole, so a cut drops no
sample.
"""

from __future__ import annotations

import re
from types import EllipsisType

import numpy as np

from umlkit.data.records import Array

Index = int | slice | EllipsisType

_INTEGER = re.compile(r"[+-]?\d{1,9}")
_SLICE = re.compile(r"([+-]?\d{1,9})?\s*:\s*([+-]?\d{1,9})?\s*(?::\s*([+-]?\d{1,9})?)?")


def parse(text: str) -> tuple[Index, ...]:
    """``"[:, 0:4, ...]"`` as an index.

    Raises:
        ValueError: not of the grammar, or its first item is not ``:``; the message says what is.
    """
    body = text.strip()
    if not (body.startswith("[") and body.endswith("]")):
        raise ValueError('a cut is written in brackets, as in "[:, :, :4]"')
    if not body[1:-1].strip():
        raise ValueError('a cut has an item for the sample axis at least: "[:]"')
    items = tuple(_item(part.strip()) for part in body[1:-1].split(","))
    if items[0] != slice(None):
        raise ValueError('the first item is the sample axis and must be ":", as in "[:, :4]"')
    if sum(item is Ellipsis for item in items) > 1:
        raise ValueError('"..." may stand in it once')
    return items


def cut(values: Array, text: str) -> Array:
    """``values`` indexed by the cut ``text``; a view.

    Raises:
        ValueError: not of the grammar, more items than axes, out of range, or nothing left.
    """
    index = parse(text)
    if sum(item is not Ellipsis for item in index) > values.ndim:
        raise ValueError(f"has more items than the array of shape {values.shape} has axes")
    try:
        part: Array = values[index]
    except IndexError as error:
        raise ValueError(f"does not fit the array of shape {values.shape}: {error}") from error
    if part.size == 0:
        raise ValueError(f"leaves nothing of the array of shape {values.shape}")
    return part


def kept(width: int, text: str | None) -> list[int]:
    """Which of so many columns (N, width) the cut ``text`` leaves, by number and in its order; all without a cut."""
    columns = np.arange(width)[None]
    found: list[int] = (columns if text is None else cut(columns, text)).reshape(-1).tolist()
    return found


def _item(part: str) -> Index:
    if part == "...":
        return Ellipsis
    if _INTEGER.fullmatch(part):
        return int(part)
    match = _SLICE.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is no integer, no slice such as 0:4 and no ellipsis")
    start, stop, step = (None if number is None else int(number) for number in match.groups())
    if step == 0:
        raise ValueError("a slice has no step of 0")
    return slice(start, stop, step)
