"""What is true of a synthetic task, and what ``umlkit synth`` wrote, as documents."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from umlkit.runs.records.common import Count, Part, Record, Share
from umlkit.runs.records.listing import OptionEntry


class Amount(Part):
    """Information, or a log-loss, in both units."""

    nats: float
    bits: float

    @classmethod
    def of(cls, nats: float) -> Self:
        """The amount of so many nats."""
        return cls(nats=float(nats), bits=float(nats) / math.log(2))


class ModalityTruth(Part):
    """What one modality tells."""

    name: str
    alone: Amount = Field(description="I(X_m; Y)")
    given_rest: Amount = Field(description="I(X_m; Y | the other modalities)")
    accuracy: Share = Field(description="of the likeliest class given this modality alone")
    useless: bool = Field(description="it tells nothing alone and nothing given the rest")
    redundant: bool = Field(description="it tells something alone and nothing given the rest")


class Accuracies(Part):
    """How often the likeliest class is right, by who names it; of k classes that tie each counts 1/k."""

    prior: Share = Field(description="the class frequencies alone")
    prob_mean: Share = Field(description="the mean of the modalities' posteriors")
    product_of_experts: Share = Field(description="prod_m P(y | x_m) / P(y)^(M - 1)")
    pool: Share = Field(description="the best pool of the modalities' posteriors, the population's UME")
    additive: Share = Field(description="the best sum of one function per modality")
    joint: Share = Field(description="P(y | x_1 .. x_M)")


class PidTruth(Part):
    """Partial information decomposition of two modalities, with the redundancy I_min."""

    redundant: Amount
    unique: tuple[Amount, Amount] = Field(description="of the first and of the second modality")
    synergy: Amount


class Truth(Part):
    """What is true of a task, from its exact table: of the population, which no finite training reaches."""

    entropy: Amount = Field(description="H(Y)")
    bayes: Amount = Field(description="H(Y | all modalities), the lowest log-loss there is")
    d_ume: Amount = Field(
        description="paired contribution: log-loss of the best pool of the modalities' posteriors, less `bayes`"
    )
    d_add: Amount = Field(
        description="its interaction: log-loss of the best sum of one function per modality, less `bayes`"
    )
    learned_jointly: Amount = Field(description="its additive part, d_ume - d_add: a sum, yet only learned together")
    gap: float = Field(ge=0, description="nats by which d_ume and d_add may be too high at most; what is below it is 0")
    modalities: tuple[ModalityTruth, ...]
    accuracy: Accuracies
    pid: PidTruth | None = Field(description="of two modalities; null with three")


class SynthRecord(Record):
    """The result of ``umlkit synth FILE --json``."""

    KIND: ClassVar[str] = "umlkit.synth"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit synth FILE --json"

    schema_: Literal["umlkit.synth/1"] = Field(default="umlkit.synth/1", alias="schema")
    file: str = Field(description="what was written")
    family: str
    seed: int = Field(description="decides the observation and the samples")
    stream: str = Field(description="which samples of the task")
    n: Count = Field(description="samples")
    split: bool = Field(description="whether the file divides them into train, val and test")
    knobs: dict[str, Any] = Field(description="every knob of the family, with its value")
    truth: Truth | None = Field(description="null where the observation hides levels")


class FamilyEntry(Part):
    """One family of synthetic tasks."""

    name: str = Field(description="what --family may be")
    summary: str = Field(description="what it makes")
    knobs: list[OptionEntry] = Field(description="what it lets one set")


class PresetEntry(Part):
    """One ready choice of a family and its knobs."""

    name: str = Field(description="what --preset may be")
    summary: str = Field(description="what it makes")
    family: str
    knobs: dict[str, Any] = Field(description="those that it sets")


class FamiliesRecord(Record):
    """What ``umlkit synth`` can make."""

    KIND: ClassVar[str] = "umlkit.families"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit synth --list --json"

    schema_: Literal["umlkit.families/1"] = Field(default="umlkit.families/1", alias="schema")
    families: list[FamilyEntry]
    presets: list[PresetEntry]
