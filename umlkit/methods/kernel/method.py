"""The kernel residual: kernel ridge regression of what the ensemble leaves unexplained, without training a network.

    logits(x) = UME(x) + a f(x),     f = argmin sum_i w_i |onehot(y_i) - p_i - f(x_i)|^2 + ridge n |f|^2

p_i is what the modalities one by one tell of training sample i, by kernel machines that did not see it
(:mod:`expected`): the networks know their training samples too well. f lives in the space of a sum of centred kernels,
one a modality, or of that and their products (:mod:`nystroem`). Width, ridge and the share of the sum beside products
are those of which the best multiple of what a fit says of samples that it left out explains most of the residual of
`train`. What the kernels see and the step a >= 0 (:mod:`step`; exactly 0 where there is nothing to find) are chosen on
`select`; the stored `select` logits are those of a choice without the sample's fold. Of six ways that were compared
this one gained nothing where there was nothing and nearly the most where there was something (*measured*,
tests/benchmarks/kernel_rungs.py).

What only two modalities tell is learned from far fewer samples by a kernel that says little else, a suppressor by one
that hardly says it: so the share is chosen. *Measured*, tests/benchmarks/kernel_shapes.py: whether two views show the
same digit, mean log-loss of six pairs of views .466 with kernels as they are, .396 centred and half of them products,
.380 products alone, .369 with the share chosen.

Convex but for these choices, so nothing is missed on a plateau. Cost and memory are bounded: at most 8,192 training
samples, drawn at random, are looked at, and 2^23 pairs of a sample and a landmark.

A product of kernels on pictures takes many landmarks. *Measured*, before they were centred, on 2,000 pairs of a written
and a spoken digit, match or mismatch, three deals: log-loss .679, .660, .647 with 512, .655, .639, .625 with 1,024 and
.615, .610, .580 with all.

Legend of shapes: n samples, M modalities, L landmarks, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from umlkit.methods.base import Blueprint, Method, Task, Trained
from umlkit.methods.experts import architecture
from umlkit.methods.kernel.choosing import Direction, choose, held_out
from umlkit.methods.kernel.expected import LANDMARKS, left_out_ensemble
from umlkit.methods.kernel.model import KernelModel
from umlkit.methods.kernel.nystroem import Centred, Combination, Floats, features_of, typical
from umlkit.methods.kernel.options import KernelOptions
from umlkit.methods.kernel.ridge import Linear, Ridge
from umlkit.methods.kernel.seeing import Seen, seen, some_of
from umlkit.methods.kernel.views import choice
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.refitted import as_fitted
from umlkit.training.seeds import derive

WIDTHS = (1.0, 4.0, 16.0)
ADDITIVE_SHARES = (0.0, 0.1, 0.5, 0.9, 0.99)
"""Of the kernel that can mix modalities."""
RIDGES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
SMALL_SAMPLES, SMALL_LANDMARKS = 2048, 256
"""What a width is chosen on, at most; the number of landmarks is chosen on as many samples."""
FEWEST_LANDMARKS = 2 * SMALL_LANDMARKS
MOST_PRODUCTS = 2**23
"""Samples times landmarks: kernels of so many pairs take 67 MB, and a fit a few seconds."""
WORTH_DOUBLING = 1.1
NOISE = 2.0
"""A direction that has nothing to do with the residual explains about one sample of it."""


@dataclass(frozen=True)
class Shape:
    """What is chosen of a kernel before its landmarks are many: the modalities' scales, and its additive share."""

    scales: tuple[float, ...]
    share: float

    def at(self, among: Sequence[Floats]) -> Combination:
        """The kernel at landmarks with these squared distances among them, (L, L) by modality."""
        return Combination(Centred.at(self.scales, among), self.share)


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
            additive_share=resolved["additive_share"],
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
            "additive_share": best.kernel.share,
        }
        return Trained(
            self._assembled(task, ensemble, best, size, resolved).eval(),
            task.blueprint,
            resolved=resolved,
            report={
                "step": size,
                "ridge": best.ridge,
                "scales": list(best.kernel.centred.scales),
                "additive_share": best.kernel.share,
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
        shape, explained = self._shape(known, residual, weights)
        most = min(self.options.landmarks, len(rows), MOST_PRODUCTS // len(rows))
        count = _enough_landmarks(shape, known, residual, weights, before=explained, most=most)
        among = known.among(count)
        kernel = shape.at(among)
        maps = features_of(kernel(among))
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

    def _shape(self, known: Seen, residual: Floats, weights: Floats | None) -> tuple[Shape, float]:
        """The widths and the additive share that explain most, on few samples, and how much that is."""
        medians = [typical(distances) for distances in known.among(FEWEST_LANDMARKS)]
        of_samples, among = _few(known, SMALL_LANDMARKS)
        found, mixed = [], self.options.interaction
        for width in WIDTHS:
            scales = tuple(width * median for median in medians)
            centred = Centred.at(scales, among)
            sides = centred(of_samples, mixed=mixed), centred(among, mixed=mixed)
            for share in ADDITIVE_SHARES if mixed else (1.0,):
                shown, at = (side.combined(share) for side in sides)
                found.append((_explained(shown, at, residual, weights), Shape(scales, share)))
        explained, shape = max(found, key=lambda one: one[0])
        return shape, explained

    def _assembled(
        self, task: Task, ensemble: UmeModel, best: Direction, size: float, resolved: Mapping[str, Any]
    ) -> KernelModel:
        model = KernelModel(
            ensemble,
            best.seen.views,
            widths=resolved["widths"],
            count=resolved["landmarks"],
            additive_share=best.kernel.share,
        )
        model.place(best.seen.landmarks(best.landmarks), best.kernel.centred)
        model.weight.copy_(torch.from_numpy(size * best.function.weight))
        model.bias.copy_(torch.from_numpy(size * best.function.bias))
        return model.to(task.train.labels.device)


def _enough_landmarks(
    shape: Shape, known: Seen, residual: Floats, weights: Floats | None, *, before: float, most: int
) -> int:
    """Doubled for as long as the doubling before explained a tenth more, beyond what noise explains.

    Numbers of many dimensions take many landmarks. ``before``: what half of the fewest explain.
    """
    count = FEWEST_LANDMARKS
    while count < most:
        of_samples, among = _few(known, count)
        kernel = shape.at(among)
        explained = _explained(kernel(of_samples), kernel(among), residual, weights)
        if explained <= WORTH_DOUBLING * before + NOISE:
            break
        count, before = 2 * count, explained
    return min(count, most)


def _few(known: Seen, count: int) -> tuple[list[Floats], list[Floats]]:
    """Squared distances to ``count`` landmarks, of as many samples as a choice is made on and among themselves."""
    return known.of_train(count, samples=SMALL_SAMPLES), known.among(count)


def _explained(of_samples: Floats, among: Floats, residual: Floats, weights: Floats | None) -> float:
    """What the best ridge explains of the first samples, by a kernel of these with the landmarks and among those."""
    features, n = of_samples @ features_of(among), len(of_samples)
    fitted = Ridge(features, residual[:n], None if weights is None else weights[:n])
    return max(fitted.explained(ridge) for ridge in RIDGES)


def _targets(task: Task, rows: Tensor) -> tuple[Floats, Floats | None]:
    """The labels one-hot (n, C), and the weights (n,), of these training samples."""
    labels = task.train.labels.cpu()[rows].numpy()
    weights = task.train.weights_array
    return np.eye(task.blueprint.classes)[labels], None if weights is None else weights[rows.numpy()]
