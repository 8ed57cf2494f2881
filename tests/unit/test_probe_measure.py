"""The measurement as a whole: what is in the document, and that it is what the arrays say."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.synthetic_evidence import (
    STRENGTHS,
    held_out,
    in_folds,
    make_evidence,
    make_probe,
    said_on_select,
    with_marginals,
)
from umlkit.errors import RunError
from umlkit.methods.calibration import log_loss
from umlkit.probe.deficit import linear_probe
from umlkit.probe.evidence import EncoderFeatures, Evidence
from umlkit.probe.measure import measure, not_measurable
from umlkit.probe.readings import read
from umlkit.runs.records.probe import ProbeRecord

GOLDEN = Path(__file__).parents[1] / "golden" / "probe-3.json"


def close(found: Any, expected: Any) -> None:
    """Equal as JSON, numbers to a thousandth: libraries differ in their last digits."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            close(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)
    else:
        assert found == expected


def test_the_document_is_the_golden_one() -> None:
    whole = make_evidence(seed=7, training_seeds=(0, 1))
    mixed = with_marginals(0.5, seed=7, training_seeds=(0, 1)).marginals
    probe = measure(dataclasses.replace(whole, marginals=mixed))
    close(probe.document(), json.loads(GOLDEN.read_text()))


def test_a_document_comes_back_as_it_was_written(tmp_path: Path) -> None:
    probe = make_probe(groups=12)
    probe.write(tmp_path / "deep" / "probe.json")
    assert ProbeRecord.read(tmp_path / "deep" / "probe.json") == probe


def test_the_ladder_has_its_order() -> None:
    assert [rung.name for rung in make_probe().ladder] == ["prior", *STRENGTHS]


def test_usable_information_is_measured_from_the_loss_of_the_training_frequencies() -> None:
    evidence = make_evidence(features={}, prior=[0.7, 0.2, 0.1])
    probe = measure(evidence)
    expected = -np.log(evidence.folds[0].prior[evidence.probe_labels]).mean()
    assert probe.entropy_nats == pytest.approx(expected)
    for rung in probe.ladder:
        assert rung.usable_bits.value == pytest.approx((expected - rung.log_loss.value) / math.log(2))
    assert (probe.ladder[0].usable_bits.low, probe.ladder[0].usable_bits.high) == (0, 0)


def test_a_class_that_training_lacks_does_not_make_the_prior_infinite() -> None:
    assert math.isfinite(make_probe(prior=[0.5, 0.5, 0.0]).entropy_nats)


def test_every_rung_is_temperature_scaled_on_select() -> None:
    evidence = make_evidence(n_select=2000, features={})
    loud = [
        dataclasses.replace(o, select_logits=3 * o.select_logits, probe_logits=3 * o.probe_logits)
        for o in evidence.rungs
    ]
    before, after = measure(evidence), measure(dataclasses.replace(evidence, rungs=loud))
    for quiet, scaled in zip(before.entries[1:], after.entries[1:], strict=True):
        # Not to the last digit: a temperature is shrunk to 1, by ten samples' worth where it is below.
        assert scaled.temperature == pytest.approx(3 * quiet.temperature, rel=0.05)
        assert scaled.log_loss == pytest.approx(quiet.log_loss, abs=3e-3)


def test_the_temperature_never_sees_probe_labels() -> None:
    evidence = make_evidence(features={})
    shuffled = held_out(evidence, probe_labels=np.random.default_rng(0).permutation(evidence.probe_labels))
    assert [e.temperature for e in measure(evidence).entries] == [e.temperature for e in measure(shuffled).entries]


def test_a_select_loss_does_not_turn_on_the_scale_of_logits() -> None:
    evidence = make_evidence(features={})
    ume = next(o for o in evidence.rungs if o.rung == "ume")
    scaled = dataclasses.replace(
        ume, select_logits=1.5 * np.asarray(ume.select_logits), probe_logits=1.5 * np.asarray(ume.probe_logits)
    )
    one, other = (read([o], evidence) for o in (ume, scaled))
    assert other.select_loss == pytest.approx(one.select_loss, abs=2e-3)
    assert np.isnan(read([ume], evidence, judged=False).select_loss)


def test_the_covariance_is_that_of_the_samples_losses() -> None:
    evidence = make_evidence(features={})
    probe = measure(evidence)
    losses = np.stack(
        [
            log_loss(np.asarray(o.probe_logits) / entry.temperature, evidence.probe_labels)
            for o, entry in zip(evidence.rungs, probe.entries[1:], strict=True)
        ]
    )
    expected = np.cov(losses)
    for i, row in enumerate(probe.loss_covariance[1:]):
        assert row[1:] == pytest.approx(expected[i, : i + 1], rel=1e-6, abs=1e-9)


