"""Folds for what is fitted on `select`: classes spread evenly over them, groups kept whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

Ints = NDArray[np.int64]
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
    if groups is not None and (count := min(MOST, len(np.unique(groups)))) >= 2:
        splits: Iterator[Fold] = GroupKFold(count).split(labels, groups=groups)
        return list(splits)
    count = min(MOST, len(labels))
    dealt = np.empty(len(labels), dtype=np.int64)
    dealt[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % count
    return [(np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)) for fold in range(count)]
