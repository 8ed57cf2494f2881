"""How many digits a number is shown with: as many as its interval supports, two of half its width."""

from __future__ import annotations

import math
from typing import Protocol

EXACT = 3
"""Decimals of a number without an interval."""
MOST = 4
"""Decimals at most: finer than anybody acts on."""


class Estimate(Protocol):
    """A number with its interval."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def low(self) -> float:
        """The interval's lower end."""

    @property
    def high(self) -> float:
        """The interval's upper end."""


def decimals(half: float) -> int:
    """Decimals, 0 to 4, with which half the width of an interval has two digits: .16 has 2, .028 has 3, 31 has 0."""
    if half <= 0:
        return EXACT
    two = float(f"{half:.1e}")  # .0996 is .10 to two digits
    return min(MOST, max(0, 1 - math.floor(math.log10(two))))


def half_width(estimate: Estimate) -> float:
    """Half of the interval's width."""
    return (estimate.high - estimate.low) / 2


def plus_minus(estimate: Estimate, *, signed: bool = False) -> str:
    """``2.88 ± 0.16``, with ``signed`` a plus before a gain; without the ± where the number is exact."""
    half = half_width(estimate)
    digits = decimals(half)
    value = number(estimate.value, digits, signed=signed)
    return value if half == 0 else f"{value} ± {half:.{digits}f}"


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """With so many decimals; what rounds to zero has no sign."""
    rounded = round(value, digits) + 0.0
    return f"{rounded:+.{digits}f}" if signed and rounded else f"{rounded:.{digits}f}"
