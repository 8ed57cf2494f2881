"""Which encoders and settings ``auto`` stands for, and which of them goes on to full training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from umlkit import registry
from umlkit.methods.base import ModalityPlan

SHARE = 5
"""Screening trains for at most one epoch in this many."""
TIE = 0.002
"""Nats of `select` log-loss within which the cheaper candidate wins."""


@dataclass(frozen=True)
class Screened:
    """How a candidate did.

    Attributes:
        plan: the modality with this candidate's encoder and options.
        loss: `select` log-loss in nats.
        seconds: what its screening took.
    """

    plan: ModalityPlan
    loss: float
    seconds: float

    def report(self) -> dict[str, Any]:
        """JSON values for the model's report."""
        return {
            "encoder": self.plan.encoder,
            "options": dict(self.plan.options),
            "select_loss": self.loss,
            "seconds": self.seconds,
        }


def candidates(plan: ModalityPlan) -> list[ModalityPlan]:
    """Every encoder that fits the plan's kind (or the named one) in every setting that its options stand for."""
    if plan.encoder == "auto":
        specs = [spec for spec in registry.encoders().values() if plan.kind in spec.kinds]
    else:
        specs = [registry.encoder(plan.encoder)]
    return [
        replace(plan, encoder=spec.name, options=setting.model_dump())
        for spec in specs
        for setting in spec.candidates(spec.options.model_validate(dict(plan.options)))
    ]


def screening_epochs(epochs: int) -> int:
    """Epochs that a candidate is screened for."""
    return math.ceil(epochs / SHARE)


def choose(screened: Sequence[Screened]) -> Screened:
    """The lowest loss; among those within :data:`TIE` of it the cheapest."""
    lowest = min(one.loss for one in screened)
    return min((one for one in screened if one.loss <= lowest + TIE), key=lambda one: one.seconds)
