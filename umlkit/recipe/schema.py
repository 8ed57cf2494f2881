"""The recipe: every key that a user may write, with its default, its range and its meaning.

The descriptions here are the documentation: help texts and the README's table are made from them. The section on data
is in :mod:`umlkit.recipe.data_schema`. Options of encoders and methods are not here; each has its own record in its own
folder, and :mod:`umlkit.registry` brings it in by name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from umlkit.recipe.data_schema import Data, Name, Reference, Section, Seed

Budget = Literal["quick", "short", "full"]
PositiveInt = Annotated[int, Field(ge=1, le=10**9)]


class Train(Section):
    """The training loop, the same for every network."""

    epochs: Literal["auto"] | Annotated[int, Field(ge=1, le=100_000)] = Field(
        default="auto",
        description="cap; early stopping ends most trainings; `auto`: 300, more where few samples make short epochs",
    )
    patience: Literal["auto"] | Annotated[int, Field(ge=1, le=100_000)] = Field(
        default="auto",
        description="epochs without a lower `select` log-loss before training ends; `auto`: 30, fewer where these are "
        "more than 3,000 steps",
    )
    patience_steps: Annotated[int, Field(ge=0, le=10**9)] = Field(
        default=300, description="patience also lasts at least this many steps, where few samples make short epochs"
    )
    batch_size: Literal["auto"] | PositiveInt = Field(
        default="auto", description="most samples of a step; `auto`: 64, more where epochs would have over 128 steps"
    )
    lr: Annotated[float, Field(gt=0, le=10)] = Field(default=1e-3, description="peak learning rate of AdamW")
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1e-2, description="decoupled weight decay where an encoder does not set its own"
    )
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.02, description="share of the steps that warms up")
    clip: Annotated[float, Field(gt=0)] = Field(default=1.0, description="largest gradient norm")
    accumulate: Annotated[int, Field(ge=1, le=65_536)] = Field(
        default=1, description="parts in which a step takes its batch, for less memory; their gradients are averaged"
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32",
        description="of networks while they train (autocast); losses and evaluation are float32; float16 on CUDA alone",
    )
    class_weight: Literal["none", "balanced"] | dict[Reference, Annotated[float, Field(gt=0, le=1e6)]] = Field(
        default="none",
        description="`none`; `balanced`: n / (C n_c), every class counts alike; or a weight for each class, by name; "
        "times the sample's weight it weighs every loss, in training and in the measurement",
    )


class Probe(Section):
    """The measurement."""

    budget: Budget = Field(
        default="short",
        description="how much is trained to measure: `quick` no network beyond the uni-modal ones; `short` also joint, "
        "residual and UMT, for a sixth of the epochs; `full` the whole ladder in full",
    )
    smallest_effect: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.02, description="nats; a paired contribution below this does not matter to you"
    )
    pid: bool = Field(
        default=False,
        description="also decompose the information into redundant, unique and synergistic, on clusters of features",
    )


class Recipe(Section):
    """A whole recipe. Every key has a default but `data`."""

    name: Name = Field(default="umlkit", description="names the run directory, runs/<name>")
    data: Data = Field(description="where the samples are and how they are read")
    train: Train = Field(default=Train(), description="the training loop")
    methods: dict[Name, dict[str, Any]] = Field(default_factory=dict, description="options of methods, by method")
    probe: Probe = Field(default=Probe(), description="the measurement")
    seeds: Annotated[list[Seed], Field(min_length=1, max_length=1000)] = Field(
        default=[0],
        description="training seeds; the measurement is the mean over them",
        json_schema_extra={"uniqueItems": True},
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(default="auto", description="where networks run")
    threads: Annotated[int, Field(ge=1, le=1024)] = Field(default=1, description="CPU threads of torch")
    workers: Annotated[int, Field(ge=0, le=64)] = Field(
        default=1,
        description="threads that prepare batches ahead where data are read from files; changes no result",
    )

    @field_validator("name")
    @classmethod
    def _is_a_folder_name(cls, value: str) -> str:
        if value in {".", ".."} or any(c in value for c in "/\\\0") or not value.isprintable():
            raise ValueError("must be usable as a folder's name: no slash, no control character")
        return value

    @field_validator("methods", mode="before")
    @classmethod
    def _empty_method_is_default(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: {} if options is None else options for name, options in value.items()}
        return value

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, value: list[int]) -> list[int]:
        if len(set(value)) != len(value):
            raise ValueError("holds a seed twice")
        return value
