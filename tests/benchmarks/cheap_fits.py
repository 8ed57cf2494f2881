"""Rungs fitted in a moment: logistic regressions and umlkit's own pool, read by the measurement as stored outputs.

A uni-modal model is a logistic regression on one modality, UME the pool of them, the joint rungs regressions on the
columns side by side (additive) and on their products as well. With ``width`` they read random features instead,
``tanh(W x + b)`` drawn from the training seed, so that another seed is another model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from umlkit.methods.calibration import CAUTION, log_loss, temperature
from umlkit.methods.ume.rules import RULES, choose
from umlkit.probe.evidence import Evidence, HeldOut, RungOutputs
from umlkit.runs.layout import ALL

ROLES = ("select", "probe", "fresh")
FLOOR = 1e-9


@dataclass(frozen=True)
class Part:
    """Samples of one role: a view (n, D) a modality, labels (n,), groups (n,) or None."""

    views: Sequence[np.ndarray]
    labels: np.ndarray
    groups: np.ndarray | None = None

    def rows(self, rows: np.ndarray) -> Part:
        groups = None if self.groups is None else self.groups[rows]
        return Part([view[rows] for view in self.views], self.labels[rows], groups)


@dataclass(frozen=True)
class Fitted:
    """One fold with one seed: rung -> logits by role."""

    logits: Mapping[str, Mapping[str, np.ndarray]]


def fit(parts: Mapping[str, Part], *, classes: int, seed: int, width: int | None = None) -> Fitted:
    """Every rung, from ``train`` and ``select``, and its logits on :data:`ROLES`."""
    views = [_features(parts, m, seed=seed, width=width) for m in range(len(parts["train"].views))]
    train = parts["train"].labels
    logits = {f"unimodal:x{m + 1}": _regressed(view, train, classes) for m, view in enumerate(views)}
    side_by_side = {role: np.hstack([view[role] for view in views]) for role in parts}
    products = {role: np.hstack([side_by_side[role], _products([v[role] for v in views])]) for role in parts}
    logits |= {
        "ume": _pool(list(logits.values()), parts, classes),
        "joint-additive": _regressed(side_by_side, train, classes),
        "joint": _regressed(products, train, classes, strength=0.1),
    }
    return Fitted(logits)


def evidence(folds: Sequence[Mapping[str, Part]], fits: Mapping[tuple[int, int], Fitted], *, classes: int) -> Evidence:
    """What the measurement reads of fits by (seed, fold)."""
    names = [ALL] if len(folds) == 1 else [f"fold-{k + 1}" for k in range(len(folds))]
    seeds = sorted({seed for seed, _ in fits})
    return Evidence(
        name="coverage",
        classes=[str(c) for c in range(classes)],
        modalities=[f"x{m + 1}" for m in range(len(folds[0]["train"].views))],
        folds=[_held(name, parts, classes) for name, parts in zip(names, folds, strict=True)],
        within_groups=False,
        rungs=[
            RungOutputs(
                rung=rung,
                seed=seed,
                additive=rung != "joint",
                candidate=rung if rung in ("ume", "joint") else None,
                select_logits=logits["select"],
                probe_logits=logits["probe"],
                seconds=0.0,
                fold=names[k],
            )
            for (seed, k), fitted in fits.items()
            for rung, logits in fitted.logits.items()
        ],
        features={},
        encoders={f"x{m + 1}": "linear" for m in range(len(folds[0]["train"].views))},
        seeds=seeds,
    )


def gained(fitted: Fitted, parts: Mapping[str, Part], rival: str) -> float:
    """risk(UME) - risk(rival) of one fold's models on the fresh samples, each scaled on `select`."""

    def risk(rung: str) -> float:
        logits = fitted.logits[rung]
        scale = temperature(logits["select"], parts["select"].labels, caution=CAUTION)
        return float(log_loss(logits["fresh"] / scale, parts["fresh"].labels).mean())

    return risk("ume") - risk(rival)


def _held(name: str, parts: Mapping[str, Part], classes: int) -> HeldOut:
    counts = np.bincount(parts["train"].labels, minlength=classes)
    return HeldOut(
        fold=name,
        select_labels=parts["select"].labels,
        probe_labels=parts["probe"].labels,
        select_groups=parts["select"].groups,
        probe_groups=parts["probe"].groups,
        rows=np.arange(len(parts["probe"].labels)),
        prior=counts / counts.sum(),
    )


def _features(parts: Mapping[str, Part], m: int, *, seed: int, width: int | None) -> dict[str, np.ndarray]:
    """A modality, standardised by its training samples; its random features where there is a width."""
    scaler = StandardScaler().fit(parts["train"].views[m])
    views = {role: scaler.transform(part.views[m]) for role, part in parts.items()}
    if width is None:
        return views
    draws = np.random.default_rng([seed, m])
    columns = views["train"].shape[1]
    weights, shift = draws.normal(0, 1.5 / np.sqrt(columns), (columns, width)), draws.normal(size=width)
    return {role: np.tanh(view @ weights + shift) for role, view in views.items()}


def _products(views: Sequence[np.ndarray]) -> np.ndarray:
    """Products of every column of a modality with every column of another, at most eight of each."""
    few = [view[:, :8] for view in views]
    pairs = [(a, b) for i, a in enumerate(few) for b in few[i + 1 :]]
    return np.hstack([np.einsum("ni,nj->nij", a, b).reshape(len(a), -1) for a, b in pairs])


def _regressed(views: Mapping[str, np.ndarray], labels: np.ndarray, classes: int, *, strength: float = 1.0):
    """Logits (n, C) of a logistic regression on the training samples, for every other role."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=200)).fit(views["train"], labels)
    found = {}
    for role in ROLES:
        shares = np.full((len(views[role]), classes), FLOOR)
        shares[:, model.classes_] = np.maximum(model.predict_proba(views[role]), FLOOR)
        found[role] = np.log(shares)
    return found


def _pool(experts: Sequence[Mapping[str, np.ndarray]], parts: Mapping[str, Part], classes: int):
    """UME's logits by role, on `select` out of fold."""
    stacked = {role: np.stack([expert[role] for expert in experts], axis=1) for role in ROLES}
    counts = np.bincount(parts["train"].labels, minlength=classes)
    log_prior = np.log(np.maximum(counts / counts.sum(), FLOOR))
    labels, groups = parts["select"].labels, parts["select"].groups
    choice = choose("auto", stacked["select"], labels, log_prior, groups=groups)
    pool = RULES[choice.name](stacked["select"], labels, log_prior)
    return {**{role: pool(stacked[role]) for role in ROLES}, "select": choice.held_out}
