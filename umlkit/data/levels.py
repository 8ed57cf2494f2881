"""The distinct values of a long column and which sample has which, without a Python object for every sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from umlkit.data.digests import text, texts
from umlkit.data.records import Array, Ints
from umlkit.data.strings import StringArray


@dataclass(frozen=True)
class Levels:
    """A column by its distinct values.

    Attributes:
        values: the distinct ones.
        codes: (N,) int64; sample i has ``values[codes[i]]``.
    """

    values: tuple[Any, ...]
    codes: Ints

    def count(self, wanted: Callable[[Any], bool]) -> tuple[int, int]:
        """How many samples have a value that is ``wanted``, and the first of them; (0, 0) where none has."""
        having = np.isin(self.codes, [i for i, value in enumerate(self.values) if wanted(value)])
        return int(having.sum()), int(having.argmax())

    def counts(self) -> Ints:
        """(V,) how many samples have each value."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)

    def mapped(self, values: Sequence[Any]) -> Levels:
        """The same column with ``values[i]`` in the place of value i; sorted, and equal ones made one."""
        distinct = sorted(set(values))
        place = {value: i for i, value in enumerate(distinct)}
        return Levels(tuple(distinct), np.array([place[value] for value in values], dtype=np.int64)[self.codes])


def of_values(values: Array) -> Levels:
    """The levels of (N,) numbers or truth values, sorted."""
    distinct, codes = np.unique(values, return_inverse=True)
    return Levels(tuple(distinct.tolist()), codes.reshape(-1).astype(np.int64))


def of_texts(values: Array | StringArray, *, strip: str | None = None) -> Levels:
    """The levels of what the values (N,) say, in no order that is promised.

    Args:
        values: of any type.
        strip: characters to take off both ends; None for none.
    """
    if isinstance(values, StringArray) or values.dtype.hasobject:
        return _by_dictionary(values, strip)
    found = of_values(values)
    said = [text(value) if strip is None else text(value).strip(strip) for value in found.values]
    return found.mapped(said)


def _by_dictionary(values: Array | StringArray, strip: str | None) -> Levels:
    order: dict[str, int] = {}
    said = texts(values) if strip is None else (one.strip(strip) for one in texts(values))
    codes = np.fromiter((order.setdefault(one, len(order)) for one in said), dtype=np.int64, count=len(values))
    return Levels(tuple(order), codes)
