"""The frozen ensemble and a kernel machine beside it.

    logits(x) = UME(x) + W' k(x, l) + b,     l_1 .. l_L the landmarks

Legend of shapes: B samples, M modalities, L landmarks, W_m numbers that the kernel sees of modality m, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.kernel.nystroem import ROUNDING, Centred
from umlkit.methods.kernel.views.base import View
from umlkit.methods.ume.model import UmeModel, apart, beside


class Landmarks(nn.Module):
    """The landmarks of one modality, and its centred kernel: x (B, W_m) -> k_m(x, l) (B, L)."""

    values: Tensor
    scale: Tensor
    means: Tensor

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.register_buffer("values", torch.zeros(count, width))
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("means", torch.zeros(count))

    def forward(self, seen: Tensor) -> Tensor:
        """(B, W_m) -> (B, L)."""
        squares = seen.square().sum(1)[:, None] + self.values.square().sum(1)[None]
        kernel = torch.exp(-(squares - 2 * seen @ self.values.T).clamp_min(0) / self.scale)
        own, level = kernel.mean(dim=1), self.means.mean()
        centred = kernel - own[:, None] - (self.means - level)
        return centred / self._length(own, level)[:, None] / self._length(self.means, level)

    def _length(self, means: Tensor, level: Tensor) -> Tensor:
        return (1 - 2 * means + level).clamp_min(ROUNDING).sqrt()


class KernelModel(MultiModalModel):
    """An ensemble and what a kernel machine adds to its log-probabilities.

    Attributes:
        ensemble: the frozen uni-modal models and their pool.
        views: what the kernel sees, by modality in the order of the ensemble's.
        landmarks: by modality in the same order.
        additive_share: how much of the kernel is a sum of the modalities' kernels, see :mod:`nystroem`; 1 all of it.
    """

    parts_are = "computed"

    weight: Tensor
    bias: Tensor

    def __init__(
        self, ensemble: UmeModel, views: Sequence[View], *, widths: Sequence[int], count: int, additive_share: float
    ) -> None:
        super().__init__()
        self.ensemble = ensemble
        self.views = nn.ModuleList(views)
        self.landmarks = nn.ModuleList(Landmarks(count, width) for width in widths)
        self.additive_share = additive_share
        classes = len(ensemble.log_prior)
        self.register_buffer("weight", torch.zeros(count, classes))
        self.register_buffer("bias", torch.zeros(classes))

    def place(self, landmarks: Sequence[NDArray[np.float32]], kernel: Centred) -> None:
        """Take the landmarks, (L, W_m) by modality, and the kernel at them."""
        placed = zip(self.landmarks, landmarks, kernel.scales, kernel.means, strict=True)
        for module, values, scale, means in placed:
            part: Any = module
            part.values.copy_(torch.from_numpy(values))
            part.means.copy_(torch.from_numpy(means))
            part.scale.fill_(scale)

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and the uni-modal models' features."""
        outputs = self.ensemble.experts.infer(inputs)
        features = {name: output.features[name] for name, output in outputs.items()}
        return Output(self.fuse(self._parts(inputs, outputs)), features)

    def parts(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Modality -> its kernel with every landmark, and its uni-modal logits beside that: (B, L + C)."""
        return self._parts(inputs, self.ensemble.experts.infer(inputs))

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Logits (B, C) of parts, every modality's from whatever sample."""
        kernels, logits = apart(parts, len(self.bias))
        alone = [kernels[name] for name in self.ensemble.experts.modalities]
        added: Tensor = self.combined(alone) @ self.weight + self.bias
        return self.ensemble.pool(logits) + added

    def fuse_pairs(self, own: Mapping[str, Tensor], references: Mapping[str, Tensor]) -> Tensor:
        """Logits (b, K, C): kernels of pairs are products of matrices, and sums, and need not be written down."""
        kernels, logits = zip(*(apart(parts, len(self.bias)) for parts in (own, references)), strict=True)
        sides = [list(side.values()) for side in kernels]
        here, there = (torch.stack(side).sum(dim=0) @ self.weight for side in sides)
        total = here[:, None] + there[None]
        added = self._blended(total, lambda: self._multiplied(*sides) - total, modalities=sum(map(len, sides)))
        return self.ensemble.pool_pairs(*logits) + added + self.bias

    def combined(self, alone: Sequence[Tensor]) -> Tensor:
        """The kernels k_m (B, L) as one, the equations of :mod:`nystroem`."""
        total = torch.stack(list(alone)).sum(dim=0)
        return self._blended(total, lambda: _product(alone) - 1 - total, modalities=len(alone))

    def _blended(self, total: Tensor, mixed: Callable[[], Tensor], *, modalities: int) -> Tensor:
        """``share A + (1 - share) B`` of the sum and the mixed terms, which a wholly additive kernel does not have."""
        additive: Tensor = self.additive_share / modalities * total
        if self.additive_share == 1:
            return additive
        share = (1 - self.additive_share) / max(1, 2**modalities - 1 - modalities)
        blended: Tensor = additive + share * mixed()
        return blended

    def _multiplied(self, own: Sequence[Tensor], references: Sequence[Tensor]) -> Tensor:
        """``(prod_m (1 + k_m) - 1) W`` of all pairs: (b, K, C)."""
        here, there = _product(own), _product(references)
        products = torch.stack([(here * column) @ there.T for column in self.weight.T], dim=2)
        return products - self.weight.sum(dim=0)

    def _parts(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Output]) -> dict[str, Tensor]:
        named = zip(self.ensemble.experts.modalities, self.views, self.landmarks, strict=True)
        kernels = {name: landmarks(view(inputs[name], outputs[name].features[name])) for name, view, landmarks in named}
        return beside(kernels, {name: output.logits for name, output in outputs.items()})


def _product(kernels: Sequence[Tensor]) -> Tensor:
    """``prod_m (1 + k_m)``."""
    return torch.stack([1 + one for one in kernels]).prod(dim=0)
