"""D_UME: what separately trained posteriors lose for good, however they are pooled.

The pool is that of :mod:`umlkit.methods.ume.pool`, fitted on the whole population instead of on `select`:

    q(c | a) ~ exp(w0 log P(c) + sum_m w_m log P(c | a_m)),   w_m >= 0, |w| <= 50, probabilities floored at 1e-12
    D_UME    = min_w  - sum_{a, y} P(a, y) log q(y | a)  -  H(Y | A)   in nats, >= 0

A convex problem in M + 1 numbers. w0 has either sign: the product of experts is w_m = 1, w0 = -(M - 1), and without a
negative w0 the gate AND would seem to lose .25 bits where it loses none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umlkit.methods.ume.pool import BOUND, floored
from umlkit.synth.boxed import Minimum, minimise
from umlkit.synth.population_loss import PopulationLoss
from umlkit.synth.table import Floats, Table


@dataclass(frozen=True)
class Pooled:
    """The best pool of a table.

    Attributes:
        minimum: its weights w0, w_1 .. w_M, its log-loss in nats, and by how much at most that could be lower.
        posterior: (K, C) what it says at every cell of the table.
    """

    minimum: Minimum
    posterior: Floats


def best_pool(table: Table, *, gap: float = 1e-8) -> Pooled:
    """The pool with the lowest log-loss."""
    objective = _PoolLoss(table.cells, _terms(table))
    modalities = table.modalities
    low, high = np.zeros(modalities + 1), np.full(modalities + 1, BOUND)
    low[0] = -BOUND
    start = np.concatenate([[0.0], np.full(modalities, 1 / modalities)])
    found = minimise(objective, start, low=low, high=high, gap=gap)
    return Pooled(found, objective.posterior(found.point))


def _terms(table: Table) -> Floats:
    """(K, 1 + M, C) the floored logs of the prior and of every modality's posterior."""
    levels = table.cells.levels
    each = [table.posterior((m,))[levels[:, m]] for m in range(table.modalities)]
    prior = np.broadcast_to(table.prior, each[0].shape)
    with np.errstate(divide="ignore"):
        return floored(np.log(np.stack([prior, *each], axis=1)))


@dataclass(frozen=True)
class _PoolLoss(PopulationLoss):
    """The pool's log-loss as a function of its weights."""

    terms: Floats

    def scores(self, parameters: Floats) -> Floats:
        return np.asarray(np.einsum("j,kjc->kc", parameters, self.terms))

    def derivatives(self, parameters: Floats, /) -> tuple[Floats, Floats]:
        said = self.posterior(parameters)
        mean = np.einsum("kc,kjc->kj", said, self.terms)
        gradient = np.einsum("k,kc,kjc->j", self.cells.weights, said - self.cells.posterior, self.terms)
        centred = self.terms - mean[:, :, None]
        weighted = centred * (self.cells.weights[:, None] * said)[:, None, :]
        return gradient, np.einsum("kic,kjc->ij", weighted, centred)
