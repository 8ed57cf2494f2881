"""The measurement sample by sample: which ones need more than what each modality tells alone.

    gain_i = l_i(UME) - l_i(r*) = interaction_i + additive_i
    interaction_i = l_i(a*) - l_i(r*),    additive_i = l_i(UME) - l_i(a*)

with l_i the log-loss of sample i in nats and r*, a* as in :mod:`umlkit.probe.contribution`. Means over training seeds;
no weights are applied, so with weights the mean of a column is not the figure in ``probe.json``.

Legend of shapes: n probe samples, over all folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from umlkit.probe.contribution import UME
from umlkit.probe.emap import PREFIX, project
from umlkit.probe.evidence import Evidence, Ints
from umlkit.probe.readings import Readings
from umlkit.probe.units import Values
from umlkit.runs.records.contribution import Contribution


@dataclass(frozen=True)
class PerSample:
    """What is known of every probe sample, in the order of the data set.

    Attributes:
        rows: (n,) row numbers of the data set, ascending.
        labels: (n,) class index.
        folds: (n,) the fold whose models it was read with.
        weights: (n,) weights of mean 1 over a fold, or None.
        losses: rung -> (n,) nats, in the ladder's order.
        split: ``gain``, ``interaction``, ``additive`` -> (n,) nats; empty where there is no rival of UME.
    """

    rows: Ints
    labels: Ints
    folds: tuple[str, ...]
    weights: Values | None
    losses: Mapping[str, Values]
    split: Mapping[str, Values]


def per_sample(evidence: Evidence, readings: Readings, contribution: Contribution | None) -> PerSample:
    """The table of a measurement.

    Args:
        evidence: what was measured.
        readings: of every rung.
        contribution: names r* and a*.
    """
    order = np.argsort(evidence.rows, kind="stable")
    folds = [held.fold for held in evidence.folds for _ in held.rows]
    losses = {rung: _losses(readings, rung)[order] for rung in readings.rungs()}
    return PerSample(
        rows=evidence.rows[order],
        labels=evidence.probe_labels[order],
        folds=tuple(folds[i] for i in order),
        weights=None if evidence.probe_weights is None else evidence.probe_weights[order],
        losses=losses,
        split={} if contribution is None else _split(evidence, losses, contribution, order),
    )


def _split(
    evidence: Evidence, losses: Mapping[str, Values], contribution: Contribution, order: Ints
) -> dict[str, Values]:
    ume, best, name = losses[UME], losses[contribution.rung], contribution.additive_rung
    additive = _losses(project(evidence), name)[order] if name.startswith(PREFIX) else losses[name]
    return {"gain": ume - best, "interaction": additive - best, "additive": ume - additive}


def _losses(readings: Readings, rung: str) -> Values:
    return np.asarray(np.mean([entry.plain for entry in readings.of(rung)], axis=0))
