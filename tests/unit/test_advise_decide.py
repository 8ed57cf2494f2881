"""The decision and what it states, from probes with known differences."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.synthetic_evidence import PAPER, STRENGTHS, make_evidence, make_probe
from tests.unit.test_probe_measure import close
from umlkit.advise.decide import advise
from umlkit.errors import InputError
from umlkit.probe.contribution import TRAINED
from umlkit.probe.evidence import Pooling
from umlkit.probe.measure import measure, not_measurable
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord

GOLDEN = Path(__file__).parents[1] / "golden"


def probe_of(losses: dict[str, float], *, sd: float = 0.3, n: int = 400, **changed: Any) -> ProbeRecord:
    """A probe whose candidates have these mean losses and independent losses of standard deviation ``sd``."""
    names = list(losses)
    document: dict[str, Any] = {
        "schema": "umlkit.probe/3",
        "name": "made up",
        "measured": True,
        "seeds": [0],
        "n_probe": n,
        "df": n - 1,
        "critical": 1.97,
        "entropy_nats": 1.0,
        "entries": [
            {
                "rung": name,
                "seed": 0,
                "additive": name == "ume",
                "log_loss": loss,
                "accuracy": 0.8,
                "balanced_accuracy": 0.8,
                "temperature": 1.0,
                "select_loss": loss,
                "seconds": 1.0,
            }
            for name, loss in losses.items()
        ],
        "loss_covariance": [[sd**2 if i == j else 0.0 for j in range(i + 1)] for i in range(len(names))],
        "correct_covariance": [[0.16 if i == j else 0.0 for j in range(i + 1)] for i in range(len(names))],
        "candidates": [
            {"name": name, "rung": name, "entries": [i], "seconds": float(i + 1)} for i, name in enumerate(names)
        ],
    }
    return ProbeRecord.model_validate_json(json.dumps({**document, **changed}))


def test_two_that_agree_to_the_last_digit_are_a_tie_and_ume_is_cheaper_than_what_was_not_trained() -> None:
    found = probe_of({"ume": 0.5, "frozen-linear": 0.5 - 1e-12}, n=100)
    same = [[0.09], [0.09, 0.09]]
    umt = {"name": "umt", "rung": "frozen-linear", "entries": [1], "seconds": 0.5, "predicted": True}
    document = found.document() | {"loss_covariance": same, "candidates": [found.document()["candidates"][0], umt]}
    advice = advise(ProbeRecord.model_validate_json(json.dumps(document)))
    assert advice.headline == "ume"
    assert advice.unsure
    assert advice.probability == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("apart", [1e-12, 1e-16, 0.0])
def test_of_three_the_two_that_agree_share_what_is_left(apart: float) -> None:
    found = probe_of({"ume": 0.5, "joint": 0.5 - apart, "umt": 0.52}, n=100)
    same = [[0.09], [0.09, 0.09], [0.05, 0.05, 0.09]]
    probe = ProbeRecord.model_validate_json(json.dumps(found.document() | {"loss_covariance": same}))
    by_name = {one.name: one for one in advise(probe, among=("all",)).candidates}
    assert by_name["ume"].probability == pytest.approx(by_name["joint"].probability, abs=0.05)


def test_the_advice_is_the_golden_one() -> None:
    advice = advise(ProbeRecord.read(GOLDEN / "probe-3.json"))
    close(advice.document(), json.loads((GOLDEN / "advice-2.json").read_text()))


def test_an_advice_comes_back_as_it_was_written(tmp_path: Path) -> None:
    advice = advise(make_probe())
    advice.write(tmp_path / "advice.json")
    assert AdviceRecord.read(tmp_path / "advice.json") == advice


def test_umt_is_advised_if_and_only_if_its_expected_loss_is_below_that_of_ume() -> None:
    assert advise(probe_of({"ume": 0.5, "umt": 0.4999})).headline == "umt"
    assert advise(probe_of({"ume": 0.5, "umt": 0.5001})).headline == "ume"
    assert advise(probe_of({"umt": 0.5, "ume": 0.5})).headline == "ume"


def test_the_gain_is_over_ume_or_where_ume_is_advised_over_the_next_best() -> None:
    umt, ume = advise(probe_of({"ume": 0.5, "umt": 0.4})), advise(probe_of({"ume": 0.4, "umt": 0.5}))
    assert umt.gain is not None
    assert ume.gain is not None
    assert (umt.gain.over, ume.gain.over) == ("ume", "umt")
    assert umt.gain.nats == ume.gain.nats == pytest.approx(0.1)
    half = 1.97 * np.sqrt(2 * 0.3**2 / 400)
    assert umt.gain.interval == pytest.approx((0.1 - half, 0.1 + half))


def test_the_gain_in_points_and_nats_is_that_of_the_samples() -> None:
    evidence = make_evidence(features={}, n_probe=300)
    probe = measure(evidence)
    gain = advise(probe).gain
    by_rung = {rung.name: rung for rung in probe.ladder}
    assert gain is not None
    assert gain.points == pytest.approx(100 * (by_rung["umt"].accuracy - by_rung["ume"].accuracy))
    # r* is not umt's name only: where it is, A_S and the gain are the same number with the same interval.
    if probe.contribution is not None and probe.contribution.rung == "umt":
        total = probe.contribution.total
        assert (gain.nats, *gain.interval) == pytest.approx((total.nats.value, total.nats.low, total.nats.high), 1e-5)
        assert gain.points_interval == pytest.approx((total.points.low, total.points.high), rel=1e-5)


def test_two_candidates_share_all_probability_and_the_sure_one_has_little_regret() -> None:
    by_name = {c.name: c for c in advise(probe_of({"ume": 0.5, "umt": 0.45})).candidates}
    ume, umt = by_name["ume"], by_name["umt"]
    assert ume.probability is not None
    assert umt.probability is not None
    assert ume.regret is not None
    assert umt.regret is not None
    assert ume.probability + umt.probability == pytest.approx(1)
    assert umt.probability > 0.95
    # E max(0, d) - E max(0, -d) = E d
    assert ume.regret - umt.regret == pytest.approx(0.05)


def test_draws_for_many_agree_with_the_closed_form_for_two() -> None:
    losses = {"ume": 0.50, "umt": 0.49}
    two = advise(probe_of(losses, n=200))
    three = advise(probe_of({**losses, "joint": 9.0}, n=200), among=("all",))
    for one, other in zip(two.candidates, three.candidates, strict=False):
        assert other.probability == pytest.approx(one.probability, abs=0.03)
        assert other.regret == pytest.approx(one.regret, abs=0.002)


def test_the_draws_are_seeded_and_quick() -> None:
    probe = make_probe()
    started = time.process_time()
    first = advise(probe, among=("all",))
    assert time.process_time() - started < 1
    assert advise(probe, among=("all",)) == first


def test_probabilities_among_many_sum_to_one() -> None:
    shares = [c.probability for c in advise(make_probe(), among=("all",)).candidates]
    assert sum(share for share in shares if share is not None) == pytest.approx(1)


def test_the_same_models_under_two_names_are_a_singular_covariance_and_no_obstacle() -> None:
    triangle = [[0.09], [0.09, 0.09], [0.0, 0.0, 0.09]]
    probe = probe_of({"ume": 0.5, "joint": 0.5, "umt": 0.6}, loss_covariance=triangle)
    advice = advise(probe, among=("all",))
    assert advice.headline == "ume"
    assert advise(probe, among=("ume", "joint")).probability == 0.5


def test_in_a_wider_choice_the_cheaper_of_those_within_two_thousandths_is_taken() -> None:
    near = probe_of({"ume": 0.501, "umt": 0.5, "joint": 0.4995})
    assert advise(near, among=("all",)).headline == "ume"
    assert advise(near).headline == "umt"
    far = probe_of({"ume": 0.502, "umt": 0.5, "joint": 0.4995})
    assert advise(far, among=("all",)).headline == "umt"


def test_another_way_that_is_better_is_said_and_can_be_made_the_headline() -> None:
    probe = probe_of({"ume": 0.5, "umt": 0.45, "joint": 0.3})
    advice = advise(probe)
    assert (advice.headline, advice.better) == ("umt", "joint")
    assert advice.sentences[0].startswith("Better still was joint training, by 0.150 nats")
    assert advise(probe, among=("all",)).headline == "joint"
    assert advise(probe, among=("ume", "joint")).headline == "joint"


def test_a_way_that_is_hardly_better_is_not_mentioned() -> None:
    assert advise(probe_of({"ume": 0.5, "umt": 0.45, "joint": 0.449})).better is None


def test_the_text_says_unsure_below_four_fifths() -> None:
    thin, clear = advise(probe_of({"ume": 0.5, "umt": 0.495})), advise(probe_of({"ume": 0.5, "umt": 0.4}))
    assert thin.unsure
    assert "unsure" in thin.headline_sentences[1]
    assert not clear.unsure
    assert "unsure" not in clear.headline_sentences[1]


def test_what_would_settle_it_is_said_in_samples() -> None:
    text = " ".join(advise(probe_of({"ume": 0.5, "umt": 0.48})).sentences)
    # (1.645 * sqrt(2) * .3 / .02)^2 = 1217.5: the number of samples at which .02 is 1.645 standard errors
    assert "about 1218 held-out samples in place of 400" in text
    even = advise(probe_of({"ume": 0.5, "umt": 0.4999}))
    assert "take the two as equal" in " ".join(even.sentences)
    assert "log-loss is equal to that of" in even.headline_sentences[0]


def without_weight(verdict: str) -> ProbeRecord:
    """A probe whose ensemble makes no use of video, which is judged to be ``verdict``."""
    probe = make_probe(poolings={"ume": Pooling("auto", {0: {"audio": 0.9, "video": 0.01}})})
    audio, video = probe.modalities
    assert video.judged is not None
    judged = video.judged.model_copy(update={"verdict": verdict})
    return probe.model_copy(update={"modalities": (audio, video.model_copy(update={"judged": judged}))})


def test_modalities_without_weight_are_named() -> None:
    advice = advise(without_weight("redundant"))
    assert advice.drop == ("video",)
    assert any("next to no use of video: beside the others it could" in sentence for sentence in advice.sentences)
    assert advise(make_probe()).drop == ()


def test_a_modality_without_weight_that_is_useful_beside_others_is_not_to_be_dropped() -> None:
    """A partner in an XOR has no weight in an ensemble, and is useful all the same."""
    advice = advise(without_weight("useful"))
    assert advice.drop == ()
    assert not any("next to no use" in sentence for sentence in advice.sentences)


def test_a_contribution_that_may_be_zero_is_not_called_paired_signal() -> None:
    same = make_probe(strengths={**dict.fromkeys(STRENGTHS, 1.4)})
    paired = advise(same).paired
    assert paired is not None
    assert paired.kind == "none seen"
    assert any("which these samples cannot tell from" in sentence for sentence in advise(same).sentences)


def test_paired_signal_is_present_where_the_measurement_says_so() -> None:
    for probe in (
        make_probe(strengths={**dict.fromkeys(STRENGTHS, 1.4)}),
        make_probe(strengths={**STRENGTHS, "umt": 6.0}),
    ):
        advice = advise(probe)
        assert probe.paired is not None
        assert advice.paired is not None
        assert advice.paired.verdict == probe.paired.verdict
        said = any("paired signal is present" in sentence for sentence in advice.sentences)
        assert said == (probe.paired.verdict == "present")


def test_what_was_not_detected_is_said_with_its_size() -> None:
    probe = make_probe(strengths={**dict.fromkeys(STRENGTHS, 1.4)}, smallest_effect=1.0)
    assert any("no paired signal of 1 nats or more was detected" in sentence for sentence in advise(probe).sentences)


def test_the_kind_goes_by_the_larger_part() -> None:
    interacts = make_probe(strengths={**STRENGTHS, "joint": 6.0, "joint-additive": 1.0, "frozen-linear": 1.0})
    additive = make_probe(strengths={**STRENGTHS, "joint-additive": 6.0})
    found = [advise(probe).paired for probe in (interacts, additive)]
    assert [one.kind for one in found if one is not None] == ["interaction", "additive"]


def test_intervals_within_groups_only_say_so() -> None:
    advice = advise(make_probe(groups=6, within_groups=True))
    assert advice.within_groups
    assert "within these groups only" in advice.sentences[-1]


def test_groups_are_the_unit_of_the_posterior_where_there_are_enough() -> None:
    over_groups = [[0.0], [0.0, 0.0]]
    probe = probe_of(
        {"ume": 0.5, "umt": 0.4},
        unit="groups",
        groups=20,
        df=19,
        group_loss_covariance=over_groups,
        group_correct_covariance=over_groups,
    )
    assert advise(probe).probability == 1


def test_the_papers_rule_follows_held_out_accuracy_of_the_better_head() -> None:
    for averaged, train, select, expected in ((0.9, 0.7, 0.91, "umt"), (0.9, 0.89, 0.9, "ume"), (0.5, 0.6, 0.1, "umt")):
        rows = [
            {"name": name, "seed": 0, "accuracy": accuracy, "log_loss": 0.5}
            for name, accuracy in zip(PAPER, (averaged, train, select), strict=True)
        ]
        probe = probe_of({"ume": 0.5, "umt": 0.4}, paper=rows)
        advice = advise(probe, rule="paper")
        assert advice.headline == expected
        assert advice.paper is not None
        assert advice.paper.head_accuracy == max(train, select)
        by_name = {c.name: c.probability for c in advise(probe).candidates}
        assert advice.probability == by_name[expected]


def test_the_papers_rule_chooses_between_two_alone_and_needs_its_rows() -> None:
    with pytest.raises(InputError, match="between ume and umt alone"):
        advise(make_probe(), rule="paper", among=("all",))
    with pytest.raises(InputError, match="holds nothing for the paper's rule"):
        advise(make_probe(paper=[]), rule="paper")


@pytest.mark.parametrize(("among", "closest"), [(("ume", "utm"), "umt"), (("Joint",), "joint"), ((), None)])
def test_a_name_that_was_not_measured_is_an_error_with_the_closest(among: tuple[str, ...], closest: str | None) -> None:
    with pytest.raises(InputError) as error:
        advise(make_probe(), among=among)
    assert error.value.problems[0].closest == closest


def test_one_name_alone_is_certain_of_itself() -> None:
    advice = advise(make_probe(), among=("joint",))
    assert (advice.headline, advice.probability, advice.regret) == ("joint", 1.0, 0.0)
    alone = advise(make_probe(), among=("ume",))
    assert alone.gain is None
    assert "the only one" in alone.headline_sentences[0]


def test_without_a_measurement_the_headline_is_ume_without_a_probability() -> None:
    advice = advise(not_measurable("small", "not measurable with n = 40, needs 100"))
    assert (advice.headline, advice.probability, advice.measured, advice.unsure) == ("ume", None, False, True)
    assert advice.headline_sentences[0] == "Not measured: not measurable with n = 40, needs 100."


def test_without_a_measurement_names_are_checked_all_the_same() -> None:
    with pytest.raises(InputError, match="utm"):
        advise(not_measurable("small", "too few"), among=("ume", "utm"))


def test_covariances_of_no_samples_are_an_error_and_no_crash() -> None:
    # Every pair is possible, the three together are not: correlations -.9 between all of them.
    triangle = [[0.09], [-0.081, 0.09], [-0.081, -0.081, 0.09]]
    probe = probe_of({"ume": 0.5, "umt": 0.4, "joint": 0.4}, loss_covariance=triangle)
    with pytest.raises(InputError, match="not those of any samples"):
        advise(probe, among=("all",))


QUICK = {name: strength for name, strength in STRENGTHS.items() if name not in TRAINED}


def test_without_a_trained_rival_a_head_on_frozen_features_stands_for_umt() -> None:
    advice = advise(make_probe(strengths={**QUICK, "frozen-mlp": 2.5}, budget="quick"))
    assert (advice.headline, advice.predicted, advice.budget) == ("umt", True, "quick")
    assert {c.name: c.rung for c in advice.candidates if c.predicted} == {"umt": "frozen-mlp"}
    assert "prediction" in advice.headline_sentences[1]


def test_where_what_stands_for_umt_is_as_good_as_ume_the_cheaper_is_advised() -> None:
    probe = make_probe(strengths={k: v for k, v in QUICK.items() if k != "frozen-mlp"}, budget="quick")
    ume, umt = (probe.candidate(name) for name in ("ume", "umt"))
    assert ume is not None
    assert umt is not None
    entries = list(probe.entries)
    entries[umt.entries[0]] = entries[umt.entries[0]].model_copy(
        update={"log_loss": entries[ume.entries[0]].log_loss - 1e-5}
    )
    assert advise(probe.model_copy(update={"entries": tuple(entries)})).headline == "ume"


def test_what_was_trained_for_a_third_of_the_epochs_is_called_so() -> None:
    evidence = make_evidence(budget="short", features={})
    rungs = [replace(one, predicted=one.rung in {"joint", "residual", "umt"}) for one in evidence.rungs]
    advice = advise(measure(replace(evidence, rungs=rungs)))
    assert "a sixth of the epochs of UMT" in advice.headline_sentences[1]
    assert {c.name for c in advice.candidates if c.predicted} == {"joint", "residual", "umt"}


def test_a_sign_that_is_not_sure_takes_more_samples_than_there_are() -> None:
    """Of few groups the probability is that of a t, which is unsure where a normal distribution would be sure."""
    told = []
    for worse in np.linspace(0.01, 0.06, 40):
        text = " ".join(advise(probe_of({"ume": 0.5, "umt": 0.5 - worse}, n=8, sd=0.03)).sentences)
        told += [(int(a), int(b)) for a, b in re.findall(r"about (\d+) held-out \w+ in place of (\d+)", text)]
    assert told and all(enough > present for enough, present in told)
    assert (9, 8) in told
