"""Verdicts: what a measurement lets one say, in words, and what it could not have seen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from umlkit.runs.records.common import Estimate, Part

Kind = Literal["interaction", "additive"]


class PairedVerdict(Part):
    """Whether there is paired signal.

    ``present``: the 95% interval of A less the null floor lies above 0. ``not detected``: it lies below the smallest
    effect that matters, taken at least as wide as a gain of that size would make it. Else ``undecided``.
    """

    verdict: Literal["present", "not detected", "undecided"]
    kind: Kind | None = Field(
        description="of what is present: interaction or additive; null also where it is not settled"
    )
    adjusted: Estimate = Field(description="A less the null floor, nats")
    floor: Annotated[float, Field(ge=0)] = Field(
        description="nats that joint training may gain without any paired signal"
    )
    head_effect: bool = Field(
        description="A lies above 0, yet the null floor, or class frequencies that differ from training's, explains it"
    )
    lost_by_projection: float | None = Field(
        default=None, description="share of A that the best additive model lacks; null where A is not above 0"
    )


class ModalityVerdict(Part):
    """What one modality is good for.

    ``useless``: less than the smallest effect alone, and given the rest. ``redundant``: informative alone, less than
    the smallest effect given the rest. ``useful``: informative given the rest, its interval reaches that. Else
    ``undecided``. Less than the smallest effect is an interval that would not reach it either, were it as wide as a
    gain of that size makes it. What is the same in every sample of training and validation is ``useless``, however few
    these are.
    """

    verdict: Literal["useful", "redundant", "useless", "undecided"]
    alone: Estimate = Field(description="usable information of its own model, nats")
    given_rest: Estimate = Field(
        description="risk without it less risk with all, nats; of the ways to do without it the best on select"
    )
    rung: str = Field(description="whose risk is the one with all: the ensemble, or r*")
    constant: bool = Field(default=False, description="it is the same in every sample of training and validation")
