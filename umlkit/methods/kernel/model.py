"""The frozen ensemble and a kernel machine beside it.

    logits(x) = UME(x) + W' k(x, l) + b,     l_1 .. l_L the landmarks

Legend of shapes: B samples, M modalities, L landmarks, W_m numbers that the kernel sees of modality m, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.kernel.views.base import View
from umlkit.methods.ume.model import UmeModel, apart, beside


class Landmarks(nn.Module):
    """The landmarks of one modality, and its kernel: x (B, W_m) -> k_m(x, l) (B, L)."""

    values: Tensor
    scale: Tensor

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.register_buffer("values", torch.zeros(count, width))
        self.register_buffer("scale", torch.ones(()))

    def forward(self, seen: Tensor) -> Tensor:
        """(B, W_m) -> (B, L)."""
        squares = seen.square().sum(1)[:, None] + self.values.square().sum(1)[None]
        return torch.exp(-(squares - 2 * seen @ self.values.T).clamp_min(0) / self.scale)


class KernelModel(MultiModalModel):
    """An ensemble and what a kernel machine adds to its log-probabilities.

    Attributes:
        ensemble: the frozen uni-modal models and their pool.
        views: what the kernel sees, by modality in the order of the ensemble's.
        landmarks: by modality in the same order.
        interaction: whether the kernels are multiplied or only added, see :mod:`nystroem`.
    """

    parts_are = "computed"

    weight: Tensor
    bias: Tensor

    def __init__(
        self, ensemble: UmeModel, views: Sequence[View], *, widths: Sequence[int], count: int, interaction: bool
    ) -> None:
        super().__init__()
        self.ensemble = ensemble
        self.views = nn.ModuleList(views)
        self.landmarks = nn.ModuleList(Landmarks(count, width) for width in widths)
        self.interaction = interaction
        classes = len(ensemble.log_prior)
        self.register_buffer("weight", torch.zeros(count, classes))
        self.register_buffer("bias", torch.zeros(classes))

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
        """Logits (b, K, C): kernels of pairs are products of matrices, or sums, and need not be written down."""
        kernels, logits = zip(*(apart(parts, len(self.bias)) for parts in (own, references)), strict=True)
        sides = [list(side.values()) for side in kernels]
        added = self._multiplied(*sides) if self.interaction else self._added(*sides)
        return self.ensemble.pool_pairs(*logits) + added + self.bias

    def _multiplied(self, own: Sequence[Tensor], references: Sequence[Tensor]) -> Tensor:
        """The product kernel of all pairs, times W: (b, K, C)."""
        here, there = (torch.stack([one + 1 for one in side]).prod(dim=0) for side in (own, references))
        products = torch.stack([(here * column) @ there.T for column in self.weight.T], dim=2)
        return (products - self.weight.sum(dim=0)) / float(2 ** (len(own) + len(references)) - 1)

    def _added(self, own: Sequence[Tensor], references: Sequence[Tensor]) -> Tensor:
        """The sum of kernels of all pairs, times W: (b, K, C)."""
        here, there = (torch.stack(list(side)).sum(dim=0) @ self.weight for side in (own, references))
        return (here[:, None] + there[None]) / (len(own) + len(references))

    def combined(self, alone: Sequence[Tensor]) -> Tensor:
        """The kernels k_m (B, L) as one, the equations of :mod:`nystroem`."""
        if not self.interaction:
            return torch.stack(list(alone)).mean(dim=0)
        product = alone[0] + 1
        for one in alone[1:]:
            product = product * (1 + one)
        return (product - 1) / float(2 ** len(alone) - 1)

    def _parts(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Output]) -> dict[str, Tensor]:
        named = zip(self.ensemble.experts.modalities, self.views, self.landmarks, strict=True)
        kernels = {name: landmarks(view(inputs[name], outputs[name].features[name])) for name, view, landmarks in named}
        return beside(kernels, {name: output.logits for name, output in outputs.items()})
