"""The achieved paired contribution of the very models at hand, and its split into interaction and additive part.

    A_S = risk(UME) - risk(r*)                  r*: lowest `select` loss among the rivals
    interaction = risk(a*) - risk(r*)           a* = r* where r* is additive, else the additive rung with the lowest
    additive    = risk(UME) - risk(a*)               `select` loss, UME and additive projections included

Where the recipe's UME does not fit its weights, one that does stands beside it, and UME here is the better of the two
on `select`: what fitting them gains, or averaging, is not paired.

The rivals are the kernel machines and the networks that are trained on modalities together; where there are none of the
latter (budget ``quick``) the kernel machines and the heads on frozen features, unless class frequencies in training
surely differ from those held out: these heads are fitted on `select`, and would gain by learning its frequencies, which
nothing else has seen. Every risk is a mean over the same probe samples and over the S training seeds, so the intervals
are paired and go over the samples alone: they hold for these models, not for another seed. Cross-fitted, they are means
over the fold models, each read on its own samples; r* and a* are chosen by the mean over the folds, whose `select`
samples are probe samples of others. *Measured* on 320 tasks of 300 samples (``tests/benchmarks/truth``, ``power``): A
was .0024 +- .0019 nats above what fresh samples say with interactions, -.0007 +- .0010 with suppressors. With three
seeds or more A_inf stands beside A_S, its interval over samples and seeds (:mod:`umlkit.probe.crossed`).
Estimates are signed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import bdtr

from umlkit.probe.crossed import FEWEST_SEEDS, crossed
from umlkit.probe.power import power_of
from umlkit.probe.readings import PRIOR, Reading, Readings
from umlkit.probe.units import Units, Values
from umlkit.runs.records.common import Difference, Estimate
from umlkit.runs.records.contribution import AnotherSeed, Contribution, McNemar

UME, UMT = "ume", "umt"
TUNED = "ume-tuned"
"""UME with fitted weights, where the recipe's has others: what fitting them gains is not paired."""
POOLS = (UME, TUNED)
KERNELS = ("kernel-additive", "kernel")
TRAINED = ("joint-additive", "joint", "residual", "umt")
FROZEN = ("frozen-linear", "frozen-mlp")
PROJECTED = "emap:"
"""Before the name of a rung: its additive projection."""


def contribution(
    readings: Readings,
    units: Units,
    *,
    projected: Readings | None = None,
    smallest_effect: float = 0.02,
    floor: float = 0.0,
    shifted: bool = False,
) -> Contribution | None:
    """A_S and its parts; None where there is no multi-modal rung beside UME.

    Args:
        readings: every rung's.
        units: what intervals go over.
        projected: additive projections of rungs (:mod:`umlkit.probe.emap`), further candidates for a*: what a network
            has learned additively counts as that even where no additive network was trained.
        smallest_effect: nats that matter to the user.
        floor: nats of a gain that count for nothing (:mod:`umlkit.probe.floor`).
        shifted: class frequencies in training surely differ from those of the samples held out.
    """
    best = best_rival(readings, shifted=shifted)
    if best is None:
        return None
    readings = Readings([*readings.entries, *(projected.entries if projected else ())])
    additive = best_additive(readings, best, shifted=shifted)
    another = _another_seed(readings, units, best=best, additive=additive)
    apart = ensemble(readings)
    return Contribution(
        ensemble=apart,
        rung=best,
        additive_rung=additive,
        total=lowered(readings, units, worse=apart, better=best),
        interaction=lowered(readings, units, worse=additive, better=best),
        additive=lowered(readings, units, worse=apart, better=additive),
        mcnemar=_mcnemar(readings, best) if units.groups is None else (),
        another_seed=another,
        power=power_of(
            readings.losses(apart) - readings.losses(best),
            readings.correct(best) - readings.correct(apart),
            units=units,
            smallest_effect=smallest_effect,
            floor=floor,
            seed_deviation=None if another is None else another.seed_deviation,
        ),
    )


def ensemble(readings: Readings) -> str:
    """The rung that A is measured from: of the recipe's UME and one with fitted weights the better on `select`."""
    return min((rung for rung in POOLS if rung in readings.rungs()), key=readings.select_loss)


def best_rival(readings: Readings, *, shifted: bool = False) -> str | None:
    """r*: the rival with the lowest `select` loss; None where there is none.

    ``shifted`` is that of :class:`umlkit.probe.evidence.Evidence`.
    """
    rungs = readings.rungs()
    trained = any(rung in TRAINED for rung in rungs)
    rivals = (*KERNELS, *(TRAINED if trained else () if shifted else FROZEN))
    return min((rung for rung in rungs if rung in rivals), key=readings.select_loss, default=None)


