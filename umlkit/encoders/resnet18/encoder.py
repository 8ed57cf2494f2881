"""ResNet-18 (He et al., CVPR 2016, arXiv 1512.03385, table 1) for larger pictures.

    7x7 convolution and 3x3 pooling, each at half the resolution -> 4 stages of two residual blocks with 64, 128, 256
    and 512 channels, each stage but the first at half the resolution -> z = mean over the positions

The published network but for its norms: group norms in the place of batch norms (Wu and He 2018, arXiv 1803.08494)
treat every sample alone, and in groups of a fixed size they make the narrow network exactly a part of a wider one. They
have as many weights, so the published counts hold: 11,176,512, and 11,689,512 with a linear layer to 1000 classes.

Legend of shapes: B samples, (C, H, W) one picture, D features.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from umlkit.encoders.augmentation import augmented
from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.resnet18.options import Resnet18Options

CHANNELS_PER_GROUP = 16
"""Of the norms; the best of those that Wu and He compared (table 3)."""
STAGES = (1, 2, 4, 8)
"""Channels of every stage, over those of the stem."""


class Resnet18Encoder(Encoder):
    """Stem, four stages, the mean over the positions."""

    def __init__(self, options: Resnet18Options, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        self.options = options
        self.augments = options.augments
        self.weight_decay = options.weight_decay
        widths = [options.width * scale * factor for factor in STAGES]
        self.features = widths[-1]
        self.stem = nn.Sequential(_convolution(sample.shape[0], widths[0], 7, stride=2), _norm(widths[0]), nn.ReLU())
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        before = [widths[0], *widths[:-1]]
        self.stages = nn.ModuleList(
            nn.Sequential(BasicBlock(narrow, wide, stride=1 if stage == 0 else 2), BasicBlock(wide, wide, stride=1))
            for stage, (narrow, wide) in enumerate(zip(before, widths, strict=True))
        )
        self.dropout = nn.Dropout(options.dropout)

    def forward(self, x: Tensor) -> Encoded:
        """(B, C, H, W) -> features (B, D), and the maps after the stem and after every stage."""
        maps = [self.stem(x)]
        for index, stage in enumerate(self.stages):
            maps.append(stage(self.pool(maps[-1]) if index == 0 else maps[-1]))
        return Encoded(self.dropout(maps[-1].mean(dim=(2, 3))), maps=tuple(maps))

    def augment(self, x: Tensor) -> Tensor:
        """(B, C, H, W), a random view as the options say."""
        return augmented(x, self.options) if self.training else x


class BasicBlock(nn.Module):
    """``relu(S x + F(x))``: two 3x3 convolutions F, the first with the stride; S is the identity where shapes agree."""

    def __init__(self, before: int, after: int, *, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            _convolution(before, after, 3, stride=stride),
            _norm(after),
            nn.ReLU(),
            _convolution(after, after, 3, stride=1),
            _norm(after),
        )
        self.shortcut = (
            nn.Identity()
            if (before, stride) == (after, 1)
            else nn.Sequential(_convolution(before, after, 1, stride=stride), _norm(after))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, H, W) -> (B, after, H / stride, W / stride), sides rounded up."""
        return functional.relu(self.shortcut(x) + self.residual(x))


def _convolution(before: int, after: int, kernel: int, *, stride: int) -> nn.Conv2d:
    made = nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(made.weight, mode="fan_out", nonlinearity="relu")
    return made


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(channels // CHANNELS_PER_GROUP, channels)
