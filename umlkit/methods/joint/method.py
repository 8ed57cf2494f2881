"""Joint training: ``L = CE(head([z_1 .. z_M]), y)`` with ``z_m = phi_m(x_m)``, all of it trained at once.

The yardstick of multi-modal training, and what the uni-modal teacher is added to (Du et al., ICML 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from umlkit.methods import late_fusion
from umlkit.methods.base import Blueprint, Method, Task, Trained
from umlkit.methods.joint.options import JointOptions
from umlkit.methods.late_fusion import LateFusion, cross_entropy_of, logits_of
from umlkit.training.seeds import derive, seeded


class Joint(Method[JointOptions]):
    """Joint late fusion, as wide as the student of UMT so that the two compare."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> LateFusion:  # noqa: ARG002 - nothing to resolve
        """The network that :meth:`train` trains, with weights from torch's present random state."""
        return late_fusion.build(blueprint, head=self.options.head, scale=self.options.width)

    def train(self, task: Task) -> Trained:
        """Train on ``task.train``, stopped by the log-loss on ``task.select``."""
        with seeded(derive(task.seed, "joint", "init")):
            model = self.build(task.blueprint, {}).to(task.train.labels.device)
        fitted = task.fit(
            "joint",
            model,
            loss=cross_entropy_of(model),
            logits=logits_of(model),
            train=task.train,
            select=task.select,
        )
        return Trained(model.eval(), task.blueprint, fits={"joint": fitted})
