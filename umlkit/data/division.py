"""Divide samples into parts of given shares: every class in proportion, and groups whole where there are any.

All randomness is one PCG64 stream from the split's own seed, so a division is the same on every machine and for every
training seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from umlkit.data.records import Ints

Weights = npt.NDArray[np.float64]

_TRIALS = 400
_WORK = 40_000_000
_ENUMERATED = 20_000
_LACKS_FIRST = 1e6
_LACKS_OTHER = 1e3


def divide(labels: Ints, groups: Ints | None, *, shares: Sequence[float], seed: int) -> list[Ints]:
    """Positions 0..n-1 of the samples of each part, sorted.

    The first part is the one that must have every class; the others have it where there are samples (or groups) enough.

    Args:
        labels: (n,) class numbers.
        groups: (n,) group numbers, kept whole; or None.
        shares: share of each part, adding up to 1.
        seed: of the division.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    if groups is None:
        part = _by_sample(labels, shares=np.asarray(shares), rng=rng)
    else:
        part = _by_group(labels, groups, shares=np.asarray(shares), rng=rng)
    return [np.flatnonzero(part == i).astype(np.int64) for i in range(len(shares))]


def _by_sample(labels: Ints, *, shares: Weights, rng: np.random.Generator) -> Ints:
    """(n,) part of every sample. What rounding takes from a part in one class it gives back in the next."""
    part = np.empty(len(labels), dtype=np.int64)
    owed = np.zeros(len(shares))
    for c in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == c))
        counts = _apportion(len(rows), shares, owed)
        owed += shares * len(rows) - counts
        part[rows] = np.repeat(np.arange(len(shares)), counts)
    return part


def _apportion(n: int, shares: Weights, owed: Weights) -> Ints:
    """Whole counts that add up to n, near ``shares * n``; one a part at least where n allows, the first part first."""
    counts = np.floor(shares * n + 1e-9).astype(np.int64)
    counts[: min(n, len(counts))] = np.maximum(counts[: min(n, len(counts))], 1)
    while counts.sum() > n:
        counts[np.argmax(counts)] -= 1
    while counts.sum() < n:
        counts[np.argmax(owed + shares * n - counts)] += 1
    return counts


def _by_group(labels: Ints, groups: Ints, *, shares: Weights, rng: np.random.Generator) -> Ints:
    """(n,) part of every sample: the best of many seeded divisions by size, class balance and coverage."""
    _, group = np.unique(groups, return_inverse=True)
    _, label = np.unique(labels, return_inverse=True)
    counts = np.zeros((int(group.max()) + 1, int(label.max()) + 1))
    np.add.at(counts, (group, label), 1)
    few = len(shares) ** len(counts) <= _ENUMERATED
    trials = _every_assignment(len(counts), len(shares), rng) if few else _greedy(counts, shares, rng)
    best: Ints = trials[_best(trials, counts, shares)]
    of_sample: Ints = best[group]
    return of_sample


def _every_assignment(groups: int, parts: int, rng: np.random.Generator) -> Ints:
    """(parts ** groups, groups), the groups in random order: of divisions that are as good the first is taken."""
    return np.array(list(product(range(parts), repeat=groups)), dtype=np.int64)[:, rng.permutation(groups)]


def _greedy(counts: Weights, shares: Weights, rng: np.random.Generator) -> Ints:
    """(T, G) parts: groups in T random orders, every other order by falling size, each put where it is missed most."""
    n_groups, n_classes = counts.shape
    trials = int(np.clip(_WORK // (n_groups * n_classes * len(shares) * 8), 4, _TRIALS))
    noise = rng.random((trials, n_groups))
    noise[::2] -= counts.sum(axis=1)  # falling size first; equal sizes at random
    order = np.argsort(noise, axis=1)
    target = shares[:, None] * counts.sum(axis=0)
    held = np.zeros((trials, len(shares), n_classes))
    part = np.empty((trials, n_groups), dtype=np.int64)
    rows = np.arange(trials)
    whole = np.flatnonzero((counts > 0).sum(axis=0) == 1)  # classes that one group holds alone
    only = (counts[:, whole] > 0).sum(axis=1) > 0
    for step in range(n_groups):
        chosen = order[:, step]
        # The cost sum((held - target)^2 / target) grows by this much when the group goes to a part.
        added = counts[chosen][:, None, :]
        growth = (added * (2 * (held - target) + added) / (target + 1e-9)).sum(axis=2)
        where = np.where(only[chosen], 0, growth.argmin(axis=1))
        held[rows, where] += added[:, 0]
        part[rows, chosen] = where
    return part


def _best(trials: Ints, counts: Weights, shares: Weights) -> int:
    """The division nearest to its targets; lacking a class weighs more, in the first part most. The first of equals.

    What differs by rounding alone is equal.
    """
    target = shares[:, None] * counts.sum(axis=0)
    sizes = target.sum(axis=1)
    scores = np.empty(len(trials))
    for i, part in enumerate(trials):
        held = np.zeros_like(target)
        np.add.at(held, part, counts)
        scores[i] = ((held - target) ** 2 / (target + 1e-9)).sum() + ((held.sum(axis=1) - sizes) ** 2 / sizes).sum()
        lacking = (held == 0).sum(axis=1)
        scores[i] += _LACKS_FIRST * lacking[0] + _LACKS_OTHER * lacking[1:].sum()
        scores[i] += _LACKS_FIRST * (held.sum(axis=1) == 0).sum()
    return int(np.argmax(scores <= scores.min() * (1 + 1e-9) + 1e-12))
