"""The ways of training that advice may name, and the rungs that show how good each is.

A candidate is shown by its own rung; `ume` by the ensemble that paired signal is measured from, `best-single` by the
best uni-modal model of every seed on `select`, and UMT, where the budget trains none, by r*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from umlkit.probe.contribution import UME, UMT, best_rival, ensemble
from umlkit.probe.evidence import Evidence
from umlkit.probe.readings import BEST_SINGLE, Readings
from umlkit.runs.records.probe import Candidate


def candidates(evidence: Evidence, readings: Readings) -> tuple[Candidate, ...]:
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
