"""A sequence as the means of its channels over equal parts of its length, standardised: what stands where.

What random filters (:mod:`filtered`) do not tell. *Measured* as there: four segments gained .308 where a bump stands in
one of four quarters and .099 on the mean of a drifting channel, ten .255 and .082, filters .015 and .048.

Legend of shapes: B samples, L steps of the longest, C channels, S segments.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from umlkit.encoders.steps import real_steps, segment_means
from umlkit.methods.base import ModalityPlan
from umlkit.methods.frozen.model import Standardise
from umlkit.methods.kernel.views.base import View, few

SEGMENTS = 4


class SegmentsView(View):
    """W = S C."""

    def __init__(self, plan: ModalityPlan) -> None:
        super().__init__()
        steps, channels = plan.sample_shape
        self.segments = min(SEGMENTS, steps)
        self.standardise = Standardise(self.segments * channels)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, L, C), NaN beyond a sample's end -> (B, W)."""
        shown: Tensor = self.standardise(self._means(x))
        return shown

    def fit(self, batches: Iterator[tuple[Tensor, Tensor]]) -> None:
        """Take mean and spread from the first batches."""
        self.standardise.fit(torch.cat([self._means(x) for x, _ in few(batches)]))

    def _means(self, x: Tensor) -> Tensor:
        return segment_means(*real_steps(x), self.segments).flatten(1)
