"""Samples that occur more than once, bit for bit over all modalities: harmless within a role, a leak between two."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from umlkit.data import digests
from umlkit.data.records import Array, Ints, ModalityArray


def keys(modalities: Mapping[str, ModalityArray]) -> Ints:
    """(N,) int64, equal where samples are equal in every modality: the row of the first such sample."""
    return digests.first(digests.of_samples(list(modalities.values())))


def across(sample_keys: Ints, parts: Mapping[str, Ints]) -> tuple[str, ...]:
    """A line for every two parts of a split that share samples, with counts.

    Args:
        sample_keys: (N,) from :func:`keys`.
        parts: name of the part -> its rows.
    """
    lines = []
    for one, other in combinations(parts, 2):
        count = int(np.isin(sample_keys[parts[other]], sample_keys[parts[one]]).sum())
        if count:
            share = f"{count} of {len(parts[other])} samples"
            lines.append(f"{share} of {other} occur in {one} too, identical in every modality: figures may flatter")
    return tuple(lines)


def within(sample_keys: Ints) -> int:
    """How many samples repeat an earlier one."""
    repeats: Array = sample_keys != np.arange(len(sample_keys))
    return int(repeats.sum())