def one_fold(evidence: Evidence, k: int) -> Evidence:
    """A fold by itself, as if there were no other."""
    held = evidence.folds[k]
    return dataclasses.replace(
        evidence,
        folds=[held],
        rungs=[rung for rung in evidence.rungs if rung.fold == held.fold],
        paper=[rung for rung in evidence.paper if rung.fold == held.fold],
        features={key: stored for key, stored in evidence.features.items() if key[3] == held.fold},
    )


def test_folds_are_scaled_apart_and_then_joined() -> None:
    evidence = in_folds(make_evidence(n_select=150, n_probe=160, training_seeds=(0, 1)), 2)
    loud = dataclasses.replace(
        evidence,
        rungs=[
            dataclasses.replace(o, select_logits=4 * o.select_logits, probe_logits=4 * o.probe_logits)
            if o.fold == "fold-2"
            else o
            for o in evidence.rungs
        ],
    )
    whole, parts = measure(loud), [measure(one_fold(loud, k)) for k in (0, 1)]

    assert (whole.n_probe, whole.n_select, whole.df) == (160, 75, 159)
    for joined, first, second in zip(whole.entries, *(part.entries for part in parts), strict=True):
        assert joined.log_loss == pytest.approx((first.log_loss + second.log_loss) / 2)
        assert joined.accuracy == pytest.approx((first.accuracy + second.accuracy) / 2)
        assert joined.select_loss == pytest.approx((first.select_loss + second.select_loss) / 2)
        assert joined.temperature == pytest.approx(math.sqrt(first.temperature * second.temperature))
    for joined, first, second in zip(whole.deficits, *(part.deficits for part in parts), strict=True):
        assert joined.joint_log_loss == pytest.approx((first.joint_log_loss + second.joint_log_loss) / 2)
    assert whole.candidates == parts[0].candidates


def test_the_prior_of_a_fold_is_that_of_its_own_training_samples() -> None:
    evidence = in_folds(make_evidence(features={}), 2)
    priors = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    folds = [dataclasses.replace(held, prior=prior) for held, prior in zip(evidence.folds, priors, strict=True)]
    losses = [-np.log(held.prior[held.probe_labels]) for held in folds]
    assert measure(dataclasses.replace(evidence, folds=folds)).entropy_nats == pytest.approx(
        np.concatenate(losses).mean()
    )


def test_a_rung_that_lacks_a_fold_is_refused() -> None:
    evidence = in_folds(make_evidence(features={}), 2)
    rungs = [o for o in evidence.rungs if (o.rung, o.fold) != ("umt", "fold-2")]
    with pytest.raises(ValueError, match="umt needs outputs once for every fold"):
        measure(dataclasses.replace(evidence, rungs=rungs))


def test_groups_are_the_unit_unless_validation_had_too_few() -> None:
    grouped, few = make_probe(groups=15), make_probe(groups=6, within_groups=True)
    assert make_probe(groups=6).df == 5
    assert (grouped.unit, grouped.df, grouped.groups, grouped.within_groups) == ("groups", 14, 15, False)
    assert (few.unit, few.df, few.groups, few.within_groups) == ("samples", 149, 6, True)
    assert grouped.group_loss_covariance is not None
    assert few.group_loss_covariance is None


def test_a_division_by_sample_within_groups_says_so() -> None:
    probe = make_probe(groups=15, within_groups=True)
    assert (probe.unit, probe.within_groups) == ("samples", True)


def test_the_candidates_name_their_entries_and_what_all_of_it_costs() -> None:
    probe = make_probe(training_seeds=(0, 1))
    by_name = {candidate.name: candidate for candidate in probe.candidates}
    assert set(by_name) == {"best-single", "ume", "joint", "residual", "umt"}
    assert {probe.entries[i].rung for i in by_name["umt"].entries} == {"umt"}
    assert {probe.entries[i].seed for i in by_name["umt"].entries} == {0, 1}
    assert by_name["best-single"].rung == "unimodal:audio"
    # Two seconds each: both modalities and itself; joint needs no uni-modal model.
    assert (by_name["umt"].seconds, by_name["joint"].seconds, by_name["best-single"].seconds) == (6.0, 2.0, 4.0)


def test_the_best_single_modality_is_chosen_on_select_for_every_seed() -> None:
    evidence = make_evidence(features={}, training_seeds=(0, 1))
    wanted = {0: "unimodal:audio", 1: "unimodal:video"}
    rungs = [
        said_on_select(o, evidence, sure=wanted[o.seed] == o.rung) if o.rung.startswith("unimodal") else o
        for o in evidence.rungs
    ]
    probe = measure(dataclasses.replace(evidence, rungs=rungs))
    single = probe.candidate("best-single")
    assert single is not None
    assert single.rung is None
    assert [(probe.entries[i].seed, probe.entries[i].rung) for i in single.entries] == sorted(wanted.items())


