"""Samples of every kind, as they are read: what tests of encoders and of kinds are parametrised over.

A new kind adds its variants here and is then tested with every encoder that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from umlkit.data.kinds import KINDS, Preprocess
from umlkit.data.records import ModalityArray
from umlkit.encoders.base import SampleSpec

Values = Callable[[int, np.random.Generator], ModalityArray]


def _numbers(kind: str, *shape: int) -> Values:
    return lambda n, rng: ModalityArray(values=rng.normal(size=(n, *shape)), kind=kind, source="a")


def _texts(*words: str, longest: int, missing: bool = False) -> Values:
    """Random words; the first is followed by a number, so that 32 short texts differ."""

    def made(n: int, rng: np.random.Generator) -> ModalityArray:
        values = np.empty(n, dtype=object)
        values[:] = [
            f"{words[i % 32 % len(words)]}{i % 32} " + " ".join(rng.choice(words, size=rng.integers(0, longest)))
            for i in range(n)
        ]
        if missing:
            values[::3] = ""
        return ModalityArray(values=values, kind="text", source="a", missing="empty" if missing else "error")

    return made


def _ragged(longest: int, channels: int) -> Values:
    """From one step to the longest; the first sample of many is the longest."""

    def made(n: int, rng: np.random.Generator) -> ModalityArray:
        values = rng.normal(size=(n, longest, channels))
        lengths = np.maximum(1, np.linspace(longest, 1, n).astype(np.int64))
        return ModalityArray(values=values, kind="sequence", source="a", lengths=lengths)

    return made


def _table(numbers: int, *cardinalities: int, gaps: bool = False) -> Values:
    def values(n: int, rng: np.random.Generator) -> ModalityArray:
        parts = [rng.normal(size=(n, numbers)), *(rng.integers(size, size=(n, 1)) for size in cardinalities)]
        cells = np.hstack(parts).astype(np.float64)
        if gaps:
            cells[rng.random(cells.shape) < 0.1] = np.nan
        levels = (*[None] * numbers, *(tuple(f"word {i}" for i in range(size)) for size in cardinalities))
        return ModalityArray(values=cells, kind="table", source="a", missing="impute-mean", levels=levels)

    return values


EXAMPLES: Mapping[str, Mapping[str, Values]] = {
    "vector": {"wide": _numbers("vector", 40), "7": _numbers("vector", 7), "1": _numbers("vector", 1)},
    "text": {
        "words": _texts("red", "green", "blue", "car", "bird", longest=4),
        "long": _texts("one", "two,", "three!", "x", "naïve", "東京", longest=400),
        "empty": _texts("yes", "no", longest=3, missing=True),
    },
    "table": {
        "mixed": _table(8, 3, 20, gaps=True),
        "numbers": _table(3),
        "categories": _table(0, 5, 40),
    },
    "image": {
        "8x4": _numbers("image", 8, 4),
        "9x13x3": _numbers("image", 9, 13, 3),
        "64x64": _numbers("image", 64, 64),
    },
    "spectrogram": {"16x16": _numbers("spectrogram", 16, 16), "40x26": _numbers("spectrogram", 40, 26)},
    "sequence": {
        "20x2": _numbers("sequence", 20, 2),
        "300x1": _numbers("sequence", 300, 1),
        "3x4": _numbers("sequence", 3, 4),
        "ragged": _ragged(21, 3),
        "long-ragged": _ragged(190, 2),
    },
}
"""Kind -> variant -> samples; the first variant is small, quick, and has 32 samples that a network can tell apart."""


def modality(kind: str, variant: str, *, samples: int, seed: int = 1) -> ModalityArray:
    """Random settled samples of a kind."""
    return EXAMPLES[kind][variant](samples, np.random.default_rng(seed))


def fitted(kind: str, variant: str) -> Preprocess:
    """What is fitted on 64 samples of the kind."""
    return KINDS[kind].fit(modality(kind, variant, samples=64, seed=0), np.arange(64))


def inputs(kind: str, variant: str, *, samples: int, seed: int = 1) -> tuple[SampleSpec, Tensor]:
    """What an encoder is built for, and a batch for it."""
    preprocess = fitted(kind, variant)
    values = preprocess.apply(modality(kind, variant, samples=samples, seed=seed))
    return SampleSpec(kind, preprocess.shape), torch.from_numpy(values)


def cases(specs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(encoder, kind, variant) for every registered encoder and all that it reads."""
    return [
        (name, kind, variant)
        for name, spec in specs.items()
        for kind in sorted(spec.kinds)
        for variant in EXAMPLES[kind]
    ]
