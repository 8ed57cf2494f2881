"""The minimum of a smooth convex function in a box, with a certificate of how near it is.

A logarithmic barrier keeps the point inside; Newton's method follows the central path (Boyd & Vandenberghe, *Convex
Optimization*, 2004, section 11). What is asked for may lie at infinity, as the logits of a label that is certain do:
the box makes it a minimum, and the barrier gets near it where plain descent crawls. For any point w inside, g being
the gradient there,

    f(w) - min f  <=  max_v g'(w - v)  =  sum_k max(g_k (w_k - low_k), g_k (w_k - high_k)),

by convexity (the gap of Frank & Wolfe, 1956; Jaggi, ICML 2013). That is the gap which is returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from umlkit.errors import RunError
from umlkit.synth.table import Floats

FIRST_BARRIER = 1e-3
LAST_BARRIER = 1e-14
SHRINKAGE = 0.1
TO_THE_WALL = 0.95
"""Of the way to a side of the box, the most that one step goes."""
STEPS = 100
ROUNDING = 1e-14
"""Relative: values that differ by less are taken to be equal."""


class Convex(Protocol):
    """A convex function of n numbers."""

    def value(self, point: Floats, /) -> float:
        """At ``point`` (n,)."""
        ...

    def derivatives(self, point: Floats, /) -> tuple[Floats, Floats]:
        """Gradient (n,) and Hessian (n, n)."""
        ...


@dataclass(frozen=True)
class Minimum:
    """A point, what the function is there, and by how much at most it could be lower."""

    point: Floats
    value: float
    gap: float


@dataclass(frozen=True)
class _Barriered:
    """The function with ``-barrier * sum log`` of the distances to all sides of the box."""

    function: Convex
    low: Floats
    high: Floats
    barrier: float

    def value(self, point: Floats) -> float:
        walls = np.log(point - self.low).sum() + np.log(self.high - point).sum()
        return self.function.value(point) - self.barrier * float(walls)

    def step(self, point: Floats) -> tuple[Floats, float]:
        """Newton's step and the slope along it."""
        gradient, hessian = self.function.derivatives(point)
        below, above = 1 / (point - self.low), 1 / (self.high - point)
        gradient = gradient - self.barrier * (below - above)
        hessian = hessian + np.diag(self.barrier * (below**2 + above**2))
        step = -_solved(hessian, gradient)
        return step, float(gradient @ step)

    def room(self, point: Floats, step: Floats) -> float:
        """The part of ``step``, at most 1, that stays well inside the box."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            walls = np.where(step > 0, (self.high - point) / step, (self.low - point) / step)
        return min(1.0, TO_THE_WALL * float(np.min(walls, where=step != 0, initial=np.inf)))


def minimise(function: Convex, start: Floats, *, low: Floats, high: Floats, gap: float) -> Minimum:
    """The minimum of ``function`` between ``low`` and ``high``.

    Args:
        function: convex, twice differentiable.
        start: (n,) strictly inside.
        low: (n,) lower sides of the box.
        high: (n,) upper sides.
        gap: how far above the minimum the value may be.

    Raises:
        RunError: the gap is not reached, where numbers of 64 bits do not suffice.
    """
    point, barrier = np.asarray(start, dtype=np.float64), FIRST_BARRIER
    while True:
        point = _centred(_Barriered(function, low, high, barrier), point)
        reached = certified_gap(function, point, low=low, high=high)
        if reached <= gap:
            return Minimum(point, function.value(point), reached)
        if barrier < LAST_BARRIER:
            raise RunError(f"a minimum was found to {reached:.1e} only, not to {gap:.1e}")
        barrier *= SHRINKAGE


def certified_gap(function: Convex, point: Floats, *, low: Floats, high: Floats) -> float:
    """By how much at most ``function`` could be lower in the box than at ``point``."""
    gradient, _ = function.derivatives(point)
    return float(np.maximum(gradient * (point - low), gradient * (point - high)).sum())


def _centred(barriered: _Barriered, point: Floats) -> Floats:
    """The minimum of the function with its barrier, as nearly as the barrier asks for."""
    for _ in range(STEPS):
        step, slope = barriered.step(point)
        if -slope < barriered.barrier * 1e-3:  # one more step squares what is left, as the certificate asks for
            return point + barriered.room(point, step) * step
        length, value = barriered.room(point, step), barriered.value(point)
        rounding = ROUNDING * (1 + abs(value))
        while barriered.value(point + length * step) > value + 0.1 * length * slope + rounding and length > 1e-10:
            length /= 2
        if length <= 1e-10:
            break
        point = point + length * step
    return point


def _solved(hessian: Floats, gradient: Floats) -> Floats:
    try:
        return np.asarray(cho_solve(cho_factor(hessian), gradient))
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(hessian, gradient, rcond=None)[0])
