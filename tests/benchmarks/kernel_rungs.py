"""How a kernel machine should be set beside the ensemble: six ways, on tasks of known truth.

    python -m tests.benchmarks.kernel_rungs [draws of every task] [samples ...]

Of n samples .6 are `train` and .2 `select`; what is printed is the gain over UME in thousandths of a nat on 5,000 fresh
samples (mean, least, most) and seconds of CPU, the uni-modal networks' beside them. `known`: residual of what the
networks say of their own training samples. The others regress what kernel machines, one a modality and fitted without
the sample, leave unexplained: `select`, ridge, width and additive share by the loss on `select`; `error`, by the
left-out error on `train`; `scaled`, by the left-out error of the best multiple. `labels`: logistic regression of the
label itself, pooled with UME as UME pools; `few`: logistic regression on `select` alone, UME as offset,
cross-validated; half of the kernel of these two is additive. The step, the one number that `known` to `scaled` fit on
`select`, is that of :mod:`umlkit.methods.kernel.step`.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp

from tests.support import infer, make_samples, make_task, train_experts
from umlkit import synth
from umlkit.data.records import Samples
from umlkit.methods.base import Expert
from umlkit.methods.calibration import log_loss, log_softmax
from umlkit.methods.experts import stacked_logits
from umlkit.methods.folds import folds
from umlkit.methods.kernel.expected import left_out_ensemble
from umlkit.methods.kernel.method import ADDITIVE_SHARES, RIDGES, WIDTHS
from umlkit.methods.kernel.nystroem import Centred, Combination, Floats, features_of, squared_distances, typical
from umlkit.methods.kernel.ridge import Ridge
from umlkit.methods.kernel.step import step
from umlkit.methods.ume import rules
from umlkit.methods.ume.pool import Pool, fit_weights, floored
from umlkit.recipe.schema import Train

TASKS = {
    "xor": ("mixed", {"strengths": (0.6, 0.4), "interaction": 0.9}),
    "weak xor": ("mixed", {"strengths": (0.6, 0.4), "interaction": 0.5}),
    "graded": ("mixed", {"strengths": (0.5, 0.5), "interaction": 0.8, "levels": 6, "classes": 3}),
    "suppressor": ("mixed", {"strengths": (0.5, 0.3), "suppressor": 0.9}),
    "suppressor of 3": ("mixed", {"strengths": (0.5, 0.3), "suppressor": 0.6, "spread": 4, "classes": 3}),
    "independent": ("independent", {"strengths": (0.7, 0.5)}),
    "independent, 4": ("independent", {"strengths": (0.6, 0.6), "classes": 4}),
    "copies": ("copies", {"strengths": 0.7}),
    "shared": ("shared", {"strengths": (0.7, 0.5), "redundancy": 0.5}),
    "useless": ("independent", {"strengths": 0.8, "useless": 1}),
    "three": ("independent", {"strengths": (0.6, 0.5, 0.4), "modalities": 3}),
}
KINDS = {
    **dict.fromkeys(("xor", "weak xor", "graded"), "interaction"),
    **dict.fromkeys(("suppressor", "suppressor of 3"), "suppressor"),
}
LANDMARKS = 512
FRESH = 5000


@dataclass(frozen=True)
class Known:
    """One draw of a task: distances to the landmarks and labels by role, UME's log-probabilities, its networks' own."""

    distances: Mapping[str, list[Floats]]
    labels: Mapping[str, np.ndarray]
    ume: Mapping[str, Floats]
    among: list[Floats]
    log_prior: Floats
    classes: int
    seconds: float

    @property
    def targets(self) -> Floats:
        return np.eye(self.classes)[self.labels["train"]]

    def features(self, share: float, width: float) -> dict[str, Floats]:
        kernel = Combination(Centred.at([width * typical(d) for d in self.among], self.among), share)
        maps = features_of(kernel(self.among))
        return {role: kernel(d) @ maps for role, d in self.distances.items()}

    def gain(self, logits: Floats) -> float:
        """Over UME on fresh samples."""
        labels = self.labels["fresh"]
        return float(log_loss(self.ume["fresh"], labels).mean() - log_loss(logits, labels).mean())


def classes_of(name: str) -> int:
    return int(TASKS[name][1].get("classes", 2))


def roles_of(name: str, *, train: int, select: int, fresh: int, seed: int) -> dict[str, Samples]:
    """So many samples of a task by role, standardised by those of ``train``."""
    family, knobs = TASKS[name]
    task = synth.task(family, seed=seed, **knobs)
    drawn, judging = task.draw(train + select, seed), task.draw(fresh, seed, stream="judging")
    centre = {k: (v[:train].mean(0), v[:train].std(0) + 1e-6) for k, v in drawn.x.items()}
    parts = {
        "train": ({k: v[:train] for k, v in drawn.x.items()}, drawn.y[:train]),
        "select": ({k: v[train:] for k, v in drawn.x.items()}, drawn.y[train:]),
        "fresh": (judging.x, judging.y),
    }
    return {
        r: make_samples({k: (v - centre[k][0]) / centre[k][1] for k, v in x.items()}, y) for r, (x, y) in parts.items()
    }


def draw(name: str, n: int, seed: int) -> Known:
    train, known_in_all = int(0.6 * n), int(0.8 * n)
    roles = roles_of(name, train=train, select=known_in_all - train, fresh=FRESH, seed=seed)
    classes = classes_of(name)
    began = time.process_time()
    made = make_task(roles["train"], roles["select"], settings=Train(), seed=seed, classes=classes)
    experts = train_experts(made)
    seconds = time.process_time() - began
    log_prior = np.log(np.maximum(made.priors.double().numpy(), 1e-12))
    return known(roles, experts, log_prior, classes, seconds)


def known(
    roles: Mapping[str, Samples], experts: Mapping[str, Expert], log_prior: Floats, classes: int, seconds: float
) -> Known:
    labels = {role: samples.labels.numpy() for role, samples in roles.items()}
    logits = {role: stacked_logits(experts, role) for role in ("train", "select")}
    logits["fresh"] = np.stack([infer(e.model, roles["fresh"])[0].double().numpy() for e in experts.values()], 1)
    pool: Pool = rules.log_linear(logits["select"], labels["select"], log_prior)
    chosen = np.random.default_rng(0).permutation(len(labels["train"]))[:LANDMARKS]
    names = list(experts)
    landmarks = [roles["train"].inputs[k][:].numpy()[chosen] for k in names]
    return Known(
        distances={
            role: [squared_distances(s.inputs[k][:].numpy(), at) for k, at in zip(names, landmarks, strict=True)]
            for role, s in roles.items()
        },
        labels=labels,
        ume={role: pool(values) for role, values in logits.items()},
        among=[squared_distances(at, at) for at in landmarks],
        log_prior=log_prior,
        classes=classes,
        seconds=seconds,
    )


Score = Callable[[Known, Ridge, Floats, float, Floats], float]


def on_select(task: Known, fitted: Ridge, targets: Floats, ridge: float, says: Floats) -> float:
    offset, labels = task.ume["select"], task.labels["select"]
    return float(log_loss(offset + step(offset, says, labels) * says, labels).mean())


def left_out_error(task: Known, fitted: Ridge, targets: Floats, ridge: float, says: Floats) -> float:
    return fitted.left_out_error(ridge)


def scaled_error(task: Known, fitted: Ridge, targets: Floats, ridge: float, says: Floats) -> float:
    """Less what the best multiple of the left-out predictions explains."""
    return -fitted.explained(ridge)


def residual(task: Known, interaction: bool, targets: Floats, score: Score) -> float:
    found = []
    for width, share in itertools.product(WIDTHS, ADDITIVE_SHARES if interaction else (1.0,)):
        features = task.features(share, width)
        fitted = Ridge(features["train"], targets)
        for ridge in RIDGES:
            function = fitted.fit(ridge)
            says = function(features["select"])
            found.append((score(task, fitted, targets, ridge, says), says, function(features["fresh"])))
    _, says, fresh = min(found, key=lambda one: one[0])
    size = step(task.ume["select"], says, task.labels["select"])
    return task.gain(task.ume["fresh"] + size * fresh)


def unexplained(task: Known) -> Floats:
    among = task.among
    return task.targets - np.exp(
        left_out_ensemble(task.distances["train"], among, task.targets, log_prior=task.log_prior, weights=None)
    )


def logistic(
    features: Floats, targets: Floats, ridge: float, *, offset: Floats | None = None
) -> Callable[[Floats], Floats]:
    n, r = features.shape
    classes = targets.shape[1]

    def risk(flat: Floats) -> tuple[float, Floats]:
        weight = flat[: r * classes].reshape(r, classes)
        scores = features @ weight + flat[r * classes :] + (0 if offset is None else offset)
        totals = logsumexp(scores, axis=1, keepdims=True)
        slope = (np.exp(scores - totals) - targets) / n
        value = -(targets * (scores - totals)).sum() / n + ridge / 2 * np.square(weight).sum()
        return float(value), np.concatenate([(features.T @ slope + ridge * weight).ravel(), slope.sum(0)])

    flat = minimize(risk, np.zeros((r + 1) * classes), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return lambda other: other @ flat[: r * classes].reshape(r, classes) + flat[r * classes :]


def half_of(interaction: bool) -> float:
    return 0.5 if interaction else 1.0


def of_labels(task: Known, interaction: bool) -> float:
    labels, best = task.labels["select"], None
    for width in WIDTHS:
        features = task.features(half_of(interaction), width)
        for ridge in RIDGES[1:]:
            function = logistic(features["train"], task.targets, ridge)
            loss = log_loss(function(features["select"]), labels).mean()
            if best is None or loss < best[0]:
                best = loss, function(features["select"]), function(features["fresh"])
    terms = [np.stack([log_softmax(task.ume[r]), log_softmax(best[i])], 1) for r, i in (("select", 1), ("fresh", 2))]
    prior_weight, weights = fit_weights(terms[0], labels, task.log_prior)
    pooled = prior_weight * floored(task.log_prior) + np.einsum("m,nmc->nc", weights, floored(terms[1]))
    return task.gain(pooled)


def on_few(task: Known, interaction: bool) -> float:
    features, labels, offset = task.features(half_of(interaction), 4.0), task.labels["select"], task.ume["select"]
    targets, losses = np.eye(task.classes)[labels], {float("inf"): log_loss(offset, labels).mean()}
    for ridge in (1.0, 0.1, 0.01, 0.001):
        total = 0.0
        for fit_on, scored in folds(labels):
            f = logistic(features["select"][fit_on], targets[fit_on], ridge, offset=offset[fit_on])
            total += log_loss(offset[scored] + f(features["select"][scored]), labels[scored]).sum()
        losses[ridge] = total / len(labels)
    best = min(losses, key=lambda one: losses[one])
    if best == float("inf"):
        return 0.0
    return task.gain(task.ume["fresh"] + logistic(features["select"], targets, best, offset=offset)(features["fresh"]))


VARIANTS: Mapping[str, Callable[[Known, bool], float]] = {
    "known": lambda task, mixing: residual(task, mixing, task.targets - np.exp(task.ume["train"]), on_select),
    "select": lambda task, mixing: residual(task, mixing, unexplained(task), on_select),
    "error": lambda task, mixing: residual(task, mixing, unexplained(task), left_out_error),
    "scaled": lambda task, mixing: residual(task, mixing, unexplained(task), scaled_error),
    "labels": of_labels,
    "few": on_few,
}


def main(draws: int = 3, sizes: tuple[int, ...] = (500, 1000, 3000)) -> None:
    torch.set_num_threads(1)
    for n in sizes:
        gains: dict[tuple[str, str], list[float]] = defaultdict(list)
        seconds: dict[str, list[float]] = defaultdict(list)
        for name in TASKS:
            for seed in range(draws):
                task = draw(name, n, seed)
                seconds["networks"].append(task.seconds)
                for variant, run in VARIANTS.items():
                    for mixing in (False, True):
                        began = time.process_time()
                        gained = run(task, mixing)
                        seconds[f"{variant}{'*' if mixing else '+'}"].append(time.process_time() - began)
                        gains[f"{variant}{'*' if mixing else '+'}", KINDS.get(name, "null")].append(1000 * gained)
        print(f"n = {n}, {draws} draws a task; networks {np.mean(seconds['networks']):.2f} s")
        for variant in dict.fromkeys(v for v, _ in gains):
            cells = [
                f"{kind} {np.mean(g):6.1f} ({np.min(g):6.1f} {np.max(g):6.1f})"
                for kind in ("null", "interaction", "suppressor")
                for g in [gains[variant, kind]]
            ]
            print(f"{variant:9s} {'   '.join(cells)}   {np.mean(seconds[variant]):5.2f} s", flush=True)


if __name__ == "__main__":
    given = [int(a) for a in sys.argv[1:]]
    main(*given[:1], *([tuple(given[1:])] if len(given) > 1 else []))
