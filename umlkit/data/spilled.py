"""What costly preprocessing makes of many samples, written once to a temporary file and read back in place.

The file has no name any more once it is open, so nothing of it is left however the process ends; it lies where
``TMPDIR`` says.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np
import torch

from umlkit.data.kinds.base import Packed, Preprocess, RaggedPreprocess
from umlkit.data.mapped import no_room
from umlkit.data.ragged import RaggedRows
from umlkit.data.records import Array, Floats, Ints, ModalityArray
from umlkit.data.sharded import ShardedRows
from umlkit.rows import Rows

BLOCK = 1024
"""Samples that go through preprocessing at once."""


def spilled(modality: ModalityArray, rows: Ints, preprocess: Preprocess, device: torch.device | str) -> Rows:
    """The samples ``rows`` of a modality, preprocessed now, as rows over a temporary file.

    Raises:
        RunError: no space for the file.
    """
    blocks = (modality.rows(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK))
    if isinstance(preprocess, RaggedPreprocess):
        lengths: list[Ints] = []
        flat = _written(_parts(preprocess, blocks, lengths))
        packed = Packed(flat, np.concatenate(lengths))
        return RaggedRows(packed, padding=preprocess.padding, device=device, mapped=True)
    return ShardedRows([_written(preprocess.apply(block) for block in blocks)], device=device)


def _parts(preprocess: RaggedPreprocess, blocks: Iterator[ModalityArray], lengths: list[Ints]) -> Iterator[Floats]:
    for block in blocks:
        packed = preprocess.pack(block)
        lengths.append(packed.lengths)
        yield packed.flat


def _written(parts: Iterator[Floats]) -> Floats:
    """The parts one after the other as one mapped array."""
    count = 0
    shape: tuple[int, ...] = ()
    try:
        with tempfile.TemporaryFile(prefix="umlkit-") as file:
            for part in parts:
                file.write(np.ascontiguousarray(part).data)
                count, shape = count + len(part), part.shape[1:]
            file.flush()
            return _mapped(file, (count, *shape))
    except OSError as error:
        raise no_room(4 * count * math.prod(shape), error) from error


def _mapped(file: IO[bytes], shape: tuple[int, ...]) -> Floats:
    if 0 in shape:  # an empty file cannot be mapped
        return np.zeros(shape, dtype=np.float32)
    # Copy on write: torch wants memory that can be written, and nobody writes.
    values: Array = np.memmap(file, dtype=np.float32, mode="c", shape=shape)
    return values.view(np.ndarray)
