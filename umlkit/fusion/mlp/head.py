"""The multi-layer perceptron head: ``logits = V dropout(gelu(U [z_1 .. z_M] + a)) + b``.

Not additive in the modalities: it can represent what only their combination says.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from umlkit.fusion.base import Head
from umlkit.fusion.mlp.options import MlpHeadOptions


class MlpHead(Head):
    """One hidden layer on the concatenated features."""

    def __init__(self, options: MlpHeadOptions, widths: Sequence[int], classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(sum(widths), options.hidden),
            nn.GELU(),
            nn.Dropout(options.dropout),
            nn.Linear(options.hidden, classes),
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """M tensors (B, D_m) -> logits (B, C)."""
        logits: Tensor = self.layers(torch.cat(list(features), dim=1))
        return logits
