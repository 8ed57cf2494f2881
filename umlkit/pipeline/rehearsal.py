"""A rehearsal: every planned model trained for a few batches on a few samples, to learn what the real thing will cost.

The method, its networks and the training loop are the real ones, so nothing here knows what a method does: what it
trains, how often, and from which models, comes out as it plays. Only the samples are few and the epochs short. What a
model builds on is loaded where it is finished, and rehearsed before it else. Nothing is written.

Where an encoder is still to be chosen, every candidate that is affordable is rehearsed, and whatever builds on the
choice is rehearsed twice, with the quickest and with the slowest of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch

from umlkit import registry
from umlkit.data.records import Ints, Role, Samples
from umlkit.data.samples import samples
from umlkit.methods import inference
from umlkit.methods.base import Blueprint, Expert, Method, ModalityPlan, MultiModalModel, Task, Trained
from umlkit.methods.unimodal import screening
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.finished import model_of
from umlkit.pipeline.pace import Pace, Stage
from umlkit.pipeline.plan import UNIMODAL
from umlkit.pipeline.session import Session
from umlkit.pipeline.task import entry_plan, groups_of, priors_of
from umlkit.runs.layout import is_finished
from umlkit.training.schedule import course_of

BATCHES = 8
"""Batches of a rehearsed epoch."""
SELECTED = 256
"""Samples of `select` in a rehearsal."""

Variant = Literal["quickest", "slowest"]
VARIANTS: tuple[Variant, ...] = ("quickest", "slowest")


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
    _played: dict[tuple[str, Variant], Played] = field(default_factory=dict)
    _auditions: dict[str, tuple[Played, ...]] = field(default_factory=dict)
    _finished: dict[str, Played] = field(default_factory=dict)

    def candidates(self, artifact: Artifact) -> tuple[Played, ...]:
        """The uni-modal model with every encoder that it may get, in the order in which they are screened."""
        if artifact.fingerprint not in self._auditions:
            blueprint = self._blueprint(artifact, "quickest")
            ((name, plan),) = blueprint.modalities.items()
            affordable = screening.affordable(
                screening.candidates(plan),
                classes=blueprint.classes,
                samples=len(self.session.roles.train),
                epochs=course_of(self.session.recipe.train, len(self.session.roles.train)).epochs,
                select=self._samples("select", self.session.roles.select[: screening.LOOKED_AT]).only(name),
            )
            self._auditions[artifact.fingerprint] = tuple(
                self._play(artifact, replace(blueprint, modalities={name: candidate}), "quickest")
                for candidate in affordable
            )
        return self._auditions[artifact.fingerprint]

    def trained(self, artifact: Artifact, variant: Variant) -> Played:
        """A multi-modal model rehearsed, whether or not it is finished; once where nothing is left to choose."""
        key = (artifact.fingerprint, variant)
        if key not in self._played:
            blueprint = self._blueprint(artifact, variant)
            settled = variant == "slowest" and blueprint == self._blueprint(artifact, "quickest")
            self._played[key] = (
                self.trained(artifact, "quickest") if settled else self._play(artifact, blueprint, variant)
            )
        return self._played[key]

    def needed(self, artifact: Artifact, variant: Variant) -> Played:
        """A model that something else is made from: loaded where it is finished, else rehearsed."""
        if is_finished(artifact.model_dir(self.session.directory)):
            return self._loaded(artifact)
        if artifact.spec.name == UNIMODAL:
            return pick(self.candidates(artifact), variant)
        return self.trained(artifact, variant)

    def _loaded(self, artifact: Artifact) -> Played:
        if artifact.fingerprint not in self._finished:
            loaded = model_of(self.session, artifact)
            network = loaded.network.to(self.session.device)
            played = Played(network, loaded.config.blueprint(), self._width(network))
            self._finished[artifact.fingerprint] = played
        return self._finished[artifact.fingerprint]

    def _play(self, artifact: Artifact, blueprint: Blueprint, variant: Variant) -> Played:
        stage = Stage(self.session, artifact)
        method: Method[Any] = registry.implementation(artifact.spec)(artifact.options)
        task = self._task(artifact, blueprint, variant, stage)
        began = time.perf_counter()
        trained: Trained = method.train(task)
        aside = time.perf_counter() - began - stage.seconds
        return Played(trained.model, trained.blueprint, self._width(trained.model), tuple(stage.paces), aside)

    def _width(self, model: MultiModalModel) -> int:
        inputs = self._few["select"].batch(slice(0, 1)).inputs  # made, when first asked for, outside inference mode
        with torch.inference_mode():
            one = model.eval().infer(inputs)
        return sum(features.shape[1] for features in one.features.values())

    def _task(self, artifact: Artifact, blueprint: Blueprint, variant: Variant, stage: Stage) -> Task:
        experts = {
            need.modalities[0]: self._expert(self.needed(need, variant), need.modalities[0])
            for need in artifact.needs
            if need.spec.name == UNIMODAL
        }
        built_on = {
            need.spec.name: self.needed(need, variant).model.requires_grad_(False).eval()
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
            priors=priors_of(train, blueprint.classes),
            experts=experts,
            built_on=built_on,
            select_groups=groups_of(self.session, self._few_rows["select"]),
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
            need.modalities[0]: self.needed(need, variant).blueprint.modalities[need.modalities[0]]
            for need in artifact.needs
            if need.spec.name == UNIMODAL
        }
        plans: dict[str, ModalityPlan] = {
            name: entry_plan(self.session, name, resolved.get(name)) for name in artifact.modalities
        }
        return Blueprint(plans, len(self.session.dataset.classes))

    def few(self, role: Role) -> Samples:
        """The few samples of `train` or `select` that models are rehearsed on."""
        return self._few[role]

    @cached_property
    def _few(self) -> Mapping[str, Samples]:
        return {role: self._samples(role, rows) for role, rows in self._few_rows.items()}

    @cached_property
    def _few_rows(self) -> Mapping[Role, Ints]:
        size = BATCHES * course_of(self.session.recipe.train, len(self.session.roles.train)).batch_size
        most: Mapping[Role, int] = {"train": size, "select": SELECTED}
        return {
            role: _few_of_each_class(self.session.dataset.labels, self.session.roles.rows(role), count)
            for role, count in most.items()
        }

    def _samples(self, role: Role, rows: Ints) -> Samples:
        """Some samples of a role, with their weights."""
        session, weights = self.session, self.session.weights_of(role)
        if weights is not None:
            some = weights[np.searchsorted(session.roles.rows(role), rows)]
            weights = some / some.mean() if some.any() else None  # nothing can be fitted to weights of 0
        return samples(session.dataset, rows, session.preprocess, [*session.preprocess], session.device, weights)


def pick(played: Sequence[Played], variant: Variant) -> Played:
    """The quickest or the slowest by an epoch."""
    chosen: Callable[..., Played] = min if variant == "quickest" else max
    return chosen(played, key=lambda one: one.seconds)


def _few_of_each_class(labels: Ints, rows: Ints, most: int) -> Ints:
    """At most about ``most`` of the rows, at random, yet one of every class that they have."""
    if len(rows) <= most:
        return rows
    shuffled = rows[np.random.default_rng(0).permutation(len(rows))]
    _, first = np.unique(labels[shuffled], return_index=True)
    kept = np.union1d(first, np.arange(most))
    return np.sort(shuffled[kept])
