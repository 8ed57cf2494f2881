"""Metrics of a finished model on a split, or on new labelled data.

The only reader of `test`, and every look at it is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, recall_score

from umlkit.data.records import Array, Doubles, Ints, Role
from umlkit.data.unseen import read_unseen
from umlkit.methods.calibration import softmax
from umlkit.methods.folds import rows_of
from umlkit.pipeline import outputs
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.finished import model_of
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
        split: has samples; ``val`` is select and probe together. Anything but ``test`` computes nothing anew.
        command: who asks, for the log of looks at test.
    """
    model = model_of(session, artifact)
    roles: tuple[Role, ...] = ("select", "probe") if split == "val" else (_role(split),)
    if split == "test":
        parts = [outputs.on_test(session, artifact, model.network, command=command)]
    else:
        parts = [outputs.read(session, artifact, role) for role in roles if len(session.roles.rows(role))]
    logits = np.concatenate([part.logits for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    weights = rows_of(session.dataset.sample_weights, rows)
    shown = Shown(softmax(logits / model.config.temperature), session.dataset.labels[rows], weights)
    return _record(method, model, split=split, shown=shown)


def on_file(
    model: TrainedModel,
    path: Path,
    *,
    method: str,
    label: str | None,
    id_name: str | None,
    usual_id: str | None,
    files: Sequence[str] = (),
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
        files: what the recipe joins, as a folder of new data has to call it.
        warn: called with a line for everything in the file that training did not know, and for every file of a join
            that had samples left out.

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
        sample_weight=model.config.sample_weight,
        files=files,
    )
    for note in (*unseen.notes, *model.notes_of(unseen.modalities)):
        warn(note)
    if model.config.sample_weight is not None and unseen.weights is None:
        warn(f"{path} has no {model.config.sample_weight!r}: its samples all weigh the same")
    shown = Shown(model.proba_of(unseen.modalities), np.asarray(unseen.labels, dtype=np.int64), unseen.weights)
    return _record(method, model, split=str(path), shown=shown)


@dataclass(frozen=True)
class Shown:
    """What a model says of labelled samples.

    Attributes:
        proba: (n, C), rows sum to 1.
        labels: (n,) class index.
        weights: (n,) sample weights as the data write them, or None.
    """

    proba: Array
    labels: Ints
    weights: Doubles | None = None

    def of_class(self, number: int) -> Shown:
        """The samples of one class."""
        rows = np.flatnonzero(self.labels == number)
        return Shown(self.proba[rows], self.labels[rows], rows_of(self.weights, rows))


def metrics(shown: Shown) -> Metrics:
    """The five metrics, weighted where the samples have weights."""
    predicted, labels, weights = shown.proba.argmax(axis=1), shown.labels, shown.weights
    classes = np.unique(labels if weights is None else labels[weights > 0])
    return Metrics(
        accuracy=_share(accuracy_score(labels, predicted, sample_weight=weights)),
        balanced_accuracy=_share(
            recall_score(labels, predicted, labels=classes, average="macro", zero_division=0.0, sample_weight=weights)
        ),
        log_loss=_log_loss(shown),
        balanced_log_loss=float(np.mean([_log_loss(shown.of_class(number)) for number in classes])),
        ece=expected_calibration_error(shown.proba, labels, weights=weights),
    )


def _log_loss(shown: Shown) -> float:
    every = np.arange(shown.proba.shape[1])
    return max(0.0, float(log_loss(shown.labels, shown.proba, labels=every, sample_weight=shown.weights)))


def _share(value: float) -> float:
    """A share whose weighted mean may have been rounded to just above 1."""
    return min(1.0, float(value))


def expected_calibration_error(proba: Array, labels: Ints, *, weights: Doubles | None = None) -> float:
    """``sum_b n_b / n |accuracy_b - confidence_b|`` over 15 bins of the largest probability, in [0, 1].

    Guo et al., *On Calibration of Modern Neural Networks*, arXiv 1706.04599, equation 3. With weights (n,) the numbers
    of samples are sums of these, and the means over a bin weighted.
    """
    confidence = proba.max(axis=1)
    right = (proba.argmax(axis=1) == labels).astype(float)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = right - confidence
    gaps = np.bincount(bins, weights=gap if weights is None else weights * gap, minlength=BINS)
    return _share(np.abs(gaps).sum() / (len(labels) if weights is None else weights.sum()))


def _record(method: str, model: TrainedModel, *, split: str, shown: Shown) -> EvaluationRecord:
    return EvaluationRecord(
        method=model.named(method),
        seed=model.config.seed,
        split=split,
        n=len(shown.labels),
        metrics=metrics(shown),
        weighted_by=None if shown.weights is None else model.config.sample_weight,
    )


def _role(split: str) -> Role:
    roles: dict[str, Role] = {"train": "train", "select": "select", "probe": "probe", "test": "test"}
    return roles[split]
