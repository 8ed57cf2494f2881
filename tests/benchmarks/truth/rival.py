"""What one does without this package: a fusion head on the frozen uni-modal encoders against their mean prediction.

The guide of Du et al. (ICML 2023, abstract) as it is mostly read: where a head on the frozen features, which sees all
modalities, has a lower loss than the mean of the uni-modal probabilities, there are paired features. The head is fitted
on the standardised features of the training samples: logistic regression, or a network with one hidden layer (both
scikit-learn's), each with the penalty that is best on `select`; and logistic regression also on those of `select`
itself, its penalty by cross-validation. Everything is temperature-scaled on `select`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from umlkit.methods.folds import folds
from umlkit.pipeline import outputs
from umlkit.pipeline.evidence import held_out
from umlkit.pipeline.plan import Plan
from umlkit.pipeline.session import Session
from umlkit.probe.evidence import Evidence, HeldOut, RungOutputs
from umlkit.probe.readings import read
from umlkit.probe.units import Units, Values

AVERAGED, ON_SELECT = "averaged", "linear, on select"
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
FLOOR = 1e-12


def _linear() -> Iterator[Any]:
    for strength in STRENGTHS:
        yield LogisticRegression(C=strength, max_iter=300)


def _mlp() -> Iterator[Any]:
    for penalty in (0.01, 1.0):
        yield MLPClassifier((32,), alpha=penalty, early_stopping=True, random_state=0)


HEADS: Mapping[str, Callable[[], Iterator[Any]]] = {"linear": _linear, "mlp": _mlp}
NAMES = (*HEADS, ON_SELECT)


def found(session: Session, evidence: Evidence) -> dict[str, float]:
    """Head -> t of the loss that it saves against the mean of the uni-modal probabilities, over `probe` samples."""
    rows: dict[str, list[RungOutputs]] = {name: [] for name in (AVERAGED, *NAMES)}
    for plan in session.plans:
        for name, outputs_of_head in _of_plan(session.of(plan.fold), plan).items():
            rows[name].append(outputs_of_head)
    losses = {name: _losses(of_name, evidence) for name, of_name in rows.items()}
    units = Units.of(len(evidence.rows), None, folds=len(evidence.folds))
    return {name: _t(losses[AVERAGED] - losses[name], units) for name in NAMES}


def _losses(every: list[RungOutputs], evidence: Evidence) -> Values:
    """(n,) nats, the mean over seeds."""
    return np.mean([read([o for o in every if o.seed == seed], evidence).losses for seed in evidence.seeds], axis=0)


def _t(saved: Values, units: Units) -> float:
    error = float(np.sqrt(units.covariance(saved[:, None])[0, 0] / units.count))
    return float(saved.mean()) / error if error > 0 else 0.0


def _of_plan(session: Session, plan: Plan) -> dict[str, RungOutputs]:
    stored = {role: [outputs.read(session, one, role) for one in plan.unimodal.values()] for role in outputs.WRITTEN}
    x = {
        role: np.concatenate([next(iter(one.features.values())) for one in of_role], axis=1, dtype=np.float64)
        for role, of_role in stored.items()
    }
    held, y = held_out(session), session.dataset.labels[session.roles.train]
    averaged = [np.log(np.mean([_softmax(one.logits) for one in stored[role]], axis=0)) for role in ("select", "probe")]
    made = {AVERAGED: _as_rung(AVERAGED, averaged, plan)}
    for name, models in HEADS.items():
        best = min((_fitted(model, x["train"], y) for model in models()), key=lambda one: _loss(one, x["select"], held))
        made[name] = _as_rung(name, [_logits(best, x[role], held) for role in ("select", "probe")], plan)
    made[ON_SELECT] = _as_rung(ON_SELECT, _on_select(x["select"], x["probe"], held), plan)
    return made


def _on_select(select: Values, probe: Values, held: HeldOut) -> list[Values]:
    """Logits of logistic regression on `select`, held out there by folds, each with the strength best in the others."""
    y = held.select_labels
    by_strength = np.zeros((len(STRENGTHS), len(y), len(held.prior)))
    parts = folds(y, groups=held.select_groups)
    for fitted, scored in parts:
        for at, model in enumerate(_linear()):
            by_strength[at, scored] = _logits(_fitted(model, select[fitted], y[fitted]), select[scored], held)
    losses = -by_strength[:, np.arange(len(y)), y]
    held_out_logits = np.empty_like(by_strength[0])
    for fitted, scored in parts:
        held_out_logits[scored] = by_strength[losses[:, fitted].mean(axis=1).argmin(), scored]
    best = list(_linear())[int(losses.mean(axis=1).argmin())]
    return [held_out_logits, _logits(_fitted(best, select, y), probe, held)]


def _as_rung(name: str, logits: list[Any], plan: Plan) -> RungOutputs:
    return RungOutputs(
        rung=name,
        seed=plan.seed,
        additive=False,
        candidate=None,
        select_logits=logits[0],
        probe_logits=logits[1],
        seconds=0.0,
        fold=plan.fold,
    )


def _fitted(model: Any, x: Values, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make_pipeline(StandardScaler(), model).fit(x, y)


def _loss(model: Any, x: Values, held: HeldOut) -> float:
    return float(log_loss(held.select_labels, np.exp(_logits(model, x, held)), labels=np.arange(len(held.prior))))


def _logits(model: Any, x: Values, held: HeldOut) -> Values:
    """Log-probabilities (n, C); a class that training lacks has the floor."""
    shares = np.full((len(x), len(held.prior)), FLOOR)
    shares[:, model.classes_] = np.maximum(model.predict_proba(x), FLOOR)
    return np.asarray(np.log(shares / shares.sum(axis=1, keepdims=True)))


def _softmax(logits: Any) -> Values:
    shares = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
