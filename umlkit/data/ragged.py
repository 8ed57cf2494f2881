"""Samples of different lengths, end to end in memory or in a mapped file; a batch is padded to its own longest.

Nothing is padded before a batch is asked for, so one long sample costs its own length and not n times that.
"""

from __future__ import annotations

import torch
from torch import Tensor

from umlkit.data.kinds.base import Packed


class RaggedRows:
    """n samples (L_i, K) as rows; see :class:`umlkit.rows.Rows`.

    Args:
        packed: the samples; its array may lie in a file.
        padding: what stands beyond a sample's end.
        device: where batches go; samples in memory are kept there, mapped ones stay in their file.
        mapped: whether the array lies in a file.
    """

    def __init__(self, packed: Packed, *, padding: float, device: torch.device | str, mapped: bool = False) -> None:
        flat = torch.from_numpy(packed.flat)
        self._flat = flat if mapped else flat.to(device)
        self._lengths = torch.from_numpy(packed.lengths)
        self._starts = self._lengths.cumsum(0) - self._lengths
        self._padding = padding
        self._device = torch.device(device)

    def __len__(self) -> int:
        return len(self._lengths)

    def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
        """(B, max L_i, K), at least one step long."""
        starts, lengths = self._starts[rows], self._lengths[rows]
        steps = torch.arange(max(1, int(lengths.max())) if len(lengths) else 1)
        real = steps < lengths[:, None]
        index = (starts[:, None] + steps)[real]
        padded = self._flat.new_full((*real.shape, self._flat.shape[1]), self._padding)
        padded[real.to(padded.device)] = self._flat[index.to(padded.device)]
        return padded.to(self._device)
