"""The one training loop: everything that umlkit trains, it trains here.

:func:`fit` reads from top to bottom: epochs of steps (:mod:`umlkit.training.stepping`), AdamW with warm-up and cosine,
early stopping on the ``select`` log-loss, the best weights kept. Shuffling and dropout of an epoch come from streams of
their own (``derive(seed, "order", epoch)``, ``derive(seed, "noise", epoch)``), so that a training that was cut off
anywhere ends, resumed, with the weights of one that never was. A step may take its batch in parts, compute in 16 bits
(:mod:`umlkit.training.precision`), and find its batches prepared by threads (:mod:`umlkit.training.feed`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import islice

import torch
from torch import Tensor, nn

from umlkit.data.records import Batch, Samples
from umlkit.errors import InterruptedRun
from umlkit.recipe.schema import Train
from umlkit.runs.interrupts import interrupts
from umlkit.training import guards
from umlkit.training.accumulation import parts_of
from umlkit.training.checkpoint import Checkpoints, Workspace
from umlkit.training.feed import Feed, direct, feeding
from umlkit.training.optimiser import optimiser_for
from umlkit.training.precision import mixed, scaler_for
from umlkit.training.progress import EpochRecord, FitResult, Progress
from umlkit.training.risk import cross_entropy, reduced
from umlkit.training.schedule import course_of
from umlkit.training.seeds import derive, reseed, seeded
from umlkit.training.stepping import Stepping

__all__ = ["EpochRecord", "FitResult", "Logits", "Loss", "evaluate", "fit"]

Loss = Callable[[Batch], Tensor]
Logits = Callable[[Batch], Tensor]

EVALUATION_CHUNK = 256  # samples of `select` in memory at once, and again for every batch that a worker is ahead


def fit(
    module: nn.Module,
    *,
    loss: Loss,
    logits: Logits,
    train: Samples,
    select: Samples,
    settings: Train,
    seed: int,
    workspace: Workspace | None = None,
    epochs: int | None = None,
    evaluate_start: bool = False,
    workers: int = 0,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> FitResult:
    """Train ``module`` in place until ``select`` has not improved for long; it holds its best weights afterwards.

    Args:
        module: what is trained, on the device of the samples. Parameters without ``requires_grad`` are left alone, and
            submodules all of whose parameters are frozen stay in eval mode.
        loss: batch -> scalar, the (weighted) mean over the batch; minimised.
        logits: batch -> (B, C); its log-loss on ``select`` stops training.
        train: what is fitted.
        select: what stops it.
        settings: the recipe's training section.
        seed: of shuffling and dropout.
        workspace: where checkpoints go; None for none.
        epochs: cap; None takes the recipe's.
        evaluate_start: count the weights before the first step as a candidate for the best, as epoch 0.
        workers: threads that prepare batches ahead; the result does not depend on it.
        on_epoch: called with every epoch's record once it is closed.

    Raises:
        RunError: loss or gradient are no longer finite.
        InterruptedRun, KeyboardInterrupt: asked to stop; a checkpoint has been written at that very step.
    """
    name = workspace.name if workspace else "training"
    device = train.labels.device
    course = course_of(settings, len(train))
    cap, patience = epochs or course.epochs, course.patience
    trained = [p for p in module.parameters() if p.requires_grad]
    optimiser = optimiser_for(module, settings)
    scaler = scaler_for(settings.precision, device)
    checkpoints = Checkpoints(workspace, module, optimiser, device, scaler)
    stepping = Stepping(name, loss, trained, optimiser, scaler, settings, total=cap * course.steps)

    with interrupts.deferred(), seeded(seed), feeding(workers) as feed, mixed(module, settings.precision, device):
        progress = checkpoints.resume() or Progress()
        training = _Training(module, logits, train, select, seed, feed, stepping, checkpoints, progress, course.steps)
        if evaluate_start and not progress.history:
            training.before_the_first()
        while progress.goes_on(cap, patience):
            training.steps()
            record = training.close()
            if on_epoch is not None:
                on_epoch(record)
            checkpoints.save_at_intervals(progress)
        if not progress.final:
            module.load_state_dict(progress.best)
            progress.final, progress.best = True, {}
            checkpoints.save(progress)
    module.eval()
    return progress.result(patience)


class _Training:
    """The epochs of one training: the steps of each, whatever of them is left, and its evaluation on ``select``."""

    def __init__(
        self,
        module: nn.Module,
        logits: Logits,
        train: Samples,
        select: Samples,
        seed: int,
        feed: Feed,
        stepping: Stepping,
        checkpoints: Checkpoints,
        progress: Progress,
        per_epoch: int,
    ) -> None:
        self._module, self._logits = module, logits
        self._train, self._select = train, select
        self._seed, self._feed, self._per_epoch = seed, feed, per_epoch
        self._stepping, self._checkpoints, self._progress = stepping, checkpoints, progress
        self._began = time.perf_counter() - progress.seconds

    def before_the_first(self) -> None:
        """Count the weights as they are as a candidate for the best, as epoch 0."""
        loss, accuracy = evaluate(self._module, self._logits, self._select, self._feed)
        self._progress.record(EpochRecord(0, None, loss, accuracy, 0.0, 0.0), self._module.state_dict())

    def steps(self) -> None:
        """The steps of the epoch under way that have not been taken; asked to stop, a checkpoint and the request."""
        progress, epoch = self._progress, self._progress.epoch + 1
        train_mode(self._module)
        order = shuffled(len(self._train), self._per_epoch, derive(self._seed, "order", epoch))
        steps = [parts_of(rows, self._stepping.settings.accumulate) for rows in order[progress.step :]]
        batches = self._feed(self._train, [rows for parts in steps for rows in parts])
        if progress.step == 0:
            reseed(derive(self._seed, "noise", epoch))
        for parts in steps:
            self._stepping.step(islice(batches, len(parts)), progress, samples=sum(map(len, parts)))
            try:
                interrupts.check()
            except (InterruptedRun, KeyboardInterrupt):
                progress.seconds = time.perf_counter() - self._began
                self._checkpoints.save(progress)
                raise

    def close(self) -> EpochRecord:
        """The epoch whose steps have all been taken, evaluated and kept."""
        progress = self._progress
        train_loss = torch.stack(progress.losses).mean().item()
        loss, accuracy = evaluate(self._module, self._logits, self._select, self._feed)
        if not math.isfinite(loss):
            name, peak = self._stepping.training, self._stepping.settings.lr
            raise guards.diverged("`select` log-loss", loss, training=name, progress=progress, peak=peak)
        now = time.perf_counter() - self._began
        record = EpochRecord(progress.epoch + 1, train_loss, loss, accuracy, progress.lr, now - progress.seconds)
        progress.seconds = now
        progress.record(record, self._module.state_dict())
        return record


def evaluate(module: nn.Module, logits: Logits, samples: Samples, feed: Feed = direct) -> tuple[float, float]:
    """Log-loss in nats and accuracy in [0, 1] of ``logits`` on ``samples``, in eval mode and without gradients.

    Both are weighted means where the samples have weights.
    """
    module.eval()
    loss = correct = torch.zeros((), device=samples.labels.device)
    with torch.inference_mode():
        starts = range(0, len(samples), EVALUATION_CHUNK)
        for chunk in feed(samples, (slice(start, start + EVALUATION_CHUNK) for start in starts)):
            predicted = logits(chunk)
            right = (predicted.argmax(dim=1) == chunk.labels).float()
            loss = loss + cross_entropy(predicted, chunk.labels, chunk.weights, reduction="sum")
            correct = correct + reduced(right, chunk.weights, reduction="sum")
    return loss.item() / len(samples), correct.item() / len(samples)


def shuffled(samples: int, count: int, seed: int) -> tuple[Tensor, ...]:
    """Row numbers 0 .. samples-1 in random order, as ``count`` batches whose sizes differ by one at most.

    So every sample is seen in every epoch, and no batch is left over with a single sample, of which batch normalisation
    could make nothing.
    """
    order = torch.randperm(samples, generator=torch.Generator().manual_seed(seed))
    return order.tensor_split(count)


def train_mode(module: nn.Module) -> None:
    """Training mode, but for submodules that are frozen: their dropout and running statistics belong to eval mode."""
    module.train()
    for part in module.modules():
        parameters = list(part.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            part.eval()
