"""Ridge regression for all ridges at once, with what every fit would say of a sample that it had not seen.

    min_{W, b}  sum_i w_i |t_i - W' phi_i - b|^2 + ridge n |W|^2

By the eigenvectors of the features' weighted covariance every further ridge costs next to nothing. The prediction for
sample i by a fit without it follows from the leverage h_i of the fit with it,

    t_i - f_{-i}(x_i) = (t_i - f(x_i)) / (1 - h_i)
    h_i = w_i (1 / sum w + phi_i' (Phi' diag(w) Phi + ridge n)^-1 phi_i)

(Allen's PRESS, 1974; Hastie et al., *The Elements of Statistical Learning*, 7.10). phi centred.

Legend of shapes: n samples, r features, T targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_LEVERAGE = 1 - 1e-9
"""A sample that determines its own prediction would be divided by nothing. Far less, and fits that know all of their
samples by heart would seem to know what they were not told."""


@dataclass(frozen=True)
class Linear:
    """``f(x) = W' phi(x) + b``: W (r, T), b (T,)."""

    weight: Floats
    bias: Floats

    def __call__(self, features: Floats) -> Floats:
        """(n, r) -> (n, T)."""
        return np.asarray(features @ self.weight + self.bias)


class Ridge:
    """Ridge regression of targets (n, T) on features (n, r), with weights (n,) of the samples or None for all 1."""

    def __init__(self, features: Floats, targets: Floats, weights: Floats | None = None) -> None:
        self._count = len(features)
        self._shares = np.ones(self._count) if weights is None else np.asarray(weights, dtype=np.float64)
        total = max(float(self._shares.sum()), 1e-12)
        self._mean, self._level = (self._shares @ values / total for values in (features, targets))
        centred = features - self._mean
        scaled = centred if weights is None else centred * np.sqrt(self._shares)[:, None]
        eigenvalues, self._vectors = np.linalg.eigh(scaled.T @ scaled)  # a matrix with itself costs half
        self._eigenvalues = np.maximum(eigenvalues, 0.0)
        self._rotated = centred @ self._vectors
        self._squared = np.square(self._rotated)
        self._moments = self._vectors.T @ (centred.T @ (self._shares[:, None] * (targets - self._level)))
        self._targets, self._total = targets, total

    def fit(self, ridge: float) -> Linear:
        """The function for one ridge > 0."""
        weight = self._vectors @ (self._inverse(ridge)[:, None] * self._moments)
        return Linear(np.asarray(weight), np.asarray(self._level - self._mean @ weight))

    def left_out(self, ridge: float) -> Floats:
        """(n, T) what a fit without a sample says of it, for every sample."""
        inverse = self._inverse(ridge)
        fitted = self._rotated @ (inverse[:, None] * self._moments) + self._level
        leverage = self._shares * (1 / self._total + self._squared @ inverse)
        left = 1 - np.minimum(leverage, MOST_LEVERAGE)
        return np.asarray(self._targets - (self._targets - fitted) / left[:, None])

    def explained(self, ridge: float) -> float:
        """What the best multiple a >= 0 of :meth:`left_out` explains of the targets, (sum w t f)^2 / sum w f^2.

        The ridge with the most of it is not the one with the lowest error: the more a fit is shrunk the less it is
        wrong where there is little to find, yet what it has found may be the less for it.
        """
        left_out = self.left_out(ridge)
        along = max(0.0, float(self._shares @ (self._targets * left_out).sum(1)))
        return along**2 / max(float(self._shares @ np.square(left_out).sum(1)), 1e-12)

    def left_out_error(self, ridge: float) -> float:
        """The weighted mean of the squared errors of :meth:`left_out`."""
        errors = np.square(self._targets - self.left_out(ridge)).sum(1)
        return float(self._shares @ errors / self._total)

    def _inverse(self, ridge: float) -> Floats:
        return np.asarray(1 / (self._eigenvalues + ridge * self._count))
