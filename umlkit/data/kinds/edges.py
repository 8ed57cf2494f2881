"""Edges of bins that hold about equally many training samples each, and where a number lies among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from umlkit.data.kinds.quantiles import quantiles
from umlkit.data.records import Array, Floats, Ints

BINS = 16
"""Bins of a column at most."""


@dataclass(frozen=True)
class Edges:
    """Quantiles of K columns.

    Attributes:
        edges: (K, bins + 1), ascending; a column of few values has fewer of them, and NaN for the rest.
    """

    edges: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, values: Array, rows: Ints, columns: Ints) -> Edges:
        """Over the samples ``rows`` of (N, ...) in these columns."""
        found = np.full((len(columns), BINS + 1), np.nan)
        cuts = quantiles(values, rows, np.linspace(0, 1, BINS + 1).tolist())
        for i, column in enumerate(cuts.T[columns]):
            different = np.unique(column[np.isfinite(column)])
            found[i, : len(different)] = different
        return cls(found)

    def places(self, block: Array) -> Floats:
        """(n, K) -> (n, K) in [0, bins]; 0 in a column that did not vary in training."""
        out = np.zeros(block.shape, dtype=np.float32)
        for i, row in enumerate(self.edges):
            edges = row[np.isfinite(row)]
            if len(edges) > 1:
                out[:, i] = np.interp(block[:, i], edges, np.arange(len(edges)))
        return out

    def to_arrays(self) -> dict[str, Array]:
        """The edges as a named array, for a file."""
        return {"edges": self.edges}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Edges:
        """The inverse of :meth:`to_arrays`."""
        return cls(np.asarray(arrays["edges"], dtype=np.float64))
