"""Per-sample outputs of pretended models with known strength, for tests of the measurement and the advice.

A model's logits are ``strength * onehot(y) + noise``; part of the noise is shared between models, as errors on the same
samples are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from umlkit.probe.evidence import Evidence, RungOutputs
from umlkit.probe.measure import measure
from umlkit.runs.records.probe import ProbeRecord

STRENGTHS = {
    "unimodal:audio": 1.0,
    "unimodal:video": 0.6,
    "ume": 1.4,
    "frozen-linear": 1.4,
    "frozen-mlp": 1.4,
    "joint-additive": 1.3,
    "joint": 1.5,
    "residual": 1.6,
    "umt": 1.7,
}
CANDIDATES = ("ume", "joint", "residual", "umt")
ADDITIVE = ("unimodal:audio", "unimodal:video", "ume", "frozen-linear", "joint-additive")
PAPER = {"ume-prob-mean": 1.2, "paper-train": 1.0, "paper-select": 1.3}


def make_evidence(
    *,
    seed: int = 0,
    n_select: int = 120,
    n_probe: int = 150,
    strengths: Mapping[str, float] = STRENGTHS,
    additive: Sequence[str] = ADDITIVE,
    training_seeds: Sequence[int] = (0,),
    classes: Sequence[str] = ("a", "b", "c"),
    groups: int | None = None,
    **changed: Any,
) -> Evidence:
    """Evidence of models with the given strengths; ``groups`` spreads the probe samples over so many groups."""
    stream = np.random.default_rng(seed)
    labels = {"select": stream.integers(0, len(classes), n_select), "probe": stream.integers(0, len(classes), n_probe)}
    shared = {role: stream.normal(size=(len(y), len(classes))) for role, y in labels.items()}

    def outputs(rung: str, strength: float, training_seed: int) -> RungOutputs:
        logits = {
            role: strength * np.eye(len(classes))[y] + 0.8 * shared[role] + 0.5 * stream.normal(size=shared[role].shape)
            for role, y in labels.items()
        }
        return RungOutputs(
            rung=rung,
            seed=training_seed,
            additive=rung in additive,
            candidate=rung if rung in CANDIDATES else None,
            select_logits=logits["select"],
            probe_logits=logits["probe"],
            select_loss=None,
            seconds=2.0,
            needs_unimodal=not rung.startswith("joint"),
        )

    def features(strength: float) -> tuple[Any, Any]:
        return tuple(
            strength * np.eye(len(classes))[labels[role]] + stream.normal(size=shared[role].shape)
            for role in ("select", "probe")
        )

    given: dict[str, Any] = {
        "name": "synthetic",
        "classes": tuple(classes),
        "modalities": ("audio", "video"),
        "prior": np.full(len(classes), 1 / len(classes)),
        "select_labels": labels["select"],
        "probe_labels": labels["probe"],
        "probe_groups": None if groups is None else np.arange(n_probe) % groups,
        "within_groups": False,
        "rungs": [outputs(rung, value, s) for s in training_seeds for rung, value in strengths.items()],
        "features": {
            (owner, modality, s): features(strength)
            for s in training_seeds
            for owner, strength in (("unimodal", 2.0), ("joint", 1.0))
            for modality in ("audio", "video")
        },
        "pool_weights": {s: {"audio": 0.9, "video": 0.4} for s in training_seeds},
        "encoders": {"audio": "mlp", "video": "linear"},
        "paper": [outputs(rung, value, s) for s in training_seeds for rung, value in PAPER.items()],
        "seeds": tuple(training_seeds),
    }
    return Evidence(**{**given, **changed})


def make_probe(**arguments: Any) -> ProbeRecord:
    """The measurement of :func:`make_evidence`, without the slower encoder deficits unless they are asked for."""
    return measure(make_evidence(**{"features": {}, **arguments}))
