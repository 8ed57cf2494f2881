"""The learning rate by step, linear warm-up and a cosine down to a floor above zero; and how long training lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from umlkit.recipe.schema import Train

# Paired signal is learned late and all at once; a rate that falls to zero would freeze the model on the plateau before.
FLOOR = 0.1


USUAL_BATCH, MOST_BATCH, STEPS_OF_AN_EPOCH = 64, 1024, 128
"""``batch_size: auto``: 64, doubled while an epoch has more than 128 steps: a step costs more than its samples do."""
USUAL_PATIENCE, FEWEST_PATIENCE, PATIENT_STEPS = 30, 8, 3000
"""``patience: auto``: 30 epochs, fewer where these are more than 3,000 steps, yet 8 at least."""
USUAL_CAP, CAP_OVER_PATIENCE = 300, 10
"""``epochs: auto``: 300, or ten times patience where few samples make short epochs, so that patience, not the cap, ends
a training on 28 samples as on 28,000."""


@dataclass(frozen=True)
class Course:
    """How long a training on so many samples goes on.

    Attributes:
        batch_size: most samples of a step.
        steps: of an epoch.
        patience: epochs without a lower `select` log-loss after which it ends.
        epochs: cap.
    """

    batch_size: int
    steps: int
    patience: int
    epochs: int


def course_of(settings: Train, samples: int) -> Course:
    """The course of a training, every ``auto`` resolved."""
    batch_size = _batch_size(samples) if settings.batch_size == "auto" else settings.batch_size
    steps = math.ceil(samples / batch_size)
    usual = min(USUAL_PATIENCE, max(FEWEST_PATIENCE, PATIENT_STEPS // steps))
    stated = usual if settings.patience == "auto" else settings.patience
    patience = max(stated, math.ceil(settings.patience_steps / steps))
    cap = max(USUAL_CAP, CAP_OVER_PATIENCE * patience)
    return Course(batch_size, steps, patience, cap if settings.epochs == "auto" else settings.epochs)


def _batch_size(samples: int) -> int:
    size = USUAL_BATCH
    while size < MOST_BATCH and math.ceil(samples / size) > STEPS_OF_AN_EPOCH:
        size *= 2
    return size


def learning_rate(step: int, *, peak: float, total: int, warmup: float) -> float:
    """Learning rate of a step.

    ``peak * (step + 1) / W`` during the W warm-up steps, then ``peak * (FLOOR + (1 - FLOOR) * (1 + cos(pi t)) / 2)``
    with t from 0 to 1 over the remaining steps (Loshchilov and Hutter 2017, equation 5, with a floor).

    Args:
        step: 0 for the first.
        peak: the largest rate.
        total: steps until the floor is reached; it stays there afterwards.
        warmup: share of ``total`` that warms up, in [0, 1).
    """
    rising = math.ceil(warmup * total)
    if step < rising:
        return peak * (step + 1) / rising
    t = min(1.0, (step - rising) / max(1, total - rising))
    return peak * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * t)) / 2)
