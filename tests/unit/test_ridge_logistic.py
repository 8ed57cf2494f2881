"""Ridge logistic regression with its strength chosen on `select`, against scikit-learn's on the same samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from umlkit.encoders.linear import ridge_logistic


def parts(*, samples, columns, classes, train, seed=0):
    x, y = make_classification(
        samples, columns, n_informative=min(columns, 20), n_redundant=0, n_classes=classes, random_state=seed
    )
    return x[:train], y[:train], x[train:], y[train:]


def loss_of(solution, x, y):
    return -log_softmax(x @ solution.weight.T + solution.bias, axis=1)[np.arange(len(y)), y].mean()


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("columns", "train"), [(20, 300), (400, 100)], ids=["tall", "wide"])
def test_it_is_the_solution_of_the_full_problem_at_the_strength_it_names(classes, columns, train):
    x, y, select_x, select_y = parts(samples=train + 200, columns=columns, classes=classes, train=train)

    solution = ridge_logistic.solve(x, y, select_x, select_y, classes=classes)

    direct = LogisticRegression(C=solution.strength, max_iter=5000, tol=1e-8).fit(x, y)
    expected = log_loss(select_y, direct.predict_proba(select_x))
    assert solution.weight.shape == (classes, columns)
    assert loss_of(solution, select_x, select_y) == pytest.approx(expected, abs=2e-3)
    assert solution.loss == pytest.approx(loss_of(solution, select_x, select_y), abs=1e-9)


def test_it_is_at_least_as_good_on_select_as_every_strength_of_a_grid():
    x, y, select_x, select_y = parts(samples=500, columns=60, classes=3, train=200)

    solution = ridge_logistic.solve(x, y, select_x, select_y, classes=3)

    grid = [LogisticRegression(C=c, max_iter=5000).fit(x, y) for c in 10.0 ** np.arange(-5, 5)]
    assert solution.loss <= min(log_loss(select_y, model.predict_proba(select_x)) for model in grid) + 1e-3


def test_on_noise_it_shrinks_to_the_class_frequencies():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(150, 300)), generator.integers(2, size=150)

    solution = ridge_logistic.solve(x[:100], y[:100], x[100:], y[100:], classes=2)

    assert solution.loss == pytest.approx(np.log(2), abs=0.02)


def test_a_constant_column_and_a_constant_modality_are_no_trouble():
    y = np.arange(40) % 2

    solution = ridge_logistic.solve(np.zeros((30, 50)), y[:30], np.zeros((10, 50)), y[30:], classes=2)

    assert np.isfinite(solution.weight).all()
    assert solution.loss == pytest.approx(np.log(2), abs=1e-6)


def test_effort_counts_the_span_of_the_samples_only_where_columns_outnumber_them():
    tall, wide = ridge_logistic.effort(1000, 10, 3), ridge_logistic.effort(10, 1000, 3)

    assert tall == ridge_logistic.PASSES * 1000 * 10 * 3
    assert wide == ridge_logistic.PASSES * 10 * 10 * 3 + ridge_logistic.SPAN_PASSES * 10 * 10 * 1000
