"""Float32 rows that lie in memory-mapped files: stored features, and what preprocessing has left in a temporary file.

Pages of a mapped file belong to the system's cache and not to the process: they come back when memory is short.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from umlkit.data.records import Floats
from umlkit.data.streamed import on_device


class ShardedRows:
    """n rows over the shards of one array; see :class:`umlkit.rows.Rows`.

    Args:
        shards: one mapped array (n_k, ...) a file, in order.
        device: where batches go.
    """

    def __init__(self, shards: Sequence[Floats], *, device: torch.device | str) -> None:
        self._shards = [torch.from_numpy(shard) for shard in shards]
        self._ends = torch.tensor([len(shard) for shard in shards]).cumsum(0)
        self._device = torch.device(device)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
        """(B, ...) float32."""
        if len(self._shards) == 1:
            return on_device(self._shards[0][rows], self._device)
        wanted = torch.arange(len(self))[rows] if isinstance(rows, slice) else rows.cpu()
        shard_of = torch.searchsorted(self._ends, wanted, right=True)
        found = self._shards[0].new_empty((len(wanted), *self._shards[0].shape[1:]))
        for number in sorted(set(shard_of.tolist())):
            here = shard_of == number
            first = int(self._ends[number]) - len(self._shards[number])
            found[here] = self._shards[number][wanted[here] - first]
        return on_device(found, self._device)
