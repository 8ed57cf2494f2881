"""What the data are, as hashes of the values that were read: one a modality, one for labels, one for roles.

Names that a finished model keeps to read new data by (array, cut, columns, label) enter; a path never does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from umlkit.data.records import ROLES, Array, Dataset, Ints, ModalityArray, Roles

_CHUNK = 1 << 22
_TEXTS = 1 << 12


def of_modality(modality: ModalityArray) -> str:
    """32 hex characters over one modality's values and how they were read; other modalities do not enter."""
    values = modality.values
    filled = (modality.missing, modality.fill)
    read_as = (modality.source, modality.take, modality.columns, modality.kind, *filled, modality.levels)
    lengths = None if modality.lengths is None else [modality.lengths_from, _hash([], modality.lengths)]
    return _hash([*read_as, lengths, str(values.dtype), values.shape], values)


def of_labels(dataset: Dataset) -> str:
    """32 hex characters over the labels, their name, what the classes are called, and how much every sample counts."""
    found = _hash([dataset.label_name, dataset.classes, dataset.class_values], dataset.labels)
    if dataset.sample_weights is None:
        return found
    return _hash([found, dataset.weight_name], dataset.sample_weights)


def of_roles(dataset: Dataset, roles: Roles) -> str:
    """32 hex characters over which row serves which purpose, and which rows belong together in groups."""
    rows = [roles.rows(role) for role in ROLES]
    groups = np.zeros(0, dtype=np.int64) if dataset.groups is None else dataset.groups
    return _hash([len(part) for part in rows], np.concatenate([*rows, groups]))


def rows_as_text(rows: Ints) -> str:
    """Sorted row numbers as ``0-2,5,7-9``: runs with their first and last row."""
    apart = np.diff(rows) != 1
    begins, ends = rows[np.r_[True, apart][: len(rows)]], rows[np.r_[apart, True][: len(rows)]]
    return ",".join(
        str(first) if first == last else f"{first}-{last}" for first, last in zip(begins, ends, strict=True)
    )


def _hash(about: Sequence[object], values: Array) -> str:
    digest = blake2b(json.dumps(about).encode(), digest_size=16)
    step = _TEXTS if values.dtype.hasobject else max(1, _CHUNK // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        block = values[start : start + step]
        # Texts as JSON, quoted, so that no two lists of them read alike.
        digest.update(json.dumps(block.tolist()).encode() if block.dtype.hasobject else _bytes(block))
    return digest.hexdigest()


def _bytes(block: Array) -> bytes:
    return np.ascontiguousarray(block).tobytes()
