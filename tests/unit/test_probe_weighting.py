"""The weighted risk in the measurement: values, intervals, balanced figures, and what stays unweighted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from tests.synthetic_evidence import held_out, in_folds, make_evidence
from umlkit.probe.crossed import crossed
from umlkit.probe.deficit import FLOOR, linear_probe
from umlkit.probe.evidence import EncoderFeatures, Evidence, RungOutputs
from umlkit.probe.measure import measure
from umlkit.probe.power import detectable_gain
from umlkit.probe.units import Units
from umlkit.probe.weighting import balanced, effective, weighted
from umlkit.runs.records.probe import ProbeRecord

DRAWS = np.random.default_rng(0)
LOSSES, WEIGHTS = DRAWS.exponential(size=400), DRAWS.exponential(size=400)
WEIGHTS = WEIGHTS / WEIGHTS.mean()


def repeated(evidence: Evidence, counts: dict[str, np.ndarray]) -> Evidence:
    """Every sample as often as ``counts`` says."""
    rows = {role: np.repeat(np.arange(len(c)), c) for role, c in counts.items()}

    def again(rung: RungOutputs) -> RungOutputs:
        return replace(
            rung, select_logits=rung.select_logits[rows["select"]], probe_logits=rung.probe_logits[rows["probe"]]
        )

    return replace(
        held_out(
            evidence,
            select_labels=evidence.folds[0].select_labels[rows["select"]],
            probe_labels=evidence.probe_labels[rows["probe"]],
        ),
        rungs=[again(rung) for rung in evidence.rungs],
        features={
            key: EncoderFeatures(stored[0][rows["select"]], stored[1][rows["probe"]])
            for key, stored in evidence.features.items()
        },
        paper=[again(rung) for rung in evidence.paper],
    )


@pytest.fixture
def counts() -> dict[str, np.ndarray]:
    draws = np.random.default_rng(3)
    return {"select": draws.integers(1, 4, 120), "probe": draws.integers(1, 4, 150)}


@pytest.fixture
def heavy(counts: dict[str, np.ndarray]) -> Evidence:
    weights = {f"{role}_weights": c / c.mean() for role, c in counts.items()}
    return held_out(make_evidence(seed=7), **weights)


def test_the_mean_is_the_weighted_mean() -> None:
    assert weighted(LOSSES, WEIGHTS).mean() == pytest.approx(np.average(LOSSES, weights=WEIGHTS))
    assert weighted(LOSSES, None) is LOSSES


def test_a_loss_that_is_the_same_for_all_has_no_uncertainty_and_equal_weights_change_nothing() -> None:
    same = Units(400).estimate(weighted(np.full(400, 0.7), WEIGHTS))
    assert (same.low, same.high) == pytest.approx((0.7, 0.7))
    assert weighted(LOSSES, np.ones(400)) == pytest.approx(LOSSES)


def test_differences_may_be_taken_before_or_after() -> None:
    other = LOSSES**2
    assert weighted(LOSSES - other, WEIGHTS) == pytest.approx(weighted(LOSSES, WEIGHTS) - weighted(other, WEIGHTS))


@pytest.mark.parametrize("groups", [None, 40], ids=["samples", "groups"])
def test_intervals_hold_the_weighted_risk_as_often_as_they_say(groups: int | None) -> None:
    """2,000 samples of 400 from a population whose weights and losses go together: the risk is E[w l] / E[w] = 2."""
    stream, inside = np.random.default_rng(1), 0
    for _ in range(2000):
        raw = stream.exponential(size=400)  # E[w] = 1, and l = w + noise: E[w l] = E[w^2] = 2
        losses = raw + stream.normal(scale=0.5, size=400)
        units = Units.of(400, None if groups is None else np.arange(400) % groups)
        found = units.estimate(weighted(losses, raw / raw.mean()))
        inside += found.low <= 2 <= found.high
    assert 0.92 <= inside / 2000 <= 0.97


def test_uneven_weights_count_as_fewer_samples() -> None:
    assert effective(np.ones(30)) == 30
    assert effective(np.array([2.0, 0.0, 2.0, 0.0])) == 2


def test_balanced_figures_are_means_over_classes_of_weighted_means() -> None:
    labels = np.repeat([0, 1, 2], [300, 90, 10])
    predicted = np.where(DRAWS.random(400) < 0.3, (labels + 1) % 3, labels)
    right = (predicted == labels).astype(float)
    assert balanced(right, labels, None) == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert balanced(right, labels, WEIGHTS) == pytest.approx(
        balanced_accuracy_score(labels, predicted, sample_weight=WEIGHTS)
    )


def test_a_class_that_weighs_nothing_is_left_out_of_the_balance() -> None:
    labels, weights = np.array([0, 0, 1, 1, 2]), np.array([1.0, 1.0, 2.0, 1.0, 0.0])
    assert balanced(np.array([0.0, 1.0, 0.0, 3.0, 9.0]), labels, weights) == pytest.approx((0.5 + 1.0) / 2)


def test_a_measurement_with_weights_is_that_of_the_samples_repeated(
    heavy: Evidence, counts: dict[str, np.ndarray]
) -> None:
    plain = measure(make_evidence(seed=7))
    by_weight, by_copy = measure(heavy), measure(repeated(make_evidence(seed=7), counts))

    apart = [abs(a.log_loss.value - b.log_loss.value) for a, b in zip(plain.ladder, by_copy.ladder, strict=True)]
    assert max(apart) > 0.02
    for one, other in zip(by_weight.ladder, by_copy.ladder, strict=True):
        # Temperatures take a prior of one to ten samples of n: n is larger with copies.
        assert one.log_loss.value == pytest.approx(other.log_loss.value, abs=6e-3)
        assert one.accuracy == pytest.approx(other.accuracy)
        assert one.balanced_accuracy == pytest.approx(other.balanced_accuracy)
        assert one.balanced_log_loss == pytest.approx(other.balanced_log_loss, abs=6e-3)
    assert by_weight.n_probe == 150 and by_weight.n_effective is not None and by_copy.n_effective is None
    assert by_weight.n_effective == pytest.approx(effective(counts["probe"].astype(float)))


def test_mcnemars_counts_are_of_samples_whatever_these_weigh(heavy: Evidence) -> None:
    plain, found = measure(make_evidence(seed=7)).contribution, measure(heavy).contribution
    assert plain is not None and found is not None and plain.mcnemar
    assert plain.rung == found.rung
    assert found.mcnemar == plain.mcnemar


def test_a_weighted_measurement_can_be_advised_from_and_comes_back(heavy: Evidence, tmp_path) -> None:
    right = replace(
        heavy,
        rungs=[
            replace(rung, probe_logits=np.eye(3)[heavy.probe_labels] * 30) if rung.rung == "umt" else rung
            for rung in heavy.rungs
        ],
    )
    probe = measure(right)
    assert next(rung for rung in probe.ladder if rung.name == "umt").accuracy == 1.0
    probe.write(tmp_path / "probe.json")
    assert ProbeRecord.read(tmp_path / "probe.json") == probe


def test_a_linear_probe_bears_a_fold_whose_other_samples_count_for_nothing() -> None:
    groups, labels = np.repeat([0, 1], 20), np.tile([0, 1], 20)
    features = EncoderFeatures(np.random.default_rng(1).normal(size=(40, 2)), np.zeros((5, 2)))

    log_probs = linear_probe(features, labels, classes=2, groups=groups, weights=np.where(groups == 0, 2.0, 0.0))

    assert np.exp(log_probs).sum(axis=1) == pytest.approx(np.ones(5))


def test_a_sample_of_weight_zero_tells_a_linear_probe_nothing_not_even_its_class() -> None:
    draws = np.random.default_rng(2)
    labels, x = np.repeat([0, 1, 2], 20), draws.normal(size=(60, 2))
    features = EncoderFeatures(x, draws.normal(size=(5, 2)))

    log_probs = linear_probe(features, labels, classes=3, groups=None, weights=np.where(labels == 2, 0.0, 1.5))

    assert log_probs[:, 2] == pytest.approx(np.full(5, np.log(FLOOR)), abs=1e-3)


@pytest.mark.parametrize("worth", [5, 12])
def test_intervals_hold_where_a_few_samples_have_nearly_all_the_weight(worth: int) -> None:
    stream, held = np.random.default_rng(worth), 0
    weights = np.where(np.arange(100) < worth, 1.0, 1e-3)
    weights /= weights.mean()
    for _ in range(1000):
        found = Units(100, weights=weights).estimate(weighted(stream.normal(size=100), weights))
        held += found.low <= 0 <= found.high
    assert 0.92 <= held / 1000 <= 0.985
    assert Units(400, weights=np.ones(400)).wider == pytest.approx(1)


def test_weights_lower_the_degrees_of_freedom_across_seeds_and_of_what_is_seen_too() -> None:
    values = np.random.default_rng(0).normal(size=(300, 3))
    values -= values.mean(axis=0)  # seeds do not differ
    heavy = np.where(np.arange(300) < 4, 1.0, 0.01)
    few = Units(300, weights=heavy / heavy.mean())
    assert crossed(values, few).df < 20 < crossed(values, Units(300)).df
    assert detectable_gain(1.0, few) > 1.3 * detectable_gain(1.0, Units(300))


@pytest.mark.parametrize(("share", "least"), [(0.1, 0.92), (0.3, 0.92), (0.5, 0.94)])
def test_intervals_over_groups_hold_where_one_group_has_much_of_the_weight(share: float, least: float) -> None:
    groups, stream, held = np.repeat(np.arange(10), 30), np.random.default_rng(1), 0
    weights = np.where(groups == 0, share, (1 - share) / 9)
    units = Units.of(300, groups, weights=weights / weights.mean())
    assert units.groups is not None
    assert units.equal == pytest.approx(1 / (share**2 + (1 - share) ** 2 / 9))
    for _ in range(1000):
        losses = stream.normal(size=10)[groups] + stream.normal(size=300)
        found = units.estimate(weighted(losses, units.weights))
        held += found.low <= 0 <= found.high
    assert least <= held / 1000 <= 0.995


def test_a_group_with_nearly_all_the_weight_leaves_samples_as_the_units() -> None:
    groups = np.repeat(np.arange(10), 30)
    weights = np.where(groups == 0, 1000.0, 0.001)
    assert Units.of(300, groups, weights=weights / weights.mean()).groups is None
    assert Units.of(300, groups, weights=np.ones(300)).df == 9


def test_joined_samples_of_folds_weigh_what_they_weigh_in_all() -> None:
    evidence = make_evidence(features={})
    raw = np.random.default_rng(0).exponential(size=len(evidence.probe_labels)) ** 2
    whole = measure(held_out(evidence, probe_weights=raw / raw.mean()))
    folded = in_folds(evidence, 5)
    parts = np.array_split(raw, 5)
    assert np.std([part.mean() for part in parts]) > 0.2
    weighed = replace(
        folded,
        folds=[
            replace(held, probe_weights=part / part.mean(), mean_weight=float(part.mean()))
            for held, part in zip(folded.folds, parts, strict=True)
        ],
    )
    assert weighed.probe_weights == pytest.approx(raw / raw.mean())
    prior = [one.log_loss.value for probe in (whole, measure(weighed)) for one in probe.ladder if one.name == "prior"]
    assert prior[0] == pytest.approx(prior[1])
