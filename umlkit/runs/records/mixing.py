"""What was found by mixing modalities of different samples in one model: parts of ``probe.json``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.runs.records.common import Count, Difference, Part


class EmapGap(Part):
    """What one multi-modal rung owes to mixing modalities: loss of its additive projection less its own."""

    rung: str
    additive: bool = Field(description="logits additive by architecture: then the gap is exactly 0")
    gap: Difference


class ModalityReliance(Part):
    """What one multi-modal rung owes to one modality."""

    name: str
    reliance: Difference = Field(description="how much it loses where it does not know this modality, but the rest")
    select_loss: float | None = Field(
        default=None, description="nats, on select, where it does not know this modality; null in an older document"
    )
    shapley: Difference = Field(description="the modality's share of the total")
    interaction: Difference = Field(description="the part of the share that no sum of one-way parts has")
    sampling_error: Annotated[float, Field(ge=0)] | None = Field(
        description="nats; standard error of the share from the permutations alone, null where all subsets were read"
    )


class Reliance(Part):
    """What one multi-modal rung owes to each modality; the shares sum to the total."""

    rung: str
    n: Count = Field(description="probe samples that it was read on")
    select_loss: float | None = Field(
        default=None, description="nats, where it knows all, on the samples of select that were so read; likewise"
    )
    exact: bool = Field(description="all subsets of the modalities were read, not permutations")
    total: Difference = Field(description="how much it gains from knowing nothing to knowing all modalities")
    modalities: tuple[ModalityReliance, ...]
