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
        weights: (n,) weights of mean 1, over all folds, or None.
        losses: rung -> (n,) nats, in the ladder's order.
        split: ``gain``, ``interaction``, ``additive`` -> (n,) nats; empty where there is no rival of UME.
    """

    rows: Ints
    labels: Ints
    folds: tuple[str, ...]
    weights: Values | None
    losses: Mapping[str, Values]
    split: Mapping[str, Values]


def per_sample(
    evidence: Evidence, readings: Readings, projected: Readings, contribution: Contribution | None
) -> PerSample:
    """The table of a measurement.

    Args:
        evidence: what was measured.
        readings: of every rung.
        projected: of their additive projections, one of which a* may be.
        contribution: names r* and a*.
    """
    order = np.argsort(evidence.rows, kind="stable")
    folds = [held.fold for held in evidence.folds for _ in held.rows]
    losses = {rung: readings.plain(rung)[order] for rung in readings.rungs()}
    others = {rung: projected.plain(rung)[order] for rung in projected.rungs()}
    return PerSample(
        rows=evidence.rows[order],
        labels=evidence.probe_labels[order],
        folds=tuple(folds[i] for i in order),
        weights=None if evidence.probe_weights is None else evidence.probe_weights[order],
        losses=losses,
        split={} if contribution is None else _split({**losses, **others}, contribution),
    )


def _split(losses: Mapping[str, Values], contribution: Contribution) -> dict[str, Values]:
    apart, best, additive = (
        losses[rung] for rung in (contribution.ensemble, contribution.rung, contribution.additive_rung)
    )
    return {"gain": apart - best, "interaction": additive - best, "additive": apart - additive}
