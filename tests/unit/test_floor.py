"""The null floor: a parameter's worth for every modality but one, more of it where samples lie in groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.benchmarks import pool_cost
from tests.synthetic_evidence import STRENGTHS, held_out, in_folds, make_evidence
from umlkit.probe import floor
from umlkit.probe.evidence import Evidence
from umlkit.probe.measure import units_of


def floor_of(evidence: Evidence) -> float:
    return floor.null_floor(evidence, units_of(evidence))


def grouped(evidence: Evidence, groups: np.ndarray) -> Evidence:
    return held_out(evidence, probe_groups=groups)


@pytest.mark.parametrize("modalities", [2, 3, 6])
def test_it_is_half_a_nat_over_the_samples_for_every_modality_but_one(modalities: int) -> None:
    evidence = replace(make_evidence(n_select=120), modalities=tuple("abcdef"[:modalities]))
    assert floor_of(evidence) == pytest.approx((modalities - 1) / 240)


def test_of_weighted_samples_as_many_count_as_they_are_worth_and_of_folds_the_mean() -> None:
    weights = np.where(np.arange(120) < 60, 2.0, 0.0)
    assert floor_of(held_out(make_evidence(n_select=120), select_weights=weights)) == pytest.approx(1 / 120)
    assert floor_of(in_folds(make_evidence(n_select=120), 3)) == pytest.approx(1 / 80)


def by_hand(
    pooled: np.ndarray, single: np.ndarray, labels: np.ndarray, prior: np.ndarray, groups: np.ndarray, w: np.ndarray
) -> tuple[float, float]:
    """The traces of the equation, sample by sample."""
    logs = [prior - np.logaddexp.reduce(prior)] * len(labels), single - np.logaddexp.reduce(single, 2)[:, :, None]
    terms = np.stack([np.vstack([p, q]) for p, q in zip(*logs, strict=True)])
    likely = np.exp(pooled - np.logaddexp.reduce(pooled, 1)[:, None])
    expected = np.stack([t @ p for t, p in zip(terms, likely, strict=True)])
    g = np.stack([w[i] * (expected[i] - terms[i][:, labels[i]]) for i in range(len(labels))])
    hessian = sum(
        w[i] * (terms[i] @ np.diag(likely[i]) @ terms[i].T - np.outer(expected[i], expected[i]))
        for i in range(len(labels))
    )
    sums = [g[groups == one].sum(axis=0) for one in np.unique(groups)]
    return tuple(sum(v @ np.linalg.solve(hessian, v) for v in vectors) for vectors in (sums, list(g)))  # type: ignore


@pytest.mark.parametrize("ensemble", ["ume", "ume-tuned"])
def test_the_design_effect_is_that_of_the_equation(ensemble: str, monkeypatch) -> None:
    monkeypatch.setattr(floor, "CHUNK", 7)
    strengths = {**STRENGTHS, "ume-tuned": 1.2} if ensemble == "ume-tuned" else STRENGTHS
    plain = make_evidence(n_probe=60, training_seeds=(0, 1), prior=[0.5, 0.3, 0.2], strengths=strengths)
    rng, groups = np.random.default_rng(0), np.arange(60) // 5
    weights = rng.uniform(0.5, 2, 60)
    evidence = in_folds(held_out(grouped(plain, groups), probe_weights=weights / weights.mean()), 3)
    traces = []
    for held in evidence.folds:
        for seed in (0, 1):
            said = {o.rung: o.probe_logits for o in evidence.rungs if (o.seed, o.fold) == (seed, held.fold)}
            single = np.stack([said["unimodal:audio"], said["unimodal:video"]], axis=1)
            assert held.probe_weights is not None and held.probe_groups is not None
            traces.append(
                by_hand(
                    said[ensemble], single, held.probe_labels, np.log(held.prior), held.probe_groups, held.probe_weights
                )
            )
    together, apart = np.sum(traces, axis=0)
    assert together > 1.02 * apart
    assert evidence.probe_groups is not None
    assert floor.design_effect(evidence, evidence.probe_groups) == pytest.approx(together / apart)
    assert floor_of(evidence) == pytest.approx(together / apart / 80)


def test_samples_that_are_groups_of_their_own_and_groups_that_are_no_units_change_nothing() -> None:
    evidence = make_evidence(n_select=120)
    assert floor_of(grouped(evidence, np.arange(150))) == pytest.approx(floor_of(evidence))
    copies = grouped(evidence, np.arange(150) // 40)
    assert floor_of(replace(copies, within_groups=True)) == pytest.approx(floor_of(evidence))


@pytest.mark.parametrize("times", [2, 5])
def test_groups_of_copies_are_worth_a_sample_each(times: int) -> None:
    evidence = make_evidence(n_select=120)
    (held,) = evidence.folds
    often = replace(
        evidence,
        folds=[
            replace(
                held,
                probe_labels=np.tile(held.probe_labels, times),
                probe_groups=np.tile(np.arange(150), times),
                rows=np.arange(150 * times),
            )
        ],
        rungs=[replace(one, probe_logits=np.tile(one.probe_logits, (times, 1))) for one in evidence.rungs],
    )
    assert floor_of(often) == pytest.approx(times * floor_of(evidence))


def test_models_that_say_nothing_leave_it_finite() -> None:
    evidence = grouped(make_evidence(n_select=120), np.arange(150) // 15)
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
