"""Quantiles of columns over training samples, a few columns at a time, so that a large array is never copied whole.

Beyond a hundred thousand samples as many are taken, evenly spaced: a quantile's standard error is then below .2% of
the samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from umlkit.data.records import Array, Ints
from umlkit.data.spread import spread

ENOUGH = 100_000
_BLOCK = 1 << 23


def quantiles(values: Array, rows: Ints, shares: Sequence[float]) -> npt.NDArray[np.float64]:
    """Quantiles by column over the chosen samples, missing values and infinities left out.

    Args:
        values: (N, K) numbers.
        rows: the samples.
        shares: S numbers in [0, 1].

    Returns:
        (S, K); NaN for a column that has no value in these samples.
    """
    rows = spread(rows, ENOUGH)
    width = values.shape[1]
    found = np.full((len(shares), width), np.nan)
    step = max(1, _BLOCK // max(1, len(rows)))
    for start in range(0, width, step):
        block = values[:, start : start + step][rows].astype(np.float64)
        for i, column in enumerate(block.T):
            finite = column[np.isfinite(column)]
            if len(finite):
                found[:, start + i] = np.quantile(finite, shares)
    return found
