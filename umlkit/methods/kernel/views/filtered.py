"""A sequence as the energies that random filters of several time scales let through, wherever in it they do.

    h = w_k * x,    e+ = mean_t max(h_t, 0)^2,  e- = mean_t min(h_t, 0)^2        t the real steps
    shown = standardised log(e / e_typical + floor)

Dilated filters with normal weights, each of which reads some of the channels, are those of ROCKET (Dempster, Petitjean
& Webb 2020, arXiv 1910.13051), but that only half of them are freed of their mean. ROCKET pools the share of positive
values and the maximum, for a linear classifier of 10,000 filters; a Gaussian kernel of few samples wants fewer numbers,
and smoother ones.

*Measured*: nats gained by the kernel machine with the product kernel over chance (.693), 1,500 pairs of a sequence of
100 steps and numbers that match or do not, one draw each. Sequences differ by the frequency of a wave of any phase, its
form, a motif somewhere, the lag between channels, an autoregression, and frequency again where lengths differ:

                                           wave   form  motif    lag     ar  lengths
    256 filters: positive share            .281   .264   .002   .076   .188   .154
    maximum                                .205   .248   .051   .088   .152   .212
    both                                   .262   .306   .012   .091   .194   .164
    positive share at three thresholds     .320   .265   .002   .101   .206   .190
    log-energy                             .484   .116   .069   .390   .367   .378
    of both signs                          .478   .323   .058   .270
    of both signs, half keep their means          .296   .087   .315   .318   .321     taken
    the same, 128 filters                         .239   .097   .295   .299   .326
    ten segments' means (:mod:`segments`)  .162   .002   .003  -.006   .065   .029

The means add .04 where the level of a channel matters; floors from .001 to .1 are equal. All that is taken: .442 for
the wave. tests/benchmarks/kernel_views.py has what the whole method gains.

A filter sees zeros, the channels' means, beyond both ends of a sample, and its output there is not counted, so padding
changes nothing. More than :data:`MOST_CHANNELS` channels are first mixed at random to as many. Of more than
:data:`MOST_STEPS` steps the filters' outputs at every second, third, ... are looked at; a row of them is at most so
long for samples as long as those of training.

Legend of shapes: B samples, L steps of the longest, C channels, K filters of each of Q dilations, S their taps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from umlkit.encoders.steps import real_steps
from umlkit.methods.base import ModalityPlan
from umlkit.methods.frozen.model import Standardise
from umlkit.methods.kernel.views.base import View, few

FILTERS, TAPS = 256, 9
MOST_CHANNELS, MOST_STEPS = 16, 1024
MOST_VALUES = 2**22
"""Outputs of filters that are in memory at once."""
FLOOR = 0.01
"""Energies under this share of the typical one are silence."""


class FilteredView(View):
    """Log-energies of both signs of every filter: W = 2 Q K."""

    weight: Tensor
    mixing: Tensor
    typical: Tensor

    def __init__(self, plan: ModalityPlan) -> None:
        super().__init__()
        steps, channels = plan.sample_shape
        self.stride = math.ceil(steps / MOST_STEPS)
        self.dilations = dilations(steps)
        stream = torch.Generator().manual_seed(0)
        read, count = min(channels, MOST_CHANNELS), math.ceil(FILTERS / len(self.dilations))
        mixing = torch.eye(read) if read == channels else _orthonormal(channels, read, stream)
        self.register_buffer("mixing", mixing)
        self.register_buffer("weight", torch.stack([_filters(count, read, stream) for _ in self.dilations]))
        width = 2 * count * len(self.dilations)
        self.register_buffer("typical", torch.ones(width))
        self.standardise = Standardise(width)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, L, C), NaN beyond a sample's end -> (B, W)."""
        shown: Tensor = self.standardise(self._compared(self.energies(x)))
        return shown

    def fit(self, batches: Iterator[tuple[Tensor, Tensor]]) -> None:
        """Take the typical energies, and mean and spread of their logarithms, from the first batches."""
        energies = torch.cat([self.energies(x) for x, _ in few(batches)])
        self.typical.copy_(energies.mean(dim=0).clamp_min(torch.finfo(energies.dtype).tiny))
        self.standardise.fit(self._compared(energies))

    def energies(self, x: Tensor) -> Tensor:
        """(B, L, C) -> (B, W): means of the squares of what is positive, and of what is negative, over real steps."""
        looked_at = math.ceil(x.shape[1] / self.stride)
        rows = max(1, MOST_VALUES // (looked_at * self.weight.shape[1]))
        return torch.cat([self._energies(x[start : start + rows]) for start in range(0, len(x), rows)])

    def _energies(self, x: Tensor) -> Tensor:
        steps, mask = real_steps(x)
        mixed = (steps @ self.mixing).transpose(1, 2)
        real = mask[:, None, :: self.stride].to(steps.dtype)
        shares = real / real.sum(dim=2, keepdim=True)
        found = []
        for dilation, weight in zip(self.dilations, self.weight, strict=True):
            reach = dilation * (TAPS - 1) // 2
            passed = functional.conv1d(mixed, weight, padding=reach, dilation=dilation, stride=self.stride)
            found += [(side.square() * shares).sum(dim=2) for side in (passed.clamp_min(0), passed.clamp_max(0))]
        return torch.cat(found, dim=1)

    def _compared(self, energies: Tensor) -> Tensor:
        return (energies / self.typical + FLOOR).log()


def dilations(steps: int) -> list[int]:
    """1, 2, 4, ... while a filter is no longer than a sample of so many steps; 1 in any case."""
    return [2**power for power in range(max(1, (max(1, steps - 1) // (TAPS - 1)).bit_length()))]


def _filters(count: int, channels: int, stream: torch.Generator) -> Tensor:
    """(K, C, S) of unit length, every second one deaf to a constant; how many channels one reads is log-uniform."""
    weight = torch.randn(count, channels, TAPS, generator=stream)
    many = ((channels + 1) ** torch.rand(count, generator=stream)).floor().clamp(1, channels)
    order = torch.rand(count, channels, generator=stream).argsort(dim=1).argsort(dim=1)
    weight[::2] -= weight[::2].mean(dim=2, keepdim=True)
    weight *= (order < many[:, None])[..., None]
    filters: Tensor = weight / torch.linalg.vector_norm(weight, dim=(1, 2), keepdim=True)
    return filters


def _orthonormal(channels: int, read: int, stream: torch.Generator) -> Tensor:
    """(channels, read)."""
    found: Tensor = torch.linalg.qr(torch.randn(channels, read, generator=stream)).Q
    return found * math.sqrt(channels / read)
