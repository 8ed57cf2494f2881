"""What the data are, as a hash: of the arrays as they were read, or of a file's bytes. Never of a path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np

from umlkit.data.records import Array, Ints, ModalityArray
from umlkit.runs.atomic import write_json

_CHUNK = 1 << 22


def content(
    modalities: Mapping[str, ModalityArray],
    labels: Ints,
    classes: tuple[str, ...],
    *,
    groups: Ints | None,
    given_split: Array | None,
) -> str:
    """32 hex characters over everything that a model is made from: values, order, names, kinds, labels, groups, split."""
    digest = blake2b(digest_size=16)
    for name, modality in modalities.items():
        about = [name, modality.kind, modality.missing, str(modality.values.dtype), list(modality.values.shape)]
        digest.update(json.dumps(about).encode())
        _update(digest, modality.values)
    digest.update(json.dumps([*classes]).encode())
    for values in (labels, groups, given_split):
        digest.update(b"none" if values is None else b"some")
        if values is not None:
            _update(digest, values)
    return digest.hexdigest()


def file_hash(path: Path, cache: Path | None = None) -> str:
    """32 hex characters over a file's bytes.

    Args:
        path: the file.
        cache: a JSON file that keeps the hash for as long as size, time and inode stay; its loss costs a reading.
    """
    stat = path.stat()
    key = f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ino}"
    known = _read_cache(cache)
    if key not in known:
        known = {key: _hash_file(path)}
        if cache is not None:
            write_json(cache, known)
    return known[key]


def _update(digest: blake2b, values: Array) -> None:
    step = max(1, _CHUNK // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        digest.update(np.ascontiguousarray(values[start : start + step]).tobytes())


def _hash_file(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _read_cache(cache: Path | None) -> dict[str, str]:
    try:
        found = json.loads(cache.read_text()) if cache is not None else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
