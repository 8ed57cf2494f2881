"""Differences over repeated splits of one data set: the corrected resampled t.

J splits share most of their training samples, so their differences d_j are not independent and the usual t is far too
sure. With n_test samples held out of n_train + n_test each time,

    t = d / sqrt((1/J + n_test/n_train) s^2),     s^2 = 1/(J-1) sum_j (d_j - d)^2,     J - 1 degrees of freedom

Nadeau & Bengio, *Inference for the Generalization Error*, Machine Learning 52:239 (2003), section 3.3; for k folds
n_test/n_train = 1/(k-1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from umlkit.probe.units import CONFIDENCE
from umlkit.runs.records.common import Estimate


@dataclass(frozen=True)
class Resampled:
    """The mean over splits.

    Attributes:
        estimate: the mean with its 95% interval.
        t: the corrected statistic; 0 where all differences are 0, infinite where they are one other number.
        p: two-sided.
        df: J - 1.
    """

    estimate: Estimate
    t: float
    p: float
    df: int


def corrected_t(differences: Sequence[float], *, test_over_train: float) -> Resampled:
    """The corrected resampled t of the differences (J,) of J splits.

    Args:
        differences: one a split, J >= 2.
        test_over_train: n_test / n_train of a split.

    Raises:
        ValueError: fewer than two splits.
    """
    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2:
        raise ValueError("a variance between splits needs at least two of them")
    mean, df = float(d.mean()), len(d) - 1
    error = math.sqrt((1 / len(d) + test_over_train) * float(d.var(ddof=1)))
    t = mean / error if error > 0 else math.copysign(math.inf, mean) if mean else 0.0
    half = float(stdtrit(df, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(df, -abs(t))) if math.isfinite(t) else 0.0
    return Resampled(Estimate(value=mean, low=mean - half, high=mean + half), t=t, p=p, df=df)
