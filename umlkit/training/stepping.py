"""One step of the optimiser: its learning rate, the gradients of a batch, clipped and found to be finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from umlkit.data.records import Batch
from umlkit.recipe.schema import Train
from umlkit.training import guards
from umlkit.training.accumulation import backward
from umlkit.training.precision import overflowed
from umlkit.training.progress import Progress
from umlkit.training.schedule import learning_rate


@dataclass(frozen=True)
class Stepping:
    """What all steps of a training share.

    Attributes:
        training: its name, for errors.
        loss: batch -> scalar, the (weighted) mean over the batch; minimised.
        parameters: what is trained.
        optimiser: of these; every group has an ``lr_factor``.
        scaler: of losses and gradients, for 16 bits.
        settings: the recipe's training section.
        total: steps up to the cap, over which the learning rate falls.
    """

    training: str
    loss: Callable[[Batch], Tensor]
    parameters: Sequence[nn.Parameter]
    optimiser: Optimizer
    scaler: GradScaler
    settings: Train
    total: int

    def step(self, parts: Iterable[Batch], progress: Progress, *, samples: int) -> None:
        """Take the next step, of a batch of ``samples`` in parts, and count it.

        Raises:
            RunError: loss or gradient are no longer finite.
        """
        peak = self.settings.lr
        progress.lr = learning_rate(progress.steps, peak=peak, total=self.total, warmup=self.settings.warmup)
        progress.step += 1
        progress.steps += 1
        for group in self.optimiser.param_groups:
            group["lr"] = progress.lr * group["lr_factor"]
        self.optimiser.zero_grad()
        batch_loss = backward(self.loss, parts, samples=samples, scaler=self.scaler)
        self.scaler.unscale_(self.optimiser)
        norm = nn.utils.clip_grad_norm_(self.parameters, self.settings.clip)
        if not math.isfinite((batch_loss + norm).item()) and not overflowed(self.scaler, batch_loss):
            what, value = guards.culprit(batch_loss, norm)
            raise guards.diverged(what, value, training=self.training, progress=progress, peak=peak)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        progress.losses.append(batch_loss)
