"""What many samples are to whoever reads them, wherever they lie: a length, and rows of float32 on request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Rows(Protocol):
    """One modality of n samples, or what a method keeps of them, wherever it lies: a tensor is one, a file may be.

    Whoever reads it takes rows and the length, and bounds how many rows it takes at once; a modality of samples that
    differ in length comes padded to the longest of those asked for. Reading is safe from several threads.
    """

    def __len__(self) -> int:
        """N."""
        ...

    def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
        """The samples at ``rows`` (a slice, or a 1-d int64 tensor on the CPU) as (B, ...) float32 on the device."""
        ...


CHUNK = 256
"""Rows that are taken at once where all of them are gone through."""


def chunks(rows: Rows) -> Iterator[Tensor]:
    """All rows in order, at most :data:`CHUNK` at a time."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
