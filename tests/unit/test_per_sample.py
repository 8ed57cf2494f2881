"""The measurement sample by sample: rows in the order of the data set, whatever the folds, and parts that add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.synthetic_evidence import STRENGTHS, held_out, in_folds, make_evidence, with_marginals
from umlkit.probe.emap import project
from umlkit.probe.evidence import Evidence
from umlkit.probe.measure import measure, read_all
from umlkit.probe.per_sample import PerSample, per_sample


def table_of(evidence: Evidence) -> PerSample:
    readings = read_all(evidence)
    return per_sample(evidence, readings, project(evidence), measure(evidence, readings).contribution)


def test_every_rung_has_the_losses_whose_mean_is_in_the_ladder() -> None:
    evidence = make_evidence(features={}, training_seeds=(0, 1))
    table = table_of(evidence)
    assert list(table.losses) == ["prior", *STRENGTHS]
    for rung in measure(evidence).ladder:
        assert table.losses[rung.name].mean() == pytest.approx(rung.log_loss.value)


def test_the_parts_of_a_gain_add_up_sample_by_sample_and_in_the_mean() -> None:
    evidence = make_evidence(features={})
    table, contribution = table_of(evidence), measure(evidence).contribution
    assert contribution is not None
    assert table.split["gain"] == pytest.approx(table.split["interaction"] + table.split["additive"])
    for name, part in (("gain", "total"), ("interaction", "interaction"), ("additive", "additive")):
        assert table.split[name].mean() == pytest.approx(getattr(contribution, part).nats.value)


def test_rows_are_in_the_order_of_the_data_set_and_losses_go_with_them() -> None:
    evidence = make_evidence(features={})
    rows = np.random.default_rng(0).permutation(1000)[: len(evidence.probe_labels)]
    plain, shuffled = table_of(evidence), table_of(held_out(evidence, rows=rows))
    assert (np.diff(shuffled.rows) > 0).all()
    order = np.argsort(rows)
    assert (shuffled.labels == evidence.probe_labels[order]).all()
    assert shuffled.losses["umt"] == pytest.approx(plain.losses["umt"][order])


def test_folds_say_which_models_a_sample_was_read_with() -> None:
    folded = in_folds(make_evidence(features={}), 3)
    swapped = replace(folded, folds=folded.folds[::-1])
    one, other = table_of(folded), table_of(swapped)
    assert one.folds == other.folds and set(one.folds) == {"fold-1", "fold-2", "fold-3"}
    assert (one.rows == other.rows).all() and (one.labels == other.labels).all()
    assert one.losses["joint"] == pytest.approx(other.losses["joint"])


def test_weights_stand_beside_losses_that_they_have_no_part_in() -> None:
    evidence = make_evidence(features={})
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(evidence.probe_labels))
    weighted = held_out(evidence, probe_weights=weights / weights.mean())
    table = table_of(weighted)
    assert table.weights == pytest.approx(weights / weights.mean())
    assert table.losses["ume"] == pytest.approx(table_of(evidence).losses["ume"])


def test_a_projection_may_be_what_the_gain_is_split_by() -> None:
    evidence = with_marginals(0.5)
    readings = read_all(evidence)
    contribution = measure(evidence, readings).contribution
    assert contribution is not None
    found = per_sample(
        evidence,
        readings,
        project(evidence),
        contribution.model_copy(update={"rung": "joint", "additive_rung": "emap:joint"}),
    )
    assert found.split["gain"] == pytest.approx(found.split["interaction"] + found.split["additive"])
    assert found.split["interaction"].mean() == pytest.approx(
        next(gap for gap in measure(evidence, readings).emap if gap.rung == "joint").gap.nats.value
    )


def test_without_a_rival_there_is_no_split() -> None:
    alone = {rung: strength for rung, strength in STRENGTHS.items() if rung.startswith("unimodal") or rung == "ume"}
    assert table_of(make_evidence(features={}, strengths=alone)).split == {}
