"""Power: golden sample sizes, and that what is said to be seen is seen four times of five."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthetic_evidence import make_probe
from umlkit.probe.power import (
    detectable,
    detectable_accuracy,
    detectable_gain,
    power_of,
    samples_for_accuracy,
    seeds_needed,
    spread,
    units_needed,
)
from umlkit.probe.resampled import corrected_t
from umlkit.probe.units import Units


def test_one_point_of_accuracy_takes_7846_samples_and_1000_see_2_8_points() -> None:
    # SCIENCE section 4: 10% discordant, 80% power, two-sided 5%.
    assert int(samples_for_accuracy(0.1, 0.01)) == 7846
    found = detectable_accuracy(0.1, 1000)
    assert found is not None and round(100 * found, 1) == 2.8


def test_no_number_of_agreeing_answers_tells_two_models_apart() -> None:
    assert detectable_accuracy(0.0, 1000) is None
    assert detectable_accuracy(0.001, 50) is None


@pytest.mark.parametrize("units", [5, 30, 400])
def test_a_difference_that_is_detectable_is_detected_four_times_of_five(units: int) -> None:
    stream, difference = np.random.default_rng(units), detectable(1.0, units)
    seen = 0
    for _ in range(4000):
        found = Units(units).estimate(difference + stream.normal(size=units))
        seen += found.low > 0
    assert 0.77 <= seen / 4000 <= 0.83


@pytest.mark.parametrize(("deviation", "difference"), [(1.0, 0.1), (0.3, 0.02), (1.0, 3.0)])
def test_the_units_needed_are_the_fewest_that_see_it(deviation: float, difference: float) -> None:
    needed = units_needed(deviation, difference)
    assert needed is not None
    assert detectable(deviation, needed) <= difference
    assert needed == 3 or detectable(deviation, needed - 1) > difference


@pytest.mark.parametrize("gain", [0.02, 0.1])
def test_the_difference_of_two_close_models_has_twice_its_mean_as_variance(gain: float) -> None:
    # The true model answers right with p, the other with 1/2: the mean log-ratio is the gain.
    stream, p = np.random.default_rng(0), 0.5 + np.sqrt(gain / 2)
    right = stream.random(400_000) < p
    ratio = np.log(np.where(right, p, 1 - p) / 0.5)
    assert ratio.mean() == pytest.approx(gain, rel=0.1)
    assert ratio.std() == pytest.approx(spread(gain, Units(len(ratio))), rel=0.06)


def test_no_difference_is_never_seen() -> None:
    assert units_needed(1.0, 0.0) is None
    assert seeds_needed(0.01, 0.01, 0.0) is None


def test_more_seeds_help_only_while_the_samples_are_enough() -> None:
    assert seeds_needed(0.01**2, 0.05**2, 0.02) is None  # the samples alone leave .01, and .02 / 2.80 is less
    needed = seeds_needed(0.001**2, 0.05**2, 0.02)
    assert needed == 51  # .05^2 / ((.02 / 2.8016)^2 - .001^2) = 50.04


def test_groups_are_counted_as_the_samples_in_them() -> None:
    losses = np.random.default_rng(0).normal(0.1, 1.0, 120)
    groups = Units.of(120, np.repeat(np.arange(12), 10))
    found = power_of(losses, np.sign(losses), units=groups, smallest_effect=0.02)
    needed = units_needed(found.deviation, 0.02)
    assert needed is not None and found.samples_for_effect == 10 * needed


def test_a_probe_says_what_its_samples_can_see() -> None:
    contribution = make_probe(n_probe=400).contribution
    assert contribution is not None and contribution.power is not None
    power, total = contribution.power, contribution.total.nats
    half = (total.high - total.low) / 2
    assert power.detectable_nats == pytest.approx(half * (1.9659 + 0.8426) / 1.9659, rel=1e-3)  # t_399
    assert power.seeds_for_sign is None
    assert power.samples_for_effect is not None and power.samples_for_effect > 400


def test_the_corrected_resampled_t_has_its_golden_value() -> None:
    # SCIENCE section 4: ten folds.
    found = corrected_t([0.012, 0.018, 0.006, 0.010, 0.015, 0.009, 0.020, 0.004, 0.011, 0.013], test_over_train=1 / 9)
    assert (found.t, found.p, found.df) == (pytest.approx(5.15243, abs=5e-6), pytest.approx(0.000601, abs=5e-7), 9)
    assert found.estimate.low > 0


def test_splits_that_agree_to_the_last_digit_are_certain() -> None:
    assert corrected_t([0.0, 0.0, 0.0], test_over_train=0.5).p == 1
    assert corrected_t([0.5, 0.5, 0.5], test_over_train=0.5).p == 0
    with pytest.raises(ValueError, match="at least two"):
        corrected_t([0.1], test_over_train=0.5)


def test_a_gain_of_nothing_is_seen_by_no_number_of_samples() -> None:
    assert units_needed(0.0, 0.0) is None
    nothing = power_of(np.zeros(100), np.zeros(100), units=Units(100), smallest_effect=0.02, seed_deviation=0.0)
    assert nothing.samples_for_sign is nothing.seeds_for_sign is nothing.detectable_points is None
    assert nothing.samples_for_effect is not None and nothing.samples_for_effect > 384


def test_weighted_and_cross_fitted_samples_see_what_they_are_worth() -> None:
    plain, heavy = detectable_gain(0.0, Units(120)), np.where(np.arange(1000) < 120, 1000 / 120, 0.0)
    assert detectable_gain(0.0, Units(1000, weights=heavy)) == pytest.approx(plain, rel=0.03)
    assert detectable_gain(0.0, Units(150, folds=5)) == pytest.approx(plain, rel=0.01)
    assert spread(0.02, Units(150, folds=5)) == pytest.approx(spread(0.02, Units(100)) * np.sqrt(1.25))


def test_what_would_settle_a_gain_has_to_see_it_beyond_the_floor_of_so_many_samples() -> None:
    losses = np.zeros(1000)
    plain, less, far = (
        power_of(losses, losses, units=Units(1000), smallest_effect=0.02, floor=floor) for floor in (0.0, 0.01, 0.03)
    )
    assert plain.samples_for_effect is not None and far.samples_for_effect is not None
    needed = less.samples_for_effect
    assert needed is not None and plain.samples_for_effect < needed < far.samples_for_effect
    deviation = spread(0.02, Units(1000))
    assert detectable(deviation, needed) <= 0.02 - 0.01 * 1000 / needed
    assert detectable(deviation, needed - 1) > 0.02 - 0.01 * 1000 / (needed - 1)
    seen = less.detectable_nats + 0.01
    again = power_of(losses, losses, units=Units(1000), smallest_effect=seen, floor=0.01).samples_for_effect
    assert again == pytest.approx(1000, rel=0.01), "that many samples see what they are said to see"


def test_seeds_tell_a_gain_from_none_only_beyond_the_floor() -> None:
    def seeds(gain: float) -> int | None:
        losses = gain + np.tile([-0.01, 0.01], 5000)
        found = power_of(losses, losses, units=Units(10_000), smallest_effect=0.02, floor=0.005, seed_deviation=0.01)
        return found.seeds_for_sign

    assert seeds(0.0) is seeds(0.003) is None
    few, more = seeds(0.1), seeds(0.01)
    assert few is not None and more is not None and few < more
    assert seeds(-0.005) == seeds(0.01), "a loss is told from none whatever the floor"


def test_a_loss_is_told_from_none_whatever_the_floor() -> None:
    assert units_needed(0.3, -0.02, floor=50.0) == units_needed(0.3, 0.02)


def test_accuracy_is_seen_by_connors_formula() -> None:
    correct = np.array([1.0] + [0.0] * 99)
    assert power_of(correct, correct, units=Units(100), smallest_effect=0.02).detectable_points is None
    correct = np.tile([1.0, -1.0, *[0.0] * 18], 50)
    found = power_of(correct, correct, units=Units(1000), smallest_effect=0.02).detectable_points
    assert found == pytest.approx(100 * (detectable_accuracy(0.1, 1000) or 0))
