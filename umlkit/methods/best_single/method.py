"""Best single: the uni-modal model with the lowest `select` log-loss, each at its own temperature, alone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from umlkit import registry
from umlkit.methods.base import Blueprint, Expert, Method, MultiModalModel, Task, Trained
from umlkit.methods.best_single.options import BestSingleOptions
from umlkit.methods.calibration import calibrated_loss


class BestSingle(Method[BestSingleOptions]):
    """One of the finished uni-modal models; its blueprint holds that modality alone."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> MultiModalModel:  # noqa: ARG002
        """The uni-modal model of the blueprint's one modality."""
        spec = registry.method("unimodal")
        model: MultiModalModel = registry.implementation(spec)(spec.options()).build(blueprint, {})
        return model

    def train(self, task: Task) -> Trained:
        """Compare the stored `select` logits; nothing is trained."""
        losses = {name: _calibrated_loss(expert, task) for name, expert in task.experts.items()}
        best = min(losses, key=losses.__getitem__)
        return Trained(
            copy.deepcopy(task.experts[best].model).eval(),
            replace(task.blueprint, modalities={best: task.blueprint.modalities[best]}),
            report={"modality": best, "select_losses": losses},
            remark=f"modality {best}",
        )


def _calibrated_loss(expert: Expert, task: Task) -> float:
    select = task.select
    return calibrated_loss(
        expert.logits["select"][:].cpu().numpy(), select.labels.cpu().numpy(), weights=select.weights_array
    )
