"""What a kernel sees of a modality: the numbers of a sample, or features of its uni-modal model.

Kernels compare numbers place by place. That suits vectors and tables (categories one-hot), and pictures and
spectrograms as long as they are small; of texts, sequences and large pictures they see what the frozen uni-modal model
makes of them, which knows which places to compare but has shed what its own modality does not need. Where both are
there `select` chooses.

Legend of shapes: B samples, D features of the uni-modal encoder, W numbers that the kernel sees.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from umlkit.encoders.stems import stem_for
from umlkit.methods.base import ModalityPlan
from umlkit.methods.frozen.model import Standardise

INPUTS, FEATURES = "inputs", "features"
FLAT = frozenset({"vector", "table"})
"""Kinds of which a place always means the same."""
PLACED = frozenset({"image", "spectrogram"})
"""Kinds of which it nearly does while samples are small."""
MOST_INPUTS = 4096


class View(nn.Module, ABC):
    """``(x, z) -> (B, W)``, x (B, *sample_shape) and z (B, D)."""

    reads_inputs: bool

    @abstractmethod
    def forward(self, x: Tensor | None, z: Tensor) -> Tensor:
        """What the kernel sees of a batch; x may be None where inputs are not read."""

    def fit(self, features: Tensor) -> None:
        """Take what has to be known from the training samples' features (n, D)."""


class InputsView(View):
    """All numbers side by side, standardised as they come."""

    reads_inputs = True

    def __init__(self, plan: ModalityPlan) -> None:
        super().__init__()
        self.stem = stem_for(plan.sample)

    def forward(self, x: Tensor | None, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, *sample_shape) -> (B, W)."""
        if x is None:
            raise TypeError("this view reads inputs")
        numbers: Tensor = self.stem(x)
        return numbers


class FeaturesView(View):
    """The features of the uni-modal model, standardised."""

    reads_inputs = False

    def __init__(self, width: int) -> None:
        super().__init__()
        self.standardise = Standardise(width)

    def forward(self, x: Tensor | None, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, D) -> (B, W)."""
        standardised: Tensor = self.standardise(z)
        return standardised

    def fit(self, features: Tensor) -> None:
        """Take mean and spread."""
        self.standardise.fit(features)


def view(name: str, plan: ModalityPlan, *, width: int) -> View:
    """A view by name, of a modality whose encoder gives ``width`` features."""
    return InputsView(plan) if name == INPUTS else FeaturesView(width)


def possible(plan: ModalityPlan) -> tuple[str, ...]:
    """The views that suit a modality, the one of inputs first where there is one."""
    if plan.kind in FLAT:
        return (INPUTS,)
    small = plan.kind in PLACED and torch.Size(plan.sample_shape).numel() <= MOST_INPUTS
    return (INPUTS, FEATURES) if small else (FEATURES,)


def choices(plans: Mapping[str, ModalityPlan]) -> list[dict[str, str]]:
    """What is compared: of every modality its first view, and of every one its last; once where that is the same."""
    found = {name: possible(plan) for name, plan in plans.items()}
    both = [{name: views[at] for name, views in found.items()} for at in (0, -1)]
    return both if both[0] != both[1] else both[:1]
