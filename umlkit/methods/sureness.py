"""When a gain on `select` is taken for one: what was chosen or stopped there looks better there than it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SURE = 2.0
"""Standard errors by which a gain has to be above 0."""


def surely_above(gains: NDArray[np.float64], *, groups: NDArray[np.int64] | None = None, least: float = 0.0) -> bool:
    """Whether gains are above ``least`` in the mean, and above 0 beyond chance; never a single one.

    Samples of one group (a subject, a speaker) go together, so with groups it is their sums that have to agree: of G
    groups the standard error is sqrt(G/(G-1) sum_g (sum_{i in g} (d_i - d_bar))^2) / n.

    Args:
        gains: (n,) in nats.
        groups: (n,) group of every sample; None, or a single group, counts samples.
        least: nats.
    """
    names, index = (np.unique(groups, return_inverse=True)) if groups is not None else ((), np.arange(len(gains)))
    if len(names) < 2:
        index = np.arange(len(gains))
    units = int(index.max(initial=-1)) + 1
    if units < 2:
        return False
    sums = np.bincount(index, gains - gains.mean())
    error = float(np.sqrt(units / (units - 1) * (sums @ sums)) / len(gains))
    return float(gains.mean()) > max(least, SURE * error)
