"""The metrics of evaluate against scikit-learn's, with weights and without."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

from umlkit.pipeline.evaluation import Shown, expected_calibration_error, metrics

STREAM = np.random.default_rng(0)
LABELS = np.repeat([0, 1, 2], [200, 70, 30])
PROBA = STREAM.dirichlet(np.ones(3), size=300) * 0.5 + 0.5 * np.eye(3)[np.where(STREAM.random(300) < 0.3, 0, LABELS)]
WEIGHTS = STREAM.exponential(size=300)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_they_are_scikit_learns(weights: np.ndarray | None) -> None:
    found = metrics(Shown(PROBA, LABELS, weights))

    predicted = PROBA.argmax(axis=1)
    by_class = [
        log_loss(LABELS[at], PROBA[at], labels=[0, 1, 2], sample_weight=None if weights is None else weights[at])
        for at in (LABELS == 0, LABELS == 1, LABELS == 2)
    ]
    assert found.accuracy == pytest.approx(accuracy_score(LABELS, predicted, sample_weight=weights))
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(LABELS, predicted, sample_weight=weights))
    assert found.log_loss == pytest.approx(log_loss(LABELS, PROBA, sample_weight=weights))
    assert found.balanced_log_loss == pytest.approx(np.mean(by_class))


def test_a_weight_of_two_is_a_sample_twice_in_every_metric() -> None:
    counts = np.where(np.arange(300) % 3 == 0, 2, 1)
    twice = np.repeat(np.arange(300), counts)

    by_weight, by_copy = metrics(Shown(PROBA, LABELS, counts * 5.0)), metrics(Shown(PROBA[twice], LABELS[twice]))

    assert by_weight.model_dump() == pytest.approx(by_copy.model_dump())


def test_balanced_figures_of_balanced_classes_are_the_plain_ones() -> None:
    at = np.concatenate([np.flatnonzero(k == LABELS)[:30] for k in range(3)])
    found = metrics(Shown(PROBA[at], LABELS[at]))
    assert found.balanced_accuracy == pytest.approx(found.accuracy)
    assert found.balanced_log_loss == pytest.approx(found.log_loss)


def test_a_class_that_does_not_occur_has_no_part_in_the_balance() -> None:
    at = LABELS < 2
    found = metrics(Shown(PROBA[at], LABELS[at], np.where(LABELS[at] == 1, 0.0, 1.0)))
    assert found.balanced_log_loss == pytest.approx(found.log_loss)
    assert found.balanced_accuracy == pytest.approx(found.accuracy)


def test_weights_never_push_a_share_above_one() -> None:
    for seed in range(50):
        weights = np.random.default_rng(seed).exponential(size=300)
        assert metrics(Shown(np.eye(3)[LABELS], LABELS, weights)).accuracy == 1.0


def test_the_calibration_error_weighs_its_bins() -> None:
    proba = np.array([[0.9, 0.1], [0.9, 0.1]])
    labels, weights = np.array([0, 1]), np.array([9.0, 1.0])
    assert expected_calibration_error(proba, labels) == pytest.approx(0.4)
    assert expected_calibration_error(proba, labels, weights=weights) == pytest.approx(0.0, abs=1e-12)
