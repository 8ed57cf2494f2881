"""A sample in a few numbers whose distances tell near repeats: random projections of standardised values or n-grams."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from umlkit.data.kinds.numbers import flat
from umlkit.data.kinds.standardise import Standardiser
from umlkit.data.missing import by_blocks
from umlkit.data.records import Array, Floats, Ints, ModalityArray

WIDTH = 32
HASHED = 2**12

Sketch = Callable[[ModalityArray], Floats]
"""Settled samples, no more than fit into memory -> (n, at most 32) float32; two samples at random are about 1 apart."""


def all_values(modality: ModalityArray) -> Array:
    """(N, D)."""
    return flat(modality.values)


def of_numbers(
    modality: ModalityArray, rows: Ints, *, numbers: Callable[[ModalityArray], Array] = all_values
) -> Sketch:
    """Of a sample's numbers, standardised by the samples ``rows``; missing values count as the mean.

    Args:
        modality: settled.
        rows: what is fitted is fitted on these.
        numbers: some samples -> (n, D), D the numbers of a sample.
    """
    width = int(np.prod(modality.sample_shape))
    columns = Standardiser.of(
        lambda: (numbers(modality.rows(some)) for some in by_blocks(modality.values, rows)), width=width
    )
    projection = _projection(width) / np.sqrt(2 * max(1, int((columns.std > 0).sum())))

    def sketch(samples: ModalityArray) -> Floats:
        return np.asarray(columns.apply(numbers(samples)) @ projection, dtype=np.float32)

    return sketch


def of_texts(modality: ModalityArray, rows: Ints) -> Sketch:  # noqa: ARG001 - nothing is fitted
    """Of texts by their three-letter pieces."""
    from sklearn.feature_extraction.text import HashingVectorizer

    pieces = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 3), n_features=HASHED, dtype=np.float32)
    projection = _projection(HASHED) / np.sqrt(2)

    def sketch(samples: ModalityArray) -> Floats:
        return np.asarray(pieces.transform(samples.values[:]) @ projection, dtype=np.float32)

    return sketch


def _projection(width: int) -> Array:
    """(width, at most 32) that keeps distances; the identity where there is nothing to shorten."""
    if width <= WIDTH:
        return np.eye(width)
    projection: Array = np.random.default_rng(0).standard_normal((width, WIDTH)) / np.sqrt(WIDTH)
    return projection
