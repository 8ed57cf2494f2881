"""A task as one exact table: P(a_1, ..., a_M, y), every modality being known by a discrete latent, its level.

An observation that is an invertible map of (level, noise independent of everything) tells of the label exactly what
the level tells, so all that is asked of a task is a finite sum over this table. In nats:

    H(Y)              = - sum_y P(y) log P(y)
    Bayes log-loss    = H(Y | A) = - sum_{a, y} P(a, y) log P(y | a)
    I(A_m; Y)         = H(Y) - H(Y | A_m)
    I(A_m; Y | rest)  = H(Y | A without a_m) - H(Y | A)

Legend of shapes: M modalities, L_m levels of modality m, C classes; the table is (L_1, ..., L_M, C).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from umlkit.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LEVELS = 64
"""Levels of one modality."""


@dataclass(frozen=True, eq=False)
class Table:
    """A joint distribution of the levels and the label.

    Attributes:
        joint: (L_1, ..., L_M, C), non-negative, of sum 1.

    Raises:
        InputError: no such distribution.
    """

    joint: Floats

    def __post_init__(self) -> None:
        if problem := _problem(self.joint):
            raise InputError(problem)

    @property
    def modalities(self) -> int:
        """M."""
        return self.joint.ndim - 1

    @property
    def classes(self) -> int:
        """C."""
        return int(self.joint.shape[-1])

    @cached_property
    def prior(self) -> Floats:
        """(C,) P(y)."""
        return self.of(())

    def of(self, modalities: tuple[int, ...]) -> Floats:
        """P(a_m for m of these, y), the others summed out: (..., C)."""
        others = tuple(m for m in range(self.modalities) if m not in modalities)
        return np.asarray(self.joint.sum(axis=others))

    def loss(self, modalities: tuple[int, ...]) -> float:
        """H(Y | these modalities), the lowest log-loss that they allow, in nats."""
        part = self.of(modalities)
        return max(0.0, float(xlogy(part.sum(-1), part.sum(-1)).sum() - xlogy(part, part).sum()))

    @cached_property
    def entropy(self) -> float:
        """H(Y) in nats."""
        return self.loss(())

    @cached_property
    def bayes(self) -> float:
        """H(Y | A) in nats."""
        return self.loss(tuple(range(self.modalities)))

    def information(self, modality: int) -> float:
        """I(A_m; Y) in nats, >= 0."""
        return max(0.0, self.entropy - self.loss((modality,)))

    def given_rest(self, modality: int) -> float:
        """I(A_m; Y | the other modalities) in nats, >= 0."""
        rest = tuple(m for m in range(self.modalities) if m != modality)
        return max(0.0, self.loss(rest) - self.bayes)

    def posterior(self, modalities: tuple[int, ...]) -> Floats:
        """P(y | these modalities) (..., C); the prior where their levels never occur."""
        part = self.of(modalities)
        total = part.sum(-1, keepdims=True)
        return np.where(total > 0, part / np.where(total > 0, total, 1), self.prior)

    @cached_property
    def cells(self) -> Cells:
        """The combinations of levels that occur."""
        weights = self.joint.sum(-1)
        levels = np.argwhere(weights > 0)
        at = tuple(levels.T)
        return Cells(levels, weights[at], self.joint[at] / weights[at][:, None])


@dataclass(frozen=True, eq=False)
class Cells:
    """The combinations of levels that occur, one a row.

    Attributes:
        levels: (K, M).
        weights: (K,) P(a), positive.
        posterior: (K, C) P(y | a).
    """

    levels: Ints
    weights: Floats
    posterior: Floats


def _problem(joint: Floats) -> Problem | None:
    allowed = f"an axis of 1 to {MOST_LEVELS} levels a modality, then one of at least 2 classes"
    if joint.ndim < 2 or joint.shape[-1] < 2 or not all(1 <= n <= MOST_LEVELS for n in joint.shape[:-1]):
        return Problem("is no table of levels and classes", found=f"the shape {joint.shape}", allowed=allowed)
    if not np.isfinite(joint).all() or joint.min() < 0 or abs(joint.sum() - 1) > 1e-9:
        found = f"values from {joint.min():g} to {joint.max():g}, of sum {joint.sum():g}"
        return Problem("the table is no distribution", found=found, allowed="non-negative values of sum 1")
    return None
