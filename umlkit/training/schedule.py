"""The learning rate by step, linear warm-up and a cosine down to a floor above zero; and how long training lasts."""

from __future__ import annotations

import math

from umlkit.recipe.schema import Train

# Paired signal is learned late and all at once; a rate that falls to zero would freeze the model on the plateau before.
FLOOR = 0.1


# `epochs: auto`: as many as that, or so many times patience where few samples make short epochs, so that patience, not
# the cap, ends a training on 28 samples as on 28,000.
USUAL_CAP, CAP_OVER_PATIENCE = 300, 10


def most_epochs(settings: Train, samples: int) -> int:
    """The cap on epochs of a training on so many samples."""
    if settings.epochs != "auto":
        return settings.epochs
    return max(USUAL_CAP, CAP_OVER_PATIENCE * lasting(settings, math.ceil(samples / settings.batch_size)))


def lasting(settings: Train, per_epoch: int) -> int:
    """Epochs without a lower `select` log-loss after which training ends, for epochs of ``per_epoch`` steps."""
    return max(settings.patience, math.ceil(settings.patience_steps / per_epoch))


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
