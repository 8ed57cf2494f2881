"""Columns of numbers as an encoder reads them: standardised, missing values filled, a column more where some were.

    z = (x - mean) / std,  x = fill where a value is missing;  m = 1 where a value is missing, else 0

with mean, std and fill over the values that are there in the training samples, and m, the *indicator*, for every column
that misses values in training but not all of them: that a value is missing may say something of its own (Little and
Rubin, *Statistical Analysis with Missing Data*, 2002, chapter 3). An indicator stays 0 or 1, like the column of a
category: standardised, one that is rarely set would be a very large number for the few samples that it is set for. A
column that misses a value for the first time in new data is filled and has no indicator, and :meth:`Columns.unmarked`
counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from umlkit.data import take as cuts
from umlkit.data.kinds.quantiles import quantiles
from umlkit.data.kinds.standardise import Standardiser, Statistics
from umlkit.data.missing import by_blocks
from umlkit.data.records import Array, Floats, Ints, ModalityArray

EVERY_WAY = frozenset({"impute-mean", "impute-median", "impute-constant"})
"""The ways of filling that columns of numbers know."""


@dataclass(frozen=True)
class Columns:
    """What is fitted on columns of numbers.

    Attributes:
        standardiser: statistics of K columns.
        fill: (K,) what stands for a missing value, in the units of the data.
        marked: (I,) the columns that have an indicator, ascending.
    """

    standardiser: Standardiser
    fill: Statistics
    marked: Ints

    @classmethod
    def fit(cls, values: Array, rows: Ints, *, missing: str, fill: float) -> Columns:
        """Over the samples ``rows`` of (N, K); ``missing`` and ``fill`` as in :class:`ModalityArray`."""
        standardiser = Standardiser.fit(values, rows, width=values.shape[1])
        absent = missing_by_column(values, rows)
        marked = np.flatnonzero((absent > 0) & (absent < len(rows))).astype(np.int64)
        return cls(standardiser, _fill(values, rows, standardiser, missing=missing, fill=fill), marked)

    @property
    def width(self) -> int:
        """K + I."""
        return len(self.fill) + len(self.marked)

    def only(self, columns: Ints) -> Columns:
        """What was fitted on these columns alone."""
        place = {column: i for i, column in enumerate(columns.tolist())}
        marked = [place[column] for column in self.marked.tolist() if column in place]
        statistics = Standardiser(self.standardiser.mean[columns], self.standardiser.std[columns])
        return Columns(statistics, self.fill[columns], np.array(marked, dtype=np.int64))

    def filled(self, block: Array) -> Array:
        """(n, K) with ``fill`` for what is missing."""
        if block.dtype.kind != "f":
            return block
        absent = np.isnan(block)
        return np.where(absent, self.fill, block) if absent.any() else block

    def indicators(self, block: Array) -> Array:
        """(n, I) truth values."""
        if block.dtype.kind != "f":
            return np.zeros((len(block), len(self.marked)), dtype=bool)
        marks: Array = np.isnan(block[:, self.marked])
        return marks

    def apply(self, block: Array) -> Floats:
        """(n, K) -> (n, K + I)."""
        out = np.empty((len(block), self.width), dtype=np.float32)
        out[:, : len(self.fill)] = self.standardiser.apply(self.filled(block))
        out[:, len(self.fill) :] = self.indicators(block)
        return out

    def unmarked(self, absent: Ints) -> Ints:
        """(K,) of the missing values by column, those without an indicator: in training none or all were missing."""
        found = absent.copy()
        found[self.marked] = 0
        return found

    def to_arrays(self) -> dict[str, Array]:
        """What was fitted, as named arrays, for a file."""
        return {**self.standardiser.to_arrays(), "fill": self.fill, "marked": self.marked}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Columns:
        """The inverse of :meth:`to_arrays`."""
        return cls(
            Standardiser.from_arrays(arrays),
            np.asarray(arrays["fill"], dtype=np.float64),
            np.asarray(arrays["marked"], dtype=np.int64),
        )


def missing_by_column(values: Array, rows: Ints) -> Ints:
    """(K,) missing values among the chosen samples of (N, K); integers miss none."""
    absent = np.zeros(values.shape[1], dtype=np.int64)
    if values.dtype.kind != "f":
        return absent
    for some in by_blocks(values, rows):
        absent += np.isnan(values[some]).sum(axis=0)
    return absent


def unmarked_notes(unmarked: Ints, modality: ModalityArray) -> tuple[str, ...]:
    """A line for every column, among all of the modality, that :meth:`Columns.unmarked` counted something in."""
    return tuple(
        f"{count} missing {'value' if count == 1 else 'values'} in {column_name(modality, i)}, filled in without a "
        "mark: in training it missed none or all"
        for i, count in enumerate(unmarked.tolist())
        if count
    )


def column_names(modality: ModalityArray) -> tuple[str, ...]:
    """What the K columns of (N, K) values are called: as the table calls those that the cut left, else 0, 1, ..."""
    if not modality.columns:
        return tuple(map(str, range(modality.values.shape[1])))
    return tuple(modality.columns[i] for i in cuts.kept(len(modality.columns), modality.take))


def column_name(modality: ModalityArray, number: int) -> str:
    """A column as messages name it."""
    name = column_names(modality)[number]
    return f"column {name!r}" if modality.columns else f"column {name}"


def _fill(values: Array, rows: Ints, standardiser: Standardiser, *, missing: str, fill: float) -> Statistics:
    if missing == "impute-constant":
        return np.full(values.shape[1], fill)
    if missing == "impute-median":
        median = quantiles(values, rows, (0.5,))[0]
        return np.where(np.isnan(median), standardiser.mean, median)
    return standardiser.mean
