"""The ladder as a person reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from tests.synthetic_evidence import STRENGTHS, held_out, in_folds, make_evidence, make_probe
from umlkit.cli.explaining import explained
from umlkit.cli.findings import sentences
from umlkit.cli.ladder import show_explained, show_probe
from umlkit.output import Output, wrapped
from umlkit.output.rounding import decimals, half_width, plus_minus
from umlkit.probe.evidence import Pooling
from umlkit.probe.measure import measure, not_measurable
from umlkit.runs.records.common import Estimate
from umlkit.runs.records.pid import Pid, PidAmount
from umlkit.runs.records.probe import ProbeRecord

GOLDEN = Path(__file__).parents[1] / "golden"


def shown(probe: ProbeRecord, *, json: bool = False) -> str:
    out = StringIO()
    show_probe(Output(json=json, stdout=out, stderr=StringIO()), probe)
    return out.getvalue()


def test_every_rung_is_a_line_with_its_numbers() -> None:
    text = shown(make_probe())
    for rung in make_probe().ladder:
        line = next(line for line in text.splitlines() if line.startswith(rung.name + " "))
        assert f"{rung.accuracy:.3f}" in line
        assert f"{rung.log_loss.value:.3f}" in line
        assert f"{rung.usable_bits.value:.2f}" in line


@pytest.mark.parametrize("modality", ["audio", "a_very_long_name_of_a_modality_that_somebody_chose", "[b][/]\x1b\n,"])
def test_it_fits_eighty_columns_and_no_name_steers_the_terminal(modality: str) -> None:
    strengths = {name.replace("audio", modality): value for name, value in STRENGTHS.items()}
    probe = make_probe(
        strengths=strengths,
        modalities=(modality, "video"),
        encoders={modality: "mlp", "video": "linear"},
        prior=np.array([0.98, 0.01, 0.01]),
    )
    text = shown(probe)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "\x1b" not in text
    if modality.startswith("["):
        assert r"unimodal:[b][/]\x1b\n," in text


def test_what_is_said_of_rounding_is_what_the_ladder_does() -> None:
    probe = make_probe()
    [said] = [one.how for one in explained(probe) if one.figure == "±"]
    assert "in the ladder all of a column have those of its median half-width" in said
    digits = decimals(median(half_width(rung.usable_bits) for rung in probe.ladder))
    cells = [re.findall(r" (-?[0-9]+\.[0-9]+)", line) for line in shown(probe).splitlines()[3 : 2 + len(probe.ladder)]]
    assert cells and all(len(cell.partition(".")[2]) == digits for row in cells for cell in row[2:])


def test_a_modality_that_tells_nothing_alone_and_much_beside_another_is_called_so() -> None:
    probe = make_probe()
    first, *others = probe.modalities
    assert first.judged is not None
    nothing, much = Estimate(value=0.0, low=-0.01, high=0.01), Estimate(value=0.4, low=0.3, high=0.5)
    for alone, said in ((nothing, "(useful beside the rest)"), (much, "(useful)")):
        judged = first.judged.model_copy(update={"verdict": "useful", "alone": alone, "given_rest": much})
        told = probe.model_copy(update={"modalities": (first.model_copy(update={"judged": judged}), *others)})
        assert said in sentences(told)[0].said


def test_balanced_accuracy_stands_beside_accuracy_only_where_classes_are_unequal() -> None:
    evidence = make_evidence(features={}, n_probe=300)
    assert " bal " not in shown(measure(evidence))
    labels = evidence.probe_labels.copy()
    labels[np.flatnonzero(labels == 2)[20:]] = 0
    text = shown(measure(held_out(evidence, probe_labels=labels)))
    assert " bal " in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_full_bar_is_all_there_is_to_know() -> None:
    lines = shown(make_probe(strengths={**STRENGTHS, "umt": 60.0})).splitlines()
    assert next(line for line in lines if line.startswith("umt ")).endswith("#" * 10)
    assert "#" not in next(line for line in lines if line.startswith("prior "))


def test_intervals_that_hold_within_these_groups_only_say_so() -> None:
    assert "within these groups only" in shown(make_probe(groups=5, within_groups=True)).replace("\n", " ")
    assert "15 groups" in shown(make_probe(groups=15)).replace("\n", " ")


def test_a_part_that_is_exactly_nothing_has_no_interval() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    total = probe.contribution.total
    nothing = total.model_copy(update={"nats": Estimate(value=0.0, low=0.0, high=0.0)})
    contribution = probe.contribution.model_copy(update={"interaction": total, "additive": nothing})
    text = joined(probe.model_copy(update={"contribution": contribution}))
    assert "and 0.000 is such a sum" in text
    assert f"Of that {plus_minus(total.nats, signed=True)} is interaction" in text


def test_the_gain_that_so_many_samples_see_exceeds_the_floor() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    assert probe.contribution.power is not None
    assert probe.paired is not None
    least = probe.paired.floor + probe.contribution.power.detectable_nats
    undecided = probe.paired.model_copy(update={"verdict": "undecided", "kind": None})
    assert f"so many samples see gains of {least:.3f} nats or more" in joined(
        probe.model_copy(update={"paired": undecided})
    )


def test_a_gain_that_is_present_is_not_said_to_be_too_small_to_be_seen() -> None:
    probe = make_probe()
    assert probe.paired is not None and probe.paired.verdict == "present"
    assert "so many samples see" not in joined(probe)
    assert "That is of these very models, trained with seed 0." in joined(probe)


def test_the_floor_is_said_where_it_made_the_verdict() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    assert probe.paired is not None
    assert "fitting UME's pool" not in joined(probe)
    around = probe.contribution.total.model_copy(update={"nats": Estimate(value=0.0, low=-0.03, high=0.03)})
    contribution = probe.contribution.model_copy(update={"total": around})
    below = probe.paired.model_copy(update={"verdict": "not detected", "kind": None, "floor": 0.02})
    text = joined(probe.model_copy(update={"contribution": contribution, "paired": below}))
    assert "is not detected (fitting UME's pool costs about 0.0200 nats)" in text


def test_cross_fitted_nothing_is_chosen_on_other_samples_and_every_group_is_new_to_its_models() -> None:
    assert "chosen on other samples (`select`), gains" in joined(make_probe())
    folded = in_folds(make_evidence(groups=5, features={}), 3)
    text = joined(measure(replace(folded, within_groups=True)))
    assert "chosen on `select` of all folds, gains" in text
    assert "within these groups only" in text and "not for new ones" not in text
    assert "within these groups only, not for new ones" in joined(make_probe(groups=5, within_groups=True))


@pytest.mark.parametrize(
    ("low", "needed", "said"), [(-0.1, 9, True), (-0.1, 3, False), (0.01, 9, False), (-0.1, None, False)]
)
def test_how_many_seeds_would_tell_a_gain_from_none_is_said_where_there_are_fewer(
    low: float, needed: int | None, said: bool
) -> None:
    probe = make_probe(training_seeds=(0, 1, 2))
    found = probe.contribution
    assert found is not None and found.another_seed is not None and found.power is not None
    total = found.another_seed.total.model_copy(update={"nats": Estimate(value=0.1, low=low, high=0.3)})
    changed = found.model_copy(
        update={
            "another_seed": found.another_seed.model_copy(update={"total": total}),
            "power": found.power.model_copy(update={"seeds_for_sign": needed}),
        }
    )
    text = joined(probe.model_copy(update={"contribution": changed}))
    assert ("which about 9 seeds would tell from none" in text) == said
    assert ("seeds would tell" in text) == said


def joined(probe: ProbeRecord) -> str:
    return shown(probe).replace("\n", " ")


def test_the_screen_is_the_golden_one() -> None:
    """Of the golden document, whose figures are those of ``tests/synthetic_evidence.py``."""
    assert shown(ProbeRecord.read(GOLDEN / "probe-3.json")) == (GOLDEN / "probe-screen.txt").read_text("utf-8")


def test_the_explanations_are_the_golden_ones() -> None:
    out = StringIO()
    show_explained(Output(stdout=out, stderr=StringIO()), ProbeRecord.read(GOLDEN / "probe-3.json"))
    assert out.getvalue() == (GOLDEN / "probe-explained.txt").read_text("utf-8")


def of_many(modalities: int, *, name: str = "m") -> ProbeRecord:
    """A measurement with everything that a screen can show, of so many modalities."""
    names = tuple(f"{name}{m}" for m in range(modalities))
    rest = {rung: value for rung, value in STRENGTHS.items() if not rung.startswith("unimodal:")}
    kernels = {"kernel-additive": 1.4, "kernel": 1.5}
    probe = make_probe(
        strengths={**{f"unimodal:{n}": 0.2 + 0.1 * m for m, n in enumerate(names)}, **rest, **kernels},
        modalities=names,
        encoders=dict.fromkeys(names, "mlp"),
        poolings={"ume": Pooling("auto", {0: dict.fromkeys(names, 1.0)})},
        groups=15,
    )
    golden = ProbeRecord.read(GOLDEN / "probe-3.json")
    (reliance,) = (one for one in golden.reliance if one.rung == "joint")
    assert probe.contribution is not None
    told = {
        "rung": probe.contribution.rung,
        "modalities": tuple(reliance.modalities[0].model_copy(update={"name": n}) for n in names),
    }
    return probe.model_copy(
        update={
            "deficits": tuple(golden.deficits[0].model_copy(update={"modality": n}) for n in names),
            "reliance": (reliance.model_copy(update=told),),
            "emap": tuple(one.model_copy(update={"rung": told["rung"]}) for one in golden.emap[-1:]),
            "n_effective": 77.0,
            "within_groups": True,
        }
    )


@pytest.mark.parametrize("name", ["m", "a_very_long_name_of_a_modality_"])
@pytest.mark.parametrize("modalities", [2, 3, 6, 7, 12])
def test_it_fits_one_screen_whatever_the_number_of_modalities(modalities: int, name: str) -> None:
    probe = of_many(modalities, name=name)
    lines = shown(probe).splitlines()
    assert len(lines) <= 30
    assert max(len(line) for line in lines) <= 80
    for rung in probe.ladder:
        if not rung.name.startswith("unimodal:"):
            assert any(line.startswith(rung.name + " ") for line in lines)


def test_of_many_modalities_those_that_tell_least_share_a_line() -> None:
    lines = shown(of_many(12)).splitlines()
    (shared,) = (line for line in lines if "modalities, each" in line)
    assert "<=" in shared
    own = [line for line in lines if line.startswith("unimodal:")]
    assert len(own) + int(shared.split()[0]) == 12
    assert any(line.startswith("unimodal:m11 ") for line in own) or not own  # the one that tells most
    assert "and 10 others less (" in " ".join(lines)


def test_of_many_modalities_the_useful_are_named_and_the_others_counted() -> None:
    probe = of_many(6)
    verdicts = dict(zip(("m0", "m1", "m2", "m3"), ("useless", "useful", "useless", "undecided"), strict=True))
    judged = tuple(
        one.model_copy(update={"judged": one.judged.model_copy(update={"verdict": verdicts.get(one.name, "useful")})})
        for one in probe.modalities
        if one.judged is not None
    )
    assert "4 others less (undecided: 1, useless: 2, useful: m1)" in joined(
        probe.model_copy(update={"modalities": judged})
    )


def test_what_the_best_modality_has_over_the_pool_was_not_learned_together() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    alone = probe.contribution.model_copy(update={"additive_rung": "unimodal:audio"})
    text = joined(probe.model_copy(update={"contribution": alone}))
    assert "is what audio alone has over that pool" in text
    assert "learned only together" not in text


def test_a_screen_has_at_most_five_sentences_each_with_a_number() -> None:
    for probe in (make_probe(), of_many(3), ProbeRecord.read(GOLDEN / "probe-3.json")):
        found = sentences(probe)
        assert 1 <= len(found) <= 5
        assert all(re.search(r"\d", sentence.said) and sentence.said.endswith(".") for sentence in found)


def with_pid(probe: ProbeRecord) -> ProbeRecord:
    """The measurement with a decomposition of its first two modalities."""
    part = PidAmount(bits=0.125, measured_bits=0.135, chance_bits=0.01, chance_high_bits=0.02)
    names = (probe.modalities[0].name, probe.modalities[1].name)
    pid = Pid(modalities=names, clusters=8, redundant=part, unique=(part, part), synergy=part)
    return probe.model_copy(update={"pid": (pid,)})


def test_a_decomposition_that_was_asked_for_stays_and_what_gives_way_to_it_is_named() -> None:
    for verdict in ("present", "not detected"):
        probe = with_pid(of_many(4))
        assert probe.paired is not None
        judged = probe.paired.model_copy(update={"verdict": verdict})
        text = shown(probe.model_copy(update={"paired": judged}))
        told = text.replace("\n", " ")
        assert len(text.splitlines()) <= 30
        assert "PID of 8 clusters each" in told
        assert "Paired signal" in told
        assert "Bits that encoders lose" not in told
        assert "Left out: what encoders lose" in told
        assert "so many samples see gains of" in told or verdict == "present"


def test_the_smallest_gain_that_was_seen_is_explained_with_its_number() -> None:
    probe = make_probe()
    assert probe.contribution is not None and probe.contribution.power is not None and probe.paired is not None
    power = probe.contribution.power.model_copy(update={"detectable_nats": 0.125})
    judged = probe.paired.model_copy(update={"floor": 0.025})
    update = {"contribution": probe.contribution.model_copy(update={"power": power}), "paired": judged}
    said = {one.figure: one.how for one in explained(probe.model_copy(update=update))}
    assert said["what so many samples see"].startswith("Gains of 0.150 nats")


@pytest.mark.parametrize(("budget", "heads"), [("quick", True), ("short", False), ("full", False)])
def test_heads_on_frozen_features_are_rivals_only_where_no_network_is(budget: str, heads: bool) -> None:
    (said,) = (
        o.how for o in explained(make_probe().model_copy(update={"budget": budget})) if o.figure == "gain over UME"
    )
    assert ("but the heads on frozen features" in said) != heads


def test_where_everything_fits_a_decomposition_takes_nothing_away() -> None:
    probe = with_pid(make_probe())
    told = shown(probe).replace("\n", " ")
    assert "Left out" not in told
    for sentence in sentences(probe):
        assert sentence.said in told


def test_verdicts_are_said_in_their_words() -> None:
    probe = make_probe()
    assert probe.paired is not None and probe.modalities[0].judged is not None
    text = joined(probe)
    assert f"reaches, is {probe.paired.verdict}" in text
    assert f"({probe.modalities[0].judged.verdict})" in text


def test_a_gain_within_what_the_floor_explains_says_so() -> None:
    probe = make_probe()
    assert probe.paired is not None
    judged = probe.paired.model_copy(
        update={"verdict": "undecided", "kind": None, "head_effect": True, "floor": 0.0123}
    )
    assert "undecided (fitting UME's pool costs about 0.0123 nats)" in joined(
        probe.model_copy(update={"paired": judged})
    )


def test_a_document_of_an_older_version_is_shown_as_far_as_it_goes() -> None:
    text = shown(ProbeRecord.read(GOLDEN / "older" / "probe-2.json"))
    assert "Paired signal" in text and "Shapley" not in text


def test_every_figure_of_the_papers_guide_is_explained_where_it_occurs() -> None:
    said = {one.figure: one.how for one in explained(make_probe())}
    guide = said["the paper's guide, as we read its abstract"]
    assert all(name in guide for name in ("ume-prob-mean", "paper-train", "paper-select"))


def test_explanations_are_a_few_lines_each_and_name_their_sources() -> None:
    probe = of_many(6)
    for one in explained(probe):
        assert len(wrapped(one.how).splitlines()) <= 14, one.figure
    sources = " ".join(one.source for one in explained(probe))
    for arxiv in ("2305.01233", "1706.04599", "2002.10689", "2010.06572", "2004.00668"):
        assert arxiv in sources
    assert {rung.name for rung in probe.ladder} <= {name for one in explained(probe) for name in one.figure.split(", ")}


def test_why_nothing_was_measured_is_explained_too() -> None:
    (only,) = explained(not_measurable("x", "too few samples", 200))
    assert only.how == "too few samples."


def test_why_nothing_was_measured_is_said() -> None:
    assert shown(not_measurable("x", "too few samples", 200)) == ("Not measured: too few samples.\n")


def test_with_json_nothing_is_shown() -> None:
    assert shown(make_probe(), json=True) == ""


def test_where_class_frequencies_differ_the_screen_says_what_bits_are_counted_from_and_why_no_verdict() -> None:
    probe = make_probe()
    assert probe.paired is not None and probe.paired.adjusted.low > 0
    judged = probe.paired.model_copy(update={"verdict": "undecided", "kind": None, "head_effect": True})
    text = joined(probe.model_copy(update={"paired": judged, "shifted": True}))
    assert "beyond training's class frequencies" in text and "which are not those here" in text
    assert "undecided (classes are not as frequent as in training, and to know that gains, too)" in text
