"""The encoder deficit: how much less a jointly trained encoder tells of the label than the same one trained alone.

The same linear probe is fitted on `select` features of both encoders and read on `probe`; the deficit is the difference
of the two losses, sample by sample. The probe is logistic regression on standardised features, its ridge chosen by
cross-validation, from the strongest down until the loss rises. The deficit is the paper's phenomenon (insufficient
uni-modal learning under joint training, Du et al., ICML 2023, abstract), measured. Features of training samples are
over-fitted and would flatter both, so they are not used.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import islice

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from umlkit.methods.folds import folds, rows_of
from umlkit.probe.contribution import difference
from umlkit.probe.evidence import EncoderFeatures, Evidence, Floats, Ints
from umlkit.probe.units import Units, Values
from umlkit.probe.weighting import share, weighted
from umlkit.runs.records.probe import Deficit

RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # scikit-learn's C, weakest model first
FLOOR = 1e-9


def deficits(evidence: Evidence, units: Units) -> tuple[Deficit, ...]:
    """The deficit of every modality whose encoders' features are there, the mean over the seeds that have both."""
    return tuple(
        _deficit(modality, seeds, evidence=evidence, units=units)
        for modality in evidence.modalities
        if (seeds := _complete_seeds(modality, evidence))
    )


def linear_probe(
    features: EncoderFeatures, labels: Ints, *, classes: int, groups: Ints | None, weights: Values | None = None
) -> Values:
    """Log-probabilities (n_p, C) of logistic regression on select features (n_s, D), labels and weights (n_s,)."""
    scaler = StandardScaler().fit(features.select)
    select, probe = scaler.transform(features.select), scaler.transform(features.probe)
    parts = [
        (scored, _path(select[fitted], labels[fitted], select[scored], classes, rows_of(weights, fitted)))
        for fitted, scored in folds(labels, groups=groups)
    ]
    losses: list[float] = []
    while len(losses) < len(RIDGES) and (not losses or losses[-1] == min(losses)):
        losses.append(sum(_summed_loss(next(path), labels[scored], rows_of(weights, scored)) for scored, path in parts))
    best = losses.index(min(losses))
    return next(islice(_path(select, labels, probe, classes, weights), best, None))


def _complete_seeds(modality: str, evidence: Evidence) -> list[int]:
    return [
        seed
        for seed in evidence.seeds
        if all(
            (owner, modality, seed, held.fold) in evidence.features
            for owner in ("unimodal", "joint")
            for held in evidence.folds
        )
    ]


def _deficit(modality: str, seeds: list[int], *, evidence: Evidence, units: Units) -> Deficit:
    joint = [_read("joint", modality, seed, evidence) for seed in seeds]
    alone = [_read("unimodal", modality, seed, evidence) for seed in seeds]
    joint_losses, joint_correct = np.mean(joint, axis=0)
    alone_losses, alone_correct = np.mean(alone, axis=0)
    return Deficit(
        modality=modality,
        unimodal_log_loss=float(alone_losses.mean()),
        joint_log_loss=float(joint_losses.mean()),
        unimodal_accuracy=share(alone_correct),
        joint_accuracy=share(joint_correct),
        deficit=difference(joint_losses - alone_losses, alone_correct - joint_correct, units),
    )


def _read(owner: str, modality: str, seed: int, evidence: Evidence) -> Values:
    """(2, n_p): losses in nats and correctness of a linear probe on one encoder, fitted in every fold; joined."""
    labels = evidence.probe_labels
    log_probs = np.concatenate(
        [
            linear_probe(
                EncoderFeatures(*evidence.features[owner, modality, seed, held.fold]),
                held.select_labels,
                classes=len(evidence.classes),
                groups=held.select_groups,
                weights=held.select_weights,
            )
            for held in evidence.folds
        ]
    )
    losses, right = -log_probs[np.arange(len(labels)), labels], (log_probs.argmax(axis=1) == labels).astype(float)
    return np.stack([weighted(values, evidence.probe_weights) for values in (losses, right)])


def _summed_loss(log_probs: Values, labels: Ints, weights: Values | None) -> float:
    losses = -log_probs[np.arange(len(labels)), labels]
    return float(losses.sum() if weights is None else losses @ weights)


def _path(
    features: Floats, labels: Ints, unseen: Floats, classes: int, weights: Values | None = None
) -> Iterator[Values]:
    """Log-probabilities (n, C) on ``unseen`` for one ridge after another; a class that ``labels`` lacks gets the floor.

    A sample that weighs 0 is not there; where none is left, all classes are alike.
    """
    if weights is not None:
        counts = weights > 0
        features, labels, weights = features[counts], labels[counts], weights[counts]
    present = np.unique(labels)
    if len(present) <= 1:  # a group that holds a whole class was left out; there is nothing to regress
        known = present if len(present) else np.arange(classes)
        certain = np.log(np.where(np.isin(np.arange(classes), known), 1 / len(known), FLOOR))
        yield from (np.tile(certain, (len(unseen), 1)) for _ in RIDGES)
        return
    model = LogisticRegression(warm_start=True, max_iter=300)
    for ridge in RIDGES:
        model.set_params(C=ridge)
        with warnings.catch_warnings():
            # A probe that is 300 steps on its way to the optimum of a weak ridge is compared as it stands.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels, sample_weight=weights)
        shares = np.full((len(unseen), classes), FLOOR)
        shares[:, model.classes_] = np.maximum(model.predict_proba(unseen), FLOOR)
        yield np.log(shares / shares.sum(axis=1, keepdims=True))
