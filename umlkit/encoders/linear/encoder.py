"""The linear encoder: ``z = W x + b``. Pictures are read as one long vector.

Legend of shapes: B samples, P inputs of one sample, D features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from umlkit.encoders.base import Encoded, Encoder
from umlkit.encoders.linear.options import LinearOptions


class LinearEncoder(Encoder):
    """``z = W x + b`` with W (D, P), begun small so that early stopping shrinks."""

    lr_factor = 3.0

    def __init__(self, options: LinearOptions, sample_shape: Sequence[int], scale: int) -> None:
        super().__init__()
        self.features = options.features * scale
        self.linear = nn.Linear(math.prod(sample_shape), self.features)
        nn.init.normal_(self.linear.weight, std=0.1 / math.sqrt(self.linear.in_features))
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Encoded:
        """(B, *sample_shape) -> features (B, D)."""
        return Encoded(self.linear(x.flatten(1)))
