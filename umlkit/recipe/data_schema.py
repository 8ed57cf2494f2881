"""The recipe's section on data: where samples are, how they are read and divided, and what their modalities are.

The base of all sections is here too, since this is the lowest of them.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Fraction = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Reference = Annotated[str, Field(min_length=1, max_length=4096)]
"""A path, or what an array, a column or a modality of the user's data is called, which may be longer than our names."""


Files = Annotated[list[Reference], Field(min_length=1)] | Annotated[dict[Reference, Reference], Field(min_length=1)]
"""Several files: a list, or by name."""
NO_WEIGHTS = "none"
"""What `data.sample_weight` says to leave out weights that the data have."""


class Section(BaseModel):
    """Base of the recipe's sections: unknown keys are refused, nothing is coerced from text, records are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)


class EncoderChoice(Section):
    """An encoder by name, with options of its own beside the name."""

    name: Name = Field(description="`auto`, or a name that `umlkit encoders` lists")
    options: dict[str, Any] = Field(default_factory=dict, description="options of that encoder")

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: Any) -> Any:
        """Accept ``mlp`` and ``{name: mlp, features: 64}`` for ``{name: mlp, options: {features: 64}}``."""
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and "name" in value and "options" not in value:
            return {"name": value["name"], "options": {k: v for k, v in value.items() if k != "name"}}
        return value


class Modality(Section):
    """One modality: where its array or columns are, how to cut it, its kind and its encoder."""

    from_: Reference | None = Field(
        default=None, alias="from", description="array of the file that holds it; default: the modality's own name"
    )
    take: Name | None = Field(
        default=None, description='a slice of that array as numpy writes it, such as "[:, :, :4]"'
    )
    columns: Reference | list[Reference] | None = Field(
        default=None, description='columns of a table, by name or pattern: "mean *", or a list of these'
    )
    kind: Literal["auto", "vector", "table", "text", "image", "spectrogram", "sequence"] = Field(
        default="auto", description="what a sample is; `auto` looks"
    )
    missing: Literal["error", "impute-mean", "impute-median", "impute-constant", "empty"] = Field(
        default="error",
        description="what to do about missing values: refuse; or fill in the mean or median of the training samples, "
        "or `fill`; a missing text may be `empty`",
    )
    categories: list[Reference | Annotated[int, Field(ge=0)]] | None = Field(
        default=None,
        description="columns that hold categories though they are numbers: names, patterns, or numbers of columns",
    )
    fill: float | None = Field(
        default=None, description="stands for NaN where `missing` is `impute-constant`; default: 0"
    )
    lengths: Reference | None = Field(
        default=None,
        description="array or column with the number of real steps of every sample of a sequence; default: "
        "`len_<modality>` if there is one, else steps at the end that are NaN throughout are none",
    )
    encoder: EncoderChoice = Field(
        default=EncoderChoice(name="auto"),
        description="`auto` compares those that fit the kind on `select`; or a name; or {name: ..., option: ...}",
    )

    @model_validator(mode="after")
    def _fill_is_used(self) -> Modality:
        if self.fill is not None and self.missing != "impute-constant":
            raise ValueError("has fill, which only missing: impute-constant reads; write that, or take fill out")
        return self

    @model_validator(mode="after")
    def _categories_are_of_a_table(self) -> Modality:
        if self.categories is not None and self.kind not in ("auto", "table"):
            raise ValueError(f"has categories, which the kind {self.kind} does not know; write kind: table")
        return self


class Split(Section):
    """How samples are divided where the data do not say. The seed is its own: `--seed` moves no sample."""

    train: Fraction = Field(default=0.6, description="share that fits")
    val: Fraction = Field(default=0.2, description="share divided once more into `select` and `probe`")
    test: Fraction = Field(default=0.2, description="share that is read only at the end")
    seed: Seed = Field(default=0, description="seed of the division")

    @model_validator(mode="after")
    def _sums_to_one(self) -> Split:
        if said := wrong_sum(self.train, self.val, self.test):
            raise ValueError(said)
        return self


def wrong_sum(train: float, val: float, test: float) -> str | None:
    """What is wrong with the shares of a split together; None where they make 1."""
    total = train + val + test
    return f"must make 1 in all; train + val + test make {total:g}" if abs(total - 1) > 1e-6 else None


def file_name(path: str) -> str:
    """What a file of a list is called: its name without folder and ending."""
    return PurePath(path).stem or path


def alike(paths: list[str]) -> str | None:
    """What is wrong with a list of files together: two that are called alike; None where nothing is."""
    called: dict[str, str] = {}
    for path in paths:
        other = called.setdefault(file_name(path), path)
        if other is not path:
            return f"calls two files {file_name(path)!r}: {other}, {path}; give each a name, {{one: {other}, ...}}"
    return None


def misplaced_data(path: object, source: object) -> str | None:
    """What is wrong with ``path`` and ``source`` together; None where one of the two is given."""
    if path is None and source is None:
        return "needs a path (a data file, or several) or a source (sklearn:digits)"
    return None if path is None or source is None else "has both path and source; keep one of the two"


class Data(Section):
    """Where the samples are and what their label is. One of `path` and `source` is needed."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [key], "properties": {key: {"not": {"type": "null"}}}} for key in ("path", "source")]
        }
    )

    path: Reference | Files | None = Field(
        default=None,
        description="a data file (.npz, .npy, .safetensors, .csv, .tsv, .jsonl, .parquet) or a folder of .npy files, "
        "relative to the recipe's folder, from a command line or the environment to where that runs; or several, "
        "{audio: a.csv, video: v.csv}: tables are joined by `id`, single arrays put side by side",
    )
    source: Name | None = Field(
        default=None,
        description="a set that scikit-learn ships, `sklearn:digits`, or that umlkit makes, `made:motions`",
    )
    label: Reference | None = Field(default=None, description="the array or column that holds the label")
    groups: Reference | None = Field(
        default=None, description="array or column naming each sample's group, kept whole in splits"
    )
    split_by: Reference | None = Field(default=None, description="array or column with the words train, val, test")
    id: Reference | None = Field(
        default=None, description="array or column naming each sample; several tables are joined by it"
    )
    sample_weight: Reference | None = Field(
        default=None,
        description="array or column with each sample's weight, a number >= 0; default: `sample_weight` if there is "
        "one; `none` for no weights",
    )
    join: Literal["inner", "left"] = Field(
        default="inner",
        description="which samples of several tables: those in all of them, or all of the first, with missing values",
    )
    modalities: Annotated[dict[Reference, Modality], Field(min_length=1)] | None = Field(
        default=None, description="by name; default: by the file's convention"
    )
    split: Split | None = Field(
        default=None, description="shares and seed of the division; default: by what the data need"
    )

    @field_validator("modalities", mode="before")
    @classmethod
    def _empty_modality_is_default(cls, value: Any) -> Any:
        """`audio:` with nothing behind it means a modality with every default."""
        if isinstance(value, dict):
            return {name: {} if spec is None else spec for name, spec in value.items()}
        return value

    @field_validator("path", mode="after")
    @classmethod
    def _files_by_name(cls, value: str | list[str] | dict[str, str] | None) -> str | list[str] | dict[str, str] | None:
        if isinstance(value, list) and (said := alike(value)):
            raise ValueError(said)
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Data:
        if said := misplaced_data(self.path, self.source):
            raise ValueError(said)
        return self
