"""The kind ``table``: columns of numbers and of categories, mixed.

An encoder gets the K numeric columns (indicators of missing values last) twice, then the Q columns of categories:
(n, 2 K + Q). A number comes standardised, and as its *place* among the training quantiles ``e_0 < ... < e_T``,

    place(x) = t + (x - e_t) / (e_{t+1} - e_t)  for e_t <= x < e_{t+1},  cut to [0, T],

from which a piecewise-linear embedding is made without knowing the edges (Gorishniy et al., *On Embeddings for
Numerical Features in Tabular Deep Learning*, arXiv 2203.05556, equation 1). A category is a whole number from 1 on;
0 is `unknown`: a cell that is missing, or a category that no training sample has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from umlkit.data.categories import are_few
from umlkit.data.columns import NUMERIC, encoded
from umlkit.data.gaps import gaps
from umlkit.data.kinds.base import Kind, Preprocess
from umlkit.data.kinds.columns import EVERY_WAY, Columns, column_name, missing_by_column, unmarked_notes
from umlkit.data.kinds.edges import BINS, Edges
from umlkit.data.kinds.vocabulary import Vocabulary
from umlkit.data.missing import blocks, value_range
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Floats, Ints, ModalityArray
from umlkit.errors import Problem, listed

_SHOWN = 5


@dataclass(frozen=True)
class TablePreprocess(Preprocess):
    """What is fitted on a table.

    Attributes:
        numeric: the columns of numbers, by place.
        columns: their statistics.
        edges: their quantiles.
        categorical: the columns of categories, by place.
        vocabularies: their categories.
    """

    numeric: Ints
    columns: Columns
    edges: Edges
    categorical: Ints
    vocabularies: tuple[Vocabulary, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """(K, bins, cardinality_1, ..., cardinality_Q)."""
        return (self.columns.width, BINS, *(len(vocabulary) for vocabulary in self.vocabularies))

    def apply(self, modality: ModalityArray) -> Floats:
        """(n, 2 K + Q)."""
        width = self.columns.width
        out = np.empty((len(modality), 2 * width + len(self.categorical)), dtype=np.float32)
        codes = self._codes(modality)
        for start, block in blocks(modality.values):
            part = out[start : start + len(block)]
            numbers = block[:, self.numeric]
            part[:, :width] = self.columns.apply(numbers)
            part[:, width : 2 * width] = part[:, :width]  # of an indicator, 0 or 1, both are the same
            part[:, width : width + len(self.numeric)] = self.edges.places(self.columns.filled(numbers))
            for i, (column, code) in enumerate(zip(self.categorical, codes, strict=True)):
                part[:, 2 * width + i] = _looked_up(block[:, column], code)
        return out

    def _codes(self, modality: ModalityArray) -> list[Ints]:
        """By categorical column: number of a level among the modality's own -> number in the vocabulary."""
        return [
            vocabulary.codes(modality.levels[column] or ())
            for column, vocabulary in zip(self.categorical, self.vocabularies, strict=True)
        ]

    def notes(self, modality: ModalityArray, rows: Ints) -> tuple[str, ...]:
        """Columns that miss values and have no indicator, and categories that no training sample has."""
        unmarked = np.zeros(modality.values.shape[1], dtype=np.int64)
        unmarked[self.numeric] = self.columns.unmarked(missing_by_column(modality.values, rows)[self.numeric])
        return (*unmarked_notes(unmarked, modality), *self._unseen(modality, rows))

    def _unseen(self, modality: ModalityArray, rows: Ints) -> list[str]:
        lines = []
        for column, vocabulary in zip(self.categorical, self.vocabularies, strict=True):
            levels = modality.levels[column] or ()
            cell = modality.values[rows, column]
            often = np.bincount(cell[np.isfinite(cell)].astype(np.int64), minlength=len(levels))
            counts = {levels[i]: int(often[i]) for i in sorted(vocabulary.unseen(levels)) if often[i]}
            if counts:
                cells = sum(counts.values())
                lines.append(
                    f"{cells} {'cell' if cells == 1 else 'cells'} in {column_name(modality, column)} with a category "
                    f"unseen in training, read as unknown: {listed(map(repr, counts), limit=_SHOWN)}"
                )
        return lines

    def to_arrays(self) -> dict[str, Array]:
        """Statistics, quantiles, and the words of the categories as JSON in bytes."""
        found = {"numeric": self.numeric, "categorical": self.categorical}
        found |= {**self.columns.to_arrays(), **self.edges.to_arrays()}
        return found | {f"words.{i}": vocabulary.to_array() for i, vocabulary in enumerate(self.vocabularies)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> TablePreprocess:
        """The inverse of :meth:`to_arrays`."""
        categorical = np.asarray(arrays["categorical"], dtype=np.int64)
        return cls(
            numeric=np.asarray(arrays["numeric"], dtype=np.int64),
            columns=Columns.from_arrays(arrays),
            edges=Edges.from_arrays(arrays),
            categorical=categorical,
            vocabularies=tuple(Vocabulary.from_array(arrays[f"words.{i}"]) for i in range(len(categorical))),
        )


class Table(Kind):
    """Columns of numbers and of categories."""

    name = "table"
    preprocess = TablePreprocess
    allowed = "(samples, columns), of numbers and words that stand for categories"
    words = "categories"
    imputes = EVERY_WAY

    def suggested(self, modality: ModalityArray) -> str | None:
        """Some column holds categories, or a table's only one short words that come again."""
        if modality.is_text:
            few = bool(modality.columns) and modality.values.ndim == 1 and are_few(modality.values)
            return "words that come again" if few else None
        return "columns that hold categories" if modality.levels else None

    def settle(self, name: str, modality: ModalityArray, *, where: str) -> ModalityArray | Problem:
        """(N,) or (N, K) -> (N, K), every column with its levels or None."""
        made = modality
        if modality.is_text and modality.values.ndim == 1:
            found = encoded(modality.values)
            made = replace(modality, values=found.values, levels=found.levels)
        if made.values.ndim > 2 or made.values.dtype.kind not in NUMERIC:
            return Problem(
                f"the modality {name!r} is stated to be a table and has no columns of one value each",
                where=where,
                found=f"shape {modality.values.shape} of {modality.values.dtype}",
                allowed=self.allowed,
            )
        values = made.values.reshape(len(made.values), -1)
        return replace(made, values=values, levels=made.levels or (None,) * values.shape[1], kind=self.name)

    def problems(self, name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
        """Missing cells where nothing says what to do about them, and infinities, by column."""
        found: list[Problem] = []
        if modality.values.dtype.kind != "f":
            return found
        for i in range(modality.values.shape[1]):
            column = modality.values[:, i]
            missing, infinite = np.flatnonzero(np.isnan(column)), np.flatnonzero(np.isinf(column))
            if len(missing) and modality.missing == "error":
                found.append(_missing_cells(name, modality, i, missing, raw))
            if len(infinite):
                found.append(
                    Problem(
                        f"the modality {name!r} has {len(infinite)} infinite values in {column_name(modality, i)}",
                        where=f"{raw.name}, {raw.row(int(infinite[0]))}",
                        allowed="finite numbers",
                        try_next="replace them, by an empty cell if they stand for missing values",
                    )
                )
        return found

    def fit(self, modality: ModalityArray, rows: Ints) -> TablePreprocess:
        """By column."""
        values = modality.values
        categories = np.array([level is not None for level in modality.levels])
        numeric, categorical = np.flatnonzero(~categories), np.flatnonzero(categories)
        columns = Columns.fit(values, rows, missing=modality.missing, fill=modality.fill).only(numeric)
        return TablePreprocess(
            numeric=numeric,
            columns=columns,
            edges=Edges.fit(values, rows, numeric),
            categorical=categorical,
            vocabularies=tuple(Vocabulary.fit(values[rows, i], modality.levels[i] or ()) for i in categorical),
        )

    def range_of(self, modality: ModalityArray) -> tuple[float, float] | None:
        """Of the columns of numbers."""
        numeric = [i for i, level in enumerate(modality.levels) if level is None]
        return value_range(block[:, numeric] for _, block in blocks(modality.values))

    def describe(self, modality: ModalityArray) -> str:
        """``3 numbers and 2 categories``."""
        categories = sum(level is not None for level in modality.levels)
        numbers = len(modality.levels) - categories
        counted = [
            f"{count} {word if count == 1 else plural}"
            for count, word, plural in ((numbers, "number", "numbers"), (categories, "category", "categories"))
            if count
        ]
        return " and ".join(counted)


def _missing_cells(name: str, modality: ModalityArray, column: int, rows: Ints, raw: Raw) -> Problem:
    count = f"{len(rows)} missing {'value' if len(rows) == 1 else 'values'}"
    categories = modality.levels[column] is not None
    return gaps(
        f"the modality {name!r} has {count} in {column_name(modality, column)}",
        raw=raw,
        name=name,
        row=raw.row(int(rows[0])),
        so=" (a missing category is then read as unknown)" if categories else "",
    )


def _looked_up(numbers: Array, codes: Ints) -> Ints:
    """(n,) numbers of levels, NaN where one is missing, as numbers in the vocabulary."""
    there = np.isfinite(numbers)
    found = np.zeros(len(numbers), dtype=np.int64)
    found[there] = codes[numbers[there].astype(np.int64)]
    return found
