"""The achieved paired contribution and its split."""

from __future__ import annotations

import dataclasses

import pytest

from tests.synthetic_evidence import ADDITIVE, STRENGTHS, make_evidence, make_probe, said_on_select
from umlkit.advise.decide import advise
from umlkit.probe.contribution import mcnemar_mid_p
from umlkit.probe.measure import measure
from umlkit.runs.records.contribution import Contribution
from umlkit.runs.records.probe import ProbeRecord


def found(probe: ProbeRecord) -> Contribution:
    assert probe.contribution is not None
    return probe.contribution


def risk(probe: ProbeRecord, rung: str) -> float:
    return next(line.log_loss.value for line in probe.ladder if line.name == rung)


@pytest.mark.parametrize(
    ("b", "c", "mid_p"),
    [(25, 10, 0.011331), (10, 25, 0.011331), (12, 3, 0.021271), (0, 6, 0.015625), (0, 0, 1.0), (1, 1, 0.75)],
)
def test_mcnemar_mid_p_has_its_golden_values(b: int, c: int, mid_p: float) -> None:
    # The first four from Fagerland, Lydersen & Laake's formula (SCIENCE section 4); b = c: 1 - P(X = b) / 2.
    assert mcnemar_mid_p(b, c) == pytest.approx(mid_p, abs=5e-7)


def test_the_contribution_is_the_difference_of_the_two_risks() -> None:
    probe = make_probe()
    a = found(probe)
    assert a.total.nats.value == pytest.approx(risk(probe, "ume") - risk(probe, a.rung))


def test_interaction_and_additive_part_sum_to_the_whole() -> None:
    a = found(make_probe(training_seeds=(0, 1, 2)))
    assert a.interaction.nats.value + a.additive.nats.value == pytest.approx(a.total.nats.value)
    assert a.interaction.points.value + a.additive.points.value == pytest.approx(a.total.points.value)


def test_interaction_is_exactly_zero_where_the_best_rung_is_additive() -> None:
    a = found(make_probe(strengths={**STRENGTHS, "joint-additive": 3.0}))
    assert a.rung == a.additive_rung == "joint-additive"
    assert (a.interaction.nats.low, a.interaction.nats.value, a.interaction.nats.high) == (0, 0, 0)
    assert a.interaction.points.value == 0
    assert a.additive == a.total


def test_a_umt_with_a_linear_head_counts_as_additive() -> None:
    a = found(make_probe(strengths={**STRENGTHS, "umt": 3.0}, additive=(*ADDITIVE, "umt")))
    assert (a.rung, a.additive_rung) == ("umt", "umt")


def test_the_additive_part_is_exactly_zero_where_ume_is_the_best_additive_rung() -> None:
    strengths = {**STRENGTHS, "ume": 2.0, "umt": 3.0, "frozen-linear": 1.0}
    a = found(make_probe(strengths=strengths))
    assert a.additive_rung == "ume"
    assert a.additive.nats.value == 0
    assert a.interaction == a.total


def test_the_best_rung_is_chosen_on_select_and_never_on_probe() -> None:
    evidence = make_evidence(features={})
    flattered = [said_on_select(o, evidence, sure=o.rung == "joint") for o in evidence.rungs]
    assert found(measure(dataclasses.replace(evidence, rungs=flattered))).rung == "joint"


def test_heads_on_frozen_features_are_no_rivals() -> None:
    assert found(make_probe(strengths={**STRENGTHS, "frozen-mlp": 9.0})).rung != "frozen-mlp"


def test_a_bit_is_log_two_nats() -> None:
    total = found(make_probe()).total
    assert total.bits.value * 0.6931471805599453 == pytest.approx(total.nats.value)
    assert total.bits.high * 0.6931471805599453 == pytest.approx(total.nats.high)


def test_mcnemar_goes_a_seed_at_a_time_and_only_over_independent_samples() -> None:
    assert [one.seed for one in found(make_probe(training_seeds=(0, 4))).mcnemar] == [0, 4]
    assert found(make_probe(groups=15)).mcnemar == ()


def test_seeds_are_averaged_sample_by_sample_before_the_interval_is_taken() -> None:
    narrow = found(make_probe(training_seeds=(0, 1, 2, 3), n_probe=400)).total.nats
    wide = found(make_probe(training_seeds=(0,), n_probe=400)).total.nats
    # Four seeds on 400 samples are not 1600 samples: the noise that the seeds share stays, so no halving.
    assert (narrow.high - narrow.low) < (wide.high - wide.low)
    assert (narrow.high - narrow.low) > (wide.high - wide.low) / 4


def test_what_fitting_the_ensemble_s_weights_gains_is_not_paired() -> None:
    strengths = {**STRENGTHS, "ume": 0.9, "ume-tuned": 1.4}
    probe = make_probe(strengths=strengths, additive=(*ADDITIVE, "ume-tuned"))
    a = found(probe)
    assert a.ensemble == "ume-tuned"
    assert a.total.nats.value == pytest.approx(risk(probe, "ume-tuned") - risk(probe, a.rung))
    assert a.total.nats.value < risk(probe, "ume") - risk(probe, a.rung)
    candidate = probe.candidate("ume")
    assert candidate is not None
    assert candidate.rung == "ume", "advice ranks what is trained"


def test_what_averaging_gains_on_fitted_weights_is_not_paired_either() -> None:
    strengths = {**STRENGTHS, "ume": 1.9, "ume-tuned": 1.4, "joint": 1.5, "residual": 1.5, "umt": 1.5}
    probe = make_probe(strengths=strengths, additive=(*ADDITIVE, "ume-tuned"))
    a = found(probe)
    assert (a.ensemble, a.total.nats.value < 0) == ("ume", True)
    assert a.additive_rung != "ume-tuned"


@pytest.mark.parametrize("better", [0.9, 1.9])
def test_an_ensemble_is_no_model_of_what_only_the_other_lacks(better: float) -> None:
    """Nothing is paired: the kernel says what the better ensemble says."""
    strengths = {"unimodal:audio": 1.0, "unimodal:video": 0.6, "ume": better, "ume-tuned": 1.4}
    evidence = make_evidence(strengths=strengths, additive=(*ADDITIVE, "ume-tuned"), features={}, n_probe=2000)
    best = next(rung for rung in evidence.rungs if rung.rung == ("ume" if better > 1.4 else "ume-tuned"))
    kernel = dataclasses.replace(best, rung="kernel", candidate=None, additive=False)
    probe = measure(dataclasses.replace(evidence, rungs=[*evidence.rungs, kernel]))
    assert found(probe).total.nats.value == 0
    assert probe.paired is not None and probe.paired.verdict == "not detected"
    advice = advise(probe)
    if better > 1.4:
        assert (advice.headline, advice.probability) == ("ume", pytest.approx(0.5))
    else:  # a network does better than an average, as fitted weights would, and that is said first
        assert advice.headline == "umt"
        assert advice.first == 1 and "methods.ume.pool: auto" in advice.sentences[0]
