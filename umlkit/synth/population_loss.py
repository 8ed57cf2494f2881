"""The log-loss of scores over a whole population: what the best pool and the best additive logits both minimise.

    q(c | a) = softmax(scores(a, .)),    loss = - sum_{a, y} P(a, y) log q(y | a)     in nats, convex in the parameters

Legend of shapes: K cells of a table, C classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from umlkit.synth.table import Cells, Floats


@dataclass(frozen=True)
class PopulationLoss(ABC):
    """As a function of parameters, for :func:`umlkit.synth.boxed.minimise`.

    Attributes:
        cells: of the table.
    """

    cells: Cells

    @abstractmethod
    def scores(self, parameters: Floats) -> Floats:
        """(K, C)."""

    @abstractmethod
    def derivatives(self, parameters: Floats, /) -> tuple[Floats, Floats]:
        """Gradient and Hessian of :meth:`value`."""

    def posterior(self, parameters: Floats) -> Floats:
        """(K, C) q."""
        scores = self.scores(parameters)
        return np.asarray(np.exp(scores - logsumexp(scores, axis=1, keepdims=True)))

    def value(self, parameters: Floats, /) -> float:
        """The loss."""
        scores = self.scores(parameters)
        expected = (self.cells.posterior * scores).sum(1)
        return float(self.cells.weights @ (logsumexp(scores, axis=1) - expected))
