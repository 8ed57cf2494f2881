"""The ladder as a person reads it."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest

from tests.synthetic_evidence import STRENGTHS, held_out, make_evidence, make_probe
from umlkit.cli.ladder import show_probe
from umlkit.output import Output
from umlkit.probe.measure import measure, not_measurable
from umlkit.runs.records.common import Estimate
from umlkit.runs.records.probe import ProbeRecord


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
        assert f"{rung.usable_bits.low:.2f} to {rung.usable_bits.high:.2f}" in line


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


def test_the_accuracy_gain_of_a_single_seed_stands_beside_its_mcnemar_mid_p() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    expected = f"(McNemar mid-p {probe.contribution.mcnemar[0].mid_p:.3f})"
    assert expected in shown(probe).replace("\n", " ")
    assert "McNemar" not in shown(make_probe(training_seeds=(0, 1)))


def test_a_part_that_is_exactly_nothing_has_no_interval() -> None:
    probe = make_probe()
    assert probe.contribution is not None
    total = probe.contribution.total
    nothing = total.model_copy(update={"nats": Estimate(value=0.0, low=0.0, high=0.0)})
    contribution = probe.contribution.model_copy(update={"interaction": total, "additive": nothing})
    text = shown(probe.model_copy(update={"contribution": contribution})).replace("\n", " ")
    assert "none jointly learned yet additive" in text
    assert f"{total.nats.value:+.3f} ({total.nats.low:+.3f}" in text


def test_why_nothing_was_measured_is_said() -> None:
    assert shown(not_measurable("x", "too few samples", 200)) == ("Not measured: too few samples.\n")


def test_with_json_nothing_is_shown() -> None:
    assert shown(make_probe(), json=True) == ""
