"""The ensemble's pool: gates whose truth is an exact table, useless modalities, small samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import logsumexp

from umlkit.methods.calibration import log_loss, log_softmax
from umlkit.methods.folds import folds
from umlkit.methods.ume import rules
from umlkit.methods.ume.pool import Floats, Ints, Pool, fit_weights, floored

BITS = (0, 1)


def table(gate: Callable[[int, int], int], flips: float = 0.0) -> Floats:
    """p(a, b, y) for fair coins a, b and y = gate(a, b), flipped with probability ``flips``: (2, 2, classes)."""
    classes = 1 + max(gate(a, b) for a in BITS for b in BITS)
    joint = np.full((2, 2, classes), flips / 4)
    for a in BITS:
        for b in BITS:
            joint[a, b, gate(a, b)] = (1 - flips) / 4
    return joint


def copies() -> Floats:
    """x1 = x2 = y."""
    joint = np.zeros((2, 2, 2))
    joint[0, 0, 0] = joint[1, 1, 1] = 0.5
    return joint


def suppressor() -> Floats:
    """x1 = y + n (three values), x2 = n."""
    joint = np.zeros((3, 2, 2))
    for y in BITS:
        for n in BITS:
            joint[y + n, n, y] = 0.25
    return joint


GATES = {
    "and": table(lambda a, b: a & b),
    "or": table(lambda a, b: a | b),
    "xor": table(lambda a, b: a ^ b),
    "xor with 10% flips": table(lambda a, b: a ^ b, flips=0.1),
    "y=a": table(lambda a, b: a),
    "copies": copies(),
    "y=a+b": table(lambda a, b: a + b),
    "suppressor": suppressor(),
}
D_UME = {
    "and": 0.0,
    "or": 0.0,
    "xor": 1.0,
    "xor with 10% flips": 0.531,
    "y=a": 0.0,
    "copies": 0.0,
    "y=a+b": 0.0,
    "suppressor": 0.5,
}
"""Bits; SCIENCE's table of gates, which holds to .001."""
ACCURACY = {
    "and": (0.875, 1.0),
    "or": (0.875, 1.0),
    "xor": (0.5, 0.5),
    "xor with 10% flips": (0.5, 0.5),
    "y=a": (1.0, 1.0),
    "copies": (1.0, 1.0),
    "y=a+b": (0.75, 1.0),
    "suppressor": (0.75, 0.75),
}
"""Probability mean, product of experts; the same table."""


class Cells:
    """Every cell (x1, x2, y) of a table as a weighted sample with the exact posteriors of its two modalities."""

    def __init__(self, joint: Floats) -> None:
        first, second, self.labels = (index.ravel() for index in np.indices(joint.shape))
        self.weights = joint.ravel()
        with np.errstate(divide="ignore"):
            self.log_prior = floored(np.log(joint.sum((0, 1))))
            self.log_probs = floored(
                np.log(np.stack([_posterior(joint.sum(1))[first], _posterior(joint.sum(0))[second]], 1))
            )
        given_both = joint[first, second] / np.maximum(joint.sum(2), 1e-300)[first, second][:, None]
        with np.errstate(divide="ignore"):
            self.log_joint = np.log(given_both)

    def bits(self, log_probs: Floats) -> float:
        """Log-loss in bits of log-probabilities (cells, classes)."""
        seen = self.weights > 0
        losses = -log_probs[seen, self.labels[seen]]
        return float(self.weights[seen] @ losses / np.log(2))

    def accuracy(self, log_probs: Floats) -> float:
        """Share of right answers, a tie among k counting 1/k."""
        best = np.isclose(log_probs, log_probs.max(axis=1, keepdims=True), atol=1e-9)
        return float(self.weights @ (best[np.arange(len(best)), self.labels] / best.sum(axis=1)))

    def pool(self, rule: str, prior_weight: float, weights: Floats) -> Floats:
        """The product's pool of this table's posteriors: log-probabilities (cells, classes)."""
        made = Pool(rule, prior_weight, weights, np.ones(2), self.log_prior)  # type: ignore[arg-type]
        return made(self.log_probs)


def _posterior(counts: Floats) -> Floats:
    return counts / counts.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("gate", GATES)
def test_pool_of_exact_posteriors_leaves_the_known_paired_contribution(gate: str) -> None:
    cells = Cells(GATES[gate])
    fitted = fit_weights(cells.log_probs, cells.labels, cells.log_prior, weights=cells.weights, penalty=0)
    pooled = cells.bits(cells.pool("log-linear", *fitted))
    assert pooled - cells.bits(cells.log_joint) == pytest.approx(D_UME[gate], abs=1e-3)


@pytest.mark.parametrize("gate", GATES)
def test_probability_mean_and_product_of_experts_have_the_known_accuracies(gate: str) -> None:
    cells = Cells(GATES[gate])
    mean = cells.pool("prob-mean", 0.0, np.full(2, 0.5))
    product = cells.pool("log-linear", -1.0, np.ones(2))
    assert cells.accuracy(mean) == pytest.approx(ACCURACY[gate][0], abs=1e-3)
    assert cells.accuracy(product) == pytest.approx(ACCURACY[gate][1], abs=1e-3)


