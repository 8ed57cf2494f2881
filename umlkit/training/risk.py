"""The risk that every method trains on and is stopped by: cross-entropy, weighted where the samples have weights.

    1/B sum_i w_i CE(l_i, y_i)

w_i is sample i's weight, of mean 1 over its role (:mod:`umlkit.data.weights`), so that a step of B samples is an
unbiased estimate of the weighted risk, and a sample of weight 2 counts as two. The sum is divided by B and not by the
weights of the batch, which would give a batch of light samples as large a step as one of heavy ones.

Legend of shapes: B samples, C classes.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor
from torch.nn import functional

Reduction = Literal["mean", "sum", "none"]


def cross_entropy(
    logits: Tensor, labels: Tensor, weights: Tensor | None = None, *, reduction: Reduction = "mean"
) -> Tensor:
    """Weighted cross-entropy in nats, >= 0: a scalar, or (B,) where nothing is reduced.

    Args:
        logits: (B, C).
        labels: (B,) int64.
        weights: (B,) >= 0, or None where every sample weighs 1.
        reduction: the equation above, or B times it, or every sample's part of that.
    """
    if weights is None:
        return functional.cross_entropy(logits, labels, reduction=reduction)
    return reduced(functional.cross_entropy(logits, labels, reduction="none"), weights, reduction=reduction)


def reduced(values: Tensor, weights: Tensor | None = None, *, reduction: Reduction = "mean") -> Tensor:
    """``1/B sum_i w_i v_i`` of per-sample values (B,), or B times it, or the parts (B,) of that."""
    weighted = values if weights is None else weights.to(values.dtype) * values
    if reduction == "none":
        return weighted
    return weighted.mean() if reduction == "mean" else weighted.sum()
