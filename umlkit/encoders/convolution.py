"""A convolution of pictures whose channels lie side by side in memory, which CPUs are faster at.

    y = W * x + b       as `torch.nn.Conv2d`: (B, C, H, W) -> (B, C', H', W'), the same weights under the same names

The weights are handed over with their channels last, and every map that follows comes out so; stored they are as ever,
so checkpoints, optimisers and copies between networks see nothing of it. Sums are of the same terms in another order.

*Measured*, ``tests/benchmarks/convolutions.py``: on one thread a training step of the encoder `resnet` takes .79 to .98
of the time, a pass without gradients .73 to 1.07, least where pictures are larger and the network is not wide. With as
many weights as `resnet18` has it takes longer: they are handed over anew for every batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Convolution(nn.Conv2d):
    """``Conv2d``, with channels last where it is computed by a CPU."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        weight = self.weight
        if x.device.type == "cpu":  # not `contiguous`: with one channel in, either order is that, and nothing changes
            weight = weight.clone(memory_format=torch.channels_last)
        maps: Tensor = self._conv_forward(x, weight, self.bias)
        return maps
