"""The pace of a training: the training loop on a few samples for a few epochs, with a watch.

A :class:`Stage` stands where a method expects the training loop. What is timed there, a step and a look at a sample of
`select`, is carried over to the run's own numbers of steps and samples.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Unpack

import numpy as np
from torch import nn

from umlkit.data.records import Samples
from umlkit.methods.base import Fitting
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.session import Session
from umlkit.training.loop import FitResult, Logits, evaluate, fit
from umlkit.training.schedule import Course, course_of

ENOUGH = 0.15
"""Seconds of training after which a rehearsed training is timed well enough."""
FEWEST_EPOCHS, MOST_EPOCHS = 2, 30


@dataclass(frozen=True)
class Pace:
    """How fast one training goes.

    Attributes:
        name: of the training within its model.
        seconds: of an epoch, evaluation included.
        steps: of an epoch.
        fewest: epochs before patience can end it.
        most: cap on its epochs.
    """

    name: str
    seconds: float
    steps: int
    fewest: int
    most: int


class Stage:
    """Where one model is rehearsed: the training loop on few samples, with a watch.

    Args:
        session: the opened run.
        artifact: what is rehearsed; it says how long its trainings are.

    Attributes:
        paces: of the trainings so far.
        seconds: spent in the loop.
    """

    def __init__(self, session: Session, artifact: Artifact) -> None:
        self.paces: list[Pace] = []
        self.seconds = 0.0
        self._session = session
        self._artifact = artifact

    def fit(self, name: str, module: nn.Module, **asked: Unpack[Fitting]) -> FitResult:
        """Train for a few epochs on few samples, note the pace, and return the short training's result."""
        began = time.perf_counter()
        settings, course = self._session.recipe.train, self._course

        def trained(epochs: int) -> FitResult:
            short = {"epochs": epochs, "patience": epochs, "batch_size": course.batch_size}
            capped: Fitting = {**asked, "epochs": None}
            workers = self._session.recipe.workers
            return fit(module, **capped, settings=settings.model_copy(update=short), seed=0, workers=workers)

        result = trained(FEWEST_EPOCHS)
        more = math.ceil(FEWEST_EPOCHS * ENOUGH / max(result.seconds, 1e-6))
        if more > FEWEST_EPOCHS:
            result = trained(min(more, MOST_EPOCHS))
        select = asked["select"]
        looking = _seconds_of_a_look(module, asked["logits"], select)
        steps = math.ceil(len(asked["train"]) / course.batch_size)
        per_step = _seconds_of_steps(result, looking) / steps
        start = asked.get("evaluate_start", False)
        self.paces.append(self._pace(name, per_step, looking / len(select), asked.get("epochs"), start=start))
        self.seconds += time.perf_counter() - began
        return result

    def _pace(self, name: str, per_step: float, per_look: float, epochs: int | None, *, start: bool) -> Pace:
        steps, most = self._course.steps, self._artifact.cap(epochs or self._course.epochs)
        return Pace(
            name=name,
            seconds=steps * per_step + len(self._session.roles.select) * per_look,
            steps=steps,
            fewest=min(most, self._course.patience + (0 if start else 1)),
            most=most,
        )

    @cached_property
    def _course(self) -> Course:
        """Of the real trainings."""
        return course_of(self._session.recipe.train, len(self._session.roles.train))


def _seconds_of_steps(result: FitResult, looking: float) -> float:
    """Of the steps of a usual epoch, whose look at `select` took ``looking`` seconds; the first epoch warms up."""
    seconds = [epoch.seconds for epoch in result.history if epoch.train_loss is not None]
    usual = float(np.median(seconds[1:] or seconds))
    return max(usual - looking, 0.1 * usual)


def _seconds_of_a_look(module: nn.Module, logits: Logits, select: Samples) -> float:
    """Of an evaluation on ``select``, the lesser of two."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        evaluate(module, logits, select)
        seconds.append(time.perf_counter() - began)
    return min(seconds)
