"""Samples told apart by 128 bits each: of their text, or of their values, read by blocks.

A dictionary of a million texts takes hundreds of megabytes of memory; their digests take sixteen, and sort.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from umlkit.data.mapped import BLOCK
from umlkit.data.records import Array, Ints, ModalityArray
from umlkit.data.strings import StringArray

Digests = npt.NDArray[np.bytes_]
_SIZE = 16
_ROWS = 1 << 14


def text(value: Any) -> str:
    """What a single value says: text as it is, bytes as UTF-8, a number as Python writes it."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def texts(values: Array | StringArray) -> Iterator[str]:
    """What every value of (N,) says, a block of Python strings at a time."""
    for start in range(0, len(values), _ROWS):
        yield from map(text, values[start : start + _ROWS].tolist())


def of_texts(values: Array | StringArray) -> Digests:
    """(N,) digests, equal where the texts are, but for blanks around them."""
    return _filled(len(values), (blake2b(one.strip(" \t").encode(), digest_size=_SIZE) for one in texts(values)))


def of_samples(modalities: Sequence[ModalityArray]) -> Digests:
    """(N,) digests, equal where samples are equal in all modalities bit for bit, up to their ends."""
    return _filled(len(modalities[0]), map(_joined, zip(*map(_samples, modalities), strict=True)))


def first(digests: Digests) -> Ints:
    """(N,) the first row with the same digest: its own number where it repeats none."""
    order = np.argsort(digests, kind="stable")
    ordered = digests[order]
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(order)]
    found = np.empty(len(order), dtype=np.int64)
    found[order] = order[starts][np.cumsum(starts) - 1]
    return found


def _filled(length: int, hashes: Iterator[Any]) -> Digests:
    found = np.empty(length, dtype=f"S{_SIZE}")
    for start in range(0, length, _ROWS):
        block = b"".join(one.digest() for one in islice(hashes, _ROWS))
        found[start : start + _ROWS] = np.frombuffer(block, dtype=found.dtype)
    return found


def _joined(parts: tuple[bytes, ...]) -> Any:
    digest = blake2b(digest_size=_SIZE)
    for part in parts:
        digest.update(part)
    return digest


def _samples(modality: ModalityArray) -> Iterator[bytes]:
    """Every sample as bytes; one of steps says how many it has."""
    if modality.lengths is None:
        yield from _rows(modality.values)
        return
    step = modality.values[:1].nbytes // modality.values.shape[1]
    for length, row in zip(modality.lengths.tolist(), _rows(modality.values), strict=True):
        yield f"{length}:".encode() + row[: length * step]


def _rows(values: Array) -> Iterator[bytes]:
    """Every row as bytes, a block of rows in memory at a time; a text says how long it is."""
    width = 1 if values.dtype.hasobject else max(1, values[:1].nbytes)
    step = max(1, min(_ROWS, BLOCK // width))
    for start in range(0, len(values), step):
        block = values[start : start + step]
        if block.dtype.hasobject:
            yield from (_counted(row) for row in block.tolist())
        else:
            flat = np.ascontiguousarray(block).reshape(len(block), -1).view(np.uint8)
            yield from (row.tobytes() for row in flat)


def _counted(row: Any) -> bytes:
    if isinstance(row, list):
        return b"".join(map(_counted, row))
    content = text(row).encode("utf-8", "surrogatepass")
    return f"{len(content)}:".encode() + content
