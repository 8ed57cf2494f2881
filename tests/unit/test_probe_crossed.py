"""Intervals over units and training seeds: the analysis of variance, and how often they hold for further seeds."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthetic_evidence import make_probe
from umlkit.probe.crossed import crossed
from umlkit.probe.units import Units


def draw(stream: np.random.Generator, n: int, seeds: int, *, item: float, seed: float, error: float) -> np.ndarray:
    """(n, S) values of mean 0 with the given standard deviations."""
    parts = (item * stream.normal(size=(n, 1)), seed * stream.normal(size=(1, seeds)))
    return np.asarray(parts[0] + parts[1] + error * stream.normal(size=(n, seeds)))


def test_a_table_by_hand() -> None:
    # Means 3 of all, (1, 3, 5) of items and (2, 4) of seeds but for the rest, which is 0: msI 8, msS 6, msE 0.
    values = np.array([[0.0, 2.0], [2.0, 4.0], [4.0, 6.0]])
    found = crossed(values, Units(3))
    assert found.mean == 3
    assert found.variance == pytest.approx((8 + 6) / 6)
    assert found.df == pytest.approx(14**2 / (8**2 / 2 + 6**2 / 1))
    assert found.seed_variance == pytest.approx(6 / 3)


def test_the_parts_of_the_variance_are_estimated_without_bias() -> None:
    stream = np.random.default_rng(0)
    tables = [draw(stream, 40, 5, item=1.0, seed=0.3, error=0.7) for _ in range(2000)]
    expected = 1 / 40 + 0.3**2 / 5 + 0.7**2 / 200
    assert np.mean([crossed(table, Units(40)).variance for table in tables]) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("seed", [0.0, 0.1, 0.4])
def test_intervals_hold_for_further_seeds(seeds: int, seed: float) -> None:
    stream, n = np.random.default_rng(seeds), 100
    held = sum(
        found.low <= 0 <= found.high
        for found in (
            crossed(draw(stream, n, seeds, item=1.0, seed=seed, error=0.5), Units(n)).estimate for _ in range(1500)
        )
    )
    assert 0.92 <= held / 1500 <= 0.985


def test_an_interval_over_items_alone_would_not() -> None:
    stream = np.random.default_rng(1)
    held = 0
    for _ in range(500):
        found = Units(100).estimate(draw(stream, 100, 3, item=1.0, seed=0.4, error=0.5).mean(axis=1))
        held += found.low <= 0 <= found.high
    assert held / 500 < 0.65


def test_groups_take_the_place_of_samples() -> None:
    stream = np.random.default_rng(2)
    groups, means = np.repeat(np.arange(12), 5), draw(stream, 12, 4, item=1.0, seed=0.3, error=0.2)
    values = means[groups]
    by_group, over = crossed(values, Units.of(60, groups)), crossed(means, Units(12))
    assert (by_group.mean, by_group.variance, by_group.df) == pytest.approx((over.mean, over.variance, over.df))


def test_seeds_that_differ_by_less_than_chance_leave_the_variance_of_the_items() -> None:
    values = np.array([[0.0, 1.0], [1.0, 0.0], [4.0, 5.0], [6.0, 5.0]])
    found = crossed(values, Units(4))
    alone = Units(4).estimate(values.mean(axis=1))
    assert found.seed_variance == 0 and found.df == pytest.approx(3)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((alone.low, alone.high))


def test_the_same_values_everywhere_are_certain() -> None:
    found = crossed(np.zeros((5, 3)), Units(5)).estimate
    assert (found.low, found.value, found.high) == (0, 0, 0)


def test_one_seed_says_nothing_of_another() -> None:
    with pytest.raises(ValueError, match="at least two"):
        crossed(np.zeros((5, 1)), Units(5))


def test_a_probe_of_three_seeds_says_what_another_seed_is_expected_to_give() -> None:
    contribution = make_probe(training_seeds=(0, 1, 2)).contribution
    assert contribution is not None and contribution.another_seed is not None
    these, others = contribution.total.nats, contribution.another_seed.total.nats
    assert others.value == pytest.approx(these.value)
    assert others.high - others.low >= these.high - these.low - 1e-9
    parts = contribution.another_seed
    assert parts.interaction.points.value + parts.additive.points.value == pytest.approx(parts.total.points.value)
    two = make_probe(training_seeds=(0, 1)).contribution
    assert two is not None and two.another_seed is None
