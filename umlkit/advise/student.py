"""Student's t distribution in plain Python: what a difference of two measured means follows.

    f(t) = Gamma((v+1)/2) / (sqrt(v pi) Gamma(v/2)) (1 + t^2/v)^(-(v+1)/2)
    F(t) = 1 - I_x(v/2, 1/2) / 2,   x = v / (v + t^2),   t >= 0
    E max(0, mu + s T) = mu F(mu/s) + s f(mu/s) (v + (mu/s)^2) / (v - 1),   v > 1

I is the regularised incomplete beta function, by Lentz's continued fraction (Press et al., *Numerical Recipes*, 6.4).
"""

from __future__ import annotations

import math
from statistics import NormalDist

NORMAL_FROM = 100_000  # degrees of freedom beyond which t and normal agree to a millionth
TINY = 1e-300
PRECISION = 1e-14
LONGEST = 10_000


def cdf(t: float, df: float) -> float:
    """P(T <= t) for T with ``df`` > 0 degrees of freedom."""
    if df > NORMAL_FROM:
        return NormalDist().cdf(t)
    tail = _incomplete_beta(df / (df + t * t), df / 2, 0.5) / 2
    return 1 - tail if t > 0 else tail


def density(t: float, df: float) -> float:
    """The density of T at ``t``."""
    if df > NORMAL_FROM:
        return NormalDist().pdf(t)
    log_constant = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    return math.exp(log_constant - (df + 1) / 2 * math.log1p(t * t / df))


def positive_part(mean: float, scale: float, df: float) -> float:
    """E max(0, mean + scale T), in the unit of ``mean``; ``scale`` >= 0 and ``df`` > 1."""
    if scale == 0:
        return max(0.0, mean)
    t = mean / scale
    if abs(t) > 1e100:  # its square would overflow; the tail is nothing
        return max(0.0, mean)
    return max(0.0, mean * cdf(t, df) + scale * density(t, df) * (df + t * t) / (df - 1))


def probability_positive(mean: float, scale: float, df: float) -> float:
    """P(mean + scale T > 0), an exact tie counted as one half."""
    if scale == 0:
        return 0.5 if mean == 0 else float(mean > 0)
    return cdf(max(-1e100, min(1e100, mean / scale)), df)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b) for 0 <= x <= 1."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) * _continued_fraction(x, a, b) / a


def _continued_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b), by Lentz's method; fast for x < (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, LONGEST):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _nonzero(1 + term * d)
            c = _nonzero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > TINY else TINY
