"""A head on the standardised features of frozen uni-modal models, added to their ensemble's logits or standing alone.

Legend of shapes: B samples, n samples of a role, M modalities, D_m features of modality m, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from umlkit.fusion.base import Head
from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.ume.model import UmeModel


class Standardise(nn.Module):
    """``(z - mean) / std`` by dimension, as fitted on one role's features (n, D)."""

    mean: Tensor
    std: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    def fit(self, features: Tensor) -> None:
        """Take mean and standard deviation from features (n, D); a constant dimension keeps its scale."""
        std, mean = torch.std_mean(features, dim=0, correction=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6, std, torch.ones_like(std)))

    def forward(self, features: Tensor) -> Tensor:
        """(B, D) -> (B, D)."""
        return (features - self.mean) / self.std


class FrozenModel(MultiModalModel):
    """``logits = head([z_1 .. z_M]) [+ UME(x)]``, z_m standardised features of the frozen uni-modal models.

    Attributes:
        ensemble: the frozen uni-modal models and their pool.
        head: what was trained.
        offset: whether the ensemble's logits are added.
    """

    def __init__(self, ensemble: UmeModel, head: Head, *, widths: Sequence[int], offset: bool) -> None:
        super().__init__()
        self.ensemble = ensemble
        self.standardise = nn.ModuleList(Standardise(width) for width in widths)
        self.head = head
        self.offset = offset

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and the features (B, D_m) that the head read."""
        output = self.ensemble.infer(inputs)
        features = self.standardised(output.features)
        logits: Tensor = self.head(list(features.values()))
        return Output(logits + output.logits if self.offset else logits, features)

    def standardised(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Modality -> (B, D_m) features, standardised."""
        return {
            name: part(features[name])
            for name, part in zip(self.ensemble.experts.modalities, self.standardise, strict=True)
        }

    def fit_standardisation(self, features: Mapping[str, Tensor]) -> None:
        """Fit mean and standard deviation to the features (n, D_m) of a role."""
        for name, part in zip(self.ensemble.experts.modalities, self.standardise, strict=True):
            part.fit(features[name])  # type: ignore[operator]
