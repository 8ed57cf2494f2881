"""The measurement: stored outputs in, one probe record out. Nothing is trained here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from umlkit.probe import rules, verdict
from umlkit.probe.candidates import candidates
from umlkit.probe.contribution import TUNED, UME, contribution, ensemble
from umlkit.probe.deficit import deficits
from umlkit.probe.emap import emap_gaps, project
from umlkit.probe.evidence import Evidence, RungOutputs
from umlkit.probe.floor import null_floor
from umlkit.probe.pid import decompositions
from umlkit.probe.readings import PRIOR, Reading, Readings, read, read_prior
from umlkit.probe.reliance import reliances
from umlkit.probe.units import Units, Values
from umlkit.probe.weighting import share
from umlkit.recipe.schema import Budget
from umlkit.runs.records.probe import Entry, ModalityEvidence, PaperRow, ProbeRecord, Rung
from umlkit.runs.records.verdict import ModalityVerdict

LADDER_AFTER_UNIMODAL = (
    UME,
    TUNED,
    "frozen-linear",
    "frozen-mlp",
    "kernel-additive",
    "kernel",
    "joint-additive",
    "joint",
    "residual",
    "umt",
)
DIGITS = 9


def measure(evidence: Evidence, readings: Readings | None = None, projected: Readings | None = None) -> ProbeRecord:
    """Everything that the ladder, the contribution and the advice need, from ``evidence`` alone.

    Args:
        evidence: what is measured.
        readings: what :func:`read_all` gives of it, where somebody has it already.
        projected: what :func:`umlkit.probe.emap.project` gives of it, likewise.

    Raises:
        RunError: a stored logit is NaN or infinite.
        ValueError: UME is missing, or a rung is not there for every seed.
    """
    readings, projected = readings or read_all(evidence), projected or project(evidence)
    units = units_of(evidence)
    floor = null_floor(evidence, units)
    achieved = contribution(
        readings,
        units,
        projected=projected,
        smallest_effect=evidence.smallest_effect,
        floor=floor,
        shifted=evidence.shifted,
    )
    paired = verdict.paired(achieved, evidence, units, floor=floor)
    best = None if achieved is None else achieved.rung
    owed = reliances(evidence, units)
    judged = verdict.modalities(readings, evidence, units, found=paired, rung=best, reliances=owed)
    return ProbeRecord(
        name=evidence.name,
        rules=rules.RULES,
        measured=True,
        classes=tuple(evidence.classes),
        modalities=tuple(_modality(name, evidence, readings, units, judged[name]) for name in evidence.modalities),
        seeds=tuple(evidence.seeds),
        folds=len(evidence.folds),
        **_samples(evidence, units),
        smallest_effect=evidence.smallest_effect,
        shifted=evidence.shifted,
        budget=evidence.budget,
        entropy_nats=float(readings.losses(PRIOR).mean()),
        entries=tuple(_entry(entry) for entry in readings.entries),
        **_covariances(readings, units),
        candidates=candidates(evidence, readings, achieved),
        ladder=tuple(_rung(name, readings, units) for name in readings.rungs()),
        contribution=achieved,
        paired=paired,
        deficits=deficits(evidence, units),
        pid=decompositions(evidence, units) if evidence.pid else (),
        paper=tuple(_paper_row(read(outputs, evidence)) for outputs in _by_seed(evidence.paper)),
        emap=emap_gaps(readings, projected, units, of={rung for rung, _, _ in evidence.marginals}),
        reliance=owed,
    )


def units_of(evidence: Evidence) -> Units:
    """What the intervals go over."""
    groups = None if evidence.within_groups else evidence.probe_groups
    return Units.of(len(evidence.probe_labels), groups, folds=len(evidence.folds), weights=evidence.probe_weights)


def _samples(evidence: Evidence, units: Units) -> dict[str, Any]:
    """How many samples there are of what, and what the intervals go over: fields of the record."""
    groups = None if evidence.probe_groups is None else len(np.unique(evidence.probe_groups))
    return {
        "n_select": round(np.mean([len(held.select_labels) for held in evidence.folds])),
        "n_probe": units.n,
        "n_effective": units.effective,
        "class_counts": tuple(np.bincount(evidence.probe_labels, minlength=len(evidence.classes)).tolist()),
        "groups": groups,
        "unit": "samples" if units.groups is None else "groups",
        "within_groups": groups is not None and units.groups is None,
        "df": units.df,
        "critical": units.critical,
    }


def _covariances(readings: Readings, units: Units) -> dict[str, Any]:
    """Those of all entries over samples, and over groups where these are the units: fields of the record."""
    over_samples, found = replace(units, groups=None), {}
    for what in ("loss", "correct"):
        values = np.stack([entry.losses if what == "loss" else entry.correct for entry in readings.entries], axis=1)
        found[f"{what}_covariance"] = _triangle(over_samples.covariance(values))
        if units.groups is not None:
            found[f"group_{what}_covariance"] = _triangle(units.covariance(values))
    return found


def not_measurable(name: str, reason: str, needed: int | None = None, *, budget: Budget = "full") -> ProbeRecord:
    """The document that says why the recipe ``name`` has no measurement, and how many samples would be enough."""
    return ProbeRecord(name=name, rules=rules.RULES, measured=False, reason=reason, needed=needed, budget=budget)


def read_all(evidence: Evidence) -> Readings:
    """The prior and every rung with every seed, in the ladder's order.

    Raises:
        RunError: a stored logit is NaN or infinite.
        ValueError: UME is missing, or a rung is not there for every seed.
    """
    alone = [f"unimodal:{modality}" for modality in evidence.modalities]
    given = list(dict.fromkeys(outputs.rung for outputs in evidence.rungs))
    order = [rung for rung in (*alone, *LADDER_AFTER_UNIMODAL) if rung in given]
    order += [rung for rung in given if rung not in order]
    seeds = sorted(evidence.seeds)
    trained = sorted(_by_seed(evidence.rungs), key=lambda outputs: (order.index(outputs[0].rung), outputs[0].seed))
    if UME not in order or any(
        [outputs[0].seed for outputs in trained if outputs[0].rung == rung] != seeds for rung in order
    ):
        raise ValueError(f"a measurement needs ume, and every rung once for every seed; got {order} for seeds {seeds}")
    return Readings([read_prior(evidence), *(read(outputs, evidence) for outputs in trained)])


def _by_seed(given: Sequence[RungOutputs]) -> list[list[RungOutputs]]:
    """The outputs of every (rung, seed), a fold each; in the order in which they are first met."""
    found: dict[tuple[str, int], list[RungOutputs]] = {}
    for outputs in given:
        found.setdefault((outputs.rung, outputs.seed), []).append(outputs)
    return list(found.values())


def _entry(reading: Reading) -> Entry:
    return Entry(
        rung=reading.rung,
        seed=reading.seed,
        additive=reading.additive,
        log_loss=float(reading.losses.mean()),
        accuracy=share(reading.correct),
        balanced_accuracy=reading.balanced_accuracy,
        balanced_log_loss=reading.balanced_log_loss,
        temperature=reading.temperature,
        select_loss=reading.select_loss,
        seconds=reading.seconds,
    )


def _rung(name: str, readings: Readings, units: Units) -> Rung:
    entries, losses = readings.of(name), readings.losses(name)
    return Rung(
        name=name,
        additive=readings.additive(name),
        accuracy=share(readings.correct(name)),
        balanced_accuracy=float(np.mean([entry.balanced_accuracy for entry in entries])),
        balanced_log_loss=float(np.mean([entry.balanced_log_loss for entry in entries])),
        log_loss=units.estimate(losses),
        usable_bits=units.estimate((readings.losses(PRIOR) - losses) / np.log(2)),
        select_loss=readings.select_loss(name),
        seconds=float(np.mean([entry.seconds for entry in entries])),
    )


def _modality(
    name: str, evidence: Evidence, readings: Readings, units: Units, judged: ModalityVerdict
) -> ModalityEvidence:
    by_seed = evidence.pooling(ensemble(readings)).weights
    weights = {str(seed): float(pool[name]) for seed, pool in by_seed.items() if name in pool}
    return ModalityEvidence(
        name=name,
        encoder=evidence.encoders[name],
        usable_bits=_rung(f"unimodal:{name}", readings, units).usable_bits,
        ume_weight=float(np.mean(list(weights.values()))) if weights else None,
        ume_weight_by_seed=weights,
        judged=judged,
    )


def _paper_row(reading: Reading) -> PaperRow:
    return PaperRow(
        name=reading.rung,
        seed=reading.seed or 0,
        accuracy=share(reading.correct),
        log_loss=float(reading.losses.mean()),
    )


def _triangle(matrix: Values) -> tuple[tuple[float, ...], ...]:
    """Lower triangle, to nine significant digits: half the file, and finer than any sampling error."""
    return tuple(tuple(float(f"{value:.{DIGITS}g}") for value in row[: i + 1]) for i, row in enumerate(matrix))
