"""Temperature: what it recovers, how it shrinks, where it ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from umlkit.methods.calibration import CAUTION, log_loss, log_softmax, mean, normalised, softmax, temperature


def drawn(n: int, *, sharper: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits (n, 3) that are ``sharper`` times those that the labels were drawn from."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=2, size=(n, 3))
    labels = np.array([generator.choice(3, p=p) for p in softmax(logits)])
    return logits * sharper, labels


@pytest.mark.parametrize("sharper", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_over_and_under_confidence(sharper: float) -> None:
    logits, labels = drawn(4000, sharper=sharper)
    assert temperature(logits, labels) == pytest.approx(sharper, rel=0.08)


def test_one_sample_hardly_moves_it_and_none_leaves_it_at_one() -> None:
    assert 0.5 < temperature(np.array([[5.0, 0.0]]), np.array([0])) < 1
    assert temperature(np.empty((0, 2)), np.empty(0, dtype=np.int64)) == 1


def test_a_few_dozen_samples_that_all_are_right_do_not_make_a_model_certain() -> None:
    logits, labels = np.eye(3)[np.arange(30) % 3] * 3.0, np.arange(30) % 3
    assert temperature(logits, labels) < 0.6 < temperature(logits, labels, caution=CAUTION) < 1
    assert temperature(-logits, labels, caution=CAUTION) > 5  # to be less sure takes no caution


def test_it_stays_within_its_bounds() -> None:
    right, labels = np.eye(2)[np.arange(2000) % 2] * 0.01, np.arange(2000) % 2
    assert temperature(right, labels) == pytest.approx(0.05, rel=1e-2)
    assert temperature(-right * 1e4, labels) == pytest.approx(20, rel=1e-2)


def test_a_weight_of_two_is_a_sample_seen_twice() -> None:
    logits, labels = drawn(50, sharper=2.0)
    weights = np.where(np.arange(50) < 20, 2.0, 1.0)
    twice = np.concatenate([np.arange(50), np.arange(20)])
    assert temperature(logits, labels, weights=weights) == pytest.approx(
        temperature(logits[twice], labels[twice]), rel=1e-3
    )


def test_log_loss_is_the_negative_log_probability_of_the_label() -> None:
    logits = np.array([[0.0, np.log(3)], [1000.0, 0.0]])
    assert log_loss(logits, np.array([1, 1])) == pytest.approx([np.log(4 / 3), 1000.0])
    assert np.exp(log_softmax(logits)).sum(axis=1) == pytest.approx([1, 1])


@pytest.mark.parametrize("size", [1.0, 1e4])
def test_probabilities_and_their_normaliser_are_right_however_large_the_scores(size: float) -> None:
    scores = size * np.random.default_rng(0).normal(size=(20, 3))
    probabilities, totals = normalised(scores.T)
    assert totals == pytest.approx(special.logsumexp(scores, axis=1), rel=1e-12)
    np.testing.assert_allclose(probabilities.T, special.softmax(scores, axis=1), atol=1e-12)
    assert log_softmax(scores) == pytest.approx(special.log_softmax(scores, axis=1), rel=1e-12)


def test_a_mean_of_samples_none_of_which_counts_is_that_of_all() -> None:
    assert mean(np.array([1.0, 3.0]), np.zeros(2)) == 2
    assert mean(np.array([1.0, 3.0]), np.array([0.0, 2.0])) == 3
