"""Which encoders and settings ``auto`` stands for, and which of them goes on to full training.

Every candidate is trained for a fifth of the epochs at most (patience may end it sooner), under a learning-rate
schedule of that length, and judged by its `select` log-loss once a temperature has been taken out: over-confidence
after a short training says nothing about a long one, and predictions are calibrated anyway.

A modality in which no candidate surely tells more than the class frequencies do (:mod:`.start` says when) gives no
ground to choose by: it is useless, or a partner in an interaction. It is chosen all the same, mostly the cheapest for
its tie, and the report says that there was no ground. *Measured*, test log-loss of joint training in nats at one
encoder for what tells nothing alone: pairs of which one asks whether they show the same digit (cap 100 epochs; the
vector is always read by `mlp` beside a `resnet`), XOR of latents seen through a network, and two good views beside a
third of pure noise, above training without it:

| task, training samples, tasks | linear | mlp, strong | resnet | resnet, augmented |
|---|---|---|---|---|
| two pictures 8x8, 500, 3 | .421 | .416 | .529 | .487 |
| two pictures 8x8, 1197, 1 | .341 | .220 | .302 | .421 |
| a picture 16x15 and a vector, 1000, 2 | .508 | .464 | .507 | .510 |
| XOR, 600, 6 | .313 | .287 | - | - |
| noise, 400, 12 | .008 | .016 | - | - |

The richest learned no more than a hidden layer at ten times the cost, and augmented it leaves the plateau late (best
at 95 of 100 epochs) or not within the patience. A hidden layer is better than a linear map for a partner (XOR -.026 +-
.008) and worse for noise (+.008 +- .005); which of the two it is cannot be told here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from umlkit import registry
from umlkit.data.records import Doubles, Samples
from umlkit.methods import calibration
from umlkit.methods.base import ModalityPlan, MultiModalModel
from umlkit.methods.inference import logits
from umlkit.methods.unimodal.model import UnimodalModel
from umlkit.methods.unimodal.start import weighted
from umlkit.training.loop import FitResult
from umlkit.training.seeds import seeded

SHARE = 5
"""Screening trains for at most one epoch in this many."""
TIE = 0.002
"""Nats of `select` log-loss within which the cheaper candidate wins."""
HEAD_START = 0.01
"""Nats that a more strongly regularised setting may be behind: it learns slower and gains more by full training.

*Measured* on 20 splits of ten modalities: mean held-out regret against the best candidate .029 nats without, .026 with
it (.011 and .007 where `select` has more than 200 samples). Half as long a screening mostly misses the strong setting.
"""

Reason = Literal["only candidate", "lowest select loss", "no ground: none surely tells anything alone"]
ONLY: Reason = "only candidate"
LOWEST: Reason = "lowest select loss"
NO_GROUND: Reason = "no ground: none surely tells anything alone"
"""Chosen by loss as ever, though the losses may differ by chance alone."""

LARGEST_EFFORT = 3 * 10**13
"""Operations that screening a candidate may take on a CPU: about ten minutes of convolutions on one core."""
ACCELERATED = 100
"""Times as many on anything faster than a CPU."""
LOOKED_AT = 16
"""Samples whose operations are counted: lengths may differ."""
STEP = 3
"""Operations of a step over those of a forward pass."""


@dataclass(frozen=True)
class Screened:
    """How a candidate did.

    Attributes:
        name: of its training.
        plan: the modality with this candidate's encoder and options.
        loss: temperature-scaled `select` log-loss in nats.
        tells: whether that is surely below the loss of the class frequencies.
        operations: floating-point operations for one sample: its cost, the same on every machine.
        fit: its training.
    """

    name: str
    plan: ModalityPlan
    loss: float
    tells: bool
    operations: int
    fit: FitResult

    def report(self) -> dict[str, Any]:
        """JSON values for the model's report."""
        return {
            "encoder": self.plan.encoder,
            "options": dict(self.plan.options),
            "select_loss": self.loss,
            "tells_alone": self.tells,
            "operations": self.operations,
            "seconds": self.fit.seconds,
        }


