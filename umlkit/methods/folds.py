"""Folds for what is fitted on `select`: classes spread evenly over them, groups kept whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Fold = tuple[Ints, Ints]

MOST = 5


def folds(labels: Ints, *, groups: Ints | None = None) -> list[Fold]:
    """Row numbers to fit on and to score, one pair a fold.

    Args:
        labels: (n,), n >= 2.
        groups: (n,) group indices, no group is divided; None, or a single group, divides by sample.

    Returns:
        At most 5 folds, fewer where there are fewer samples or groups; every row is scored exactly once.
    """
    whole = groups is not None and len(np.unique(groups)) >= 2
    dealt = _deal_groups(groups) if whole and groups is not None else _deal_samples(labels)
    return [(np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)) for fold in range(dealt.max() + 1)]


def rows_of(values: Floats | None, rows: Ints) -> Floats | None:
    """What belongs to some of the samples; None where there is nothing."""
    return None if values is None else values[rows]


def _deal_samples(labels: Ints) -> Ints:
    """Fold (n,) of every sample: class by class, one to each fold in turn."""
    dealt = np.empty(len(labels), dtype=np.int64)
    dealt[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % min(MOST, len(labels))
    return dealt


def _deal_groups(groups: Ints) -> Ints:
    """Fold (n,) of every sample: the largest group first, each to the fold that is smallest so far."""
    _, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    filled = np.zeros(min(MOST, len(sizes)), dtype=np.int64)
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return fold_of[member]
