"""UME, the Uni-Modal Ensemble (Du et al., ICML 2023): train every modality alone, combine their predictions.

The abstract says no more than that of the combination; the pool (:mod:`umlkit.methods.ume.pool`) is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from umlkit.methods.base import Blueprint, Method, Task, Trained
from umlkit.methods.experts import architecture, copied, stacked_logits
from umlkit.methods.ume import rules
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.options import UmeOptions


class Ume(Method[UmeOptions]):
    """The finished uni-modal models and a pool of M + 1 weights fitted on `select`."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> UmeModel:
        """The uni-modal models with a pool of the rule in ``resolved``."""
        return UmeModel(architecture(blueprint), rule=resolved["rule"], classes=blueprint.classes)

    def train(self, task: Task) -> Trained:
        """Fit the pool on the uni-modal models' stored `select` logits; no network is trained."""
        logits, labels = stacked_logits(task.experts, "select"), task.select.labels.cpu().numpy()
        groups = task.select_groups_array
        with np.errstate(divide="ignore"):
            log_prior = np.log(task.priors.cpu().double().numpy())
        weights = task.select.weights_array
        choice = rules.choose(self.options.pool, logits, labels, log_prior, groups=groups, weights=weights)
        pool = rules.RULES[choice.name](logits, labels, log_prior, weights=weights)
        model = UmeModel(copied(task.experts), rule=choice.name, classes=task.blueprint.classes).set_pool(pool)
        return Trained(
            model.to(task.train.labels.device).eval(),
            task.blueprint,
            resolved={"rule": choice.name},
            report={
                "pool": choice.name,
                "weights": dict(zip(task.experts, pool.weights.tolist(), strict=True)),
                "prior_weight": pool.prior_weight,
                "temperatures": dict(zip(task.experts, pool.temperatures.tolist(), strict=True)),
                "select_losses": dict(choice.losses),
            },
            select_logits=None if choice.held_out is None else torch.from_numpy(choice.held_out),
        )
