"""Verdicts: what is said of paired signal and of every modality, and when nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.synthetic_evidence import STRENGTHS, in_folds, make_evidence, make_probe, said_on_select
from umlkit.advise.decide import advise
from umlkit.methods.ume import rules
from umlkit.probe.evidence import Evidence
from umlkit.probe.marginals import Marginals, ModelMarginals
from umlkit.probe.measure import measure
from umlkit.probe.shift import Part, design_effect, differ
from umlkit.probe.verdict import INTERACTION
from umlkit.probe.without import without
from umlkit.runs.records.verdict import ModalityVerdict, PairedVerdict

NOTHING_PAIRED = STRENGTHS | {"joint-additive": 1.4, "joint": 1.4, "residual": 1.4, "umt": 1.4}
MUCH_PAIRED = STRENGTHS | {"unimodal:audio": 0.5, "ume": 0.5, "frozen-linear": 0.5, "joint-additive": 0.5, "joint": 3.0}


def paired(**arguments: Any) -> PairedVerdict:
    found = make_probe(**arguments).paired
    assert found is not None
    return found


def judged(evidence: Evidence) -> dict[str, ModalityVerdict]:
    found = {modality.name: modality.judged for modality in measure(replace(evidence, features={})).modalities}
    return {name: one for name, one in found.items() if one is not None}


def test_much_paired_signal_is_present_and_has_a_kind() -> None:
    found = paired(strengths=MUCH_PAIRED, n_probe=400)
    assert (found.verdict, found.kind) == ("present", "interaction")
    assert found.adjusted.low > 0


def test_paired_signal_of_an_additive_model_is_additive() -> None:
    found = paired(strengths=MUCH_PAIRED | {"joint": 0.4, "residual": 0.4, "umt": 0.4, "joint-additive": 3.0})
    assert (found.verdict, found.kind) == ("present", "additive")
    assert found.lost_by_projection == 0


def test_few_samples_leave_it_undecided_and_many_do_not() -> None:
    assert paired(strengths=NOTHING_PAIRED, n_probe=60).verdict == "undecided"
    assert paired(strengths=NOTHING_PAIRED, n_probe=20_000, n_select=2000).verdict == "not detected"


def test_what_the_user_calls_small_decides_what_is_not_detected() -> None:
    arguments = {"strengths": NOTHING_PAIRED, "n_probe": 1500}
    assert paired(**arguments, smallest_effect=0.0001).verdict == "undecided"
    assert paired(**arguments, smallest_effect=1.0).verdict == "not detected"


@pytest.mark.parametrize(("n_probe", "verdict"), [(300, "undecided"), (1200, "not detected")])
def test_models_that_agree_with_ume_to_the_last_digit_have_not_shown_that_there_is_nothing(
    n_probe: int, verdict: str
) -> None:
    # A gain of .02 nats deviates by sqrt(.04) a sample: fewer than 1.96^2 * 2 / .02 = 384 do not see it.
    evidence = make_evidence(strengths=NOTHING_PAIRED, n_probe=n_probe, n_select=1000, features={})
    kept = [rung for rung in evidence.rungs if rung.rung in ("unimodal:audio", "unimodal:video", "ume")]
    same = replace(kept[-1], rung="kernel", additive=False)
    found = measure(replace(evidence, rungs=[*kept, same]))
    assert found.paired is not None and found.contribution is not None and found.contribution.power is not None
    assert found.contribution.total.nats.high == found.contribution.total.nats.low == 0
    assert found.paired.verdict == verdict
    above_floor = found.contribution.power.detectable_nats
    assert above_floor == pytest.approx(2.80 * np.sqrt(2 * (above_floor + found.paired.floor) / n_probe), rel=0.01)


def test_the_adjusted_interval_is_that_of_the_contribution_less_the_floor() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    assert probe.paired is not None
    assert probe.paired.adjusted.low == pytest.approx(probe.contribution.total.nats.low - probe.paired.floor)


def test_a_gain_within_the_floor_is_a_head_effect() -> None:
    evidence = make_evidence(strengths=NOTHING_PAIRED, n_select=40, features={})
    ume = next(rung for rung in evidence.rungs if rung.rung == "ume")
    slightly = replace(ume, rung="joint", candidate="joint", probe_logits=ume.probe_logits * 1.02, additive=False)
    labels = evidence.folds[0]
    sharper = 0.02 * np.eye(3)
    better = replace(
        slightly,
        select_logits=ume.select_logits + sharper[labels.select_labels],
        probe_logits=ume.probe_logits + sharper[labels.probe_labels],
    )
    kept = [rung for rung in evidence.rungs if rung.rung in ("unimodal:audio", "unimodal:video", "ume")]
    found = measure(replace(evidence, rungs=[*kept, better])).paired
    assert found is not None
    assert found.head_effect
    assert found.verdict != "present"


def test_a_modality_of_noise_is_useless_and_the_other_useful() -> None:
    strengths = NOTHING_PAIRED | {"unimodal:audio": 1.4, "unimodal:video": 0.0}
    evidence = make_evidence(strengths=strengths, n_probe=3000, n_select=1000)
    audio, video, ume = (rung for rung in evidence.rungs if rung.rung in ("unimodal:audio", "unimodal:video", "ume"))
    flat = replace(video, select_logits=video.select_logits * 0, probe_logits=video.probe_logits * 0)
    same = replace(ume, select_logits=audio.select_logits, probe_logits=audio.probe_logits)
    found = judged(replace(evidence, rungs=[audio, flat, same]))
    assert found["video"].verdict == "useless"
    assert found["audio"].verdict == "useful"


@pytest.mark.parametrize(("n_probe", "verdict"), [(300, "undecided"), (1200, "useless")])
def test_a_model_that_learned_nothing_has_not_shown_that_there_is_nothing(n_probe: int, verdict: str) -> None:
    strengths = NOTHING_PAIRED | {"unimodal:audio": 1.4}
    evidence = make_evidence(strengths=strengths, n_probe=n_probe, n_select=1000)
    audio, video, ume = (rung for rung in evidence.rungs if rung.rung in ("unimodal:audio", "unimodal:video", "ume"))
    flat = replace(video, select_logits=video.select_logits * 0, probe_logits=video.probe_logits * 0)
    same = replace(ume, select_logits=audio.select_logits, probe_logits=audio.probe_logits)
    found = judged(replace(evidence, rungs=[audio, flat, same]))["video"]
    assert found.alone.high < evidence.smallest_effect
    assert found.verdict == verdict


def test_noise_is_not_useful_beside_a_model_that_reads_the_other_modality_better() -> None:
    evidence = make_evidence(strengths=MUCH_PAIRED | {"unimodal:video": 0.0}, n_probe=3000, n_select=1000)
    joint = next(one for one in evidence.rungs if one.rung == "joint")

    def of_audio(logits: Any) -> Marginals:
        grand = np.asarray(logits).mean(axis=0)
        return Marginals(
            grand, (logits, np.tile(grand, (len(logits), 1))), logits, np.arange(len(logits)), additive=True
        )

    marginals = {("joint", 0, "all"): ModelMarginals(of_audio(joint.select_logits), of_audio(joint.probe_logits))}
    found = judged(replace(evidence, marginals=marginals))
    assert judged(evidence)["video"].given_rest.low > 0.1, "what joint learned of audio alone would be video's"
    assert found["video"].given_rest.value == pytest.approx(0, abs=1e-6)
    assert (found["audio"].verdict, found["video"].verdict) == ("useful", "useless")


def test_interaction_needs_its_own_part_of_the_gain_to_be_seen() -> None:
    assert [paired(strengths=MUCH_PAIRED, n_probe=400, seed=seed).kind for seed in range(5)] == ["interaction"] * 5
    kinds = []
    for seed in range(60):
        probe = make_probe(strengths=STRENGTHS | {"joint-additive": 1.4, "umt": 1.65}, n_probe=150, seed=seed)
        assert probe.paired is not None and probe.contribution is not None
        if probe.paired.verdict == "present":
            lost, part = probe.paired.lost_by_projection or 0, probe.contribution.interaction.nats
            expected = "additive" if lost <= INTERACTION else "interaction" if part.low > 0 else None
            assert probe.paired.kind == expected
            kinds.append(expected)
    assert {"interaction", "additive", None} == set(kinds)


def test_heads_that_learn_the_frequencies_of_the_samples_held_out_have_found_nothing_paired() -> None:
    strengths = NOTHING_PAIRED | {"frozen-linear": 3.0, "kernel": 1.4}
    quick = [name for name in strengths if name not in ("joint-additive", "joint", "residual", "umt")]
    evidence = make_evidence(strengths={name: strengths[name] for name in quick}, n_probe=400)
    plain, shifted = (measure(replace(evidence, features={}, shifted=one)) for one in (False, True))
    assert plain.contribution is not None and plain.contribution.rung == "frozen-linear"
    assert shifted.contribution is not None and shifted.contribution.rung == "kernel"
    assert shifted.contribution.additive_rung not in ("frozen-linear", "frozen-mlp")
    assert shifted.shifted and not plain.shifted
    assert next(one for one in shifted.candidates if one.name == "umt").rung == "kernel"


def of_counts(*counts: int) -> Part:
    return Part(np.repeat(np.arange(len(counts)), counts))


def test_frequencies_surely_differ_where_chance_does_not_make_such_counts() -> None:
    assert differ(of_counts(100, 100, 100), of_counts(120, 70, 10), classes=3)
    assert not differ(of_counts(100, 100, 100), of_counts(70, 60, 70), classes=3)
    assert differ(of_counts(50, 50, 40), of_counts(50, 50, 0), classes=3)
    assert not differ(of_counts(50, 0), of_counts(50, 0), classes=2)
    sure, worth_nothing = of_counts(500_000, 500_000), of_counts(510_000, 490_000)
    assert not differ(sure, worth_nothing, classes=2)


def grouped(groups: int, *, share: float, seed: int) -> Part:
    """Groups of 30 samples, all of one class each, a ``share`` of them of class 0."""
    classes = np.random.default_rng(seed).uniform(size=groups) > share
    return Part(np.repeat(classes.astype(np.int64), 30), np.repeat(np.arange(groups), 30))


@pytest.mark.parametrize(("train", "held_out"), [(40, 12), (30, 10), (15, 10), (15, 3)])
def test_frequencies_of_whole_groups_differ_by_chance_as_groups_do(train: int, held_out: int) -> None:
    pairs = [(grouped(train, share=0.5, seed=s), grouped(held_out, share=0.5, seed=10_000 + s)) for s in range(300)]
    assert sum(differ(*pair, classes=2) for pair in pairs) <= 2
    of_samples = sum(differ(Part(one.labels), Part(other.labels), classes=2) for one, other in pairs)
    assert of_samples > 100


def test_frequencies_of_groups_that_do_differ_are_found() -> None:
    assert differ(grouped(200, share=0.7, seed=1), grouped(100, share=0.3, seed=2), classes=2)
    assert differ(grouped(10, share=1.0, seed=1), grouped(7, share=0.0, seed=2), classes=2)
    mixed = np.random.default_rng(0).integers(0, 15, 400)
    train, held_out = (
        Part((np.arange(400) < count).astype(int), mixed + first) for count, first in ((200, 0), (80, 15))
    )
    assert differ(train, held_out, classes=2)


def test_frequencies_are_of_weighted_samples_where_these_have_weights() -> None:
    even = of_counts(200, 200)
    for weights, expected in (((1.8, 0.2), True), ((1.0, 1.0), False)):
        held_out = replace(even, weights=np.repeat(weights, 200))
        assert differ(even, held_out, classes=2) == expected
    few = np.where(np.isin(np.arange(400), (0, 1, 2, 399)), 100.0, 0.0)
    assert not differ(even, replace(even, weights=few), classes=2), "worth four samples"


def test_samples_of_a_group_that_are_no_more_alike_than_others_count_as_samples() -> None:
    rng = np.random.default_rng(0)
    even = [rng.multinomial(20, [0.2, 0.3, 0.5], size=size).astype(float) for size in (30, 15)]
    assert design_effect(*even) == pytest.approx(1, abs=0.5)
    pure = np.repeat(np.diag([30.0, 30.0]), 20, axis=0)
    assert design_effect(pure, pure) == pytest.approx(30, rel=0.1)


def test_copies_are_redundant() -> None:
    evidence = make_evidence(strengths=NOTHING_PAIRED, n_probe=3000, n_select=1000)
    alone = next(rung for rung in evidence.rungs if rung.rung == "ume")
    rungs = [replace(r, select_logits=alone.select_logits, probe_logits=alone.probe_logits) for r in evidence.rungs]
    assert {one.verdict for one in judged(replace(evidence, rungs=rungs)).values()} == {"redundant"}


def test_of_two_copies_few_samples_call_neither_useful() -> None:
    """A pool of one that is fitted on few samples loses to the model itself, which is a copy of the ensemble."""
    for seed in range(5):
        evidence = make_evidence(strengths=NOTHING_PAIRED, n_probe=100, n_select=100, seed=seed)
        audio = next(rung for rung in evidence.rungs if rung.rung == "unimodal:audio")
        same = [audio, replace(audio, rung="unimodal:video"), replace(audio, rung="ume", candidate="ume")]
        found = judged(replace(evidence, rungs=same)).values()
        assert {one.verdict for one in found} == {"undecided"}
        assert [one.given_rest.value for one in found] == [0, 0]


def test_an_ensemble_with_a_modality_averaged_out_is_no_way_to_do_without_it() -> None:
    """Not even where it looks better on `select` than all that never saw it."""
    evidence = make_evidence(strengths=NOTHING_PAIRED, n_probe=300, n_select=300)
    (held,) = evidence.folds
    kept = [rung for rung in evidence.rungs if rung.rung in ("unimodal:audio", "unimodal:video", "ume")]
    right, wrong = 9 * np.eye(3)[held.select_labels], 9 * np.eye(3)[1 - held.probe_labels]
    own = next((one.select_logits, one.probe_logits) for one in kept if one.rung == "ume")
    sides = [
        Marginals(np.zeros(3), (side, side), of_all, np.arange(300), additive=True)
        for side, of_all in zip((right, wrong), own, strict=True)
    ]
    flattered = {("ume", 0, held.fold): ModelMarginals(*sides)}
    plain = replace(evidence, rungs=kept)
    assert judged(replace(plain, marginals=flattered)) == judged(plain)


def test_what_adds_surely_yet_less_than_what_matters_is_redundant() -> None:
    evidence = make_evidence(strengths=NOTHING_PAIRED, n_probe=3000, n_select=1000)
    (held,) = evidence.folds
    one = next(rung for rung in evidence.rungs if rung.rung == "ume")
    sharper = one.probe_logits + 0.02 * np.eye(3)[held.probe_labels]
    copies = [replace(one, rung=f"unimodal:{name}", candidate=None) for name in evidence.modalities]
    found = judged(replace(evidence, rungs=[*copies, replace(one, probe_logits=sharper)]))["audio"]
    assert 0 < found.given_rest.low < found.given_rest.high < evidence.smallest_effect
    assert found.verdict == "redundant"


def test_a_partner_that_tells_nothing_alone_is_useful() -> None:
    evidence = make_evidence(strengths=MUCH_PAIRED | {"unimodal:video": 0.0}, n_probe=2000, n_select=500)
    assert judged(evidence)["video"].verdict == "useful"


def test_what_is_left_without_a_modality_is_the_pool_of_the_others() -> None:
    evidence = make_evidence()
    (reading,) = without("audio", evidence, rule="auto").entries
    (held,) = evidence.folds
    video = next(rung for rung in evidence.rungs if rung.rung == "unimodal:video")
    logits = np.asarray(video.select_logits)[:, None], np.asarray(video.probe_logits)[:, None]
    pool = rules.log_linear(logits[0], held.select_labels, np.log(held.prior))
    said = pool(logits[1])[np.arange(len(held.probe_labels)), held.probe_labels]
    assert reading.losses.mean() == pytest.approx(-said.mean(), abs=0.02)


def test_verdicts_know_folds() -> None:
    whole = make_evidence(n_probe=600, n_select=600)
    plain, parted = judged(whole), judged(in_folds(whole, 3))
    assert parted.keys() == plain.keys() == {"audio", "video"}
    for name, one in plain.items():
        assert parted[name].verdict == one.verdict
        assert parted[name].alone.value == pytest.approx(one.alone.value, abs=0.02)
        wider = (parted[name].alone.high - parted[name].alone.low) / (one.alone.high - one.alone.low)
        assert wider == pytest.approx((3 / 2) ** 0.5, abs=0.1)


def test_where_classes_are_as_frequent_as_nowhere_in_training_only_interaction_is_paired() -> None:
    summed = MUCH_PAIRED | {"joint": 0.4, "residual": 0.4, "umt": 0.4, "joint-additive": 3.0}
    verdicts = {}
    for kind, strengths in (("additive", summed), ("interaction", MUCH_PAIRED)):
        evidence = make_evidence(strengths=strengths, n_probe=400, features={})
        plain, shifted = (measure(replace(evidence, shifted=one)).paired for one in (False, True))
        assert plain is not None and shifted is not None
        assert (plain.verdict, plain.kind) == ("present", kind)
        verdicts[kind] = (shifted.verdict, shifted.head_effect)
    assert verdicts == {"additive": ("undecided", True), "interaction": ("present", False)}


def test_a_rung_that_surely_loses_to_ume_stands_for_nothing() -> None:
    """A head that looked best on `select` and is worse: it neither knows what modalities tell, nor how UMT will be."""
    strengths = {"unimodal:audio": 1.0, "unimodal:video": 0.8, "ume": 1.6, "frozen-mlp": 0.6}
    evidence = make_evidence(strengths=strengths, n_probe=200, n_select=300, features={})
    lucky = [said_on_select(one, evidence, sure=True) if one.rung == "frozen-mlp" else one for one in evidence.rungs]
    record = measure(replace(evidence, rungs=lucky))
    assert record.contribution is not None and record.paired is not None
    assert (record.contribution.rung, record.paired.verdict) == ("frozen-mlp", "undecided")
    assert record.contribution.total.nats.high < 0
    assert {one.judged.rung for one in record.modalities if one.judged} == {"ume"}
    umt = record.candidate("umt")
    assert umt is not None and (umt.rung, umt.predicted) == ("ume", True)
    advice = advise(record)
    assert (advice.headline, advice.probability) == ("ume", pytest.approx(0.5))
    assert "with UME, to which a multi-layer head on frozen features surely loses, in place of UMT" in " ".join(
        advice.headline_sentences
    )
    assert advice.gain is not None and advice.gain.interval[0] < -0.02 < 0.02 < advice.gain.interval[1]
