"""Optional: how the modalities' information divides into redundant, unique and synergistic, on clusters of features.

The uni-modal features of each modality are standardised and cut into k clusters, k-means being fitted on `select`; the
`probe` samples fill a table (k, k, C) of clusters and labels, and that is decomposed (:mod:`umlkit.decomposition`,
I_min of Williams & Beer, arXiv 1004.2515; clusters as in Liang et al., arXiv 2302.12247). A table of so many cells
shows information where there is none, by about (Miller, 1955)

    (k^2 - 1)(C - 1) / (2 n ln 2)   bits.

So k is the largest from 5 down to 2 with which neither that nor what the table shows with shuffled labels is more than
a tenth of H(Y), else the measurement is refused; and what it shows with shuffled labels is taken off.

Samples of a group go together, in their features and in their labels, and a table of few groups shows much more by
chance than one of as many single samples. So where intervals go over groups a shuffle deals out whole groups' labels:
each group takes those of a group drawn without replacement, in random order, repeated where it is the larger.

It never drives advice: synergy is not what only joint training learns, and clusters of uni-modal features have shed
what is useless to one modality alone.

Legend of shapes: n probe samples, k clusters a modality, C classes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from umlkit.decomposition import decompose
from umlkit.probe.evidence import EncoderFeatures, Evidence, HeldOut, Ints
from umlkit.probe.units import Units, Values
from umlkit.probe.weighting import worth
from umlkit.runs.records.pid import Pid, PidAmount

MOST_CLUSTERS, FEWEST_CLUSTERS = 5, 2
LARGEST_BIAS = 0.1
"""Of H(Y)."""
SHUFFLES = 200
HIGH = 0.95
PARTS = 4


def decompositions(evidence: Evidence, units: Units) -> tuple[Pid, ...]:
    """One for every two modalities, in their order."""
    return tuple(_decomposition(evidence, pair, units) for pair in combinations(evidence.modalities, 2))


def bias_bits(clusters: int, classes: int, n: float) -> float:
    """(k^2 - 1)(C - 1) / (2 n ln 2)."""
    return (clusters**2 - 1) * (classes - 1) / (2 * n * math.log(2))


def _decomposition(evidence: Evidence, pair: tuple[str, str], units: Units) -> Pid:
    if any(("unimodal", name, seed, held.fold) not in evidence.features for name, seed, held in _units(evidence, pair)):
        return Pid(modalities=pair, reason="the features of the uni-modal encoders are not stored")
    classes, n = len(evidence.classes), min(_samples(held) for held in evidence.folds)
    entropy = _entropy_bits(evidence)
    grouped = units.groups is not None
    bias = math.inf
    for clusters in range(MOST_CLUSTERS, FEWEST_CLUSTERS - 1, -1):
        bias = bias_bits(clusters, classes, n)
        if bias > LARGEST_BIAS * entropy:
            continue
        found = _measured(evidence, pair, clusters=clusters, grouped=grouped)
        bias = max(bias, float(found[1:].sum(axis=1).mean()))
        if bias <= LARGEST_BIAS * entropy:
            return _told(pair, found, clusters=clusters, bias=bias)
    groups = f" in {units.count} groups" if grouped else ""
    reason = (
        f"even {FEWEST_CLUSTERS} clusters a modality would show about {bias:.2f} bits by chance alone with {n:.0f} "
        f"samples{groups} of {classes} classes, more than a tenth of H(Y) = {entropy:.2f}"
    )
    return Pid(modalities=pair, bias_bits=bias, reason=reason)


def _told(pair: tuple[str, str], found: Values, *, clusters: int, bias: float) -> Pid:
    redundant, first, second, synergy = (_amount(column) for column in found.T)
    return Pid(
        modalities=pair,
        clusters=clusters,
        bias_bits=bias,
        redundant=redundant,
        unique=(first, second),
        synergy=synergy,
    )


def _measured(evidence: Evidence, pair: tuple[str, str], *, clusters: int, grouped: bool) -> Values:
    """(1 + shuffles, 4) as in :func:`_parts`, the mean over folds, by their samples, and over seeds."""
    found = np.zeros((1 + SHUFFLES, PARTS))
    total = sum(_samples(held) for held in evidence.folds) * len(evidence.seeds)
    for seed in evidence.seeds:
        for held in evidence.folds:
            cells = [_clustered(evidence, name, seed, held.fold, clusters) for name in pair]
            parts = _parts(cells, held, clusters=clusters, classes=len(evidence.classes), grouped=grouped)
            found += _samples(held) / total * parts
    return found


def _parts(cells: list[Ints], held: HeldOut, *, clusters: int, classes: int, grouped: bool) -> Values:
    """(1 + shuffles, 4) R, U_1, U_2 and S in bits: with the labels as they are, then with shuffled ones."""
    n = len(held.probe_labels)
    weights = np.ones(n) if held.probe_weights is None else held.probe_weights
    members = _members(held.probe_groups) if grouped and held.probe_groups is not None else None
    rng = np.random.default_rng(0)
    rows = []
    for order in (np.arange(n), *(_shuffled(n, members, rng) for _ in range(SHUFFLES))):
        table = np.zeros((clusters, clusters, classes))
        np.add.at(table, (*cells, held.probe_labels[order]), weights[order])
        parts = decompose(table / table.sum())
        rows.append((parts.redundant, *parts.unique, parts.synergy))
    return np.array(rows) / math.log(2)


def _members(groups: Ints) -> list[Ints]:
    """The samples of every group, by position."""
    return [np.flatnonzero(groups == one) for one in np.unique(groups)]


def _shuffled(n: int, members: list[Ints] | None, rng: np.random.Generator) -> Ints:
    """(n,) whose label every sample takes; of groups each takes those of one group, no two those of the same."""
    if members is None:
        return rng.permutation(n)
    order = np.empty(n, dtype=np.int64)
    for own, giver in zip(members, rng.permutation(len(members)), strict=True):
        order[own] = np.resize(rng.permutation(members[giver]), len(own))
    return order


def _amount(found: Values) -> PidAmount:
    measured, chance = float(found[0]), float(found[1:].mean())
    high = float(np.quantile(found[1:], HIGH))
    return PidAmount(bits=measured - chance, measured_bits=measured, chance_bits=chance, chance_high_bits=high)


def _clustered(evidence: Evidence, modality: str, seed: int, fold: str, clusters: int) -> Ints:
    """(n,) the cluster of every probe sample of a fold."""
    features = EncoderFeatures(*evidence.features["unimodal", modality, seed, fold])
    scaler = StandardScaler().fit(features.select)
    with warnings.catch_warnings():
        # An encoder that found nothing gives fewer points than clusters; those that are left empty tell nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(clusters, n_init=10, random_state=0).fit(scaler.transform(features.select))
    return np.asarray(model.predict(scaler.transform(features.probe)), dtype=np.int64)


def _units(evidence: Evidence, pair: tuple[str, str]) -> Iterator[tuple[str, int, HeldOut]]:
    return ((name, seed, held) for name in pair for seed in evidence.seeds for held in evidence.folds)


def _samples(held: HeldOut) -> float:
    """n, or as many equal samples as the weighted ones are worth."""
    return worth(held.probe_labels, held.probe_weights)


def _entropy_bits(evidence: Evidence) -> float:
    """H(Y) of the probe samples."""
    counts = np.bincount(evidence.probe_labels, evidence.probe_weights)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
