"""The uncertainty of a mean over units and training seeds, both of them drawn: it holds for another seed's models too.

With d_us the difference of unit u (a sample, or a whole group) with seed s, n units and S seeds, one value each:

    msI = S/(n-1) sum_u (d_u. - d)^2        msS = n/(S-1) sum_s (d_.s - d)^2        a dot: the mean over that index
    msE = 1/((n-1)(S-1)) sum_us (d_us - d_u. - d_.s + d)^2
    Var(d) = (msI + max(msS - msE, 0)) / (n S)                    of d, the mean of all
    df = (msI + msS - msE)^2 / (msI^2/(n-1) + msS^2/(S-1) + msE^2/((n-1)(S-1)))

the two-way random-effects analysis of variance with its moment estimates, which add up to sigma_I^2/n + sigma_S^2/S +
sigma_E^2/(n S), and Satterthwaite's degrees of freedom (Biometrics Bulletin 2:110, 1946; crossed designs: Searle,
Casella & McCulloch, *Variance Components*, 1992). Where the seeds differ by less than chance, msS < msE, the variance
is that of the items alone and df is n - 1. A mean over seeds whose interval goes over items alone is of these very
models; pooling items of all seeds as if they were new ones is wrong for either.

Of weighted samples n - 1 in df is n_eff - 1. Where units are groups, n is their number and d_us = d_.s + v_us
(:mod:`umlkit.probe.units`), the group's mean where all are of one size.

Legend of shapes: n samples, U units, S seeds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from umlkit.probe.units import CONFIDENCE, Units, Values
from umlkit.runs.records.common import Estimate

FEWEST_SEEDS = 3


@dataclass(frozen=True)
class Crossed:
    """A mean over units and seeds.

    Attributes:
        mean: of all values.
        variance: of that mean, both units and seeds being drawn.
        df: Satterthwaite's degrees of freedom, in [min(U, S) - 1, U - 1] but for rounding and weights.
        seed_variance: sigma_S^2, how much one seed's mean varies beyond what the units explain; >= 0.
    """

    mean: float
    variance: float
    df: float
    seed_variance: float

    @property
    def estimate(self) -> Estimate:
        """The mean with its 95% t interval."""
        half = float(stdtrit(self.df, (1 + CONFIDENCE) / 2)) * math.sqrt(self.variance)
        return Estimate(value=self.mean, low=self.mean - half, high=self.mean + half)


def crossed(values: Values, units: Units) -> Crossed:
    """The mean of per-sample values (n, S) over units and seeds.

    Raises:
        ValueError: fewer than two seeds, from which no variance between them follows.
    """
    if values.shape[1] < 2:
        raise ValueError("a variance between seeds needs at least two of them")
    deviations, of_seeds = units.deviations(values), values.mean(axis=0)
    n, seeds = deviations.shape
    mean, of_units = float(of_seeds.mean()), deviations.mean(axis=1)
    between_units = seeds * float(of_units @ of_units) / (n - 1)
    between_seeds = n * float(np.sum((of_seeds - mean) ** 2)) / (seeds - 1)
    error = float(np.sum((deviations - of_units[:, None]) ** 2)) / ((n - 1) * (seeds - 1))
    beyond = max(between_seeds - error, 0.0)
    total = between_units + beyond
    parts = between_units**2 / units.df
    if beyond > 0:
        parts += between_seeds**2 / (seeds - 1) + error**2 / (units.df * (seeds - 1))
    return Crossed(
        mean=mean,
        variance=total / (n * seeds),
        df=total**2 / parts if parts > 0 else float(units.df),
        seed_variance=beyond / n,
    )
