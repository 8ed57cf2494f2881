"""``result.json``: how the training of one artifact went. Written last, so that its presence means a whole model."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from umlkit.runs.records.common import Part, Record
from umlkit.runs.tensors import AGAIN
from umlkit.training.progress import FitResult


class FitSummary(Part):
    """How one training of an artifact ended."""

    best_epoch: int
    best_loss: float
    epochs: int
    steps: int
    stopped_by: Literal["patience", "cap"]
    seconds: float

    @classmethod
    def of(cls, fitted: FitResult) -> Self:
        """The training without its history, which ``metrics.jsonl`` holds."""
        return cls(**{name: getattr(fitted, name) for name in cls.model_fields})


class ModelResult(Record):
    """``result.json``."""

    KIND: ClassVar[str] = "umlkit.result"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = AGAIN

    schema_: Literal["umlkit.result/1"] = Field(default="umlkit.result/1", alias="schema")
    label: str
    fingerprint: str
    seconds: float = Field(description="of training this artifact, without what it builds on")
    select_loss: float | None = Field(description="cross-validated, nats; only where the model was fitted on select")
    fits: dict[str, FitSummary]
    report: dict[str, Any]
