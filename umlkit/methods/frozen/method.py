"""Heads on frozen features: how much a fusion head finds in what the uni-modal encoders kept.

On held-out features (``fit_on: select``), ``logits = UME(x) + head([z_1 .. z_M])``: features of training samples are
over-fitted, so a head learns the wrong thing from them. On training features (``fit_on: train``),
``logits = head([z_1 .. z_M])`` stopped early on `select`: the measurement behind the guide of Du et al. (ICML 2023), in
its best reading.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from umlkit.data.records import Batch, Samples
from umlkit.fusion.base import Head
from umlkit.fusion.base import build as build_head
from umlkit.methods.base import Blueprint, Method, Task, Trained
from umlkit.methods.experts import architecture
from umlkit.methods.frozen import ridge
from umlkit.methods.frozen.model import FrozenModel
from umlkit.methods.frozen.options import FrozenOptions
from umlkit.methods.frozen.ridge import HeadData
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.refitted import as_fitted, refitted
from umlkit.training.device import one_thread
from umlkit.training.risk import cross_entropy
from umlkit.training.seeds import derive, seeded

SMALL_HEAD = {"hidden": 16, "dropout": 0.0}


class Frozen(Method[FrozenOptions]):
    """A rung of the measurement: nothing but a head is trained."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> FrozenModel:
        """Ensemble and head, weights not yet loaded; ``resolved`` holds the pool's rule and the features' widths."""
        ensemble = UmeModel(architecture(blueprint), rule=resolved["rule"], classes=blueprint.classes)
        return self._model(ensemble, resolved["widths"], blueprint.classes)

    def train(self, task: Task) -> Trained:
        """Fit the head on the role that the options name."""
        ensemble = UmeModel.of(task.built_on["ume"])
        widths = [expert.width for expert in task.experts.values()]
        with seeded(derive(task.seed, "frozen", "init")):
            model = self._model(ensemble, widths, task.blueprint.classes).to(task.train.labels.device)
        model.fit_standardisation({name: e.features[self.options.fit_on] for name, e in task.experts.items()})
        resolved = {"rule": ensemble.rule, "widths": widths}
        if self.options.fit_on == "train":
            fitted = task.fit(
                "head",
                model.head,
                loss=lambda batch: cross_entropy(_logits(model, batch), batch.labels, batch.weights),
                logits=lambda batch: _logits(model, batch),
                train=_with_features(task, "train"),
                select=_with_features(task, "select"),
            )
            return Trained(model.eval(), task.blueprint, resolved=resolved, fits={"head": fitted})
        best, logits = self._fit_on_select(task, model)
        return Trained(
            model.eval(),
            task.blueprint,
            resolved=resolved,
            report={"ridge": "infinite" if math.isinf(best) else best},
            select_logits=logits,
        )

    def _model(self, ensemble: UmeModel, widths: list[int], classes: int) -> FrozenModel:
        on_select = self.options.fit_on == "select"
        options = dict(SMALL_HEAD) if on_select and self.options.head == "mlp" else {}
        head = build_head(self.options.head, options, widths, classes)
        return FrozenModel(ensemble, head, widths=widths, offset=on_select)

    def _fit_on_select(self, task: Task, model: FrozenModel) -> tuple[float, Tensor]:
        """Fit the head in place, on the CPU in float64; returns the best ridge, and held-out logits (n_select, C)."""
        labels, weights = task.select.labels.cpu(), task.select.weights
        offset = as_fitted(model.ensemble, task).cpu().double()
        data = HeadData(_features(task, model), offset, labels, None if weights is None else weights.cpu())
        head = model.head.cpu().double().eval()
        ridge.start_at_zero(head)
        parts = [(fold, torch.from_numpy(refitted(model.ensemble, task, fold[0]))) for fold in task.select_folds()]
        with one_thread():
            scores = ridge.cross_validated(head, data, parts)
            best = ridge.best(scores, groups=task.select_groups_array)
            fitted = ridge.fit(head, data, ridge=best)
        model.head = fitted.float().to(task.select.labels.device)
        return best, ridge.held_out(scores, [fold for fold, _ in parts], groups=task.select_groups_array)


def _features(task: Task, model: FrozenModel) -> tuple[Tensor, ...]:
    standardised = model.standardised({name: e.features["select"][:] for name, e in task.experts.items()})
    return tuple(z.cpu().double() for z in standardised.values())


def _with_features(task: Task, role: str) -> Samples:
    samples = replace(task.train if role == "train" else task.select, inputs={})  # which no head looks at
    return samples.with_extras({_feature(name): e.features[role] for name, e in task.experts.items()})


def _feature(modality: str) -> str:
    return f"features of {modality}"


def _logits(model: FrozenModel, batch: Batch) -> Tensor:
    features = {name: batch.extras[_feature(name)] for name in model.ensemble.experts.modalities}
    head: Head = model.head
    logits: Tensor = head(list(model.standardised(features).values()))
    return logits
