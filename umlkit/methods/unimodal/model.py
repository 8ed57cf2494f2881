"""The uni-modal model: ``logits = head(phi(x))`` with one linear layer as its head."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from umlkit.data.records import Samples
from umlkit.encoders import base
from umlkit.methods.base import ModalityPlan, MultiModalModel, Output


class UnimodalModel(MultiModalModel):
    """An encoder and a linear head on its features."""

    def __init__(self, modality: str, plan: ModalityPlan, classes: int) -> None:
        super().__init__()
        self.modality = modality
        self.encoder = base.build(plan.encoder, dict(plan.options), plan.sample)
        self.head = nn.Linear(self.encoder.features, classes)

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Its modality (B, *sample_shape) to logits (B, C); other modalities are not looked at."""
        features = self.encoder.encode(inputs[self.modality]).features
        return Output(self.head(features), {self.modality: features})

    def augmented(self, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Its modality by its encoder."""
        return {self.modality: self.encoder.augment(inputs[self.modality])}

    @torch.no_grad()
    def warm_start(self, train: Samples, select: Samples) -> bool:
        """Start from what the encoder can solve outright; whether there was anything."""
        labelled = [
            base.Labelled(samples.inputs[self.modality], samples.labels, samples.weights) for samples in (train, select)
        ]
        readout = self.encoder.warm_start(*labelled, classes=self.head.out_features)
        if readout is None:
            return False
        self.head.weight.copy_(readout.weight)
        self.head.bias.copy_(readout.bias)
        return True
