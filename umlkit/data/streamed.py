"""Samples that stay where they are read from, and are standardised batch by batch as they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from umlkit.data.kinds.base import Preprocess
from umlkit.data.records import Ints, ModalityArray


@dataclass(frozen=True)
class StreamedRows:
    """Rows of a modality through its preprocessing; see :class:`umlkit.rows.Rows`.

    Attributes:
        modality: all samples of the data set.
        rows: (n,) row numbers of those that are meant.
        preprocess: what makes them float32.
        device: where batches go.
    """

    modality: ModalityArray
    rows: Ints
    preprocess: Preprocess
    device: torch.device | str

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
        """(B, ...) float32."""
        asked = self.rows[rows if isinstance(rows, slice) else np.asarray(rows)]
        return on_device(torch.from_numpy(self.preprocess.apply(self.modality.rows(asked))), self.device)


def on_device(batch: Tensor, device: torch.device | str) -> Tensor:
    """A batch in ordinary memory on the device; to a GPU by way of page-locked memory, so that the copy overlaps."""
    target = torch.device(device)
    if target.type != "cuda":
        return batch.to(target)
    return batch.pin_memory().to(target, non_blocking=True)
