"""A linear map to classes as the product of one to features and one from features, so that a network can start there.

Legend of shapes: P inputs of one sample, D features, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor


def factored(weight: Tensor, features: int) -> tuple[Tensor, Tensor]:
    """(D, P) = Q U^T weight and (C, D) = U Q^T, whose product is the (C, P) weight.

    U (C, r) holds the r = min(C, D) leading left singular vectors of ``weight``, Q (D, r) random orthonormal columns:
    every feature gets its share. Exact where D >= C, else the nearest of rank D.
    """
    rank = min(len(weight), features)
    left = torch.linalg.svd(weight @ weight.T).U[:, :rank]
    columns = torch.linalg.qr(torch.randn(features, rank, device="cpu")).Q.to(weight)
    return columns @ (left.T @ weight), left @ columns.T
