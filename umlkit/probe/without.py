"""What is left when a modality is left out: the ensemble of the others, pooled anew from their stored logits.

Nothing is trained: the experts are there, and the pool of the remaining ones (:mod:`umlkit.methods.ume.rules`) is
fitted on `select` as the ensemble's own is. It is read like every rung, so that

    given rest(m) = risk(without m) - risk(all)

is a paired difference. A multi-modal model with m averaged out (:mod:`umlkit.probe.reliance`) answers another
question: it tells what that model makes of m, and not whether a model that never saw m would do as well. Of a model
that mixes modalities it is a second way to do without m all the same, the only one that keeps what three modalities or
more tell in pairs (:mod:`umlkit.probe.verdict`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from umlkit.methods.ume import rules
from umlkit.probe.evidence import Evidence, Floats, HeldOut, RungOutputs
from umlkit.probe.readings import Readings, log_prior, read
from umlkit.probe.units import Values

PREFIX = "without:"


def without(modality: str, evidence: Evidence, *, rule: str) -> Readings:
    """The ensemble of all other modalities, read on `probe` for every seed, as the rung ``without:<modality>``.

    ``rule`` pools them (:mod:`umlkit.methods.ume.rules`).

    Raises:
        ValueError: the outputs of another modality's model are missing.
    """
    rest = [f"unimodal:{name}" for name in evidence.modalities if name != modality]
    by_key = {(one.rung, one.seed, one.fold): one for one in evidence.rungs}
    readings = []
    for seed in evidence.seeds:
        try:
            experts = {held.fold: [by_key[rung, seed, held.fold] for rung in rest] for held in evidence.folds}
        except KeyError as missing:
            raise ValueError(f"no outputs of {missing.args[0]}") from None
        pooled = [_pooled(experts[held.fold], held, name=PREFIX + modality, option=rule) for held in evidence.folds]
        readings.append(read(pooled, evidence))
    return Readings(readings)


def _pooled(experts: Sequence[RungOutputs], held: HeldOut, *, name: str, option: str) -> RungOutputs:
    """The pool of some experts' logits in one fold."""
    select, probe = (_stacked([getattr(one, f"{role}_logits") for one in experts]) for role in ("select", "probe"))
    prior, labels, weights = log_prior(held), held.select_labels, held.select_weights
    choice = rules.choose(option, select, labels, prior, groups=held.select_groups, weights=weights)
    pool = rules.RULES[choice.name](select, labels, prior, weights=weights)
    return RungOutputs(
        rung=name,
        seed=experts[0].seed,
        additive=True,
        candidate=None,
        select_logits=pool(select) if choice.held_out is None else choice.held_out,
        probe_logits=pool(probe),
        seconds=0.0,
        fold=held.fold,
    )


def _stacked(logits: Sequence[Floats]) -> Values:
    """M logits (n, C) -> (n, M, C) in float64."""
    return np.stack([np.asarray(one, dtype=np.float64) for one in logits], axis=1)
