"""D_add: what no sum of one function per modality reaches.

    q(c | a) ~ exp(b_c + sum_m f_m(a_m, c)),   parameters within +-10000
    D_add    = min_{b, f}  - sum_{a, y} P(a, y) log q(y | a)  -  H(Y | A)   in nats, >= 0

A multinomial logistic regression on one-hot levels, convex; by duality the q of the greatest H(Y | A) among those that
have P's margins (a_m, y). The first class and the first level of every modality are the reference, of which the
parameters are 0. A minimum at infinity (a label that is certain) is met within the box up to exp(-5000 / levels).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from umlkit.synth.boxed import Minimum, minimise
from umlkit.synth.population_loss import PopulationLoss
from umlkit.synth.table import Floats, Table

BOX = 10_000.0


@dataclass(frozen=True)
class Additive:
    """The best additive logits of a table.

    Attributes:
        minimum: their parameters, their log-loss in nats, and by how much at most that could be lower.
        posterior: (K, C) what they say at every cell of the table.
    """

    minimum: Minimum
    posterior: Floats


def best_additive(table: Table, *, gap: float = 1e-7) -> Additive:
    """The additive logits with the lowest log-loss."""
    objective = _AdditiveLoss(table.cells, _one_hot(table))
    size = objective.design.shape[1] * (table.classes - 1)
    found = minimise(objective, np.zeros(size), low=np.full(size, -BOX), high=np.full(size, BOX), gap=gap)
    return Additive(found, objective.posterior(found.point))


def _one_hot(table: Table) -> sparse.csr_array:
    """(K, 1 + sum_m (levels that occur - 1)): a constant, and every level but the first of its modality."""
    levels = table.cells.levels
    columns = [np.ones((len(levels), 1))]
    columns += [levels[:, [m]] == np.unique(levels[:, m])[None, 1:] for m in range(table.modalities)]
    return sparse.csr_array(np.concatenate(columns, axis=1, dtype=np.float64))


@dataclass(frozen=True)
class _AdditiveLoss(PopulationLoss):
    """The log-loss of additive logits as a function of their parameters, those of a class side by side."""

    design: sparse.csr_array

    def scores(self, parameters: Floats) -> Floats:
        """(K, C) logits, those of the first class 0."""
        free = self.design @ parameters.reshape(-1, self.design.shape[1]).T
        return np.concatenate([np.zeros((len(free), 1)), free], axis=1)

    def derivatives(self, parameters: Floats, /) -> tuple[Floats, Floats]:
        said = self.posterior(parameters)[:, 1:]
        errors = self.cells.weights[:, None] * (said - self.cells.posterior[:, 1:])
        blocks = [[self._block(said, c, d) for d in range(said.shape[1])] for c in range(said.shape[1])]
        return np.asarray((self.design.T @ errors).T.ravel()), np.block(blocks)

    def _block(self, said: Floats, c: int, d: int) -> Floats:
        """Second derivatives by the parameters of two classes."""
        spread = self.cells.weights * said[:, c] * ((c == d) - said[:, d])
        scaled = self.design.multiply(spread[:, None])
        return np.asarray((self._transposed @ scaled).toarray())

    @cached_property
    def _transposed(self) -> sparse.csr_array:
        return sparse.csr_array(self.design.T)
