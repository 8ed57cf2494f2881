"""What ``umlkit data`` and ``umlkit init`` say, as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Count, Migration, Part, Record, unchanged

Missing = Literal["error", "impute-mean", "impute-median", "impute-constant", "empty"]


class ModalityEntry(Part):
    """One modality as it was read."""

    name: str
    kind: str
    sample: str = Field(description="one sample in a few words: `17 values`, `28 x 28`")
    shape: tuple[int, ...] = Field(description="of one sample as read; () for a text")
    dtype: str = Field(description="type of the values as stored")
    source: str = Field(description="array that it is cut from, or the table")
    take: str | None = Field(description="the cut, as written")
    columns: tuple[str, ...] = Field(description="columns of a table that it is made of; empty for an array")
    missing: Count = Field(description="values that are missing (NaN), or texts that are")
    when_missing: Missing
    range: tuple[float, float] | None = Field(description="least and largest number; null for texts and categories")
    constant: tuple[str, ...] = Field(description="columns that do not vary among the training samples")


class RoleCounts(Part):
    """How many samples serve each purpose; the rest of them, if any, is in no part of a stated split."""

    train: Count
    select: Count
    probe: Count
    test: Count


class ClassEntry(Part):
    """One class."""

    name: str
    value: str = Field(description="the label as the data write it")
    samples: Count
    by_role: RoleCounts
    weight: float | None = Field(
        default=None, description="mean weight of its training samples, all of which have mean 1; null without weights"
    )


class NearEntry(Part):
    """Samples of a part that nearly repeat a training sample."""

    part: Literal["val", "test"]
    count: Count = Field(description="samples that do, and are no exact repeats")
    checked: Count = Field(description="samples looked at")
    example: tuple[str, str] | None = Field(description="ids of the nearest such pair, the training sample second")


class LeakEntry(Part):
    """A column that by itself nearly tells the label on the training samples."""

    modality: str
    column: str = Field(description="its name, or its number from 0")
    right: float = Field(description="share of the training samples whose class it tells")
    usual: float = Field(description="share of the largest class")


class NoteEntry(Part):
    """What samples hold that models, which see training samples alone, do not know or do not read."""

    modality: str
    role: Literal["train", "select", "probe", "test"]
    text: str = Field(description="such as a category that no training sample has, with counts")


class LeftOutEntry(Part):
    """Samples of one of several files that a join left out."""

    file: str = Field(description="its name in the recipe")
    count: Count
    ids: tuple[str, ...] = Field(description="the first of them, at most twenty")


class DataRecord(Record):
    """The result of ``umlkit data --json``."""

    KIND: ClassVar[str] = "umlkit.data"
    VERSION: ClassVar[int] = 2
    COMMAND: ClassVar[str] = "umlkit data RECIPE --json"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: unchanged}

    schema_: Literal["umlkit.data/2"] = Field(default="umlkit.data/2", alias="schema")
    name: str = Field(description="the file, or scikit-learn's set")
    samples: Count
    label: str = Field(description="array or column that holds the label")
    classes: tuple[ClassEntry, ...]
    modalities: tuple[ModalityEntry, ...]
    roles: RoleCounts
    groups: Count | None = Field(description="how many groups are kept whole; null where there are none")
    groups_by_role: RoleCounts | None
    split: Literal["made", "stated"] = Field(description="whether umlkit divided the samples, or the data did")
    within_groups: bool = Field(
        description="too few groups to divide validation, or folds, by: intervals hold within these groups only"
    )
    duplicates: Count = Field(description="samples that repeat an earlier one, identical in every modality")
    near_duplicates: tuple[NearEntry, ...] = Field(description="empty where samples are too small to tell")
    leaks: tuple[LeakEntry, ...] = Field(description="columns suspected to give the label away")
    notes: tuple[NoteEntry, ...] = Field(default=(), description="by modality and role; empty where there are none")
    measurable: bool = Field(description="whether `umlkit probe` can measure")
    folds: Count = Field(default=1, description="parts that everything is trained in; 1 unless it is cross-fitted")
    reason: str | None = Field(description="why it cannot")
    needed: Count | None = Field(description="samples of train and validation that would be about enough")
    left_out: tuple[LeftOutEntry, ...] = Field(description="by file, what a join of several left out; else empty")
    reading: tuple[str, ...] = Field(description="how the file was read, with the line of the recipe that changes it")
    warnings: tuple[str, ...]


class InitRecord(Record):
    """The result of ``umlkit init --json``."""

    KIND: ClassVar[str] = "umlkit.init"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit init DATA --label NAME --json"

    schema_: Literal["umlkit.init/1"] = Field(default="umlkit.init/1", alias="schema")
    file: str = Field(description="the recipe that was written")
    label: str
    modalities: tuple[str, ...]
    left_out: tuple[str, ...] = Field(description="arrays or columns that could be no modality, and why")
