"""Partial information decomposition of a table of two variables and a label, with the redundancy I_min, in nats.

    I_spec(y; A)  = sum_a P(a | y) [log P(y | a) - log P(y)]
    R             = sum_y P(y) min(I_spec(y; A), I_spec(y; B))      redundant
    U_A           = I(A; Y) - R                                     unique to A; U_B likewise
    S             = I(A, B; Y) - I(A; Y) - I(B; Y) + R              synergy

Williams & Beer, *Nonnegative decomposition of multivariate information*, arXiv 1004.2515, 2010. All four are >= 0 and
add up to I(A, B; Y). Synergy is not what only joint training learns: the gates AND and y = a + b have .5 and 1 bits of
it, and a product of separately trained experts solves both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """Redundant, unique (to the first, to the second) and synergistic information, in nats."""

    redundant: float
    unique: tuple[float, float]
    synergy: float


def decompose(joint: Floats) -> Parts:
    """The decomposition of P(a, b, y), an array (L_1, L_2, C) of sum 1."""
    prior = joint.sum((0, 1))
    specific = [_specific(joint.sum(1 - variable), prior) for variable in (0, 1)]
    first, second = (float(prior @ each) for each in specific)
    together = float(prior @ _specific(joint.reshape(-1, len(prior)), prior))
    redundant = float(prior @ np.minimum(*specific))
    return Parts(redundant, (first - redundant, second - redundant), together - first - second + redundant)


def _specific(part: Floats, prior: Floats) -> Floats:
    """P(a, y) (L, C) -> I_spec(y; A) (C,); 0 for a class that never occurs."""
    expected = part.sum(1, keepdims=True) * prior
    ratio = np.divide(part, expected, out=np.ones_like(part), where=part > 0)
    return np.asarray((part * np.log(ratio)).sum(0) / np.where(prior > 0, prior, 1))
