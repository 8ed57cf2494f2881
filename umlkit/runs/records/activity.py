"""What commands that do things say with ``--json``: what was trained, what a whole run found, what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.common import Count, Migration, Part, Record, Seconds, unchanged
from umlkit.runs.records.evaluation import EvaluationRecord
from umlkit.runs.records.probe import ProbeRecord


class TrainedEntry(Part):
    """One finished model."""

    model: str
    seed: int
    encoders: dict[str, str] = Field(description="modality -> encoder, as chosen")
    best_epoch: Count | None = Field(description="of the last training; null where nothing was trained by epochs")
    stopped_by: Literal["patience", "cap"] | None
    select_loss: float | None = Field(description="log-loss on select in nats; cross-validated where fitted on it")
    seconds: Seconds
    directory: str


class TrainingRecord(Record):
    """The result of ``umlkit train --json``."""

    KIND: ClassVar[str] = "umlkit.train"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit train RECIPE --method METHOD --json"

    schema_: Literal["umlkit.train/1"] = Field(default="umlkit.train/1", alias="schema")
    name: str
    method: str
    models: tuple[TrainedEntry, ...]


def _with_present_parts(old: dict[str, Any]) -> dict[str, Any]:
    """Earlier versions held measurement, advice and evaluation of earlier versions; present ones only have more."""
    parts = (("probe", ProbeRecord), ("advice", AdviceRecord), ("test", EvaluationRecord))
    return {**old, **{name: {**old[name], "schema": f"{kind.KIND}/{kind.VERSION}"} for name, kind in parts}}


class RunRecord(Record):
    """The result of ``umlkit run --json``."""

    KIND: ClassVar[str] = "umlkit.run-result"
    VERSION: ClassVar[int] = 3
    COMMAND: ClassVar[str] = "umlkit run RECIPE --json"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: _with_present_parts, 2: _with_present_parts}

    schema_: Literal["umlkit.run-result/3"] = Field(default="umlkit.run-result/3", alias="schema")
    directory: str
    probe: ProbeRecord
    advice: AdviceRecord
    test: EvaluationRecord


class PredictionRecord(Record):
    """The result of ``umlkit predict --json``."""

    KIND: ClassVar[str] = "umlkit.predict"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit predict RECIPE DATA --to FILE --json"

    schema_: Literal["umlkit.predict/1"] = Field(default="umlkit.predict/1", alias="schema")
    method: str
    seed: int
    n: Count
    to: str


class LeftoverEntry(Part):
    """Something in the run directory that no present recipe names."""

    path: str
    bytes: Count


class CleaningRecord(Record):
    """The result of ``umlkit clean --json``."""

    KIND: ClassVar[str] = "umlkit.clean"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit clean RECIPE --json"

    schema_: Literal["umlkit.clean/1"] = Field(default="umlkit.clean/1", alias="schema")
    directory: str
    removed: bool
    artifacts: tuple[LeftoverEntry, ...]


class Setting(Part):
    """One value of the recipe and where it is from."""

    key: str
    value: Any
    origin: str = Field(description="flag --seed, --set, UMLKIT_X, recipe.yaml:3 or default")


class CostEntry(Part):
    """What one model, or all of them, would cost; measured on a few batches, nothing of it for what is reused."""

    trainings: Count = Field(description="networks trained, each candidate encoder and each trial counted")
    steps: Count = Field(description="optimiser steps, at most")
    epoch_seconds: tuple[Seconds, Seconds] = Field(
        description="one epoch of its longest training; with the quickest and the slowest encoder that may be chosen"
    )
    seconds: tuple[Seconds, Seconds] = Field(
        description="in all: where patience ends everything at once, and where everything runs to the cap on epochs"
    )
    bytes: tuple[Count, Count] = Field(description="on disk once it is finished")


Action = Literal["train", "resume", "compute", "mix", "reuse"]


class PlannedModel(Part):
    """What would become of one model."""

    model: str
    seed: int
    fold: str = Field(default="all", description="fold-1 ... where the measurement is cross-fitted")
    action: Action = Field(
        description="compute: its outputs are lost and computed from its weights; mix: what a measurement reads of it "
        "is computed by mixing its modalities between samples"
    )
    directory: str
    cost: CostEntry


class DryRunRecord(Record):
    """The result of ``--dry-run --json``."""

    KIND: ClassVar[str] = "umlkit.dry-run"
    VERSION: ClassVar[int] = 3
    COMMAND: ClassVar[str] = "umlkit run RECIPE --dry-run --json"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {2: unchanged}

    schema_: Literal["umlkit.dry-run/3"] = Field(default="umlkit.dry-run/3", alias="schema")
    settings: tuple[Setting, ...]
    models: tuple[PlannedModel, ...]
    total: CostEntry | None = Field(description="of all models; null where nothing would be trained or used")
    writes: tuple[str, ...] = Field(description="files and folders that would be written")
