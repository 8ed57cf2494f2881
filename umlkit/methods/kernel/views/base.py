"""What a kernel sees of a modality: numbers of a sample that are compared place by place.

Legend of shapes: B samples, D features of the uni-modal encoder, W numbers that the kernel sees.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import Tensor, nn

from umlkit.encoders.stems import stem_for
from umlkit.methods.base import ModalityPlan
from umlkit.methods.frozen.model import Standardise

BATCHES = 8
"""Batches of training samples that tell what is typical."""


def few(batches: Iterator[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
    """The first batches (x, z), as many as tell what is typical."""
    return itertools.islice(batches, BATCHES)


class View(nn.Module, ABC):
    """``(x, z) -> (B, W)``, x (B, *sample_shape) and z (B, D).

    Attributes:
        reads_inputs: whether it reads x; where it does not, nobody need read that from disk.
    """

    reads_inputs: ClassVar[bool] = True

    @abstractmethod
    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """What the kernel sees of a batch; x may be empty where inputs are not read."""

    def fit(self, batches: Iterator[tuple[Tensor, Tensor]]) -> None:
        """Take what has to be known from batches (x, z) of training samples in random order; a few may do."""


class InputsView(View):
    """All numbers side by side, standardised as they come."""

    def __init__(self, plan: ModalityPlan) -> None:
        super().__init__()
        self.stem = stem_for(plan.sample)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, *sample_shape) -> (B, W)."""
        numbers: Tensor = self.stem(x)
        return numbers


class FeaturesView(View):
    """The features of the uni-modal model, standardised."""

    reads_inputs = False

    def __init__(self, width: int) -> None:
        super().__init__()
        self.standardise = Standardise(width)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, D) -> (B, W)."""
        standardised: Tensor = self.standardise(z)
        return standardised

    def fit(self, batches: Iterator[tuple[Tensor, Tensor]]) -> None:
        """Take mean and spread."""
        self.standardise.fit(torch.cat([z for _, z in batches]))
