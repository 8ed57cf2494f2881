"""What the data are, as hashes of the values that were read: one a modality, one for the labels. Never of a path."""

from __future__ import annotations

import json
from hashlib import blake2b

import numpy as np

from umlkit.data.records import Array, Dataset, ModalityArray

_CHUNK = 1 << 22


def of_modality(modality: ModalityArray) -> str:
    """32 hex characters over one modality's values, shape, type and kind; other modalities do not enter."""
    about: list[object] = [modality.kind, modality.missing, str(modality.values.dtype), list(modality.values.shape)]
    return _hash(about, modality.values)


def of_labels(dataset: Dataset) -> str:
    """32 hex characters over the labels and the classes' names."""
    return _hash([*dataset.classes], dataset.labels)


def _hash(about: list[object], values: Array) -> str:
    digest = blake2b(json.dumps(about).encode(), digest_size=16)
    step = max(1, _CHUNK // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        digest.update(np.ascontiguousarray(values[start : start + step]).tobytes())
    return digest.hexdigest()
