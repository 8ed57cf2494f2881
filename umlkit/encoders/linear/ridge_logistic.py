"""Multinomial logistic regression with an L2 penalty, its strength chosen on `select`.

    minimise  C * sum_i -w_i log softmax(W x_i + b)[y_i] + |W|^2 / 2,     w_i = 1 without sample weights

Convex and solved to the end (L-BFGS, scikit-learn), so with few samples and many columns it reaches what gradient
descent on the same weights has to be stopped early for. With more columns than samples the problem is solved in the
span of the samples, which is exact: the penalty makes W a combination of them.

Legend of shapes: n training samples, s `select` samples, P inputs of one sample, C classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Inputs = Floats | Any
"""Numbers in rows and columns: an array, or scipy's sparse one, which has no types."""

COARSE = tuple(10.0**power for power in range(-5, 5))
"""Strengths C tried first, strong penalty first."""
FOR_UNIT_ROWS = tuple(10.0**power for power in range(-1, 4))
"""The same where samples have about length 1 whatever their number of columns, as TF-IDF weights do."""
FINE = tuple(10.0**power for power in (-0.5, -0.25, 0.25, 0.5))
"""Factors on the best of them tried after."""
ITERATIONS = 300
PATIENCE = 2
PASSES = 1000
"""Evaluations of the objective along a path, as measured."""
SPAN_PASSES = 10
"""Cost of a singular value decomposition in products of its matrix with itself."""


class Solution(NamedTuple):
    """A fitted regression.

    Attributes:
        weight: (C, P).
        bias: (C,).
        strength: C of the objective, the inverse of the penalty.
        loss: log-loss on `select` in nats.
    """

    weight: Floats
    bias: Floats
    strength: float
    loss: float


def effort(n: int, inputs: int, classes: int) -> int:
    """Multiply-adds to expect of :func:`solve`, give or take a factor of two; one core does some 2e10 a second."""
    span = n * n * inputs if inputs > n else 0
    return PASSES * n * min(n, inputs) * classes + SPAN_PASSES * span


class _Target(NamedTuple):
    """Labels (n,) and sample weights (n,) or None."""

    y: Ints
    weights: Floats | None


def solve(
    x: Inputs,
    y: Ints,
    select_x: Inputs,
    select_y: Ints,
    *,
    classes: int,
    weights: Floats | None = None,
    select_weights: Floats | None = None,
    strengths: Sequence[float] = COARSE,
) -> Solution:
    """The solution with the lowest (weighted) `select` log-loss over a path of strengths.

    Args:
        x: (n, P) training samples; a sparse matrix stays sparse.
        y: (n,) their labels; every class must occur.
        select_x: (s, P) samples that choose the strength.
        select_y: (s,) their labels.
        classes: C.
        weights: (n,) >= 0, some of every class above 0; None weighs all as 1.
        select_weights: (s,) likewise.
        strengths: tried first, strong penalty first.
    """
    basis = None if isinstance(x, csr_array) else _basis(x)
    reduced = (x @ basis.T, select_x @ basis.T) if basis is not None else (x, select_x)
    targets = (_Target(y, weights), _Target(select_y, select_weights))
    best = _best(_path(reduced, targets, strengths, classes=classes))
    best = _best([best, *_path(reduced, targets, [best.strength * factor for factor in FINE], classes=classes)])
    return best if basis is None else best._replace(weight=best.weight @ basis)


def _basis(x: Floats) -> Floats | None:
    """Orthonormal rows (r, P) that span the samples where P > n, else None."""
    n, inputs = x.shape
    if inputs <= n:
        return None
    _, singular, rows = np.linalg.svd(x, full_matrices=False)
    span = singular > singular[0] * 1e-10
    span[0] = True  # constant samples span nothing, and the regression needs a column
    return np.asarray(rows[span])


def _path(
    reduced: tuple[Inputs, Inputs], targets: tuple[_Target, _Target], strengths: Sequence[float], *, classes: int
) -> list[Solution]:
    """Solutions from strong to weak penalty, each started from the one before, until `select` gets worse."""
    model = LogisticRegression(max_iter=ITERATIONS, warm_start=True)
    path: list[Solution] = []
    for strength in strengths:
        path.append(_fit(model, reduced, targets, strength=strength, classes=classes))
        losses = [solution.loss for solution in path]
        if len(losses) - 1 - losses.index(min(losses)) >= PATIENCE:
            break
    return path


def _fit(
    model: Any, reduced: tuple[Inputs, Inputs], targets: tuple[_Target, _Target], *, strength: float, classes: int
) -> Solution:
    (x, select_x), (train, select) = reduced, targets
    model.set_params(C=strength)
    with warnings.catch_warnings():
        # A solution short of convergence is one more point of the path, judged on `select` like the others.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, train.y, sample_weight=train.weights)
    proba = model.predict_proba(select_x)
    loss = float(log_loss(select.y, proba, labels=np.arange(classes), sample_weight=select.weights))
    weight, bias = model.coef_, model.intercept_
    if classes == 2:
        weight, bias = np.vstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return Solution(np.array(weight), np.array(bias), strength, loss)


def _best(path: list[Solution]) -> Solution:
    return min(path, key=lambda solution: solution.loss)
