"""How far to go from known logits along a direction that was fitted on other samples: one number, often 0.

    a = argmin_{a >= 0}  sum_i w_i CE(offset_i + a f_i, y_i) + penalty a / v + ridge a^2 / 2

v being the minimum without the penalty (the non-negative garrote of :mod:`umlkit.methods.ume.pool`): where f is noise v
is small, and a becomes exactly 0; where it helps, the penalty is hardly felt.

Legend of shapes: n samples, C classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from umlkit.methods.calibration import normalised
from umlkit.methods.ume.pool import BOUND, GARROTE, RIDGE, SMALLEST

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def step(offset: Floats, direction: Floats, labels: Ints, *, weights: Floats | None = None) -> float:
    """The a in [0, 50] of offset and direction, both (n, C), labels (n,), and sample weights (n,) or None for all 1."""
    shares = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    first = _minimise(offset, direction, labels, shares, slope=0.0)
    return 0.0 if first < SMALLEST else _minimise(offset, direction, labels, shares, slope=GARROTE / first)


def _minimise(offset: Floats, direction: Floats, labels: Ints, shares: Floats, *, slope: float) -> float:
    of_label = direction[np.arange(len(labels)), labels]
    known, added = (np.ascontiguousarray(values.T) for values in (offset, direction))

    def risk(parameters: Floats) -> tuple[float, Floats]:
        a = float(parameters[0])
        probabilities, totals = normalised(known + a * added)
        expected = (probabilities * added).sum(axis=0)
        value = shares @ (totals - a * of_label) + slope * a + RIDGE * a**2 / 2
        return float(value), np.array([shares @ (expected - of_label) + slope + RIDGE * a])

    found = minimize(risk, np.array([0.5]), jac=True, method="L-BFGS-B", bounds=[(0.0, BOUND)])
    return float(found.x[0])
