"""The frozen ensemble and a kernel machine beside it.

    logits(x) = UME(x) + W' k(x, l) + b,     l_1 .. l_L the landmarks

Legend of shapes: B samples, M modalities, L landmarks, W_m numbers that the kernel sees of modality m, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.kernel.nystroem import Centred
from umlkit.methods.kernel.views.base import View
from umlkit.methods.ume.model import UmeModel, apart, beside


class Landmarks(nn.Module):
    """The landmarks of one modality, and its kernel: x (B, W_m) -> g_m(x, l) (B, L)."""

    values: Tensor
    scale: Tensor
    means: Tensor
    size: Tensor

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.register_buffer("values", torch.zeros(count, width))
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("means", torch.zeros(count))
        self.register_buffer("size", torch.ones(()))

    def forward(self, seen: Tensor) -> Tensor:
        """(B, W_m) -> (B, L)."""
        squares = seen.square().sum(1)[:, None] + self.values.square().sum(1)[None]
        return torch.exp(-(squares - 2 * seen @ self.values.T).clamp_min(0) / self.scale)

    def summand(self, kernel: Tensor) -> Tensor:
        """g_m (B, L) as sums take it, ``c_m / d_m``."""
        return self._centred(kernel) / self.size

    def factor(self, kernel: Tensor) -> Tensor:
        """g_m (B, L) as products take it, ``k_m``."""
        return self._centred(kernel) / (self._length(kernel.mean(dim=1))[:, None] * self._length(self.means))

    def _centred(self, kernel: Tensor) -> Tensor:
        return kernel - kernel.mean(dim=1)[:, None] - (self.means - self.means.mean())

    def _length(self, means: Tensor) -> Tensor:
        """``sqrt(max(c_m(x, x), d_m))`` of samples whose mean kernel with the landmarks is ``means``."""
        return (1 - 2 * means + self.means.mean()).maximum(self.size).sqrt()


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
    mixed_size: Tensor

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
        self.register_buffer("mixed_size", torch.ones(()))

    def place(self, landmarks: Sequence[NDArray[np.float32]], kernel: Centred) -> None:
        """Take the landmarks, (L, W_m) by modality, and the kernel at them."""
        placed = zip(self.landmarks, landmarks, kernel.scales, kernel.means, kernel.sizes, strict=True)
        for module, values, scale, means, size in placed:
            part: Any = module
            part.values.copy_(torch.from_numpy(values))
            part.means.copy_(torch.from_numpy(means))
            part.scale.fill_(scale)
            part.size.fill_(size)
        self.mixed_size.fill_(kernel.mixed_size)

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and the uni-modal models' features."""
        outputs = self.ensemble.experts.infer(inputs)
        features = {name: output.features[name] for name, output in outputs.items()}
        return Output(self.fuse(self._parts(inputs, outputs)), features)

    def parts(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Modality -> its kernel g_m with every landmark, and its uni-modal logits beside that: (B, L + C)."""
        return self._parts(inputs, self.ensemble.experts.infer(inputs))

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Logits (B, C) of parts, every modality's from whatever sample."""
        kernels, logits = apart(parts, len(self.bias))
        sums = self._summands(kernels).mean(dim=0) @ self.weight
        added = self._blended(sums, lambda: self._mixed(self._factors(kernels)) @ self.weight)
        return self.ensemble.pool(logits) + added + self.bias

    def fuse_pairs(self, own: Mapping[str, Tensor], references: Mapping[str, Tensor]) -> Tensor:
        """Logits (b, K, C): kernels of pairs are products of matrices, and sums, and need not be written down."""
        kernels, logits = zip(*(apart(parts, len(self.bias)) for parts in (own, references)), strict=True)
        here, there = (self._summands(side).sum(dim=0) @ self.weight / self._modalities for side in kernels)
        added = self._blended(
            here[:, None] + there[None], lambda: self._mixed_pairs(*(self._factors(side) for side in kernels))
        )
        return self.ensemble.pool_pairs(*logits) + added + self.bias

    @property
    def _modalities(self) -> int:
        return len(self.landmarks)

    def _summands(self, kernels: Mapping[str, Tensor]) -> Tensor:
        """g_m (B, L) of some modalities, as sums take them: (m, B, L)."""
        return torch.stack([self._of(name).summand(kernel) for name, kernel in kernels.items()])

    def _factors(self, kernels: Mapping[str, Tensor]) -> Tensor:
        """The same as products take them."""
        return torch.stack([self._of(name).factor(kernel) for name, kernel in kernels.items()])

    def _of(self, modality: str) -> Landmarks:
        return cast("Landmarks", self.landmarks[self.ensemble.experts.modalities.index(modality)])

    def _blended(self, additive: Tensor, mixed: Callable[[], Tensor]) -> Tensor:
        """``share A + (1 - share) B``; a wholly additive kernel has no B."""
        if self.additive_share == 1:
            return additive
        return self.additive_share * additive + (1 - self.additive_share) / self.mixed_size * mixed()

    def _mixed(self, kernels: Tensor) -> Tensor:
        """``prod_m (1 + k_m) - 1 - sum_m k_m``: (M, B, L) -> (B, L)."""
        return (1 + kernels).prod(dim=0) - 1 - kernels.sum(dim=0)

    def _mixed_pairs(self, own: Tensor, references: Tensor) -> Tensor:
        """The same of all pairs, times W: (b, K, C)."""
        here, there = ((1 + side).prod(dim=0) for side in (own, references))
        products = torch.stack([(here * column) @ there.T for column in self.weight.T], dim=2)
        single, other = (side.sum(dim=0) @ self.weight for side in (own, references))
        return products - self.weight.sum(dim=0) - single[:, None] - other[None]

    def _parts(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Output]) -> dict[str, Tensor]:
        named = zip(self.ensemble.experts.modalities, self.views, self.landmarks, strict=True)
        kernels = {name: landmarks(view(inputs[name], outputs[name].features[name])) for name, view, landmarks in named}
        return beside(kernels, {name: output.logits for name, output in outputs.items()})
