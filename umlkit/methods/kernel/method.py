"""The kernel residual: kernel ridge regression of what the ensemble leaves unexplained, without training a network.

    logits(x) = UME(x) + a f(x),     f = argmin sum_i w_i |onehot(y_i) - p_i - f(x_i)|^2 + ridge n |f|^2

p_i is what the modalities one by one tell of training sample i, by kernel machines that did not see it
(:mod:`expected`): the networks know their training samples too well. f lives in the space of a sum of kernels, one a
modality, or of their product (:mod:`nystroem`). Width and ridge are those of which the best multiple of what a fit says
of samples that it left out explains most of the residual of `train`. What the kernels see and the step a >= 0
(:mod:`step`; exactly 0 where there is nothing to find) are chosen on `select`; the stored `select` logits are those of
a choice without the sample's fold. Of six ways that were compared this one gained nothing where there was nothing and
nearly the most where there was something (*measured*, tests/benchmarks/kernel_rungs.py).

Convex but for these choices, so nothing is missed on a plateau. Cost and memory are bounded: at most 8,192 training
samples, drawn at random, are looked at, and 2^23 pairs of a sample and a landmark.

A product of kernels on pictures takes many landmarks. *Measured* on 2,000 pairs of a written and a spoken digit, match
or mismatch, three deals: log-loss .679, .660, .647 with 512, .655, .639, .625 with 1,024 and .615, .610, .580 with all.

Legend of shapes: n samples, M modalities, L landmarks, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from umlkit.methods.base import Blueprint, Method, Task, Trained
from umlkit.methods.experts import architecture
from umlkit.methods.kernel.choosing import Direction, choose, held_out
from umlkit.methods.kernel.expected import LANDMARKS, left_out_ensemble
from umlkit.methods.kernel.model import KernelModel
from umlkit.methods.kernel.nystroem import Combination, Floats, features_of, typical
from umlkit.methods.kernel.options import KernelOptions
from umlkit.methods.kernel.ridge import Linear, Ridge
from umlkit.methods.kernel.seeing import Seen, seen, some_of
from umlkit.methods.kernel.views import choice
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.refitted import as_fitted
from umlkit.training.seeds import derive

WIDTHS = (1.0, 4.0, 16.0)
RIDGES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
SMALL_SAMPLES, SMALL_LANDMARKS = 2048, 256
"""What a width is chosen on, at most; the number of landmarks is chosen on as many samples."""
FEWEST_LANDMARKS = 2 * SMALL_LANDMARKS
MOST_PRODUCTS = 2**23
"""Samples times landmarks: kernels of so many pairs take 67 MB, and a fit a few seconds."""
WORTH_DOUBLING = 1.1
NOISE = 2.0
"""A direction that has nothing to do with the residual explains about one sample of it."""


class Kernel(Method[KernelOptions]):
    """A rung of the measurement that trains no network."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> KernelModel:
        """Ensemble, views and landmarks, nothing of it loaded yet."""
        ensemble = UmeModel(architecture(blueprint), rule=resolved["rule"], classes=blueprint.classes)
        made = [
            choice.view(resolved["views"][name], plan, width=features)
            for (name, plan), features in zip(blueprint.modalities.items(), resolved["features"], strict=True)
        ]
        return KernelModel(
            ensemble,
            made,
            widths=resolved["widths"],
            count=resolved["landmarks"],
            interaction=self.options.interaction,
        )

    def train(self, task: Task) -> Trained:
        """Fit on `train`, choose on `select`."""
        ensemble = UmeModel.of(task.built_on["ume"])
        rows = some_of(len(task.train), derive(task.seed, "kernel", "samples"))
        directions = [
            self._direction(task, seen(task, names, rows), rows) for names in choice.choices(task.blueprint.modalities)
        ]
        offset = as_fitted(ensemble, task).cpu().double().numpy()
        best, size = choose(directions, offset, task.select, np.arange(len(task.select)))
        resolved = {
            "rule": ensemble.rule,
            "views": dict(best.seen.names),
            "features": [expert.width for expert in task.experts.values()],
            "widths": [shown.shape[1] for shown in best.seen.train],
            "landmarks": best.landmarks,
        }
        return Trained(
            self._assembled(task, ensemble, best, size, resolved).eval(),
            task.blueprint,
            resolved=resolved,
            report={
                "step": size,
                "ridge": best.ridge,
                "scales": list(best.kernel.scales),
                "landmarks": best.landmarks,
                "views": dict(best.seen.names),
                "samples": len(rows),
            },
            select_logits=torch.from_numpy(held_out(task, ensemble, directions)),
        )

    def _direction(self, task: Task, known: Seen, rows: Tensor) -> Direction:
        """The function that explains most of what the modalities one by one leave unexplained."""
        targets, weights = _targets(task, rows)
        residual = self.residual(task, known, targets, weights)
        kernel, explained = self._kernel(known, residual, weights)
        most = min(self.options.landmarks, len(rows), MOST_PRODUCTS // len(rows))
        count = _enough_landmarks(kernel, known, residual, weights, before=explained, most=most)
        maps = features_of(kernel(known.among(count)))
        fitted = Ridge(kernel(known.of_train(count)) @ maps, residual, weights)
        ridge = max(RIDGES, key=fitted.explained)
        linear = fitted.fit(ridge)
        function = Linear(np.asarray(maps @ linear.weight), linear.bias)
        return Direction(known, kernel, count, ridge, function, function(kernel(known.of_select(count))))

    def residual(self, task: Task, known: Seen, targets: Floats, weights: Floats | None) -> Floats:
        """(n, C) what the modalities one by one leave unexplained of the labels, one-hot in ``targets`` (n, C)."""
        log_prior = np.log(np.maximum(task.priors.cpu().double().numpy(), 1e-12))
        return targets - np.exp(
            left_out_ensemble(
                known.of_train(LANDMARKS), known.among(LANDMARKS), targets, log_prior=log_prior, weights=weights
            )
        )

    def _kernel(self, known: Seen, residual: Floats, weights: Floats | None) -> tuple[Combination, float]:
        """The kernel with the width that explains most, on few samples, and how much that is."""
        medians = [typical(distances) for distances in known.among(FEWEST_LANDMARKS)]
        kernels = [
            Combination(self.options.interaction, tuple(width * median for median in medians)) for width in WIDTHS
        ]
        few = _few(known, SMALL_LANDMARKS)
        explained = [_explained(kernel, few, residual, weights) for kernel in kernels]
        best = int(np.argmax(explained))
        return kernels[best], explained[best]

    def _assembled(
        self, task: Task, ensemble: UmeModel, best: Direction, size: float, resolved: Mapping[str, Any]
    ) -> KernelModel:
        model = KernelModel(
            ensemble,
            best.seen.views,
            widths=resolved["widths"],
            count=resolved["landmarks"],
            interaction=self.options.interaction,
        )
        kept = zip(model.landmarks, best.seen.landmarks(best.landmarks), best.kernel.scales, strict=True)
        for part, values, scale in kept:
            part.values.copy_(torch.from_numpy(values))  # type: ignore[operator]
            part.scale.fill_(scale)  # type: ignore[operator]
        model.weight.copy_(torch.from_numpy(size * best.function.weight))
        model.bias.copy_(torch.from_numpy(size * best.function.bias))
        return model.to(task.train.labels.device)


def _enough_landmarks(
    kernel: Combination, known: Seen, residual: Floats, weights: Floats | None, *, before: float, most: int
) -> int:
    """Doubled for as long as the doubling before explained a tenth more, beyond what noise explains.

    Numbers of many dimensions take many landmarks. ``before``: what half of the fewest explain.
    """
    count = FEWEST_LANDMARKS
    while count < most:
        explained = _explained(kernel, _few(known, count), residual, weights)
        if explained <= WORTH_DOUBLING * before + NOISE:
            break
        count, before = 2 * count, explained
    return min(count, most)


def _few(known: Seen, count: int) -> tuple[list[Floats], list[Floats]]:
    """Squared distances to ``count`` landmarks, of as many samples as a choice is made on and among themselves."""
    return known.of_train(count, samples=SMALL_SAMPLES), known.among(count)


def _explained(
    kernel: Combination, few: tuple[list[Floats], list[Floats]], residual: Floats, weights: Floats | None
) -> float:
    """What the best ridge explains of the first samples, by their distances."""
    features, n = kernel(few[0]) @ features_of(kernel(few[1])), len(few[0][0])
    fitted = Ridge(features, residual[:n], None if weights is None else weights[:n])
    return max(fitted.explained(ridge) for ridge in RIDGES)


def _targets(task: Task, rows: Tensor) -> tuple[Floats, Floats | None]:
    """The labels one-hot (n, C), and the weights (n,), of these training samples."""
    labels = task.train.labels.cpu()[rows].numpy()
    weights = task.train.weights_array
    return np.eye(task.blueprint.classes)[labels], None if weights is None else weights[rows.numpy()]
