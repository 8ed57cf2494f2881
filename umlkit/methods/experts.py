"""Uni-modal models as parts of other methods' models: how they are built again, and how they are kept frozen."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from umlkit import registry
from umlkit.encoders.base import Encoder
from umlkit.methods.base import Blueprint, Expert, MultiModalModel, Output, Task
from umlkit.methods.late_fusion import LateFusion
from umlkit.methods.unimodal.model import UnimodalModel

OnView = Callable[[Mapping[str, Tensor]], Output]


class FrozenExperts(nn.Module):
    """The uni-modal models of a blueprint's modalities, without gradients and always in eval mode.

    Attributes:
        modalities: names, in the order of the models.
    """

    def __init__(self, models: Mapping[str, MultiModalModel]) -> None:
        super().__init__()
        self.modalities = tuple(models)
        self.models = nn.ModuleList(models.values())
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - teachers never leave eval mode
        """Stay in eval mode."""
        return super().train(False)

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Output]:
        """Modality -> (B, *sample_shape) to every model's output, by modality."""
        return {name: model(inputs) for name, model in zip(self.modalities, self.models, strict=True)}

    def infer(self, inputs: Mapping[str, Tensor]) -> dict[str, Output]:
        """Typed call of the module."""
        result: dict[str, Output] = self(inputs)
        return result


def architecture(blueprint: Blueprint) -> FrozenExperts:
    """The uni-modal models of all modalities, weights not yet loaded."""
    spec = registry.method("unimodal")
    unimodal = registry.implementation(spec)(spec.options())
    return FrozenExperts(
        {
            name: unimodal.build(Blueprint({name: plan}, blueprint.classes), {})
            for name, plan in blueprint.modalities.items()
        }
    )


def copied(experts: Mapping[str, Expert]) -> FrozenExperts:
    """The trained uni-modal models, copied so that whoever holds them owns them."""
    return FrozenExperts({name: copy.deepcopy(expert.model) for name, expert in experts.items()})


def stacked_logits(experts: Mapping[str, Expert], role: str) -> NDArray[np.float64]:
    """The stored logits of a role, (n, M, C) in float64."""
    return np.stack([expert.logits[role][:].cpu().double().numpy() for expert in experts.values()], axis=1)


def on_views(model: LateFusion, task: Task) -> dict[str, OnView]:
    """The experts that have to run beside a model in training, because its encoders augment what they see; by modality.

    They stay in eval mode and take no gradient. Of the other modalities' experts what is stored holds.
    """
    return {name: _frozen(task.experts[name].model) for name in model.augmenting()}


def _frozen(model: MultiModalModel) -> OnView:
    def output(view: Mapping[str, Tensor]) -> Output:
        with torch.no_grad():
            return model.eval().infer(view)

    return output


def encoder_of(expert: Expert) -> Encoder:
    """The encoder of a uni-modal model.

    Raises:
        TypeError: the expert is not a uni-modal model.
    """
    if not isinstance(expert.model, UnimodalModel):
        raise TypeError(f"an expert must be a uni-modal model, not {type(expert.model).__name__}")
    return expert.model.encoder
