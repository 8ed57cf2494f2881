"""The kind ``vector``: a row of numbers a sample, standardised by column. Anything numeric can be read as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from umlkit.data.kinds.base import Kind, Preprocess
from umlkit.data.kinds.columns import EVERY_WAY, Columns, missing_by_column, unmarked_notes
from umlkit.data.kinds.numbers import flat, not_numbers, value_problems
from umlkit.data.missing import blocks
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Floats, Ints, ModalityArray
from umlkit.errors import Problem


@dataclass(frozen=True)
class VectorPreprocess(Preprocess):
    """Standardised columns, and an indicator for every column that misses values in training."""

    columns: Columns

    @property
    def shape(self) -> tuple[int, ...]:
        """(D',): the D columns and their indicators."""
        return (self.columns.width,)

    def apply(self, modality: ModalityArray) -> Floats:
        """(n, D')."""
        values = modality.values
        out = np.empty((len(values), *self.shape), dtype=np.float32)
        for start, block in blocks(values):
            out[start : start + len(block)] = self.columns.apply(block)
        return out

    def notes(self, modality: ModalityArray, rows: Ints) -> tuple[str, ...]:
        """Columns that miss values and have no indicator."""
        return unmarked_notes(self.columns.unmarked(missing_by_column(modality.values, rows)), modality)

    def to_arrays(self) -> dict[str, Array]:
        """Statistics, filling, and which columns have an indicator."""
        return self.columns.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> VectorPreprocess:
        """The inverse of :meth:`to_arrays`."""
        return cls(Columns.from_arrays(arrays))


class Vector(Kind):
    """A row of numbers."""

    name = "vector"
    preprocess = VectorPreprocess
    allowed = "numbers of any shape, taken as one row a sample"
    words = "none"
    imputes = EVERY_WAY

    def suggested(self, modality: ModalityArray) -> str | None:
        """One axis at most."""
        plain = modality.values.ndim <= 2 and not modality.is_text and not modality.levels
        return "one axis" if plain else None

    def settle(self, name: str, modality: ModalityArray, *, where: str) -> ModalityArray | Problem:
        """(N, ...) -> (N, D)."""
        problem = not_numbers(name, modality, kind=self.name, where=where)
        return problem or replace(modality, values=flat(modality.values), kind=self.name)

    def problems(self, name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
        """NaN where they are not to be imputed, and infinities."""
        return value_problems(name, modality, raw)

    def fit(self, modality: ModalityArray, rows: Ints) -> VectorPreprocess:
        """By column."""
        return VectorPreprocess(Columns.fit(modality.values, rows, missing=modality.missing, fill=modality.fill))

    def describe(self, modality: ModalityArray) -> str:
        """``17 values``."""
        width = modality.sample_shape[0]
        return "1 value" if width == 1 else f"{width} values"
