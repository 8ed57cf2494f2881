"""The null floor: a parameter's worth for every modality but one, more of it where samples lie in groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.benchmarks import pool_cost
from tests.synthetic_evidence import held_out, in_folds, make_evidence
from umlkit.probe.evidence import Evidence
from umlkit.probe.floor import null_floor
from umlkit.probe.measure import units_of


def floor_of(evidence: Evidence) -> float:
    return null_floor(evidence, units_of(evidence))


def grouped(evidence: Evidence, select: np.ndarray, *, groups: int = 15) -> Evidence:
    n_probe = len(evidence.probe_labels)
    return held_out(evidence, select_groups=select, probe_groups=np.arange(n_probe) % groups)


@pytest.mark.parametrize("modalities", [2, 3, 6])
def test_it_is_half_a_nat_over_the_samples_for_every_modality_but_one(modalities: int) -> None:
    evidence = replace(make_evidence(n_select=120), modalities=tuple("abcdef"[:modalities]))
    assert floor_of(evidence) == pytest.approx((modalities - 1) / 240)


def test_of_weighted_samples_as_many_count_as_they_are_worth_and_of_folds_the_mean() -> None:
    weights = np.where(np.arange(120) < 60, 2.0, 0.0)
    assert floor_of(held_out(make_evidence(n_select=120), select_weights=weights)) == pytest.approx(1 / 120)
    assert floor_of(in_folds(make_evidence(n_select=120), 3)) == pytest.approx(1 / 80)


def test_samples_that_are_groups_of_their_own_and_groups_that_are_no_units_change_nothing() -> None:
    evidence = make_evidence(n_select=120)
    alone = grouped(evidence, np.arange(120))
    assert floor_of(alone) == pytest.approx(floor_of(evidence))
    copies = grouped(evidence, np.arange(120) // 40)
    assert floor_of(replace(copies, within_groups=True)) == pytest.approx(floor_of(evidence))


@pytest.mark.parametrize("times", [2, 5])
def test_copies_of_a_sample_are_worth_one(times: int) -> None:
    evidence = make_evidence(n_select=120)
    (held,) = evidence.folds
    often = replace(
        evidence,
        folds=[replace(held, select_labels=np.tile(held.select_labels, times))],
        rungs=[replace(one, select_logits=np.tile(one.select_logits, (times, 1))) for one in evidence.rungs],
    )
    assert floor_of(often) == pytest.approx(floor_of(evidence) / times)
    assert floor_of(grouped(often, np.tile(np.arange(120), times))) == pytest.approx(floor_of(evidence))


def test_how_loud_a_modality_is_does_not_matter() -> None:
    evidence = grouped(make_evidence(n_select=120), np.arange(120) // 12)
    loud = replace(
        evidence,
        rungs=[
            replace(one, select_logits=one.select_logits * (1 + 4e-3 * (one.rung == "unimodal:video")))
            for one in evidence.rungs
        ],
    )
    assert floor_of(loud) == pytest.approx(floor_of(evidence), rel=1e-2)


def test_models_that_say_nothing_leave_it_finite() -> None:
    evidence = grouped(make_evidence(n_select=120), np.arange(120) // 12)
    silent = replace(
        evidence,
        rungs=[replace(o, select_logits=0 * o.select_logits, probe_logits=0 * o.probe_logits) for o in evidence.rungs],
    )
    assert np.isfinite(floor_of(silent)) and floor_of(silent) >= floor_of(make_evidence(n_select=120))


def test_groups_that_shift_what_modalities_say_raise_it_and_the_benchmark_counts_them() -> None:
    plain, shifted = (pool_cost.measured(2, 300, groups, seed=1) for groups in (None, 6))
    assert plain[1] == pytest.approx(1 / 600)
    assert shifted[1] > 1.5 * plain[1]
    assert np.isfinite([*plain[:2], *shifted[:2]]).all()
