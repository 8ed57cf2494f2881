"""From an exact table to all that is true of it."""

from __future__ import annotations

from collections.abc import Sequence

from umlkit.decomposition import decompose
from umlkit.runs.records.synth import Accuracies, Amount, ModalityTruth, PidTruth, Truth
from umlkit.synth.additive import Additive, best_additive
from umlkit.synth.guessing import Guessers, accuracy
from umlkit.synth.pooling import Pooled, best_pool
from umlkit.synth.table import Table

NOTHING = 1e-9
"""Nats below which information is a rounding error."""


def truth_of(table: Table, names: Sequence[str]) -> Truth:
    """Everything that is true of a task.

    Args:
        table: levels and label.
        names: of the modalities, in the table's order.
    """
    pooled, additive = best_pool(table), best_additive(table)
    gap = max(pooled.minimum.gap, additive.minimum.gap)
    d_ume, d_add = (_above(found.minimum.value - table.bayes, gap) for found in (pooled, additive))
    return Truth(
        entropy=Amount.of(table.entropy),
        bayes=Amount.of(table.bayes),
        d_ume=Amount.of(d_ume),
        d_add=Amount.of(d_add),
        learned_jointly=Amount.of(_above(d_ume - d_add, gap)),
        gap=gap,
        modalities=tuple(_modality(table, m, name) for m, name in enumerate(names)),
        accuracy=_accuracies(table, pooled, additive),
        pid=_pid(table) if table.modalities == 2 else None,
    )


def _above(nats: float, gap: float) -> float:
    """A difference that is >= 0 in the population; 0 where it could be."""
    return nats if nats > max(gap, NOTHING) else 0.0


def _modality(table: Table, modality: int, name: str) -> ModalityTruth:
    alone, given_rest = (_above(nats, 0.0) for nats in (table.information(modality), table.given_rest(modality)))
    return ModalityTruth(
        name=name,
        alone=Amount.of(alone),
        given_rest=Amount.of(given_rest),
        accuracy=_share(accuracy(table, Guessers(table).alone(modality))),
        useless=alone == 0 and given_rest == 0,
        redundant=alone > 0 and given_rest == 0,
    )


def _accuracies(table: Table, pooled: Pooled, additive: Additive) -> Accuracies:
    guessers = Guessers(table)
    said = {
        "prior": guessers.prior(),
        "prob_mean": guessers.prob_mean(),
        "product_of_experts": guessers.product_of_experts(),
        "pool": pooled.posterior,
        "additive": additive.posterior,
        "joint": table.cells.posterior,
    }
    return Accuracies(**{name: _share(accuracy(table, probabilities)) for name, probabilities in said.items()})


def _share(value: float) -> float:
    """Without the rounding error that a sum of probabilities ends with."""
    return min(1.0, max(0.0, value))


def _pid(table: Table) -> PidTruth:
    parts = decompose(table.joint)
    redundant, first, second, synergy = (
        Amount.of(_above(nats, 0.0)) for nats in (parts.redundant, *parts.unique, parts.synergy)
    )
    return PidTruth(redundant=redundant, unique=(first, second), synergy=synergy)
