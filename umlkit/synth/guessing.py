"""Expected accuracy of who knows a table and always names the likeliest class; classes that tie share the guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from umlkit.synth.table import Floats, Table

TIE = 1e-5
"""Probabilities this near to the greatest one count as equal to it."""


@dataclass(frozen=True)
class Guessers:
    """What (K, C) probabilities rules of the literature give at every cell of a table."""

    table: Table

    def prior(self) -> Floats:
        """The class frequencies alone."""
        return np.broadcast_to(self.table.prior, self.table.cells.posterior.shape)

    def alone(self, modality: int) -> Floats:
        """The posterior of one modality."""
        return np.asarray(self.table.posterior((modality,))[self.table.cells.levels[:, modality]])

    def prob_mean(self) -> Floats:
        """The mean of the modalities' posteriors."""
        return np.asarray(np.mean([self.alone(m) for m in range(self.table.modalities)], axis=0))

    def product_of_experts(self) -> Floats:
        """prod_m P(y | a_m) / P(y)^(M - 1), scaled to sum 1: right where views are independent given the label."""
        with np.errstate(divide="ignore"):
            logs = np.log([self.alone(m) for m in range(self.table.modalities)]).sum(0)
            prior = np.where(self.table.prior > 0, np.log(self.table.prior), 0)
        scores = logs - (self.table.modalities - 1) * prior
        return np.asarray(np.exp(scores - logsumexp(scores, axis=1, keepdims=True)))


def accuracy(table: Table, probabilities: Floats) -> float:
    """Probabilities (K, C) at every cell -> how often the likeliest class is right; of k that tie each counts 1/k."""
    likeliest = probabilities >= probabilities.max(axis=1, keepdims=True) - TIE
    right = (likeliest * table.cells.posterior).sum(1) / likeliest.sum(1)
    return float(table.cells.weights @ right)
