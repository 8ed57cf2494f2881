"""The uni-modal model: ``logits = head(phi(x))`` with one linear layer as its head."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from umlkit.encoders import base
from umlkit.methods.base import ModalityPlan, MultiModalModel, Output


class UnimodalModel(MultiModalModel):
    """An encoder and a linear head on its features."""

    def __init__(self, modality: str, plan: ModalityPlan, classes: int) -> None:
        super().__init__()
        self.modality = modality
        self.encoder = base.build(plan.encoder, dict(plan.options), plan.sample_shape)
        self.head = nn.Linear(self.encoder.features, classes)

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Its modality (B, *sample_shape) to logits (B, C); other modalities are not looked at."""
        features = self.encoder.encode(inputs[self.modality]).features
        return Output(self.head(features), {self.modality: features})
