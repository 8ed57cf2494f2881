"""A sample as one long vector, for encoders that know no axes.

A sequence becomes its first T steps, T the longest in training: a shorter one is filled up with zeros, which after
standardisation are the channels' means, and a longer one is cut.

Legend of shapes: B samples, L steps of C channels, P numbers of one sample.
"""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional

from umlkit.encoders.base import SampleSpec


class Flattening(nn.Module):
    """(B, ...) -> (B, P).

    Attributes:
        width: P.
    """

    def __init__(self, sample: SampleSpec) -> None:
        super().__init__()
        self.width = math.prod(sample.shape)
        self._steps = sample.shape[0] if sample.kind == "sequence" else None

    def forward(self, x: Tensor) -> Tensor:
        """One row a sample."""
        if self._steps is not None:
            x = x[:, : self._steps].nan_to_num(0.0)
            x = functional.pad(x, (0, 0, 0, self._steps - x.shape[1]))
        return x.flatten(1)
