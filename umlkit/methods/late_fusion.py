"""Late fusion, the network that joint, UMT and residual training share: encoders, and a head on their features.

Legend of shapes: B samples, D_m features of modality m, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from umlkit.data.records import Batch
from umlkit.encoders.base import Encoder
from umlkit.encoders.base import build as build_encoder
from umlkit.fusion.base import Head
from umlkit.fusion.base import build as build_head
from umlkit.methods.base import Blueprint, MultiModalModel, Output
from umlkit.training.loop import Logits, Loss
from umlkit.training.risk import cross_entropy


class LateFusion(MultiModalModel):
    """``logits = head([phi_1(x_1) .. phi_M(x_M)])``.

    Attributes:
        modalities: names, in the order of ``encoders``.
        encoders: phi_m, giving (B, D_m).
        head: M features to logits (B, C).
    """

    parts_are = "features"

    def __init__(self, encoders: Mapping[str, Encoder], head: Head) -> None:
        super().__init__()
        self.modalities = tuple(encoders)
        self.encoders = nn.ModuleList(encoders.values())
        self.head = head

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and the features (B, D_m) that the head read."""
        features = self.parts(inputs)
        return Output(self.fuse(features), features)

    def parts(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Every modality's features (B, D_m)."""
        return {
            name: encoder(inputs[name]).features for name, encoder in zip(self.modalities, self.encoders, strict=True)
        }

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """The head on features (B, D_m)."""
        logits: Tensor = self.head([parts[name] for name in self.modalities])
        return logits

    def augmented(self, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Every modality by its encoder."""
        return {name: encoder.augment(inputs[name]) for name, encoder in self.encoder_by_modality().items()}

    def encoder_by_modality(self) -> dict[str, Encoder]:
        """phi_m by name."""
        return {name: cast(Encoder, one) for name, one in zip(self.modalities, self.encoders, strict=True)}

    def augmenting(self) -> tuple[str, ...]:
        """The modalities whose training sees other views than the samples themselves."""
        return tuple(name for name, encoder in self.encoder_by_modality().items() if encoder.augments)


def parts(blueprint: Blueprint, *, head: str, scale: int) -> tuple[dict[str, Encoder], Head]:
    """Fresh encoders by modality, and the head on their features.

    Args:
        blueprint: modalities with resolved encoders, and the number of classes.
        head: a registered fusion head, with its default options.
        scale: width factor of every encoder.
    """
    made = {
        name: build_encoder(plan.encoder, dict(plan.options), plan.sample, scale=scale)
        for name, plan in blueprint.modalities.items()
    }
    return made, build_head(head, {}, [e.features for e in made.values()], blueprint.classes)


def build(blueprint: Blueprint, *, head: str, scale: int) -> LateFusion:
    """A fresh late-fusion network of :func:`parts`."""
    return LateFusion(*parts(blueprint, head=head, scale=scale))


def logits_of(model: MultiModalModel) -> Logits:
    """Batch -> the model's logits (B, C)."""

    def logits(batch: Batch) -> Tensor:
        return model.infer(batch.inputs).logits

    return logits


def cross_entropy_of(model: MultiModalModel) -> Loss:
    """Batch -> ``CE(model(view of x), y)``, the (weighted) mean over the batch in nats."""

    def loss(batch: Batch) -> Tensor:
        logits = model.infer(model.augmented(batch.inputs)).logits
        return cross_entropy(logits, batch.labels, batch.weights)

    return loss
