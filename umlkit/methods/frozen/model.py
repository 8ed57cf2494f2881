"""A head on the standardised features of frozen uni-modal models, added to their ensemble's logits or standing alone.

Legend of shapes: B samples, n samples of a role, M modalities, D_m features of modality m, C classes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from umlkit.fusion.base import Head
from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.ume.model import UmeModel, apart, beside
from umlkit.rows import Rows, chunks


class Standardise(nn.Module):
    """``(z - mean) / std`` by dimension, as fitted on one role's features (n, D)."""

    mean: Tensor
    std: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    def fit(self, features: Rows) -> None:
        """Take mean and standard deviation from n rows (D,) of features; a constant dimension keeps its scale."""
        mean = sum_of(part.cpu().double() for part in chunks(features)) / len(features)
        std = (sum_of((part.cpu().double() - mean).square() for part in chunks(features)) / len(features)).sqrt()
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6, std, torch.ones_like(std)))

    def forward(self, features: Tensor) -> Tensor:
        """(B, D) -> (B, D)."""
        return (features - self.mean) / self.std


def sum_of(parts: Iterator[Tensor]) -> Tensor:
    """Parts (n_k, D), n_k >= 1, summed over all samples: (D,)."""
    return functools.reduce(torch.add, (part.sum(dim=0) for part in parts))


class FrozenModel(MultiModalModel):
    """``logits = head([z_1 .. z_M]) [+ UME(x)]``, z_m standardised features of the frozen uni-modal models.

    Attributes:
        ensemble: the frozen uni-modal models and their pool.
        head: what was trained.
        offset: whether the ensemble's logits are added.
    """

    parts_are = "computed"

    def __init__(self, ensemble: UmeModel, head: Head, *, widths: Sequence[int], offset: bool) -> None:
        super().__init__()
        self.ensemble = ensemble
        self.standardise = nn.ModuleList(Standardise(width) for width in widths)
        self.head = head
        self.offset = offset

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and the features (B, D_m) that the head read."""
        parts = self.parts(inputs)
        features, _ = apart(parts, len(self.ensemble.log_prior))
        return Output(self.fuse(parts), features)

    def parts(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Every modality's standardised features and its uni-modal model's logits: (B, D_m + C)."""
        outputs = self.ensemble.experts.infer(inputs)
        features = self.standardised({name: output.features[name] for name, output in outputs.items()})
        return beside(features, {name: output.logits for name, output in outputs.items()})

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """The head on features, and the ensemble's logits where they are added."""
        features, logits = apart(parts, len(self.ensemble.log_prior))
        of_head: Tensor = self.head([features[name] for name in self.ensemble.experts.modalities])
        return of_head + self.ensemble.pool(logits) if self.offset else of_head

    def standardised(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Modality -> (B, D_m) features, standardised."""
        return {
            name: part(features[name])
            for name, part in zip(self.ensemble.experts.modalities, self.standardise, strict=True)
        }

    def fit_standardisation(self, features: Mapping[str, Rows]) -> None:
        """Fit mean and standard deviation to a role's features, n rows (D_m,)."""
        for name, part in zip(self.ensemble.experts.modalities, self.standardise, strict=True):
            part.fit(features[name])  # type: ignore[operator]
