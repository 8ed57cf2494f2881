"""What a training is made of: the record of an epoch, the result of a fit, and the state between two steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

# A fall of the `select` log-loss by less than this many nats is kept, but does not renew patience: a loss that creeps
# down for ever would otherwise leave the end of training to the cap.
RENEWS_PATIENCE = 5e-4


@dataclass(frozen=True)
class EpochRecord:
    """One epoch as it goes into ``metrics.jsonl``.

    Attributes:
        epoch: 1 for the first; 0 is the evaluation before the first step, where one was asked for.
        train_loss: mean loss over the epoch's steps, in train mode; None for epoch 0.
        select_loss: log-loss on ``select`` in nats.
        select_accuracy: share of ``select`` that is right, in [0, 1].
        lr: learning rate of the epoch's last step.
        seconds: time that the epoch took.
    """

    epoch: int
    train_loss: float | None
    select_loss: float
    select_accuracy: float
    lr: float
    seconds: float


@dataclass(frozen=True)
class FitResult:
    """How a training went.

    Attributes:
        best_epoch: epoch whose weights were kept; 0 for those before the first step.
        best_loss: their log-loss on ``select`` in nats.
        epochs: epochs trained.
        steps: optimiser steps taken.
        stopped_by: ``patience``, or the ``cap`` on epochs.
        seconds: time spent training, over all sittings.
        history: every epoch in order.
    """

    best_epoch: int
    best_loss: float
    epochs: int
    steps: int
    stopped_by: Literal["patience", "cap"]
    seconds: float
    history: tuple[EpochRecord, ...]


@dataclass
class Progress:
    """Where a training stands between two steps; with weights, optimiser and random state, all that resuming needs.

    Attributes:
        epoch: epochs finished.
        step: steps taken of the epoch under way.
        steps: steps taken in all.
        losses: loss of every step of the epoch under way, 0-d tensors.
        best: weights of the best epoch; empty before the first evaluation, and once the module holds them.
        lr: learning rate of the last step.
        best_epoch, best_loss: which epoch that was, and its ``select`` log-loss.
        renewed_epoch, renewed_loss: the epoch that last renewed patience, and its ``select`` log-loss.
        seconds: time spent, up to the last epoch's end or interruption.
        history: epochs so far.
        final: training has ended, and the module holds the best weights.
    """

    epoch: int = 0
    step: int = 0
    steps: int = 0
    losses: list[Tensor] = field(default_factory=list)
    lr: float = 0.0
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0
    best_loss: float = math.inf
    renewed_epoch: int = 0
    renewed_loss: float = math.inf
    seconds: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)
    final: bool = False

    def goes_on(self, cap: int, patience: int) -> bool:
        """Whether another epoch follows: neither the cap nor the end of patience has been reached."""
        return not self.final and self.epoch < cap and self.epoch - self.renewed_epoch < patience

    def record(self, epoch: EpochRecord, weights: Mapping[str, Tensor]) -> None:
        """Close an epoch: keep its record, and a copy of its weights where they are the best so far."""
        self.history.append(epoch)
        self.epoch, self.step, self.losses = epoch.epoch, 0, []
        if epoch.select_loss < self.best_loss:
            self.best_epoch, self.best_loss = epoch.epoch, epoch.select_loss
            self.best = {name: values.detach().clone() for name, values in weights.items()}
        if epoch.select_loss < self.renewed_loss - RENEWS_PATIENCE:
            self.renewed_epoch, self.renewed_loss = epoch.epoch, epoch.select_loss

    def result(self, patience: int) -> FitResult:
        """The finished training as its caller sees it."""
        return FitResult(
            best_epoch=self.best_epoch,
            best_loss=self.best_loss,
            epochs=self.epoch,
            steps=self.steps,
            stopped_by="patience" if self.epoch - self.renewed_epoch >= patience else "cap",
            seconds=self.seconds,
            history=tuple(self.history),
        )
