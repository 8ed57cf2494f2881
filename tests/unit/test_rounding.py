"""Numbers have the digits that their interval supports: two of its half-width."""

from __future__ import annotations

import pytest

from umlkit.output.rounding import decimals, half_width, number, plus_minus
from umlkit.runs.records.common import Estimate


def estimate(value: float, half: float) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half)


@pytest.mark.parametrize(
    ("half", "expected"),
    [(31.0, 0), (2.3, 1), (1.0, 1), (0.99, 2), (0.16, 2), (0.028, 3), (0.1, 2), (0.0996, 2), (0.0994, 3), (0.0044, 4)],
)
def test_two_digits_of_half_the_width_are_shown(half: float, expected: int) -> None:
    assert decimals(half) == expected


@pytest.mark.parametrize("half", [1e-9, 3e-5, 1e-300])
def test_never_more_than_four_decimals(half: float) -> None:
    assert decimals(half) == 4


def test_what_is_exact_has_three_decimals() -> None:
    assert decimals(0.0) == 3


@pytest.mark.parametrize(
    ("value", "half", "signed", "expected"),
    [
        (2.8834, 0.1612, False, "2.88 ± 0.16"),
        (0.0029, 0.0276, True, "+0.003 ± 0.028"),
        (-0.0082, 0.0431, True, "-0.008 ± 0.043"),
        (0.3716, 1.04, True, "+0.4 ± 1.0"),
        (41.7, 23.4, False, "42 ± 23"),
        (0.0, 0.0, False, "0.000"),
        (0.0, 0.0, True, "0.000"),
        (-0.0004, 0.05, True, "0.000 ± 0.050"),
    ],
)
def test_a_number_and_its_half_width_have_the_same_decimals(
    value: float, half: float, signed: bool, expected: str
) -> None:
    assert plus_minus(estimate(value, half), signed=signed) == expected


def test_there_is_no_minus_zero() -> None:
    assert number(-0.0001, 2) == "0.00"


def test_half_the_width_is_that_of_an_interval_that_is_not_symmetric_too() -> None:
    assert half_width(Estimate(value=1.0, low=0.9, high=1.3)) == pytest.approx(0.2)
