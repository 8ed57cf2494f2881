"""The linear head, the late fusion of the literature: ``logits = W [z_1 .. z_M] + b = sum_m W_m z_m + b``.

It is additive in the modalities: whatever the features, it cannot represent an exclusive or of two of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from umlkit.fusion.base import Head
from umlkit.fusion.linear.options import LinearHeadOptions


class LinearHead(Head):
    """One linear layer on the concatenated features."""

    def __init__(self, options: LinearHeadOptions, widths: Sequence[int], classes: int) -> None:  # noqa: ARG002
        super().__init__()
        self.linear = nn.Linear(sum(widths), classes)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """M tensors (B, D_m) -> logits (B, C)."""
        logits: Tensor = self.linear(torch.cat(list(features), dim=1))
        return logits
