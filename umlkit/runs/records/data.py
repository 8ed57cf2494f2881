"""What ``umlkit data`` and ``umlkit init`` say, as documents."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Count, Part, Record

Missing = Literal["error", "impute-mean", "impute-median", "impute-constant"]


class ModalityEntry(Part):
    """One modality as it was read."""

    name: str
    kind: Literal["vector", "image", "spectrogram"]
    shape: tuple[int, ...] = Field(
        description="of one sample: (columns,), (height, width) or (height, width, channels)"
    )
    dtype: str = Field(description="type of the values as stored")
    source: str = Field(description="array that it is cut from, or the table")
    take: str | None = Field(description="the cut, as written")
    columns: tuple[str, ...] = Field(description="columns of a table that it is made of; empty for an array")
    missing: Count = Field(description="values that are missing (NaN)")
    when_missing: Missing


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


class DataRecord(Record):
    """The result of ``umlkit data --json``."""

    KIND: ClassVar[str] = "umlkit.data"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit data RECIPE --json"

    schema_: Literal["umlkit.data/1"] = Field(default="umlkit.data/1", alias="schema")
    name: str = Field(description="the file, or scikit-learn's set")
    samples: Count
    label: str = Field(description="array or column that holds the label")
    classes: tuple[ClassEntry, ...]
    modalities: tuple[ModalityEntry, ...]
    roles: RoleCounts
    groups: Count | None = Field(description="how many groups are kept whole; null where there are none")
    groups_by_role: RoleCounts | None
    split: Literal["made", "stated"] = Field(description="whether umlkit divided the samples, or the data did")
    within_groups: bool = Field(description="validation was divided by sample: intervals hold within these groups only")
    duplicates: Count = Field(description="samples that repeat an earlier one, identical in every modality")
    measurable: bool = Field(description="whether `umlkit probe` can measure")
    reason: str | None = Field(description="why it cannot")
    needed: Count | None = Field(description="samples in all that would be enough")
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
