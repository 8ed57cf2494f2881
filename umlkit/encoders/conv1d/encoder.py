"""A small residual network over time (He et al., CVPR 2016, arXiv 1512.03385; of series: Wang et al., 1611.06455).

    stem -> residual blocks, each at half the resolution -> means of parts of the length, and the maximum -> z = W p + b

Every sample is worked on within its own length: what is beyond is zero after every layer, norms and pooling leave it
out, so that neither padding nor the other samples of a batch change anything. Norms are group norms over a sample's
real steps.

What was compared (*measured*: held-out log-loss at the temperature of `select`; Italian power demand with 60 training
samples, spoken vowels of 7 to 29 steps with 120, gun point with 60; few splits, so only what is large counts): one
segment .176, .185, .169 against .155, .207, .089 with four; a norm over the channels of each step alone .387 against
.155 on the first; three times the learning rate .182, .224 (two splits) against .198, .264, in fewer epochs; weight
decay of .1 .087 against .103 on the last. The halving stem was not compared.

Legend of shapes: B samples, L steps of the longest, L' after all blocks, C channels of a step, W channels of a layer, D
features.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.conv1d.options import Conv1dOptions
from umlkit.encoders.steps import maximum, real_steps, segment_means

CHANNELS_PER_GROUP = 8
LONG = 256
"""Steps of the longest sample from which on the stem halves the resolution too, and so the cost."""
LAST_STEPS = 8
"""Blocks halve the resolution until the longest sample has at most so many steps left ..."""
MOST_BLOCKS = 5
"""... but are no more than these."""


class Conv1dEncoder(Encoder):
    """Stem, residual blocks, pooling, features.

    Channels are normalised in groups of a fixed size, so that the narrow network is exactly a part of one ``scale``
    times as wide.
    """

    lr_factor = 3.0

    def __init__(self, options: Conv1dOptions, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        longest, channels = sample.shape
        width = options.width * scale
        self.features = options.features * scale
        self.weight_decay = options.weight_decay
        self.segments = options.segments
        stride, kernel = (2, options.kernel + 2) if longest >= LONG else (1, options.kernel)
        self.stem = ConvolutionNorm(channels, width, kernel, stride=stride)
        count = _halvings(math.ceil(longest / stride)) if options.blocks is None else options.blocks
        self.blocks = nn.ModuleList(ResidualBlock(width, options.kernel) for _ in range(count))
        self.readout = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(options.dropout),
            nn.Linear(width * (self.segments + 1), self.features),
        )

    def forward(self, x: Tensor) -> Encoded:
        """(B, L, C) -> features (B, D), tokens (B, L', W) with their mask, and maps (B, W, ...) by stage."""
        steps, mask = real_steps(x)
        maps = [functional.relu(self.stem(steps.transpose(1, 2), mask))]
        mask = mask[:, :: self.stem.stride]
        for block in self.blocks:
            maps.append(block(maps[-1], mask))
            mask = mask[:, ::2]
        tokens = maps[-1].transpose(1, 2)
        pooled = torch.cat([segment_means(tokens, mask, self.segments), maximum(tokens, mask)[:, None]], dim=1)
        return Encoded(self.readout(pooled.transpose(1, 2)), tokens=tokens, mask=mask, maps=tuple(maps))


class ResidualBlock(nn.Module):
    """``relu(S x + F(x))`` at half the resolution: two convolutions F; S is the mean of every two steps."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.first = ConvolutionNorm(width, width, kernel, stride=2)
        self.second = ConvolutionNorm(width, width, kernel)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, W, L), (B, L) -> (B, W, L / 2), rounded up; zero beyond the end."""
        residual = self.second(functional.relu(self.first(x, mask)), mask[:, ::2])
        return functional.relu(_pair_means(x, mask) + residual)


class ConvolutionNorm(nn.Module):
    """A convolution over time, then a group norm over the real steps of every sample."""

    def __init__(self, before: int, after: int, kernel: int, *, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.convolution = nn.Conv1d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.weight = nn.Parameter(torch.ones(after))
        self.bias = nn.Parameter(torch.zeros(after))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, before, L), zero beyond the end, and (B, L) -> (B, after, L / stride), zero beyond the end."""
        real = mask[:, None, :: self.stride].to(x.dtype)
        convolved = self.convolution(x)[..., : real.shape[2]]  # an even kernel makes one step too many
        return (_normalised(convolved, real) * self.weight[:, None] + self.bias[:, None]) * real


def _normalised(x: Tensor, real: Tensor) -> Tensor:
    """(B, W, L) of mean 0 and variance 1 in every group of channels over the steps where (B, 1, L) is 1."""
    groups = x.reshape(len(x), -1, CHANNELS_PER_GROUP, x.shape[2])
    inside = real[:, None]
    count = real.sum(dim=2)[..., None, None] * CHANNELS_PER_GROUP
    centred = (groups - (groups * inside).sum(dim=(2, 3), keepdim=True) / count) * inside
    variance = centred.square().sum(dim=(2, 3), keepdim=True) / count
    return (centred * torch.rsqrt(variance + 1e-5)).view_as(x)


def _pair_means(x: Tensor, mask: Tensor) -> Tensor:
    """(B, W, L), zero beyond the end -> (B, W, L / 2): means of the real ones of every two steps."""
    summed = functional.avg_pool1d(x, 2, ceil_mode=True)
    share = functional.avg_pool1d(mask[:, None].to(x.dtype), 2, ceil_mode=True)
    return summed / share.clamp(min=0.5)


def _halvings(steps: int) -> int:
    return min(MOST_BLOCKS, max(1, math.ceil(math.log2(steps / LAST_STEPS))))
