"""The ways of training that advice may name, and the rungs that show how good each is.

A candidate is shown by its own rung, `best-single` by the best uni-modal model of every seed on `select`, and UMT,
where the budget trains none, by r*. A head or kernel machine that surely loses to UME, by an unlucky choice, does not
show that a network will: then UME stands for UMT, and next to nothing is known of the difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from umlkit.probe.contribution import UME, UMT
from umlkit.probe.evidence import Evidence
from umlkit.probe.readings import BEST_SINGLE, Readings
from umlkit.runs.records.contribution import Contribution
from umlkit.runs.records.probe import Candidate


def candidates(evidence: Evidence, readings: Readings, achieved: Contribution | None) -> tuple[Candidate, ...]:
    """Every way of training that outputs stand for; the best single modality is chosen on `select` where not given."""
    alone = [rung for rung in readings.rungs() if rung.startswith("unimodal:")]
    unimodal_seconds = float(sum(np.mean([entry.seconds for entry in readings.of(rung)]) for rung in alone))
    named = {outputs.candidate: outputs for outputs in evidence.rungs if outputs.candidate is not None}
    made = [
        _candidate(
            str(name),
            outputs.rung,
            readings,
            more_seconds=unimodal_seconds if outputs.needs_unimodal else 0.0,
            predicted=outputs.predicted,
        )
        for name, outputs in named.items()
    ]
    if UMT not in named and achieved is not None:
        stand_in = UME if achieved.total.nats.high < 0 else achieved.rung
        made.append(_candidate(UMT, stand_in, readings, more_seconds=unimodal_seconds, predicted=True))
    if BEST_SINGLE in named or not alone:
        return tuple(made)
    return (_best_single(readings, alone, unimodal_seconds), *made)


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
