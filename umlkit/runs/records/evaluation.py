"""What ``evaluate`` prints: the metrics of one model on one split, or on new labelled data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Migration, Part, Record, Share, unchanged

Loss = Annotated[float, Field(ge=0)]


class Metrics(Part):
    """How good calibrated predictions are.

    With p (n, C) the calibrated probabilities and y the labels: ``log_loss = -mean log p[i, y_i]`` in nats, >= 0;
    ``accuracy`` the share of samples whose most probable class is theirs; ``balanced_accuracy`` the mean over
    occurring classes of the share found; ``balanced_log_loss`` the mean over occurring classes of their mean loss;
    ``ece`` the expected calibration error over 15 bins of equal width, ``sum_b n_b / n |accuracy_b - confidence_b|``
    (Guo et al., *On Calibration of Modern Neural Networks*, arXiv 1706.04599). Sample weights make all means weighted
    ones; class weights enter none of them.
    """

    accuracy: Share
    balanced_accuracy: Share
    log_loss: Loss = Field(description="nats")
    balanced_log_loss: Loss | None = Field(default=None, description="nats; null in a document of version 1")
    ece: Share


class EvaluationRecord(Record):
    """The result of ``umlkit evaluate --json``."""

    KIND: ClassVar[str] = "umlkit.evaluate"
    VERSION: ClassVar[int] = 2
    COMMAND: ClassVar[str] = "umlkit evaluate RECIPE --json"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: unchanged}

    schema_: Literal["umlkit.evaluate/2"] = Field(default="umlkit.evaluate/2", alias="schema")
    method: str
    seed: int
    split: str = Field(description="train, select, probe, val, test, or the file of new data")
    n: int
    weighted_by: str | None = Field(
        default=None, description="array or column of sample weights that all metrics are weighted by; null for none"
    )
    metrics: Metrics
