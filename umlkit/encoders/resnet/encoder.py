"""A small residual network (He et al., CVPR 2016, arXiv 1512.03385) for pictures of 8x4 to 64x64.

Norms are group norms: they treat every sample alone, so a last batch of any size and evaluation are no special case.
Legend of shapes: B samples, (C, H, W) one picture, D features.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from umlkit.encoders.base import Encoded, Encoder
from umlkit.encoders.resnet.options import ResnetOptions

CHANNELS_PER_GROUP = 8
LARGEST_STEM = 32
POOLED = (2, 2)


class ResnetEncoder(Encoder):
    """Stem, stages of one residual block each, pooling to a grid, features.

    Channels are normalised in groups of a fixed size, so that the narrow network is exactly a part of one ``scale``
    times as wide.
    """

    def __init__(self, options: ResnetOptions, sample_shape: Sequence[int], scale: int) -> None:
        super().__init__()
        channels, height, width = sample_shape
        self.features = options.features * scale
        self.weight_decay = options.weight_decay
        side = min(height, width)
        shrink = 2 if side >= LARGEST_STEM else 1
        stages = _stages_for(side // shrink) if options.stages is None else options.stages
        widths = [options.width * scale * 2**stage for stage in range(stages)]
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, stride=shrink, padding=1, bias=False), _norm(widths[0]), nn.ReLU()
        )
        self.stages = nn.ModuleList(
            ResidualBlock(before, after, stride=1 if stage == 0 else 2)
            for stage, (before, after) in enumerate(zip([widths[0], *widths], widths, strict=False))
        )
        self.readout = nn.Sequential(
            nn.AdaptiveAvgPool2d(POOLED),
            nn.Flatten(),
            nn.Dropout(options.dropout),
            nn.Linear(widths[-1] * POOLED[0] * POOLED[1], self.features),
        )

    def forward(self, x: Tensor) -> Encoded:
        """(B, C, H, W) -> features (B, D) and the maps of every stage."""
        maps = []
        current = self.stem(x)
        for stage in self.stages:
            current = stage(current)
            maps.append(current)
        return Encoded(self.readout(current), maps=tuple(maps))


class ResidualBlock(nn.Module):
    """``relu(x' + F(x))``: two 3x3 convolutions F, and x' = x or a 1x1 convolution of it where the shape changes."""

    def __init__(self, before: int, after: int, *, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
            _norm(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            _norm(after),
        )
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, after, 1, stride=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, H, W) -> (B, after, H / stride, W / stride)."""
        return functional.relu(self.shortcut(x) + self.residual(x))


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(channels // CHANNELS_PER_GROUP, channels)


def _stages_for(side: int) -> int:
    """Stages after which the shorter side is still at least 2 long, at most 3."""
    return max(1, min(3, side.bit_length() - 1))
