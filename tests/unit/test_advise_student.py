"""Student's t in plain Python against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from umlkit.advise import student

DEGREES = [2, 3, 9, 30, 500, 20_000, 1_000_000]


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("t", [-40.0, -3.0, -0.7, 0.0, 1e-9, 0.2, 1.0, 2.5, 12.0])
def test_distribution_and_density_are_scipys(t: float, df: int) -> None:
    assert student.cdf(t, df) == pytest.approx(stats.t.cdf(t, df), rel=1e-6, abs=2e-7)
    assert student.density(t, df) == pytest.approx(stats.t.pdf(t, df), rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("df", [3, 9, 200])
@pytest.mark.parametrize("mean", [-0.5, 0.0, 0.3])
def test_the_positive_part_is_its_integral(mean: float, df: int) -> None:
    grid = np.linspace(-2000, 2000, 800_001)
    integrand = np.maximum(0, mean + 0.2 * grid) * stats.t.pdf(grid, df)
    assert student.positive_part(mean, 0.2, df) == pytest.approx(np.trapezoid(integrand, grid), abs=2e-5)


def test_a_known_difference_has_no_doubt_and_a_tie_is_even() -> None:
    assert student.probability_positive(0.1, 0.0, 9) == 1
    assert student.probability_positive(-0.1, 0.0, 9) == 0
    assert student.probability_positive(0.0, 0.0, 9) == 0.5
    assert student.positive_part(-0.1, 0.0, 9) == 0
    assert student.positive_part(0.1, 0.0, 9) == 0.1


def test_extreme_differences_do_not_overflow() -> None:
    assert student.probability_positive(1e9, 5e-324, 9) == pytest.approx(1)
    assert student.positive_part(-1e9, 5e-324, 9) == 0
