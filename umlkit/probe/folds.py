"""Folds within `select`, for what is both fitted and judged there: temperatures, the strength of a ridge."""

from __future__ import annotations

import numpy as np

from umlkit.probe.evidence import Ints

FOLDS = 5


def folds(labels: Ints, groups: Ints | None) -> Ints:
    """The fold of every sample: (n,) in [0, 5). Groups stay whole; without groups every class is spread evenly.

    Depends on the order of the samples alone, so that a measurement can be repeated.
    """
    if groups is not None and len(np.unique(groups)) > 1:
        return np.asarray(np.unique(groups, return_inverse=True)[1] % FOLDS)
    fold = np.empty(len(labels), dtype=np.int64)
    fold[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % FOLDS
    return fold
