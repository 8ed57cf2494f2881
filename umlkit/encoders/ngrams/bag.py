"""Bags of n-grams as a sparse matrix of their weights, gathered by chunks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_array, vstack
from torch import Tensor

from umlkit.encoders.base import Labelled
from umlkit.encoders.linear.ridge_logistic import Floats, Ints

CHUNK = 1024
"""Texts gathered at once."""


class Bags(NamedTuple):
    """Some samples.

    Attributes:
        x: (n, inputs) TF-IDF weights, sparse.
        y: (n,) labels.
        weights: (n,) of the samples, or None.
    """

    x: csr_array
    y: Ints
    weights: Floats | None


def sparse(samples: Labelled, *, inputs: int, most: int) -> Bags:
    """All samples, or as many, evenly spread, as hold ``most`` n-grams."""
    n = len(samples.y)
    first = matrix(samples.x[torch.arange(0, n, max(1, n // CHUNK))], inputs=inputs)
    each = max(1.0, first.nnz / max(1, first.shape[0]))
    rows = np.unique(np.linspace(0, n - 1, min(n, max(1, int(most / each)))).astype(np.int64))
    asked = [torch.from_numpy(rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK)]
    parts = [matrix(samples.x[some], inputs=inputs) for some in asked]
    weights = None if samples.weights is None else samples.weights.cpu().double().numpy()[rows]
    return Bags(csr_array(vstack(parts, format="csr")), samples.y.cpu().numpy()[rows], weights)


def matrix(x: Tensor, *, inputs: int) -> csr_array:
    """Texts (n, L, 3) -> their TF-IDF weights (n, inputs)."""
    steps = x.cpu().numpy()
    numbers, weights = steps[..., 0].astype(np.int64), steps[..., 1].astype(np.float32)
    used = numbers > 0
    ends = np.concatenate([[0], np.cumsum(used.sum(axis=1))])
    return csr_array((weights[used], numbers[used], ends), shape=(len(x), inputs))
