"""Partial information decomposition of two modalities with the redundancy I_min, in nats.

    I_spec(y; A_m)  = sum_a P(a_m | y) [log P(y | a_m) - log P(y)]
    R               = sum_y P(y) min_m I_spec(y; A_m)            redundant
    U_m             = I(A_m; Y) - R                              unique to modality m
    S               = I(A_1, A_2; Y) - I(A_1; Y) - I(A_2; Y) + R synergy

Williams & Beer, *Nonnegative decomposition of multivariate information*, arXiv 1004.2515, 2010. All four are >= 0 and
add up to I(A_1, A_2; Y). Synergy is not what only joint training learns: the gates AND and y = a + b have .5 and 1 bits
of it, and a product of separately trained experts solves both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umlkit.synth.table import Floats, Table


@dataclass(frozen=True)
class Parts:
    """Redundant, unique and synergistic information of two modalities, in nats."""

    redundant: float
    unique: tuple[float, float]
    synergy: float


def decompose(table: Table) -> Parts:
    """The decomposition of a table of two modalities."""
    redundant = float(table.prior @ np.minimum(_specific(table, 0), _specific(table, 1)))
    first, second = table.information(0), table.information(1)
    together = table.entropy - table.bayes
    return Parts(redundant, (first - redundant, second - redundant), together - first - second + redundant)


def _specific(table: Table, modality: int) -> Floats:
    """(C,) I_spec(y; A_m); 0 for a class that never occurs."""
    part = table.of((modality,))
    total = np.where(table.prior > 0, table.prior, 1)
    ratio = np.where(part > 0, table.posterior((modality,)) / total, 1)
    return np.asarray((part / total * np.log(ratio)).sum(0))
