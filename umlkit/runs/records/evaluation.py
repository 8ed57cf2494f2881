"""What ``evaluate`` prints: the metrics of one model on one split, or on new labelled data."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Part, Record, Share


class Metrics(Part):
    """How good calibrated predictions are.

    With p (n, C) the calibrated probabilities and y the labels: ``log_loss = -mean log p[i, y_i]`` in nats, >= 0;
    ``accuracy`` the share of samples whose most probable class is theirs; ``balanced_accuracy`` the mean over
    occurring classes of the share found; ``ece`` the expected calibration error over 15 bins of equal width, ``sum_b
    n_b / n |accuracy_b - confidence_b|`` (Guo et al., *On Calibration of Modern Neural Networks*, arXiv 1706.04599).
    """

    accuracy: Share
    balanced_accuracy: Share
    log_loss: Annotated[float, Field(ge=0)] = Field(description="nats")
    ece: Share


class EvaluationRecord(Record):
    """The result of ``umlkit evaluate --json``."""

    KIND: ClassVar[str] = "umlkit.evaluate"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit evaluate RECIPE --json"

    schema_: Literal["umlkit.evaluate/1"] = Field(default="umlkit.evaluate/1", alias="schema")
    method: str
    seed: int
    split: str = Field(description="train, select, probe, val, test, or the file of new data")
    n: int
    metrics: Metrics
