"""Columns that nearly give the label away: read on the training part alone, and said as a suspicion.

A column is looked at by itself. The intervals into which a decision tree with few leaves cuts its numbers (of
categories, their places in the alphabet) each name one class; when that gets nearly every training sample right, the
column is probably a copy of the label, or was written after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from umlkit.data.kinds.columns import column_names
from umlkit.data.records import Array, Ints, ModalityArray
from umlkit.data.spread import spread

SUSPICIOUS = 0.995
"""Share of the training samples that one column gets right."""
FEWEST = 30
LEAVES_PER_CLASS = 1.5
MOST_ROWS = 5_000
MOST_COLUMNS = 50
"""Columns looked at closely: those whose class means differ most."""
_BLOCK = 1 << 21  # values in memory at once


@dataclass(frozen=True)
class Leak:
    """A column that nearly equals the label.

    Attributes:
        modality: where it is.
        column: its name, or its number from 0.
        right: share of the training samples whose class it tells.
        usual: share of the largest class, which is right without it.
    """

    modality: str
    column: str
    right: float
    usual: float


def leaks(modalities: Mapping[str, ModalityArray], labels: Ints, train: Ints) -> tuple[Leak, ...]:
    """The columns of two-dimensional modalities that tell the label on the rows ``train``."""
    rows = spread(train, MOST_ROWS)
    if len(rows) < FEWEST:
        return ()
    y = labels[rows]
    usual = float(np.bincount(y).max() / len(y))
    many = 2 * len(np.unique(y)) > len(y)  # so many intervals name single samples, and any column would tell
    if usual >= SUSPICIOUS or many:
        return ()
    return tuple(
        Leak(name, column, right, usual)
        for name, modality in modalities.items()
        if modality.values.ndim == 2 and not modality.is_text
        for column, right in _suspicious(modality, rows, y)
    )


def _suspicious(modality: ModalityArray, rows: Ints, labels: Ints) -> Iterator[tuple[str, float]]:
    for i in _most_telling(modality.values, rows, labels):
        right = _right(_numbers(modality.values[:, i], rows), labels)
        if right >= SUSPICIOUS:
            yield column_names(modality)[i], right


def _numbers(values: Array, rows: Ints) -> Array:
    """The samples ``rows`` of (N, ...) as float64, 0 for what is missing."""
    return np.nan_to_num(values[rows].astype(np.float64))


def _most_telling(values: Array, rows: Ints, labels: Ints) -> list[int]:
    """The columns to look at closely: all of a few, else those with the largest share of variance between classes."""
    width = values.shape[1]
    if width <= MOST_COLUMNS:
        return list(range(width))
    step = max(1, _BLOCK // len(rows))
    blocks = (_numbers(values[:, start : start + step], rows) for start in range(0, width, step))
    shares = np.concatenate([_between_classes(block, labels) for block in blocks])
    return sorted(np.argsort(-shares, kind="stable")[:MOST_COLUMNS].tolist())


def _between_classes(values: Array, labels: Ints) -> Array:
    """(K,) share of the variance of (n, K) that lies between classes."""
    largest = np.abs(values).max(axis=0)
    values = values / np.where(largest > 0, largest, 1)  # the share is of no unit, and squares stay finite
    counts = np.bincount(labels)
    present = np.flatnonzero(counts)
    means = np.array([values[labels == c].mean(axis=0) for c in present])
    with np.errstate(invalid="ignore", divide="ignore"):
        between = (counts[present, None] * (means - values.mean(axis=0)) ** 2).sum(axis=0)
        share: Array = np.nan_to_num(between / (values.var(axis=0) * len(values)))
    return share


def _right(column: Array, labels: Ints) -> float:
    """Share of the labels that intervals of the column name rightly."""
    from sklearn.tree import DecisionTreeClassifier  # a second to import, and only this report needs it

    leaves = max(2, int(np.ceil(LEAVES_PER_CLASS * len(np.unique(labels)))))
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
    ranks = np.unique(column, return_inverse=True)[1][:, None]  # all that a tree sees; float32 holds them
    return float(tree.fit(ranks, labels).score(ranks, labels))
