"""When a gain on `select` is taken for one: what was chosen or stopped there looks better there than it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SURE = 2.0
"""Standard errors by which a gain has to be above 0."""


def surely_above(gains: NDArray[np.float64], *, least: float = 0.0) -> bool:
    """Whether gains (n,) in nats are above ``least`` in the mean, and above 0 beyond chance; never a single one."""
    if len(gains) < 2:
        return False
    error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
    return float(gains.mean()) > max(least, SURE * error)