def test_a_best_single_model_that_is_given_is_a_candidate_and_no_rung() -> None:
    evidence = make_evidence(features={})
    given = [
        dataclasses.replace(o, rung="best-single", candidate="best-single", seconds=0.0)
        for o in evidence.rungs
        if o.rung == "unimodal:video"
    ]
    probe = measure(dataclasses.replace(evidence, rungs=[*given, *evidence.rungs]))
    single = probe.candidate("best-single")
    assert single is not None
    assert [probe.entries[i].rung for i in single.entries] == ["best-single"]
    assert single.seconds == 4.0
    assert [rung.name for rung in probe.ladder] == ["prior", *STRENGTHS]
    assert probe.entries[single.entries[0]].log_loss == probe.ladder[2].log_loss.value


def test_what_the_papers_guide_compares_stays_out_of_the_ladder() -> None:
    probe = make_probe()
    assert {row.name for row in probe.paper} == {"ume-prob-mean", "paper-train", "paper-select"}
    assert not {row.name for row in probe.paper} & {rung.name for rung in probe.ladder}


def test_a_jointly_trained_encoder_that_tells_less_has_a_deficit() -> None:
    probe = measure(make_evidence(n_select=300, n_probe=300))
    assert [deficit.modality for deficit in probe.deficits] == ["audio", "video"]
    for deficit in probe.deficits:
        assert deficit.deficit.bits.low > 0
        assert deficit.deficit.points.value > 0
        assert deficit.deficit.nats.value == pytest.approx(deficit.joint_log_loss - deficit.unimodal_log_loss)


def test_the_same_encoder_has_no_deficit() -> None:
    evidence = make_evidence()
    features = {key: evidence.features["unimodal", *key[1:]] for key in evidence.features}
    for deficit in measure(dataclasses.replace(evidence, features=features)).deficits:
        assert deficit.deficit.nats.value == 0


def test_a_class_that_select_lacks_is_no_obstacle() -> None:
    evidence = make_evidence()
    labels = np.where(evidence.folds[0].select_labels == 2, 0, evidence.folds[0].select_labels)
    probe = measure(held_out(evidence, select_labels=labels))
    assert all(math.isfinite(deficit.joint_log_loss) for deficit in probe.deficits)


def test_a_constant_feature_is_no_obstacle() -> None:
    evidence = make_evidence()
    features = {key: tuple(np.pad(z, ((0, 0), (0, 1))) for z in value) for key, value in evidence.features.items()}
    assert measure(dataclasses.replace(evidence, features=features)).deficits


def test_a_linear_probe_bears_folds_that_see_one_class_alone() -> None:
    labels = np.repeat([0, 1], 30)
    features = EncoderFeatures(*(np.random.default_rng(0).normal(size=(n, 2)) for n in (60, 9)))
    log_probs = linear_probe(features, labels, classes=2, groups=labels)
    assert log_probs.shape == (9, 2)
    assert np.isfinite(log_probs).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_not_numbers_end_the_measurement_by_name(value: float) -> None:
    evidence = make_evidence(features={})
    rungs = [
        dataclasses.replace(o, probe_logits=np.where(o.probe_logits > 1, value, o.probe_logits))
        if o.rung == "umt"
        else o
        for o in evidence.rungs
    ]
    with pytest.raises(RunError, match="umt with seed 0"):
        measure(dataclasses.replace(evidence, rungs=rungs))


def test_a_measurement_without_ume_or_with_a_seed_missing_is_refused() -> None:
    without = {rung: strength for rung, strength in STRENGTHS.items() if rung != "ume"}
    with pytest.raises(ValueError, match="needs ume"):
        make_probe(strengths=without)
    with pytest.raises(ValueError, match="every rung once for every seed"):
        make_probe(seeds=(0, 1))


def test_why_nothing_was_measured_is_a_document_too(tmp_path: Path) -> None:
    record = not_measurable("small", "not measurable with n = 40", 250)
    record.write(tmp_path / "probe.json")
    again = ProbeRecord.read(tmp_path / "probe.json")
    assert (again.measured, again.reason, again.needed, again.ladder) == (False, "not measurable with n = 40", 250, ())


def test_the_same_arrays_give_the_same_document() -> None:
    assert make_probe(seed=3) == make_probe(seed=3)


def test_class_and_modality_names_may_be_anything() -> None:
    probe = make_probe(classes=("[/]", "a,b", "c\nd\x1b"))
    assert ProbeRecord.model_validate_json(json.dumps(probe.document())).classes == ("[/]", "a,b", "c\nd\x1b")