def best_additive(readings: Readings, best: str, *, shifted: bool = False) -> str:
    """a* for the r* called ``best``, of two ensembles the one that A is measured from.

    With ``shifted`` no head on frozen features either, nor its projection.
    """
    if readings.additive(best):
        return best
    apart = ensemble(readings)
    without = {PRIOR} | {one for rung in POOLS if rung != apart for one in (rung, PROJECTED + rung)}
    without |= {one for rung in FROZEN if shifted for one in (rung, PROJECTED + rung)}
    return min((r for r in readings.rungs() if r not in without and readings.additive(r)), key=readings.select_loss)


def lowered(readings: Readings, units: Units, *, worse: str, better: str) -> Difference:
    """How much lower the risk of rung ``better`` is than that of rung ``worse``; exactly 0 for the same rung."""
    return difference(
        readings.losses(worse) - readings.losses(better), readings.correct(better) - readings.correct(worse), units
    )


def difference(losses: Values, correct: Values, units: Units) -> Difference:
    """Per-sample differences of losses and of correctness, both (n,), as nats, bits and accuracy points."""
    return _in_units(losses, correct, units.estimate)


def _in_units(losses: Values, correct: Values, estimate: Callable[[Values], Estimate]) -> Difference:
    return Difference(
        nats=estimate(losses),
        bits=estimate(losses / math.log(2)),
        points=estimate(100 * correct),
    )


def _another_seed(readings: Readings, units: Units, *, best: str, additive: str) -> AnotherSeed | None:
    """A_inf and its parts; None with fewer than three seeds."""
    apart = ensemble(readings)
    if len(readings.of(apart)) < FEWEST_SEEDS:
        return None
    total = crossed(_by_seed(readings, "losses", worse=apart, better=best), units)
    return AnotherSeed(
        total=_across(readings, units, worse=apart, better=best),
        interaction=_across(readings, units, worse=additive, better=best),
        additive=_across(readings, units, worse=apart, better=additive),
        df=total.df,
        seed_deviation=math.sqrt(total.seed_variance),
    )


def _across(readings: Readings, units: Units, *, worse: str, better: str) -> Difference:
    losses = _by_seed(readings, "losses", worse=worse, better=better)
    correct = -_by_seed(readings, "correct", worse=worse, better=better)
    return _in_units(losses, correct, lambda values: crossed(values, units).estimate)


def _by_seed(readings: Readings, what: Literal["losses", "correct"], *, worse: str, better: str) -> Values:
    """Per-sample differences (n, S) of two rungs, worse less better."""
    pairs = zip(readings.of(worse), readings.of(better), strict=True)
    return np.stack([getattr(one, what) - getattr(other, what) for one, other in pairs], axis=1)


def mcnemar_mid_p(first_only: int, second_only: int) -> float:
    """McNemar's two-sided mid-p from the samples that one model alone gets right.

    With b + c discordant samples and X ~ Bin(b + c, 1/2): p = 2 P(X <= min(b, c)) - P(X = min(b, c)), and 1 - P(X =
    b)/2 where b = c. In [0, 1]; 1 where there are none. Fagerland, Lydersen & Laake, BMC Med. Res. Methodol. 13:91
    (2013).
    """
    n, least = first_only + second_only, min(first_only, second_only)
    if n == 0:
        return 1.0
    up_to = float(bdtr(least, n, 0.5))
    exactly = up_to - (float(bdtr(least - 1, n, 0.5)) if least > 0 else 0.0)
    return 1 - exactly / 2 if first_only == second_only else 2 * up_to - exactly


def _mcnemar(readings: Readings, rival: str) -> tuple[McNemar, ...]:
    """A seed at a time: pooled over seeds the same samples would be counted as new ones. Weights have no part in it."""
    return tuple(_one_seed(seed, ume.right, other.right) for seed, ume, other in _paired(readings, rival))


def _paired(readings: Readings, rival: str) -> list[tuple[int, Reading, Reading]]:
    by_seed = {entry.seed: entry for entry in readings.of(rival)}
    return [
        (entry.seed, entry, by_seed[entry.seed])
        for entry in readings.of(ensemble(readings))
        if entry.seed is not None and entry.seed in by_seed
    ]


def _one_seed(seed: int, ume: Values, rival: Values) -> McNemar:
    ume_only, rival_only = int(np.sum(ume > rival)), int(np.sum(rival > ume))
    return McNemar(seed=seed, ume_only=ume_only, rival_only=rival_only, mid_p=mcnemar_mid_p(ume_only, rival_only))
