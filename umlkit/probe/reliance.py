"""What a multi-modal model owes to each of its modalities.

With l(S) the loss of the model where it knows the modalities S of a sample and nothing of the rest
(:mod:`umlkit.probe.marginals`; each S at a temperature of its own, fitted on `select`) and v(S) = -l(S):

    reliance_m = l(all but m) - l(all)
    shapley_m  = sum_{S without m} |S|! (M - |S| - 1)! / M!  (v(S + m) - v(S)),      sum_m shapley_m = l(none) - l(all)

The Shapley value (Shapley 1953; of losses: Covert, Lundberg & Lee, *Understanding Global Feature Contributions with
Additive Importance Measures*, NeurIPS 2020, arXiv 2004.00668) shares all that the model tells among the modalities.
Beyond six modalities it is the mean over pairs of a random permutation and its reverse
(:mod:`umlkit.probe.subsets`), and has a standard error of that mean beside its interval over samples.

    interaction_m = shapley_m of v - shapley_m of v+

v+ is the same game played by the model's additive projection, whose marginals are sums of one-way parts. The
interactions sum to the EMAP gap, and are 0 for a model whose logits are additive. A difference of losses such as
v(1,2) - v(1) - v(2) + v(0) is no interaction of that kind: it is not 0 for two views that say the same. Nor is anything
that is measured by zeroing inputs: an input of zeros need not occur, and what a model says of one is no mean.

The model is taken as it is: a modality that it does not rely on may tell a lot, and another model may rely on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from umlkit.data.weights import mean_one
from umlkit.probe.contribution import difference
from umlkit.probe.emap import held_out
from umlkit.probe.evidence import Evidence, HeldOut, Ints, RungOutputs
from umlkit.probe.marginals import Floats, Marginals
from umlkit.probe.readings import read
from umlkit.probe.subsets import MOST_EXACT, Subset, permutations, prefixes, subsets
from umlkit.probe.units import Units, Values
from umlkit.probe.weighting import FEWEST_EFFECTIVE
from umlkit.runs.records.common import Difference
from umlkit.runs.records.mixing import ModalityReliance, Reliance

Played = Callable[[Marginals, Subset], Floats]
"""What a game is played with: the logits (n, C) of all samples or (s, C) of some, where S is known."""
Worth = Mapping[Subset, Values]
"""Subset -> (n,)."""


@dataclass(frozen=True)
class Game:
    """How one model does where it knows a subset, the mean over seeds.

    Attributes:
        losses: nats.
        correct: 1 or 0.
        select_losses: all, and the subsets that lack one -> `select` loss, the mean over seeds; empty where not asked
            for.
        modalities: M.
    """

    losses: Worth
    correct: Worth
    select_losses: Mapping[Subset, float]
    modalities: int

    def difference(self, *, worse: Subset, better: Subset, units: Units) -> Difference:
        """How much lower the risk is where it knows ``better``."""
        losses, correct = self.losses, self.correct
        return difference(losses[worse] - losses[better], correct[better] - correct[worse], units)


def reliances(evidence: Evidence, units: Units) -> tuple[Reliance, ...]:
    """What every multi-modal rung whose marginals are there owes to each modality; in the order of the evidence."""
    known = {rung for rung, _, _ in evidence.marginals}
    rungs = dict.fromkeys(outputs.rung for outputs in evidence.rungs)
    owed = (_reliance(rung, evidence, units) for rung in rungs if rung in known)
    return tuple(one for one in owed if one is not None)


def shapley(worth: Worth, *, modality: int, modalities: int) -> Values:
    """Per-sample Shapley values of one modality: (1, n) from all subsets, or (P, n), a row a pair of permutations.

    Args:
        worth: subset -> (n,), what knowing it is worth, for every sample.
        modality: m.
        modalities: M.
    """
    if modalities <= MOST_EXACT:
        return _exact(worth, modality, modalities)[None]
    joined = [_joining(worth, modality, order) for order in permutations(modalities)]
    return np.asarray([(one + other) / 2 for one, other in zip(joined[::2], joined[1::2], strict=True)])


def _exact(worth: Worth, modality: int, modalities: int) -> Values:
    others = [m for m in range(modalities) if m != modality]
    total = np.zeros_like(worth[()])
    for size in range(modalities):
        share = 1 / (modalities * math.comb(modalities - 1, size))
        for without in combinations(others, size):
            total += share * (worth[tuple(sorted((*without, modality)))] - worth[without])
    return total


def _joining(worth: Worth, modality: int, order: Subset) -> Values:
    """What the modality adds to those that come before it."""
    grown, before = prefixes(order), order.index(modality)
    return np.asarray(worth[grown[before + 1]] - worth[grown[before]])


def _reliance(rung: str, evidence: Evidence, units: Units) -> Reliance | None:
    """What one rung owes to each modality, read on the probe samples that have marginals of every subset.

    None where weights leave next to nothing of these samples.
    """
    first = [evidence.marginals[rung, evidence.seeds[0], held.fold] for held in evidence.folds]
    starts = np.cumsum([0, *(len(held.probe_labels) for held in evidence.folds)])
    rows = np.concatenate([start + one.probe.rows for start, one in zip(starts, first, strict=False)])
    part = replace(
        evidence,
        folds=[at(held, one.select.rows, one.probe.rows) for held, one in zip(evidence.folds, first, strict=True)],
    )
    over = units.at(rows)
    if over.effective is not None and over.effective < FEWEST_EFFECTIVE:
        return None
    game = _game(rung, evidence, part, played_with=Marginals.of, judged=True)
    additive = first[0].probe.additive
    of_sum = game if additive else _game(rung, evidence, part, played_with=Marginals.of_sum)
    return Reliance(
        rung=rung,
        n=len(rows),
        select_loss=game.select_losses[tuple(range(game.modalities))],
        exact=game.modalities <= MOST_EXACT,
        total=game.difference(worse=(), better=tuple(range(game.modalities)), units=over),
        modalities=tuple(_of_modality(m, name, game, of_sum, over) for m, name in enumerate(evidence.modalities)),
    )


def at(held: HeldOut, select: Ints, probe: Ints) -> HeldOut:
    """Some of the samples of a fold, by their positions; weights keep their proportions, with mean 1."""
    weights = None if held.probe_weights is None else held.probe_weights[probe]
    return replace(
        held,
        select_labels=held.select_labels[select],
        probe_labels=held.probe_labels[probe],
        select_groups=None if held.select_groups is None else held.select_groups[select],
        probe_groups=None if held.probe_groups is None else held.probe_groups[probe],
        select_weights=None if held.select_weights is None else mean_one(held.select_weights[select]),
        probe_weights=None if weights is None else mean_one(weights),
        mean_weight=held.mean_weight * (1.0 if weights is None else float(weights.mean())),
        rows=held.rows[probe],
    )


def _game(rung: str, evidence: Evidence, part: Evidence, *, played_with: Played, judged: bool = False) -> Game:
    """Every subset read as if it were a rung, on the samples of ``part``; with ``judged`` also on `select`."""
    modalities = len(evidence.modalities)
    on_select = {s for s in subsets(modalities) if judged and len(s) >= modalities - 1}
    outputs = [outputs for outputs in evidence.rungs if outputs.rung == rung]
    readings = {
        subset: [
            read(
                [_known(one, evidence, subset, played_with) for one in outputs if one.seed == seed],
                part,
                judged=subset in on_select,
            )
            for seed in evidence.seeds
        ]
        for subset in subsets(modalities)
    }
    return Game(
        {subset: np.mean([one.losses for one in of_seeds], axis=0) for subset, of_seeds in readings.items()},
        {subset: np.mean([one.correct for one in of_seeds], axis=0) for subset, of_seeds in readings.items()},
        {subset: float(np.mean([one.select_loss for one in readings[subset]])) for subset in on_select},
        modalities,
    )


def _known(outputs: RungOutputs, evidence: Evidence, subset: Subset, played_with: Played) -> RungOutputs:
    """The outputs of a model that knows ``subset`` alone."""
    marginals = evidence.marginals[outputs.rung, outputs.seed, outputs.fold]
    select = played_with(marginals.select, subset)
    if subset:  # the grand mean is no sample's own, so nothing of it has to be held out
        select = held_out(outputs, marginals, select)
    return replace(outputs, select_logits=select, probe_logits=played_with(marginals.probe, subset))


def _of_modality(m: int, name: str, game: Game, of_sum: Game, units: Units) -> ModalityReliance:
    everyone = tuple(range(game.modalities))
    without = tuple(i for i in everyone if i != m)
    losses, correct, losses_of_sum, correct_of_sum = (
        shapley(worth, modality=m, modalities=game.modalities)
        for worth in (game.losses, game.correct, of_sum.losses, of_sum.correct)
    )
    pairs = losses.mean(axis=1)
    return ModalityReliance(
        name=name,
        reliance=game.difference(worse=without, better=everyone, units=units),
        select_loss=game.select_losses[without],
        shapley=difference(-losses.mean(axis=0), correct.mean(axis=0), units),
        interaction=difference((losses_of_sum - losses).mean(axis=0), (correct - correct_of_sum).mean(axis=0), units),
        sampling_error=None if len(pairs) == 1 else float(pairs.std(ddof=1) / math.sqrt(len(pairs))),
    )
