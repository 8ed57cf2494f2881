"""The pool of the ensemble: how the posteriors of separately trained modalities become one.

    log p(c) = w0 log p(y=c) + sum_m w_m log p_m(c) + const,   w_m >= 0, |w| <= 50,

p_m being modality m's posterior at its own temperature, floored at 1e-12. The product of experts is w_m = 1,
w0 = -(M - 1), so w0 has either sign. M + 1 parameters, convex, fitted on `select` log-loss.

Weights are shrunk towards 0 by a non-negative garrote (Breiman, *Better subset regression using the nonnegative
garrote*, 1995): after a first fit with weights v, the penalty of w_m is ``penalty / (n v_m)`` nats. A useless
modality's v is noise, small, and its weight goes to exactly 0; a useful one hardly feels it. Both fits carry a prior
worth a third of a sample that keeps separable data from asking for infinite weights. ``penalty=0`` is plain maximum
likelihood.

Legend of shapes: n samples, M modalities, C classes. Log-losses in nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from umlkit.methods.calibration import log_softmax, normalised, temperature

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLOOR = 1e-12
BOUND = 50.0
GARROTE = 0.5
"""*Measured* on 150 tasks each of 100, 126, 200 and 400 samples with one or two weak modalities: .25 to .5 has the
lowest test log-loss; 2 costs .001 to .003 nats where all there is is weak."""
RIDGE = 0.3
SMALLEST = 1e-6


@dataclass(frozen=True)
class Pool:
    """A fitted pool.

    Attributes:
        rule: ``log-linear``; or ``prob-mean``, the plain mean of the posteriors, which uses nothing below.
        prior_weight: w0.
        weights: (M,), the w_m.
        temperatures: (M,), what each modality's logits are divided by first.
        log_prior: (C,), log (weighted) class frequencies of the training samples, floored.
    """

    rule: Literal["log-linear", "prob-mean"]
    prior_weight: float
    weights: Floats
    temperatures: Floats
    log_prior: Floats

    def __call__(self, logits: Floats) -> Floats:
        """Logits (n, M, C) -> pooled log-probabilities (n, C)."""
        log_probs = floored(log_softmax(logits / self.temperatures[:, None]))
        if self.rule == "prob-mean":
            return np.asarray(logsumexp(log_probs, axis=1) - np.log(log_probs.shape[1]))
        return log_softmax(self.prior_weight * self.log_prior + np.einsum("m,nmc->nc", self.weights, log_probs))


def floored(log_probs: Floats) -> Floats:
    """Log-probabilities, none below log(1e-12)."""
    return np.maximum(log_probs, np.log(FLOOR))


def temperatures_of(logits: Floats, labels: Ints, *, weights: Floats | None = None) -> Floats:
    """Every modality's own temperature (M,) from logits (n, M, C)."""
    return np.array([temperature(logits[:, m], labels, weights=weights) for m in range(logits.shape[1])])


def fit_weights(
    log_probs: Floats, labels: Ints, log_prior: Floats, *, weights: Floats | None = None, penalty: float = GARROTE
) -> tuple[float, Floats]:
    """Fit ``w0`` and the ``w_m`` of the pool.

    Args:
        log_probs: (n, M, C), each modality's log-probabilities.
        labels: (n,), class of every sample.
        log_prior: (C,), log class frequencies.
        weights: (n,) non-negative sample weights; their sum counts as the number of samples. None weighs all as 1.
        penalty: strength of the garrote; 0 for plain maximum likelihood.

    Returns:
        w0 and (M,) w_m >= 0.
    """
    shares = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    count = float(shares.sum())
    if count == 0:  # a fold whose other samples count for nothing
        return 0.0, np.full(log_probs.shape[1], 1 / log_probs.shape[1])
    priors = np.broadcast_to(floored(log_prior), (len(labels), 1, len(log_prior)))
    terms = np.concatenate([priors, floored(log_probs)], axis=1)
    modalities = log_probs.shape[1]
    if penalty == 0:
        fitted = _minimise(terms, labels, shares / count, slopes=np.zeros(modalities), ridge=0.0)
    else:
        first = _minimise(terms, labels, shares / count, slopes=np.zeros(modalities), ridge=RIDGE / count)
        slopes = penalty / count / np.maximum(first[1:], SMALLEST)
        fitted = _minimise(terms, labels, shares / count, slopes=slopes, ridge=RIDGE / count)
    return float(fitted[0]), fitted[1:]


def _minimise(terms: Floats, labels: Ints, shares: Floats, *, slopes: Floats, ridge: float) -> Floats:
    """Weights (1 + M,) of ``terms`` (n, 1 + M, C) with the lowest penalised log-loss.

    The ridge holds the w_m near 0 and the sum of all weights near 1, where modalities that say nothing give the prior.
    """
    of_label = shares @ terms[np.arange(len(labels)), :, labels]
    samples, count, classes = terms.shape
    flat = np.ascontiguousarray(terms.transpose(1, 2, 0)).reshape(count, classes * samples)

    def risk(parameters: Floats) -> tuple[float, Floats]:
        probabilities, totals = normalised((parameters @ flat).reshape(classes, samples))
        expected = flat @ (probabilities * shares).ravel()
        excess, others = parameters.sum() - 1, parameters[1:]
        value = shares @ totals - parameters @ of_label + slopes @ others + ridge * (excess**2 + others @ others) / 2
        slope = expected - of_label + ridge * excess + np.concatenate([[0.0], slopes + ridge * others])
        return float(value), slope

    modalities = terms.shape[1] - 1
    start = np.concatenate([[0.0], np.full(modalities, 1 / modalities)])
    bounds = [(-BOUND, BOUND), *[(0.0, BOUND)] * modalities]
    options = {"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-8}
    return np.asarray(minimize(risk, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x)
