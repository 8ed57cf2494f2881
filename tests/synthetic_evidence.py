"""Per-sample outputs of pretended models with known strength, for tests of the measurement and the advice.

A model's logits are ``strength * onehot(y) + noise``; part of the noise is shared between models, as errors on the same
samples are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from umlkit.probe.evidence import Evidence, HeldOut, Pooling, RungOutputs
from umlkit.probe.marginals import Floats, Marginals, ModelMarginals
from umlkit.probe.measure import measure
from umlkit.runs.layout import ALL
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
MIXED = ("ume", "joint-additive", "joint")
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
    prior: Sequence[float] | None = None,
    **changed: Any,
) -> Evidence:
    """Evidence of models with the given strengths; ``groups`` spreads the probe samples over so many groups."""
    stream = np.random.default_rng(seed)
    labels = {"select": stream.integers(0, len(classes), n_select), "probe": stream.integers(0, len(classes), n_probe)}
    held = HeldOut(
        select_labels=labels["select"],
        probe_labels=labels["probe"],
        probe_groups=None if groups is None else np.arange(n_probe) % groups,
        rows=np.arange(n_probe),
        prior=np.full(len(classes), 1 / len(classes)) if prior is None else np.asarray(prior),
    )
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
        "folds": [held],
        "within_groups": False,
        "rungs": [outputs(rung, value, s) for s in training_seeds for rung, value in strengths.items()],
        "features": {
            (owner, modality, s, ALL): features(strength)
            for s in training_seeds
            for owner, strength in (("unimodal", 2.0), ("joint", 1.0))
            for modality in ("audio", "video")
        },
        "poolings": {"ume": Pooling("auto", {s: {"audio": 0.9, "video": 0.4} for s in training_seeds})},
        "encoders": {"audio": "mlp", "video": "linear"},
        "paper": [outputs(rung, value, s) for s in training_seeds for rung, value in PAPER.items()],
        "seeds": tuple(training_seeds),
    }
    return Evidence(**{**given, **changed})


def said_on_select(outputs: RungOutputs, evidence: Evidence, *, sure: bool) -> RungOutputs:
    """The outputs with other ones on `select`: sure and right, or of nothing. On `probe` they stay."""
    (held,) = evidence.folds
    return replace(outputs, select_logits=9.0 * sure * np.eye(len(evidence.classes))[held.select_labels])


def held_out(evidence: Evidence, **changed: Any) -> Evidence:
    """The evidence with something about the samples of every fold changed."""
    return replace(evidence, folds=[replace(held, **changed) for held in evidence.folds])


def in_folds(evidence: Evidence, count: int) -> Evidence:
    """The same outputs as if they were of several folds, each with a part of the samples of both roles."""
    (whole,) = evidence.folds
    rows = {
        role: np.array_split(np.arange(len(labels)), count)
        for role, labels in (("select", whole.select_labels), ("probe", whole.probe_labels))
    }

    def part(name: str, values: Any, k: int) -> Any:
        role = "probe" if name == "rows" else name.partition("_")[0]
        return values if values is None or role not in rows else np.asarray(values)[rows[role][k]]

    def cut(record: Any, k: int) -> Any:
        parts = {name: part(name, value, k) for name, value in vars(record).items()}
        return replace(record, **{**parts, "fold": f"fold-{k + 1}"})

    return replace(
        evidence,
        folds=[cut(whole, k) for k in range(count)],
        rungs=[cut(rung, k) for rung in evidence.rungs for k in range(count)],
        paper=[cut(rung, k) for rung in evidence.paper for k in range(count)],
        features={
            (*key[:3], f"fold-{k + 1}"): (select[rows["select"][k]], probe[rows["probe"][k]])
            for key, (select, probe) in evidence.features.items()
            for k in range(count)
        },
    )


def with_marginals(share: float, *, folds: int = 1, **arguments: Any) -> Evidence:
    """Evidence with marginals of three rungs, whose logits owe ``share`` to mixing; without features unless given."""
    evidence = make_evidence(**{"features": {}, **arguments})
    evidence = evidence if folds == 1 else in_folds(evidence, folds)
    marginals = {
        (o.rung, o.seed, o.fold): ModelMarginals(
            *(_mixing(np.asarray(one), share, o.additive) for one in (o.select_logits, o.probe_logits))
        )
        for o in evidence.rungs
        if o.rung in MIXED
    }
    return replace(evidence, marginals=marginals)


def _mixing(logits: Floats, share: float, additive: bool) -> Marginals:
    """Of two modalities that tell the same; what is left of (n, C) logits is as if it were a product of them."""
    grand = logits.mean(axis=0)
    half = (1 - (0 if additive else share)) * (logits - grand) / 2
    return Marginals(grand, (grand + half, grand + half), logits, np.arange(len(logits)), additive=additive)


def make_probe(**arguments: Any) -> ProbeRecord:
    """The measurement of :func:`make_evidence`, without the slower encoder deficits unless they are asked for."""
    return measure(make_evidence(**{"features": {}, **arguments}))
