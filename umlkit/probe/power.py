"""Power: which difference so many units can see, and how many units, or seeds, would see a given one.

A paired difference of standard deviation s over U units is seen at two-sided level a with power b when it is at least

    delta(U) = (t_{1-a/2, U-1} + t_{b, U-1}) s / sqrt(U)

The units needed for a difference are the smallest U with delta(U) <= difference. With a variance between seeds as
well, s^2/U + sigma_S^2/S stands for s^2/U and normal quantiles for those of t.

Models that found nothing agree, and their differences have no spread: from that spread alone, nothing would be too
small to be seen. A gain of delta nats has a spread of its own. Of two close distributions, the logarithm of their ratio
has twice its mean as its variance (Kullback, *Information Theory and Statistics*, 1959, chapter 2), so per sample

    s^2 >= 2 delta,    and no gain below 2 (t_{1-a/2, n-1} + t_{b, n-1})^2 / n is seen whatever the spread at hand

n being as many equal samples as the weighted and cross-fitted ones are worth. A gain counts only beyond the null floor
(:mod:`umlkit.probe.floor`), so what has to be seen of a gain is what it has above that. Where `select` grows as `probe`
does, the floor falls as 1/U.

Accuracy has a formula of its own, as a paired difference of correctness is -1, 0 or 1: with a share p_d of discordant
samples (one model alone right) and a difference delta of the two accuracies,

    n = (z_{1-a/2} sqrt(p_d) + z_b sqrt(p_d - delta^2))^2 / delta^2

Connor, *Sample Size for Testing Differences in Proportions for the Paired-Sample Design*, Biometrics 43:207 (1987).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

from umlkit.probe.units import Units, Values
from umlkit.runs.records.contribution import Power

LEVEL = 0.05
POWER = 0.8
MOST = 10**9
"""Units beyond which nobody counts: a difference that needs more is not to be had."""


def detectable(
    deviation: float, units: int, *, df: float | None = None, level: float = LEVEL, power: float = POWER
) -> float:
    """delta(U): the smallest difference that ``units`` >= 2 units of this standard deviation see; df is U - 1."""
    df = units - 1 if df is None else df
    return float(stdtrit(df, 1 - level / 2) + stdtrit(df, power)) * deviation / math.sqrt(units)


def spread(gain: float, units: Units) -> float:
    """sqrt(2 delta) per sample, as the standard deviation of a unit: that of a gain of ``gain`` >= 0 nats."""
    return math.sqrt(2 * gain * units.count / units.worth)


def detectable_gain(deviation: float, units: Units, *, floor: float = 0.0) -> float:
    """The smallest gain in nats that these units see beyond a floor, its own spread taken where the data's is less.

    With k = delta(U) / s it is the larger of ``floor + k s`` and the g with g - floor = k sqrt(2 g U / n).
    """
    k = detectable(1.0, units.count, df=units.df)
    half = k * math.sqrt(2 * units.count / units.worth) / 2
    return max(floor + k * deviation, (half + math.sqrt(half**2 + floor)) ** 2)


def units_needed(
    deviation: float,
    difference: float,
    *,
    floor: float = 0.0,
    equal: float = 1.0,
    level: float = LEVEL,
    power: float = POWER,
) -> int | None:
    """The fewest units, >= 3, that see ``difference``; None where that is nothing or takes more than anybody has.

    Args:
        deviation: of a unit.
        difference: to be seen; of one above 0 what it has beyond the floor.
        floor: nats that count for nothing, times the units: U of them take off ``floor / U``.
        equal: the share of equal units that weighted ones are worth.
        level: two-sided.
        power: probability of seeing it.
    """
    if difference == 0:
        return None

    def sees(units: int) -> bool:
        df = max(min(2.0, units - 1), equal * units - 1)
        beyond = difference - floor / units if difference > 0 else -difference
        return detectable(deviation, units, df=df, level=level, power=power) <= beyond

    low, high = 2, 3
    while high < MOST and not sees(high):
        low, high = high, 2 * high
    if high >= MOST:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if sees(middle) else (middle, high)
    return high


def seeds_needed(
    item_variance: float, seed_variance: float, difference: float, *, level: float = LEVEL, power: float = POWER
) -> int | None:
    """How many training seeds, on the same samples, would see ``difference``; None where more seeds cannot.

    Args:
        item_variance: of the mean over the samples at hand, whatever the number of seeds.
        seed_variance: sigma_S^2, of one seed's mean.
        difference: to be seen.
        level: two-sided.
        power: probability of seeing it.
    """
    if difference == 0:
        return None
    allowed = (abs(difference) / float(ndtri(1 - level / 2) + ndtri(power))) ** 2 - item_variance
    return math.ceil(seed_variance / allowed) if allowed > 0 and seed_variance / allowed < MOST else None


def samples_for_accuracy(discordant: float, difference: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """n, not rounded, for a difference of two accuracies in (0, discordant], both of them shares in [0, 1]."""
    spread = ndtri(1 - level / 2) * math.sqrt(discordant)
    spread += ndtri(power) * math.sqrt(max(0.0, discordant - difference**2))
    return float(spread / difference) ** 2


def detectable_accuracy(discordant: float, n: int, *, level: float = LEVEL, power: float = POWER) -> float | None:
    """The smallest difference of accuracy, a share, that n samples see; None where not even all discordant ones would.

    Two models differ by at most the share of samples on which one alone is right.
    """

    def missing(difference: float) -> float:
        return samples_for_accuracy(discordant, difference, level=level, power=power) - n

    if discordant <= 0 or missing(discordant) > 0:
        return None
    return float(brentq(missing, 1e-6 * discordant, discordant))


def power_of(
    losses: Values,
    correct: Values,
    *,
    units: Units,
    smallest_effect: float,
    floor: float = 0.0,
    seed_deviation: float | None = None,
) -> Power:
    """What these samples can see of a paired difference, and how many would settle it.

    Args:
        losses: (n,) differences in nats, the mean over seeds.
        correct: (n,) differences of correctness, likewise.
        units: what uncertainty goes over.
        smallest_effect: nats that matter to the user.
        floor: nats of a gain that count for nothing.
        seed_deviation: sigma_S in nats; None where it is not known.
    """
    deviation, of_correct = (math.sqrt(units.covariance(v[:, None])[0, 0]) for v in (losses, correct))
    found, item_variance = float(losses.mean()), deviation**2 / units.count

    def samples(gain: float) -> int | None:
        share, wide = units.equal / units.count, max(deviation, spread(abs(gain), units))
        needed = units_needed(wide, gain, floor=floor * units.count, equal=share)
        return None if needed is None else math.ceil(needed * units.n / units.count)

    def seeds(gain: float) -> int | None:
        if seed_deviation is None or 0 <= gain <= floor:
            return None
        return seeds_needed(item_variance, seed_deviation**2, gain - floor if gain > 0 else gain)

    return Power(
        deviation=deviation,
        detectable_nats=detectable_gain(deviation, units, floor=floor) - floor,
        detectable_points=_detectable_points(correct, of_correct, units),
        samples_for_sign=samples(found),
        samples_for_effect=samples(smallest_effect),
        seeds_for_sign=seeds(found),
        seeds_for_effect=seeds(smallest_effect),
    )


def _detectable_points(correct: Values, deviation: float, units: Units) -> float | None:
    """By Connor's formula where samples are the units and count alike, else by that of a mean."""
    if units.groups is None and units.worth == units.n:
        share = detectable_accuracy(float(np.mean(correct**2)), units.n)
        return None if share is None else 100 * share
    return 100 * detectable(deviation, units.count, df=units.df) if deviation > 0 else None
