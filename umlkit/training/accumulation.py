"""Gradients of a batch that is taken in parts, because all of it at once would not fit.

    L = sum_k  B_k / B  L_k

with L_k the mean loss of part k of B_k samples. Without dropout and batch statistics the gradient is that of the whole
batch, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler

from umlkit.data.records import Batch


def parts_of(rows: Tensor, count: int) -> Sequence[Tensor]:
    """The rows of one step in ``count`` parts of about one size; fewer where a part would have less than two samples.

    Of a single sample batch normalisation could make nothing.
    """
    return rows.tensor_split(max(1, min(count, len(rows) // 2)))


def backward(loss: Callable[[Batch], Tensor], parts: Iterable[Batch], *, samples: int, scaler: GradScaler) -> Tensor:
    """Add the gradients of the mean loss over all parts to those of the parameters; returns that loss, detached.

    Args:
        loss: part -> scalar, the mean over it.
        parts: of the batch, ``samples`` in all; each is let go before the next is taken.
        samples: B.
        scaler: what the loss is scaled by.
    """
    shares: list[Tensor] = []
    for part in parts:
        share = loss(part) * (len(part) / samples)
        scaler.scale(share).backward()  # type: ignore[no-untyped-call]
        shares.append(share.detach())
    return torch.stack(shares).sum()
