"""Calibration by temperature: one number that logits are divided by so that confidence matches frequency.

    T = argmin_T  mean_i w_i CE(l_i / T, y_i) + a (log T)^2 / (2 n),     .05 <= T <= 20,   a = 1 or more

w_i being sample weights of mean 1, or 1. Guo et al., *On Calibration of Modern Neural Networks*, ICML 2017.
The second term is a normal prior on log T that keeps a handful of samples from asking for an extreme temperature. What
predicts takes a = 10 where T < 1 (:data:`CAUTION`): to be made surer than its training made it, a model needs ten times
the evidence, because the samples are those that stopped its training, and where all of a few dozen are right they ask
for certainty. *Measured* on 12 divisions of five small tables, 25 to 95 `select` samples, held-out log-loss: .010 +-
.006 nats lower than with a = 1 throughout (a = 5: .008, 30: .011).

Legend of shapes: n samples, C classes. Log-losses in nats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOWEST, HIGHEST = 0.05, 20.0
CAUTION = 10.0
"""Samples that the prior is worth in what predicts, where the temperature is below 1; one where it is above."""


def log_softmax(logits: NDArray[np.floating]) -> Floats:
    """Logits (..., C) -> log-probabilities (..., C) in float64."""
    return np.asarray(special.log_softmax(np.asarray(logits, dtype=np.float64), axis=-1))


def normalised(scores: Floats) -> tuple[Floats, Floats]:
    """Scores (C, n), classes first, to probabilities (C, n) and the log of what they were divided by (n,).

    What is minimised step by step asks for this again and again, and sums over a short last axis are slow.
    """
    highest = scores.max(axis=0)
    powers = np.exp(scores - highest)
    sums = powers.sum(axis=0)
    return powers / sums, highest + np.log(sums)


def softmax(logits: NDArray[np.floating]) -> Floats:
    """Logits (..., C) -> probabilities (..., C) in float64."""
    return np.asarray(np.exp(log_softmax(logits)))


def log_loss(logits: NDArray[np.floating], labels: Ints) -> Floats:
    """Logits (n, C) and classes (n,) -> the log-loss of every sample (n,) in nats."""
    return np.asarray(-log_softmax(logits)[np.arange(len(labels)), labels])


def temperature(
    logits: NDArray[np.floating], labels: Ints, *, weights: Floats | None = None, caution: float = 1.0
) -> float:
    """The temperature with the lowest log-loss, shrunk to 1 as far as the samples are few.

    Args:
        logits: (n, C).
        labels: (n,), class of every sample.
        weights: (n,) non-negative sample weights; their sum counts as the number of samples. None weighs all as 1.
        caution: a of the equation where T < 1.

    Returns:
        T in [.05, 20]; 1 where there is no sample.
    """
    shares = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.sum() == 0:
        return 1.0
    by_class = np.ascontiguousarray(np.asarray(logits, dtype=np.float64).T)
    of_label = by_class[labels, np.arange(len(labels))]

    def risk(log_temperature: float) -> float:
        prior = (caution if log_temperature < 0 else 1.0) * log_temperature**2 / 2
        inverse = np.exp(-log_temperature)
        _, totals = normalised(inverse * by_class)
        return float(shares @ (totals - inverse * of_label) + prior)

    bounds = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
    return float(np.exp(minimize_scalar(risk, bounds=bounds, method="bounded", options={"xatol": 1e-4}).x))


def calibrated_loss(logits: NDArray[np.floating], labels: Ints, *, weights: Floats | None = None) -> float:
    """Mean log-loss in nats of logits (n, C) at the temperature that suits these very samples, weighted by (n,)."""
    scale = temperature(logits, labels, weights=weights)
    return mean(log_loss(np.asarray(logits, dtype=np.float64) / scale, labels), weights)


def mean(values: Floats, weights: Floats | None = None) -> float:
    """``sum_i w_i v_i / sum_i w_i`` of values (n,); the plain mean where the weights (n,) are None or all 0."""
    counted = None if weights is None or not weights.any() else weights
    return float(np.average(values, weights=counted))
