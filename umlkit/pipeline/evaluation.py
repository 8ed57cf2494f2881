"""Metrics of a finished model on a split, or on new labelled data.

The only reader of `test`, and every look at it is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, recall_score

from umlkit.data.records import Array, Ints, Role
from umlkit.data.unseen import read_unseen
from umlkit.methods.calibration import softmax
from umlkit.pipeline import model as models
from umlkit.pipeline import outputs
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.model import TrainedModel
from umlkit.pipeline.session import Session
from umlkit.runs.records.evaluation import EvaluationRecord, Metrics

SPLITS = ("train", "select", "probe", "val", "test")
BINS = 15


def on_split(session: Session, artifact: Artifact, *, method: str, split: str, command: str) -> EvaluationRecord:
    """Metrics of a finished artifact on one of :data:`SPLITS`, from its stored outputs.

    Args:
        session: the opened run.
        artifact: finished.
        method: the name to report it under.
        split: ``val`` is select and probe together. Anything but ``test`` computes nothing anew.
        command: who asks, for the log of looks at test.
    """
    model = models.load(artifact.model_dir(session.directory))
    roles: tuple[Role, ...] = ("select", "probe") if split == "val" else (_role(split),)
    if split == "test":
        parts = [outputs.on_test(session, artifact, model.network, command=command)]
    else:
        parts = [outputs.read(session, artifact, role) for role in roles if len(session.roles.rows(role))]
    logits = np.concatenate([part.logits for part in parts])
    labels = session.dataset.labels[np.concatenate([part.rows for part in parts])]
    proba = softmax(logits / model.config.temperature)
    return _record(method, model, split=split, proba=proba, labels=labels)


def on_file(
    model: TrainedModel,
    path: Path,
    *,
    method: str,
    label: str | None,
    id_name: str | None,
    usual_id: str | None,
    warn: Callable[[str], None],
) -> EvaluationRecord:
    """Metrics of a loaded model on new labelled data.

    Args:
        model: loaded.
        path: a data file of any format that is read, or a folder of .npy files.
        method: the name to report it under.
        label: array or column of the label; None takes the training data's.
        id_name: array or column that names the samples and has to be there, or None.
        usual_id: where the recipe has the ids; they are taken from there if it is there.
        warn: called with a line for everything in the file that training did not know.

    Raises:
        InputError: anything wrong with the file, a modality missing, a class that training never saw.
    """
    specs = {name: modality.input_spec() for name, modality in model.config.modalities.items()}
    unseen = read_unseen(
        path,
        specs,
        label=label or model.config.label_name,
        classes=model.config.classes,
        class_values=model.config.class_values,
        id=id_name,
        usual_id=usual_id,
    )
    for note in model.notes_of(unseen.modalities):
        warn(note)
    proba = model.proba_of(unseen.modalities)
    labels = np.asarray(unseen.labels, dtype=np.int64)
    return _record(method, model, split=str(path), proba=proba, labels=labels)


def metrics(proba: Array, labels: Ints) -> Metrics:
    """The four metrics.

    Args:
        proba: (n, C), rows sum to 1.
        labels: (n,) class index.
    """
    predicted = proba.argmax(axis=1)
    return Metrics(
        accuracy=float(accuracy_score(labels, predicted)),
        balanced_accuracy=float(
            recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0.0)
        ),
        log_loss=max(0.0, float(log_loss(labels, proba, labels=np.arange(proba.shape[1])))),
        ece=expected_calibration_error(proba, labels),
    )


def expected_calibration_error(proba: Array, labels: Ints) -> float:
    """``sum_b n_b / n |accuracy_b - confidence_b|`` over 15 bins of the largest probability, in [0, 1].

    Guo et al., *On Calibration of Modern Neural Networks*, arXiv 1706.04599, equation 3.
    """
    confidence = proba.max(axis=1)
    right = (proba.argmax(axis=1) == labels).astype(float)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def _record(method: str, model: TrainedModel, *, split: str, proba: Array, labels: Ints) -> EvaluationRecord:
    return EvaluationRecord(
        method=method, seed=model.config.seed, split=split, n=len(labels), metrics=metrics(proba, labels)
    )


def _role(split: str) -> Role:
    roles: dict[str, Role] = {"train": "train", "select": "select", "probe": "probe", "test": "test"}
    return roles[split]
