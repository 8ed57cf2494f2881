"""A rehearsal: every planned model trained for a few batches on a few samples, to learn what the real thing will cost.

The method, its networks and the training loop are the real ones, so nothing here knows what a method does: what it
trains, how often, and from which models, comes out as it plays. Only the samples are few and the epochs short. What a
model builds on is loaded where it is finished, and rehearsed before it else. Nothing is written.

Where an encoder is still to be chosen, every candidate is rehearsed, and whatever builds on the choice is rehearsed
twice, with the quickest and with the slowest of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from umlkit import registry
from umlkit.data.records import Ints, Role, Samples
from umlkit.data.samples import samples
from umlkit.methods import inference
from umlkit.methods.base import Blueprint, Expert, Method, ModalityPlan, MultiModalModel, Task, Trained
from umlkit.methods.unimodal import screening
from umlkit.pipeline import model as models
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.plan import UNIMODAL
from umlkit.pipeline.session import Session
from umlkit.pipeline.task import entry_plan
from umlkit.runs.layout import is_finished
from umlkit.training.loop import FitResult, Logits, Loss, evaluate, fit
from umlkit.training.schedule import Course, course_of

BATCHES = 8
"""Batches of a rehearsed epoch."""
SELECTED = 256
"""Samples of `select` in a rehearsal."""
ENOUGH = 0.15
"""Seconds of training after which a rehearsed training is timed well enough."""
FEWEST_EPOCHS, MOST_EPOCHS = 2, 30

Variant = Literal["quickest", "slowest"]
VARIANTS: tuple[Variant, ...] = ("quickest", "slowest")


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


@dataclass(frozen=True)
class Played:
    """A rehearsed model.

    Attributes:
        model: with the weights it happens to have.
        blueprint: with every encoder resolved.
        width: features that it returns of a sample, over all modalities.
        paces: of its trainings, in order.
        aside: seconds outside the training loop, on few samples.
    """

    model: MultiModalModel
    blueprint: Blueprint
    width: int
    paces: tuple[Pace, ...] = ()
    aside: float = 0.0

    @property
    def seconds(self) -> float:
        """Of an epoch of all its trainings."""
        return sum(pace.seconds for pace in self.paces)

    @property
    def bytes(self) -> int:
        """Of its weights."""
        return sum(value.numel() * value.element_size() for value in self.model.state_dict().values())


@dataclass(frozen=True)
class Rehearsal:
    """The rehearsed models of a session; each is played when it is first asked for.

    Attributes:
        session: the opened run.
    """

    session: Session
    _played: dict[tuple[str, str], Played] = field(default_factory=dict)
    _auditions: dict[str, tuple[Played, ...]] = field(default_factory=dict)

    def candidates(self, artifact: Artifact) -> tuple[Played, ...]:
        """The uni-modal model with every encoder that it may get, quickest first; one where the encoder is settled."""
        if artifact.fingerprint not in self._auditions:
            blueprint = self._blueprint(artifact, "quickest")
            ((name, plan),) = blueprint.modalities.items()
            affordable = screening.affordable(
                screening.candidates(plan),
                classes=blueprint.classes,
                samples=len(self.session.roles.rows("train")),
                epochs=course_of(self.session.recipe.train, len(self.session.roles.train)).epochs,
                select=self._few["select"].only(name),
            )
            played = [
                self._play(artifact, replace(blueprint, modalities={name: candidate}), "quickest")
                for candidate in affordable
            ]
            self._auditions[artifact.fingerprint] = tuple(sorted(played, key=lambda one: one.seconds))
        return self._auditions[artifact.fingerprint]

    def model(self, artifact: Artifact, variant: Variant) -> Played:
        """A model, loaded where it is finished and not to be trained anew, else rehearsed."""
        key = (artifact.fingerprint, variant)
        if key not in self._played:
            self._played[key] = self._model(artifact, variant)
        return self._played[key]

    def _model(self, artifact: Artifact, variant: Variant) -> Played:
        if is_finished(artifact.model_dir(self.session.directory)):
            loaded = models.load(artifact.model_dir(self.session.directory))
            network = loaded.network.to(self.session.device)
            return Played(network, loaded.config.blueprint(), self._width(network))
        if artifact.spec.name == UNIMODAL:
            found = self.candidates(artifact)
            return found[0] if variant == "quickest" else found[-1]
        return self._play(artifact, self._blueprint(artifact, variant), variant)

    def _play(self, artifact: Artifact, blueprint: Blueprint, variant: Variant) -> Played:
        stage = _Stage(self.session)
        method: Method[Any] = registry.implementation(artifact.spec)(artifact.options)
        task = self._task(artifact, blueprint, variant, stage)
        began = time.perf_counter()
        trained: Trained = method.train(task)
        aside = time.perf_counter() - began - stage.seconds
        return Played(trained.model, trained.blueprint, self._width(trained.model), tuple(stage.paces), aside)

    def _width(self, model: MultiModalModel) -> int:
        with torch.inference_mode():
            one = model.eval().infer(self._few["select"].batch(slice(0, 1)).inputs)
        return sum(features.shape[1] for features in one.features.values())

    def _task(self, artifact: Artifact, blueprint: Blueprint, variant: Variant, stage: _Stage) -> Task:
        experts = {
            need.modalities[0]: self._expert(self.model(need, variant), need.modalities[0])
            for need in artifact.needs
            if need.spec.name == UNIMODAL
        }
        built_on = {
            need.spec.name: self.model(need, variant).model.requires_grad_(False).eval()
            for need in artifact.needs
            if need.spec.name != UNIMODAL
        }
        train = self._few["train"].only(*artifact.modalities)
        return Task(
            blueprint=blueprint,
            train=train,
            select=self._few["select"].only(*artifact.modalities),
            settings=self.session.recipe.train,
            seed=artifact.seed,
            fit=stage.fit,
            priors=torch.bincount(train.labels, minlength=blueprint.classes).float() / len(train),
            experts=experts,
            built_on=built_on,
        )

    def _expert(self, played: Played, modality: str) -> Expert:
        parts = {
            role: list(inference.outputs(played.model, self._few[role].only(modality).inputs)) for role in self._few
        }
        device = self.session.device
        return Expert(
            model=played.model.requires_grad_(False).eval(),
            features={role: torch.cat([p.features[modality] for p in part]).to(device) for role, part in parts.items()},
            logits={role: torch.cat([p.logits for p in part]).to(device) for role, part in parts.items()},
        )

    def _blueprint(self, artifact: Artifact, variant: Variant) -> Blueprint:
        """Modalities with their encoders: as the recipe writes them, or as the rehearsed uni-modal models have them."""
        resolved = {
            need.modalities[0]: self.model(need, variant).blueprint.modalities[need.modalities[0]]
            for need in artifact.needs
            if need.spec.name == UNIMODAL
        }
        plans: dict[str, ModalityPlan] = {
            name: entry_plan(self.session, name, resolved.get(name)) for name in artifact.modalities
        }
        return Blueprint(plans, len(self.session.dataset.classes))

    @cached_property
    def _few(self) -> Mapping[str, Samples]:
        size = BATCHES * course_of(self.session.recipe.train, len(self.session.roles.train)).batch_size
        return {role: self._some(role, most) for role, most in _sizes(size)}

    def _some(self, role: Role, most: int) -> Samples:
        rows = self.session.roles.rows(role)
        few = _few_of_each_class(self.session.dataset.labels, rows, most)
        names = list(self.session.dataset.modalities)
        return samples(self.session.dataset, few, self.session.preprocess, names, self.session.device)


class _Stage:
    """Where one model is rehearsed: the training loop on few samples, with a watch.

    Attributes:
        paces: of the trainings so far.
        seconds: spent in the loop.
    """

    def __init__(self, session: Session) -> None:
        self.paces: list[Pace] = []
        self.seconds = 0.0
        self._session = session

    def fit(
        self,
        name: str,
        module: nn.Module,
        *,
        loss: Loss,
        logits: Logits,
        train: Samples,
        select: Samples,
        epochs: int | None = None,
        evaluate_start: bool = False,
    ) -> FitResult:
        """Train for a few epochs on few samples, note the pace, and return the short training's result."""
        began = time.perf_counter()
        settings, course = self._session.recipe.train, self._course

        def trained(epochs: int) -> FitResult:
            short = {"epochs": epochs, "patience": epochs, "batch_size": course.batch_size}
            return fit(
                module,
                loss=loss,
                logits=logits,
                train=train,
                select=select,
                settings=settings.model_copy(update=short),
                seed=0,
                evaluate_start=evaluate_start,
                workers=self._session.recipe.workers,
            )

        result = trained(FEWEST_EPOCHS)
        more = math.ceil(FEWEST_EPOCHS * ENOUGH / max(result.seconds, 1e-6))
        if more > FEWEST_EPOCHS:
            result = trained(min(more, MOST_EPOCHS))
        looking = self._evaluation(module, logits, select)
        epochs_seen = [epoch.seconds for epoch in result.history if epoch.train_loss is not None]
        usual = float(np.median(epochs_seen[1:] or epochs_seen))
        per_step = max(usual - looking, 0.1 * usual) / math.ceil(len(train) / course.batch_size)
        self.paces.append(self._pace(name, per_step, looking / len(select), epochs, start=evaluate_start))
        self.seconds += time.perf_counter() - began
        return result

    def _pace(self, name: str, per_step: float, per_look: float, epochs: int | None, *, start: bool) -> Pace:
        steps, most = self._course.steps, epochs or self._course.epochs
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

    @staticmethod
    def _evaluation(module: nn.Module, logits: Logits, select: Samples) -> float:
        """Seconds of a look at ``select``, the lesser of two."""
        seconds = []
        for _ in range(2):
            began = time.perf_counter()
            evaluate(module, logits, select)
            seconds.append(time.perf_counter() - began)
        return min(seconds)


def _sizes(train: int) -> Iterator[tuple[Role, int]]:
    yield "train", train
    yield "select", SELECTED


def _few_of_each_class(labels: Ints, rows: Ints, most: int) -> Ints:
    """At most about ``most`` of the rows, at random, yet one of every class that they have."""
    if len(rows) <= most:
        return rows
    shuffled = rows[np.random.default_rng(0).permutation(len(rows))]
    _, first = np.unique(labels[shuffled], return_index=True)
    kept = np.union1d(first, np.arange(most))
    return np.sort(shuffled[kept])