def test_a_non_negative_prior_weight_would_get_and_wrong() -> None:
    cells = Cells(GATES["and"])
    prior_weight, _ = fit_weights(cells.log_probs, cells.labels, cells.log_prior, weights=cells.weights, penalty=0)
    assert prior_weight < 0


def sampled(n: int, *, strengths: tuple[float, ...], classes: int = 3, seed: int = 0) -> tuple[Floats, Ints]:
    """Logits (n, M, C) of modalities that are independent given y; strength 0 is pure noise. And labels (n,)."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(classes, size=n)
    signal = np.eye(classes)[labels]
    logits = [s * s * signal + max(s, 1.0) * generator.normal(size=(n, classes)) for s in strengths]
    return np.stack(logits, axis=1), labels


FLAT = np.full(3, -np.log(3))


def test_the_weight_of_pure_noise_is_exactly_zero_and_the_rest_keeps_its_weight() -> None:
    logits, labels = sampled(300, strengths=(2.0, 1.5, 0.0))
    with_noise = rules.log_linear(logits, labels, FLAT)
    without = rules.log_linear(logits[:, :2], labels, FLAT)
    assert with_noise.weights[2] == 0
    assert with_noise.weights[:2] == pytest.approx(without.weights, rel=0.02)


def test_unequal_modalities_are_not_pulled_towards_equal_weights() -> None:
    logits, labels = sampled(5000, strengths=(2.0, 2.0))
    logits[:, 1] = logits[:, 0] + 0.01 * logits[:, 1]
    pool = rules.log_linear(logits, labels, FLAT)
    alone = rules.log_linear(logits[:, :1], labels, FLAT)
    assert log_loss(pool(logits), labels).mean() <= log_loss(alone(logits[:, :1]), labels).mean() + 1e-3


def test_without_a_penalty_the_fit_is_the_minimum() -> None:
    logits, labels = sampled(400, strengths=(1.0, 1.5))
    log_probs = log_softmax(logits)
    prior_weight, weights = fit_weights(log_probs, labels, FLAT, penalty=0)

    def risk(w: Floats) -> float:
        scores = np.einsum("m,nmc->nc", w, log_probs)
        return float((logsumexp(scores, axis=1) - scores[np.arange(len(labels)), labels]).mean())

    nudged = [risk(weights + step) for step in 1e-3 * np.vstack([np.eye(2), -np.eye(2)])]
    assert risk(weights) <= min(nudged)
    assert abs(prior_weight) <= 50


def test_the_mean_of_kept_logits_leaves_noise_out() -> None:
    logits, labels = sampled(60, strengths=(2.0, 2.0, 0.0))
    pool = rules.kept_mean(logits, labels, FLAT)
    assert pool.weights.tolist() == [0.5, 0.5, 0.0]


def test_separable_samples_do_not_ask_for_infinite_weights() -> None:
    labels = np.arange(12) % 3
    logits = np.stack([4.0 * np.eye(3)[labels]] * 2, axis=1)
    pool = rules.log_linear(logits, labels, FLAT)
    assert pool.weights.sum() < 10


def test_few_samples_choose_the_rule_by_cross_validation_and_many_do_not() -> None:
    logits, labels = sampled(60, strengths=(2.0, 0.0))
    choice = rules.choose("auto", logits, labels, FLAT, groups=None)
    assert set(choice.losses) == set(rules.FOR_FEW)
    assert choice.losses[choice.name] == min(choice.losses.values())
    assert choice.held_out is not None
    assert log_loss(choice.held_out, labels).mean() == pytest.approx(choice.losses[choice.name])
    logits, labels = sampled(100, strengths=(2.0, 0.0))
    assert list(rules.choose("auto", logits, labels, FLAT, groups=None).losses) == ["log-linear"]


def test_a_cross_validated_loss_is_above_the_loss_on_the_samples_that_were_fitted() -> None:
    logits, labels = sampled(100, strengths=(1.0, 1.0, 0.0))
    held_out = rules.cross_validated(rules.log_linear, logits, labels, FLAT, groups=None)
    assert log_loss(held_out, labels).mean() > log_loss(rules.log_linear(logits, labels, FLAT)(logits), labels).mean()


def test_folds_keep_groups_whole_and_score_every_row_once() -> None:
    generator = np.random.default_rng(0)
    groups = generator.integers(7, size=100)
    made = folds(generator.integers(3, size=100), groups=groups)
    assert len(made) == 5
    assert sorted(np.concatenate([scored for _, scored in made])) == list(range(100))
    assert all(not set(groups[fitted]) & set(groups[scored]) for fitted, scored in made)


def test_folds_spread_classes_evenly() -> None:
    labels = np.repeat([0, 1], [90, 10])
    assert [int(labels[scored].sum()) for _, scored in folds(labels)] == [2] * 5
