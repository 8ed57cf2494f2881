"""Intervals of held-out means: over samples, or over whole groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from umlkit.probe.units import Units


def test_an_interval_over_samples_is_the_t_interval() -> None:
    values = np.random.default_rng(0).normal(size=37)
    found = Units.of(37, None).estimate(values)
    expected = stats.t.interval(0.95, 36, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected)


def test_groups_of_equal_size_give_the_t_interval_of_their_means() -> None:
    stream = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 5)
    values = stream.normal(size=60) + stream.normal(size=12)[groups]
    means = values.reshape(12, 5).mean(axis=1)
    found = Units.of(60, groups).estimate(values)
    expected = stats.t.interval(0.95, 11, loc=means.mean(), scale=stats.sem(means))
    assert (found.low, found.high) == pytest.approx(expected)


def test_groups_of_unequal_size_give_the_variance_of_leaving_each_out() -> None:
    stream = np.random.default_rng(2)
    groups = np.repeat(np.arange(10), np.arange(1, 11))
    values = stream.normal(size=55)
    without = [values[groups != g].mean() for g in range(10)]
    jackknife = 9 / 10 * np.square(without - values.mean()).sum()
    units = Units.of(55, groups)
    assert units.covariance(values[:, None])[0, 0] / units.count == pytest.approx(jackknife)


def test_fewer_than_three_groups_are_no_units() -> None:
    assert Units.of(90, np.arange(90) % 2).count == 90
    assert Units.of(90, np.arange(90) % 3).count == 3


@pytest.mark.parametrize("count", [3, 5, 10, 20])
def test_few_groups_of_unequal_size_cover_nearly_as_often_as_they_say(count: int) -> None:
    stream, covered = np.random.default_rng(count), 0
    for _ in range(800):
        sizes = 1 + stream.multinomial(120 - count, stream.dirichlet(np.full(count, 3.0)))
        groups = np.repeat(np.arange(count), sizes)
        values = stream.exponential(size=120) + 0.5 * stream.normal(size=count)[groups]
        found = Units.of(120, groups).estimate(values)
        covered += found.low <= 1 <= found.high
    assert 0.9 <= covered / 800 <= 0.975


def test_group_names_need_not_be_consecutive() -> None:
    assert Units.of(40, 100 * (np.arange(40) % 20)).count == 20


def test_a_difference_of_means_has_the_variance_that_the_covariance_says() -> None:
    values = np.random.default_rng(3).normal(size=(50, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    covariance = Units(50).covariance(values)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert variance == pytest.approx(np.var(values[:, 0] - values[:, 1], ddof=1))


@pytest.mark.parametrize("grouped", [False, True])
def test_intervals_cover_the_truth_about_as_often_as_they_say(grouped: bool) -> None:
    stream = np.random.default_rng(4)
    groups = np.repeat(np.arange(20), 6) if grouped else None
    covered = 0
    for _ in range(600):
        values = stream.normal(size=120) + (stream.normal(size=20)[groups] if grouped else 0)
        found = Units.of(120, groups).estimate(values)
        covered += found.low <= 0 <= found.high
    assert 0.92 <= covered / 600 <= 0.975


def test_samples_as_units_would_overstate_what_grouped_samples_tell() -> None:
    stream = np.random.default_rng(5)
    groups = np.repeat(np.arange(20), 6)
    covered = 0
    for _ in range(300):
        found = Units(120).estimate(stream.normal(size=120) + 2 * stream.normal(size=20)[groups])
        covered += found.low <= 0 <= found.high
    assert covered / 300 < 0.75


def test_cross_fitted_intervals_are_wider_by_what_folds_share() -> None:
    values = np.random.default_rng(6).normal(size=200)
    plain, folded = Units(200).estimate(values), Units(200, folds=5).estimate(values)
    assert folded.high - folded.low == pytest.approx((plain.high - plain.low) * (5 / 4) ** 0.5)
    assert Units(200, folds=5).at(np.arange(50)).folds == 5
