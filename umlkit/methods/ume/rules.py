"""Which pool an ensemble uses: the rules that a recipe may name, and the choice among them where samples are few.

With few samples of `select` the mean of the logits is a rival of the fitted weights, but only over the modalities that
these keep: one of pure noise spoils a mean. *Measured* on 100 tasks with 30 `select` samples, two informative
modalities and one of noise (test log-loss; what the noise changes, mean of its size): log-linear .288, .002; mean of
all logits .292, .024; the choice below .281, .001; a choice that also has the best single modality .313, .002, and
with the mean of all .331, .026. A best single modality is within the reach of the log-linear pool anyway.

Legend of shapes: n samples, M modalities, C classes. Log-losses in nats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from umlkit.methods.calibration import log_loss, log_softmax, mean, temperature
from umlkit.methods.folds import folds, rows_of
from umlkit.methods.ume.pool import GARROTE, Pool, fit_weights, floored, temperatures_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Rule(Protocol):
    """What fits a pool."""

    def __call__(self, logits: Floats, labels: Ints, log_prior: Floats, *, weights: Floats | None = None) -> Pool:
        """From logits (n, M, C), labels (n,), log class frequencies (C,) and sample weights (n,), None for all 1."""


FEW = 100
"""Below so many samples of `select` the rule itself is chosen by cross-validation."""


def log_linear(logits: Floats, labels: Ints, log_prior: Floats, *, weights: Floats | None = None) -> Pool:
    """A temperature for every modality, then the fitted pool."""
    temperatures = temperatures_of(logits, labels, weights=weights)
    log_probs = log_softmax(logits / temperatures[:, None])
    prior_weight, fitted = fit_weights(log_probs, labels, log_prior, weights=weights, penalty=GARROTE)
    return Pool("log-linear", prior_weight, fitted, temperatures, floored(log_prior))


def logit_mean(logits: Floats, labels: Ints, log_prior: Floats, *, weights: Floats | None = None) -> Pool:
    """The mean of the logits at one temperature."""
    modalities = logits.shape[1]
    shared = np.full(modalities, temperature(logits.mean(axis=1), labels, weights=weights))
    return Pool("log-linear", 0.0, np.full(modalities, 1 / modalities), shared, floored(log_prior))


def prob_mean(
    logits: Floats,
    labels: Ints,  # noqa: ARG001 - nothing to fit
    log_prior: Floats,
    *,
    weights: Floats | None = None,  # noqa: ARG001
) -> Pool:
    """The plain mean of the posteriors."""
    modalities = logits.shape[1]
    return Pool("prob-mean", 0.0, np.full(modalities, 1 / modalities), np.ones(modalities), floored(log_prior))


def kept_mean(logits: Floats, labels: Ints, log_prior: Floats, *, weights: Floats | None = None) -> Pool:
    """The mean of the logits of those modalities that the log-linear pool gives any weight, at one temperature."""
    pool = log_linear(logits, labels, log_prior, weights=weights)
    kept = pool.weights > 0
    if not kept.any():
        return pool
    shared = np.full(len(kept), temperature(logits[:, kept].mean(axis=1), labels, weights=weights))
    return Pool("log-linear", 0.0, kept / kept.sum(), shared, floored(log_prior))


RULES: Mapping[str, Rule] = {
    "kept-mean": kept_mean,
    "log-linear": log_linear,
    "logit-mean": logit_mean,
    "prob-mean": prob_mean,
}
FOR_FEW = ("kept-mean", "log-linear")


def cross_validated(
    rule: Rule,
    logits: Floats,
    labels: Ints,
    log_prior: Floats,
    *,
    groups: Ints | None,
    weights: Floats | None = None,
) -> Floats:
    """Every sample's log-probabilities (n, C) from the pool that ``rule`` fits without that sample's fold."""
    pooled = np.empty((len(logits), logits.shape[2]))
    for fitted, scored in folds(labels, groups=groups):
        pool = rule(logits[fitted], labels[fitted], log_prior, weights=rows_of(weights, fitted))
        pooled[scored] = pool(logits[scored])
    return pooled


@dataclass(frozen=True)
class Choice:
    """A rule and what it was chosen by.

    Attributes:
        name: in :data:`RULES`.
        losses: rule -> cross-validated (weighted) `select` log-loss of all that were compared; empty for one sample.
        held_out: (n, C) cross-validated log-probabilities of the chosen rule; None where there is one sample.
    """

    name: str
    losses: Mapping[str, float]
    held_out: Floats | None


def choose(
    option: str,
    logits: Floats,
    labels: Ints,
    log_prior: Floats,
    *,
    groups: Ints | None,
    weights: Floats | None = None,
) -> Choice:
    """The rule that ``option`` stands for.

    ``auto`` is ``log-linear``; below :data:`FEW` samples it is the best of :data:`FOR_FEW`, the earlier one on a tie.
    """
    few = option == "auto" and len(labels) < FEW
    names = list(FOR_FEW) if few else ["log-linear" if option == "auto" else option]
    if len(labels) < 2:
        return Choice(names[-1], {}, None)
    held_out = {
        name: cross_validated(RULES[name], logits, labels, log_prior, groups=groups, weights=weights) for name in names
    }
    losses = {name: mean(log_loss(pooled, labels), weights) for name, pooled in held_out.items()}
    best = min(losses, key=losses.__getitem__)
    return Choice(best, losses, held_out[best])
