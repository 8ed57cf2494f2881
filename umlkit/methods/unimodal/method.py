"""Uni-modal training: ``f_m = head_m(phi_m(x_m))`` alone, cross-entropy, early stopping on `select` log-loss.

Where the encoder or one of its options is ``auto``, every candidate is trained for a fifth of the epochs and the best
on `select` is trained in full; the report says where none told anything. A weak uni-modal model would fabricate paired
signal later, so this training ends by patience.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from umlkit.methods.base import Blueprint, Method, ModalityPlan, Task, Trained
from umlkit.methods.late_fusion import cross_entropy_of, logits_of
from umlkit.methods.unimodal import screening
from umlkit.methods.unimodal.model import UnimodalModel
from umlkit.methods.unimodal.options import UnimodalOptions
from umlkit.methods.unimodal.screening import Choice, Screened
from umlkit.methods.unimodal.start import Start, surely_lower
from umlkit.training.loop import FitResult
from umlkit.training.schedule import course_of
from umlkit.training.seeds import derive, seeded


class Unimodal(Method[UnimodalOptions]):
    """The model of one modality."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> UnimodalModel:  # noqa: ARG002
        """Encoder and linear head of the blueprint's one modality."""
        ((modality, plan),) = blueprint.modalities.items()
        return UnimodalModel(modality, plan, blueprint.classes)

    def train(self, task: Task) -> Trained:
        """Screen the candidates, train the best of them in full."""
        ((modality, plan),) = task.blueprint.modalities.items()
        found = screening.candidates(plan)
        plans = screening.affordable(
            found,
            classes=task.blueprint.classes,
            samples=len(task.train),
            epochs=course_of(task.settings, len(task.train)).epochs,
            select=task.select,
        )
        screened = [] if len(plans) == 1 else [self._screen(task, plan, index) for index, plan in enumerate(plans)]
        choice = screening.choose(screened) if screened else Choice(plans[0], screening.ONLY)
        model, full = self._fit(task, choice.plan, "full")
        return Trained(
            model=model,
            blueprint=replace(task.blueprint, modalities={modality: choice.plan}),
            fits={**{one.name: one.fit for one in screened}, "full": full},
            report={
                "candidates": [one.report() for one in screened],
                "too_costly": [one.encoder for one in found if one not in plans],
                "chosen": choice.report(),
            },
            remark=choice.reason if choice.reason == screening.NO_GROUND else "",
        )

    def _screen(self, task: Task, plan: ModalityPlan, index: int) -> Screened:
        name = screening.name_of(index)
        model, fit = self._fit(
            task, plan, name, epochs=screening.epochs_for(course_of(task.settings, len(task.train)).epochs)
        )
        losses = screening.calibrated_losses(model, task.select)
        prior = screening.prior_losses(task.train, task.select, classes=task.blueprint.classes)
        return Screened(
            name=name,
            plan=plan,
            loss=float(losses.mean()),
            tells=surely_lower(prior - losses, task.select_groups_array),
            operations=screening.operations(model, task.select),
            fit=fit,
        )

    def _fit(
        self, task: Task, plan: ModalityPlan, name: str, *, epochs: int | None = None
    ) -> tuple[UnimodalModel, FitResult]:
        ((modality, _),) = task.blueprint.modalities.items()
        with seeded(derive(task.seed, "init", name)):
            model = UnimodalModel(modality, plan, task.blueprint.classes).to(task.train.labels.device)
            start = (
                Start.of(model, task.select, task.select_groups_array)
                if model.warm_start(task.train, task.select)
                else None
            )
        fit = task.fit(
            name,
            model,
            loss=cross_entropy_of(model),
            logits=logits_of(model),
            train=task.train,
            select=task.select,
            epochs=epochs,
            evaluate_start=start is not None,
        )
        if start is not None:
            fit = start.unless_beaten(model, fit, task.select)
        return model.eval(), fit
