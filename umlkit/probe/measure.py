"""The measurement: stored outputs in, one probe record out. Nothing is trained here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from umlkit.probe import rules, verdict
from umlkit.probe.contribution import TUNED, UME, UMT, best_rival, contribution, ensemble
from umlkit.probe.deficit import deficits
from umlkit.probe.emap import emap_gaps, project
from umlkit.probe.evidence import Evidence, RungOutputs
from umlkit.probe.pid import decompositions
from umlkit.probe.readings import BEST_SINGLE, PRIOR, Reading, Readings, read, read_prior
from umlkit.probe.reliance import reliances
from umlkit.probe.units import FEWEST_GROUPS, Units, Values
from umlkit.probe.weighting import effective, share
from umlkit.recipe.schema import Budget
from umlkit.runs.records.probe import Candidate, Entry, ModalityEvidence, PaperRow, ProbeRecord, Rung
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
    n, grouped = len(evidence.probe_labels), evidence.probe_groups
    worth = None if evidence.probe_weights is None else effective(evidence.probe_weights)
    units = Units.of(n, None if evidence.within_groups else grouped, folds=len(evidence.folds), effective=worth)
    groups = None if grouped is None else len(np.unique(grouped))
    losses = np.stack([entry.losses for entry in readings.entries], axis=1)
    correct = np.stack([entry.correct for entry in readings.entries], axis=1)
    by_group, over_samples = units.groups is not None, Units(n, folds=len(evidence.folds), effective=worth)
    achieved = contribution(
        readings,
        units,
        projected=projected,
        smallest_effect=evidence.smallest_effect,
        floor=verdict.null_floor(evidence),
        shifted=evidence.shifted,
    )
    paired = verdict.paired(achieved, evidence, units)
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
        n_select=round(np.mean([len(held.select_labels) for held in evidence.folds])),
        n_probe=n,
        n_effective=worth,
        class_counts=tuple(np.bincount(evidence.probe_labels, minlength=len(evidence.classes)).tolist()),
        groups=groups,
        unit="groups" if by_group else "samples",
        within_groups=evidence.within_groups or (groups is not None and groups < FEWEST_GROUPS),
        df=units.df,
        critical=units.critical,
        smallest_effect=evidence.smallest_effect,
        shifted=evidence.shifted,
        budget=evidence.budget,
        entropy_nats=float(readings.losses(PRIOR).mean()),
        entries=tuple(_entry(entry) for entry in readings.entries),
        loss_covariance=_triangle(over_samples.covariance(losses)),
        correct_covariance=_triangle(over_samples.covariance(correct)),
        group_loss_covariance=_triangle(units.covariance(losses)) if by_group else None,
        group_correct_covariance=_triangle(units.covariance(correct)) if by_group else None,
        candidates=_candidates(evidence, readings),
        ladder=tuple(_rung(name, readings, units) for name in readings.rungs()),
        contribution=achieved,
        paired=paired,
        deficits=deficits(evidence, units),
        pid=decompositions(evidence) if evidence.pid else (),
        paper=tuple(_paper_row(read(outputs, evidence)) for outputs in _by_seed(evidence.paper)),
        emap=emap_gaps(readings, projected, units, of={rung for rung, _, _ in evidence.marginals}),
        reliance=owed,
    )


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


def _candidates(evidence: Evidence, readings: Readings) -> tuple[Candidate, ...]:
    """Every way of training that outputs stand for; the best single modality is chosen on `select` where not given."""
    alone = [rung for rung in readings.rungs() if rung.startswith("unimodal:")]
    unimodal_seconds = float(sum(np.mean([entry.seconds for entry in readings.of(rung)]) for rung in alone))
    named = {outputs.candidate: outputs for outputs in evidence.rungs if outputs.candidate is not None}
    made = [
        _candidate(
            str(name),
            ensemble(readings) if name == UME else outputs.rung,
            readings,
            more_seconds=unimodal_seconds if outputs.needs_unimodal else 0.0,
            predicted=outputs.predicted,
        )
        for name, outputs in named.items()
    ]
    if UMT not in named and (stand_in := _stand_in(readings, shifted=evidence.shifted)) is not None:
        made.append(_candidate(UMT, stand_in, readings, more_seconds=unimodal_seconds, predicted=True))
    if BEST_SINGLE in named or not alone:
        return tuple(made)
    return (_best_single(readings, alone, unimodal_seconds), *made)


def _stand_in(readings: Readings, *, shifted: bool) -> str | None:
    """What shows how good UMT is where it was not trained: r*, or UME where that has not gained anything.

    A head or a kernel machine that loses to UME, by an unlucky choice, does not show that a network will.
    """
    best, apart = best_rival(readings, shifted=shifted), ensemble(readings)
    if best is None:
        return None
    return best if readings.losses(best).mean() < readings.losses(apart).mean() else apart


def _candidate(name: str, rung: str, readings: Readings, *, more_seconds: float, predicted: bool) -> Candidate:
    """A candidate that a rung is, or that it stands for."""
    return Candidate(
        name=name,
        rung=rung,
        entries=tuple(i for i, entry in enumerate(readings.entries) if entry.rung == rung),
        seconds=float(np.mean([entry.seconds for entry in readings.of(rung)])) + more_seconds,
        predicted=predicted,
    )


def _best_single(readings: Readings, alone: Sequence[str], seconds: float) -> Candidate:
    entries = readings.entries
    chosen = [
        min(
            (i for i, entry in enumerate(entries) if entry.rung in alone and entry.seed == seed),
            key=lambda i: entries[i].select_loss,
        )
        for seed in dict.fromkeys(entry.seed for entry in readings.of(alone[0]))
    ]
    rungs = {readings.entries[index].rung for index in chosen}
    rung = rungs.pop() if len(rungs) == 1 else None
    return Candidate(name=BEST_SINGLE, rung=rung, entries=tuple(chosen), seconds=seconds)


def _modality(
    name: str, evidence: Evidence, readings: Readings, units: Units, judged: ModalityVerdict
) -> ModalityEvidence:
    weights = {str(seed): float(pool[name]) for seed, pool in evidence.pool_weights.items() if name in pool}
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
