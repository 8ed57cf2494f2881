"""Marginals of a trained model: what it says of a sample when it knows some modalities of it and nothing of the rest.

    f_S(x_i) = 1/K sum_k f(x_{i,S}, r_k)        S: the modalities that are known;  f_M = f, f_0 the grand mean

The references r_k are put together from K rows of `select`, drawn independently for every modality, the same for every
subset. Where a model's logits are additive, so are its marginals, whatever K and the draw: ``f_S = f_0 + sum_{m in S}
(f_m - f_0)``. They are computed and stored by the pipeline; here they are arrays.

Legend of shapes: n samples of a role in one fold, C classes, M modalities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from umlkit.probe.subsets import Subset

Floats = npt.NDArray[np.float64]
Stored = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Marginals:
    """Of one model on the samples of one role.

    Attributes:
        grand: (C,), the marginal of no modality.
        alone: M arrays (n, C), the marginals of one modality each.
        own: (n, C), what the model itself says.
        rows: positions, ascending, of the samples whose ``further`` marginals are there.
        further: subsets of two modalities or more, but not all -> (len(rows), C). Empty for a model whose logits are
            additive: there they follow.
        additive: whether they are.
    """

    grand: Stored
    alone: Sequence[Stored]
    own: Stored
    rows: Ints
    further: Mapping[Subset, Stored] = field(default_factory=dict)
    additive: bool = False

    def projection(self, subset: Subset | None = None) -> Floats:
        """The sum of one-way parts, ``f_0 + sum_{m in S} (f_m - f_0)`` (n, C); of all modalities without a subset.

        Of all modalities it is EMAP: the sum of the M one-way means less (M - 1) times the grand mean.
        """
        members = range(len(self.alone)) if subset is None else subset
        grand = np.asarray(self.grand, dtype=np.float64)
        total = np.tile(grand, (len(self.own), 1))
        for m in members:
            total += np.asarray(self.alone[m], dtype=np.float64) - grand
        return total

    def of(self, subset: Subset) -> Floats:
        """``f_S`` of the samples ``rows``, (len(rows), C)."""
        if len(subset) == len(self.alone):
            return np.asarray(self.own[self.rows], dtype=np.float64)
        if len(subset) == 0:
            return np.tile(np.asarray(self.grand, dtype=np.float64), (len(self.rows), 1))
        if len(subset) == 1:
            return np.asarray(self.alone[subset[0]][self.rows], dtype=np.float64)
        return self.of_sum(subset) if self.additive else np.asarray(self.further[subset], dtype=np.float64)

    def of_sum(self, subset: Subset) -> Floats:
        """The same of the additive projection, (len(rows), C)."""
        return self.projection(subset)[self.rows]


def of_grid(grid: Stored, *, weights: Floats | None = None, additive: bool = False) -> Marginals:
    """The marginals of two modalities from the logits of all pairs (Hessel & Lee, EMNLP 2020, arXiv 2010.06572).

    Args:
        grid: (n, n, C), ``f(t_i, v_j)``.
        weights: (n,), weights of the samples whose parts are averaged over; None for the plain mean.
        additive: whether the model's logits are additive.
    """
    shares = np.full(len(grid), 1 / len(grid)) if weights is None else weights / weights.sum()
    exact = np.asarray(grid, dtype=np.float64)
    first, second = np.einsum("ijc,j->ic", exact, shares), np.einsum("ijc,i->jc", exact, shares)
    everyone = np.arange(len(grid))
    own = exact[everyone, everyone]
    return Marginals(shares @ first, (first, second), own, everyone, additive=additive)


@dataclass(frozen=True)
class ModelMarginals:
    """Of one model, on `select` and on `probe`.

    ``select.own`` is what the finished model says of `select`, also where its stored outputs are cross-validated.
    """

    select: Marginals
    probe: Marginals
