"""Verdicts: is there paired signal, of which kind, and what is every modality good for.

**Paired.** With A = risk(UME) - risk(r*) and its paired 95% interval,

    present         the interval of A - floor lies above 0
    not detected    it lies below the smallest effect that matters to the user
    undecided       else

where the interval's upper end is at least what it would be for nothing gained and a spread of that smallest effect
(:func:`umlkit.probe.power.spread`): below 1.96^2 * 2 / smallest samples, 384 for .02 nats, nothing is ruled out. Models
that found nothing agree with UME to the last digit, and models that failed to learn lose to it; how surely they gain
nothing does not tell how surely there is nothing.

Where class frequencies differ from those of training (:mod:`umlkit.probe.shift`), who knows them gains, by a bias,
which is additive: UME's weight of the prior and heads that are fitted on `select` may, networks may not. There a gain
is present only where its interaction lies above the floor as well, and none is ruled out.

**Kind.** interaction where the best additive model lacks more than :data:`INTERACTION` of A, not settled where the
interval of what it lacks does not lie above 0, else additive. A model of a suppressor is additive in the population,
but what learns it from few samples is not quite. *Measured* on 93 tasks of ``tests/benchmarks/truth``, 65 called
present: 62 right; asking of the additive part, too, that its interval lies above 0 left 5 open, 4 of them right.

**Modalities.** alone = H(Y) - risk(its own model); given rest = risk(without it) - risk(with all), the latter
UME where no paired signal was detected or r* surely loses to it, else r*. Without it: the pool of the others, one of
their models alone, or r* with it averaged out (:mod:`umlkit.probe.reliance`), whichever loses least on `select`. A pool
is fitted, and of few samples may lose to the best model in it. It lacks what the others tell only together, so beside
an XOR of two modalities a third would seem to bring what those two do; and it lacks what r* has learned better of them
than their own models, so beside such an r* noise would. UME with one averaged out is none: it weighs the others as it
must beside that one, of two copies perhaps not at all. Nor is r* where class frequencies differ from those of training:
what is averaged over `select` knows these.

    useless      both intervals lie below the smallest effect; or it is the same in all samples but test
    redundant    given rest lies below it, alone lies above 0 and reaches it
    useful       given rest lies above 0 and reaches it
    undecided    else

An interval reaches the smallest effect where its upper end does. It lies below that as with paired signal: where it
would not reach it either, were it as wide as a gain of that size makes it.

The floor is :mod:`umlkit.probe.floor`'s. Log-losses in nats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from umlkit.probe.contribution import POOLS, ensemble
from umlkit.probe.evidence import Evidence
from umlkit.probe.power import spread
from umlkit.probe.readings import PRIOR, Readings
from umlkit.probe.units import Units
from umlkit.probe.without import PREFIX, without
from umlkit.runs.records.common import Estimate
from umlkit.runs.records.contribution import Contribution
from umlkit.runs.records.mixing import Reliance
from umlkit.runs.records.verdict import Kind, ModalityVerdict, PairedVerdict

INTERACTION = 0.65
PRESENT: Literal["present"] = "present"
ABSENT: Literal["not detected"] = "not detected"
Way = tuple[float, Estimate, int]
"""A way to do without a modality: what that loses on `select`, on `probe`, and on so many samples of that."""


def paired(
    contribution: Contribution | None, evidence: Evidence, units: Units, *, floor: float
) -> PairedVerdict | None:
    """The verdict on A; None where there is no A."""
    if contribution is None:
        return None
    total = contribution.total.nats
    adjusted = Estimate(value=total.value - floor, low=total.low - floor, high=total.high - floor)
    verdict = _paired(total, adjusted, evidence.smallest_effect, units)
    if evidence.shifted and not (verdict == PRESENT and contribution.interaction.nats.low > floor):
        verdict = "undecided"
    lost = contribution.interaction.nats.value / total.value if total.value > 0 else None
    return PairedVerdict(
        verdict=verdict,
        kind=_kind(contribution, lost) if verdict == PRESENT else None,
        adjusted=adjusted,
        floor=floor,
        head_effect=total.low > 0 and verdict != PRESENT,
        lost_by_projection=lost,
    )


def modalities(
    readings: Readings,
    evidence: Evidence,
    units: Units,
    *,
    found: PairedVerdict | None,
    rung: str | None,
    reliances: Sequence[Reliance] = (),
) -> dict[str, ModalityVerdict]:
    """What every modality is good for.

    Args:
        readings: every rung's.
        evidence: what they are made from.
        units: what intervals go over.
        found: the verdict on paired signal.
        rung: r*, or None.
        reliances: what multi-modal rungs owe to each modality, where that was measured.
    """
    best = _with_all(readings, found=found, rung=rung)
    averaged_out = {} if evidence.shifted or best in POOLS else _averaged_out(best, reliances)
    rule = evidence.pooling(ensemble(readings)).rule
    judged = {}
    for name in evidence.modalities:
        alone = units.estimate(readings.losses(PRIOR) - readings.losses(f"unimodal:{name}"))
        ways = [_lost(without(name, evidence, rule=rule), PREFIX + name, readings, best=best, units=units)]
        ways += [
            _lost(readings, f"unimodal:{other}", readings, best=best, units=units)
            for other in evidence.modalities
            if other != name
        ]
        ways += [averaged_out[name]] if name in averaged_out else []
        _, given_rest, n = min(ways, key=lambda way: way[0])
        constant = name in evidence.constant
        verdict = "useless" if constant else _modality(alone, given_rest, n, evidence.smallest_effect, units)
        judged[name] = ModalityVerdict(
            verdict=verdict, alone=alone, given_rest=given_rest, rung=best, constant=constant
        )
    return judged


def _with_all(readings: Readings, *, found: PairedVerdict | None, rung: str | None) -> str:
    """The rung that stands for knowing all modalities."""
    if rung is None or found is None or found.verdict == ABSENT or found.adjusted.high + found.floor < 0:
        return ensemble(readings)
    return rung


def _lost(those: Readings, rung: str, readings: Readings, *, best: str, units: Units) -> Way:
    """What ``rung`` of ``those`` loses more than ``best``."""
    on_select = those.select_loss(rung) - readings.select_loss(best)
    return on_select, units.estimate(those.losses(rung) - readings.losses(best)), units.n


def _averaged_out(rung: str, reliances: Sequence[Reliance]) -> dict[str, Way]:
    """What ``rung`` loses without each modality but with the rest: on `select`, on so many samples of `probe`.

    Either is a difference on the same samples: mixed were some of `select` alone.
    """
    return {
        one.name: (one.select_loss - owed.select_loss, one.reliance.nats, owed.n)
        for owed in reliances
        if owed.rung == rung and owed.select_loss is not None
        for one in owed.modalities
        if one.select_loss is not None
    }


def _paired(
    total: Estimate, adjusted: Estimate, smallest: float, units: Units
) -> Literal["present", "not detected", "undecided"]:
    if adjusted.low > 0:
        return PRESENT
    return ABSENT if max(adjusted.high, _as_wide(total, smallest, units)) < smallest else "undecided"


def _as_wide(found: Estimate, smallest: float, units: Units, *, n: int | None = None) -> float:
    """The upper end of an interval as wide as a gain of the smallest effect makes it; on ``n`` of the samples."""
    half = units.critical * spread(smallest, units) / math.sqrt(units.count)
    return max(0.0, found.value) + half * math.sqrt(units.n / (units.n if n is None else n))


def _kind(contribution: Contribution, lost: float | None) -> Kind | None:
    if lost is None or lost <= INTERACTION:
        return "additive"
    return "interaction" if contribution.interaction.nats.low > 0 else None


def _modality(
    alone: Estimate, given_rest: Estimate, n: int, smallest: float, units: Units
) -> Literal["useful", "redundant", "useless", "undecided"]:
    """The verdict; ``given_rest`` was read on ``n`` of the samples."""

    def below(found: Estimate, n: int | None = None) -> bool:
        return max(found.high, _as_wide(found, smallest, units, n=n)) < smallest

    if given_rest.high >= smallest and given_rest.low > 0:
        return "useful"
    if not below(given_rest, n):
        return "undecided"
    if alone.low > 0 and alone.high >= smallest:
        return "redundant"
    return "useless" if below(alone) else "undecided"