def candidates(plan: ModalityPlan) -> list[ModalityPlan]:
    """Every encoder that fits the plan's kind and shape (or the named one), in every setting of its options."""
    return [
        replace(plan, encoder=name, options=setting.model_dump())
        for name, setting in registry.encoder_settings(
            plan.encoder, plan.options, kind=plan.kind, shape=plan.sample_shape
        )
    ]


def affordable(
    plans: Sequence[ModalityPlan], *, classes: int, samples: int, epochs: int, select: Samples
) -> list[ModalityPlan]:
    """The candidates whose screening stays within :data:`LARGEST_EFFORT`, at least the cheapest; all if there is one.

    Args:
        plans: the candidates.
        classes: C.
        samples: of training.
        epochs: the cap of full training.
        select: samples of the modality, of which a few are looked at, on the device that trains.
    """
    if len(plans) == 1:
        return list(plans)
    device = select.labels.device
    most = LARGEST_EFFORT * (1 if device.type == "cpu" else ACCELERATED)
    (modality,) = select.inputs
    with seeded(0):
        built = [UnimodalModel(modality, plan, classes).to(device) for plan in plans]
    efforts = [
        STEP * operations(model, select) * model.encoder.slowness * samples * epochs_for(epochs) for model in built
    ]
    return [plan for plan, effort in zip(plans, efforts, strict=True) if effort <= max(most, min(efforts))]


def name_of(index: int) -> str:
    """The training that screens the candidate of this number among the affordable ones."""
    return f"screen-{index}"


def epochs_for(epochs: int) -> int:
    """Epochs that a candidate is screened for, where full training may take ``epochs``: a fifth, but at least one."""
    return max(1, math.floor(epochs / SHARE))


@dataclass(frozen=True)
class Choice:
    """Which candidate goes on.

    Attributes:
        plan: the modality with its encoder and options.
        reason: why, in words.
    """

    plan: ModalityPlan
    reason: Reason

    def report(self) -> dict[str, Any]:
        """JSON values for the model's report."""
        return {"encoder": self.plan.encoder, "options": dict(self.plan.options), "reason": self.reason}


def choose(screened: Sequence[Screened]) -> Choice:
    """The cheapest within :data:`TIE` of the lowest loss, then the most regularised of its encoder's settings.

    An encoder lists its settings from weak to strong regularisation; the last within :data:`HEAD_START` of the lowest
    loss among those that cost the same is taken.
    """
    tied = _within(screened, TIE)
    cheapest = min(tied, key=lambda one: one.operations)
    alike = [s for s in screened if (s.plan.encoder, s.operations) == (cheapest.plan.encoder, cheapest.operations)]
    return Choice(_within(alike, HEAD_START)[-1].plan, LOWEST if any(one.tells for one in screened) else NO_GROUND)


def _within(screened: Sequence[Screened], margin: float) -> list[Screened]:
    lowest = min(one.loss for one in screened)
    return [one for one in screened if one.loss <= lowest + margin]


def calibrated_losses(model: MultiModalModel, select: Samples) -> Doubles:
    """(n_select,) log-loss of every sample in nats, times its weight, at the temperature that makes the mean lowest."""
    scores, labels = logits(model, select.inputs).numpy(), select.labels.cpu().numpy()
    scale = calibration.temperature(scores, labels, weights=select.weights_array)
    return weighted(calibration.log_loss(scores / scale, labels), select)


def prior_losses(train: Samples, select: Samples, *, classes: int) -> Doubles:
    """(n_select,) the same of the (weighted) class frequencies of training, every class counted once more."""
    counts = np.bincount(train.labels.cpu().numpy(), weights=train.weights_array, minlength=classes) + 1.0
    labels = select.labels.cpu().numpy()
    return weighted(-np.log(counts / counts.sum())[labels], select)


def operations(model: MultiModalModel, select: Samples) -> int:
    """Floating-point operations of ``model`` for one sample, in a batch padded to its longest as in training.

    Those of matrix products and convolutions. Fused kernels hide theirs from the counter, each device other ones, so
    attention and recurrent layers are taken apart.
    """
    rows = slice(0, min(LOOKED_AT, len(select)))
    apart = torch.backends.cudnn.flags(enabled=False)
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), apart, FlopCounterMode(display=False) as counter:
        model.eval().infer(select.batch(rows).inputs)
    return int(counter.get_total_flops()) // max(1, rows.stop)
