"""EMAP: how much of what a model does could be done without mixing modalities.

    f^(t_i, v_i) = mean_j f(t_i, v_j) + mean_j f(t_j, v_i) - mean_ij f              two modalities
    f^(x_i) = sum_m f_m(x_i) - (M - 1) f_0                                          M of them

f_m is the one-way mean of logits with modality m kept and the others averaged out, f_0 their grand mean
(:mod:`umlkit.probe.marginals`): the additive function that is closest to the model's logits in the mean square over
independently drawn modalities. Hessel & Lee, *Does my multimodal model learn cross-modal interactions?*, EMNLP 2020,
arXiv 2010.06572; their paper has two modalities.

    gap = loss(f^) - loss(f)        each at its own temperature, fitted on `select`

Above 0 the model owes that much to mixing modalities. A model whose logits are additive by architecture has none,
exactly. The gap is of the model and not of the data: a model may mix where there was no need to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from umlkit.probe.contribution import PROJECTED, difference
from umlkit.probe.evidence import Evidence, RungOutputs
from umlkit.probe.marginals import Floats, ModelMarginals
from umlkit.probe.readings import Readings, read
from umlkit.probe.units import Units
from umlkit.runs.records.common import Difference
from umlkit.runs.records.mixing import EmapGap


def emap_gaps(readings: Readings, projected: Readings, units: Units, *, of: Collection[str]) -> tuple[EmapGap, ...]:
    """The gaps of the multi-modal rungs ``of``, means over the seeds, in the ladder's order.

    Args:
        readings: every rung.
        projected: their projections, as :func:`project` gives them.
        units: what the intervals go over.
        of: names of rungs; where one is not additive its projection has to be there.
    """
    return tuple(
        EmapGap(rung=rung, additive=readings.additive(rung), gap=_gap(rung, readings, projected, units))
        for rung in readings.rungs()
        if rung in of
    )


def project(evidence: Evidence) -> Readings:
    """The additive projection of every multi-modal rung that is not additive, read like a rung.

    It is called ``emap:<rung>`` and is additive: a further candidate for the best additive model.
    """
    outputs = projections(evidence)
    keys = dict.fromkeys((one.rung, one.seed) for one in outputs)
    return Readings([read([one for one in outputs if (one.rung, one.seed) == key], evidence) for key in keys])


def projections(evidence: Evidence) -> list[RungOutputs]:
    """The logits of these projections on `select` and `probe`, for every seed and fold; not yet temperature-scaled."""
    return [
        replace(
            outputs,
            rung=PROJECTED + outputs.rung,
            additive=True,
            candidate=None,
            select_logits=held_out(outputs, marginals, marginals.select.projection()),
            probe_logits=marginals.probe.projection(),
        )
        for outputs in evidence.rungs
        if not outputs.additive and (marginals := evidence.marginals.get((outputs.rung, outputs.seed, outputs.fold)))
    ]


def held_out(outputs: RungOutputs, marginals: ModelMarginals, projected: Floats) -> Floats:
    """`select` logits of a projection, or of a marginal, as they would be held out.

    What was fitted on `select` is too sure there, and so are its marginals. Its stored `select` logits l are
    cross-validated; with f the finished model's own and p those in question, l + (p - f) is held out as they are. For
    every other model l = f, and it is p.

    Args:
        outputs: the model's.
        marginals: the model's.
        projected: p, of all `select` samples (n_s, C) or of those that have all marginals (s, C).
    """
    rows = slice(None) if len(projected) == len(marginals.select.own) else marginals.select.rows
    own, stored = (
        np.asarray(values, dtype=np.float64)[rows] for values in (marginals.select.own, outputs.select_logits)
    )
    return np.asarray(stored + (projected - own))


def _gap(rung: str, readings: Readings, projected: Readings, units: Units) -> Difference:
    if readings.additive(rung):
        return difference(np.zeros(units.n), np.zeros(units.n), units)
    name = PROJECTED + rung
    return difference(
        projected.losses(name) - readings.losses(rung), readings.correct(rung) - projected.correct(name), units
    )
