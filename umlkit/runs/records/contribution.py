"""The paired contribution as ``probe.json`` has it, what another seed would bring, and what so many samples can see."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.runs.records.common import Count, Difference, Part, Share

Nats = float


class McNemar(Part):
    """Samples that one of two models alone gets right, and McNemar's mid-p for that count."""

    seed: int
    ume_only: Count = Field(description="samples that the ensemble alone has right")
    rival_only: Count
    mid_p: Share


class AnotherSeed(Part):
    """A_inf: the contribution expected of another training seed's models, too; intervals over units and seeds."""

    total: Difference
    interaction: Difference
    additive: Difference
    df: Annotated[float, Field(gt=0)] = Field(description="Satterthwaite's, of the total in nats")
    seed_deviation: Nats = Field(description="how much one seed's total differs from another's, beyond the samples")


class Power(Part):
    """What can be seen of the total at 80% power and two-sided 5%, with the spread that these samples have.

    Counts are of samples like these (where groups are the unit, in groups like these) and of training seeds; null where
    no number of them would do.
    """

    deviation: Annotated[Nats, Field(ge=0)] = Field(description="standard deviation of a unit's paired difference")
    detectable_nats: Annotated[Nats, Field(ge=0)] = Field(
        description="the smallest gain above the null floor that is seen"
    )
    detectable_points: Annotated[float, Field(ge=0)] | None = Field(
        description="of accuracy; null where not even all discordant samples would be seen"
    )
    samples_for_sign: Count | None = Field(description="probe samples that see the total found above the floor")
    samples_for_effect: Count | None = Field(description="probe samples that see the smallest effect above it")
    seeds_for_sign: Count | None = Field(
        description="seeds, on these samples, that see the total found above the floor"
    )
    seeds_for_effect: Count | None = Field(description="likewise the smallest effect; both null below three seeds")


class Contribution(Part):
    """The achieved paired contribution ``A_S = risk(UME) - risk(r*)`` of these very models, and its two parts.

    r* has the lowest `select` loss among the kernel machines and the networks trained on modalities together, at budget
    quick among the kernel machines and the heads on frozen features; a* is r* where that is additive, else
    the additive rung or projection with the lowest `select` loss, UME included. ``interaction = risk(a*) - risk(r*)``,
    ``additive = risk(UME) - risk(a*)``.
    """

    ensemble: str = Field(
        default="ume",
        description="what it is measured from: ume, or ume-tuned, which stands beside one whose weights are not fitted "
        "and has the lower `select` loss",
    )
    rung: str = Field(description="r*")
    additive_rung: str = Field(description="a*; emap:<rung> is the additive projection of that rung")
    total: Difference
    interaction: Difference
    additive: Difference
    mcnemar: tuple[McNemar, ...] = Field(
        description="the ensemble against r*, a seed each; empty where groups are the unit"
    )
    another_seed: AnotherSeed | None = Field(default=None, description="A_inf; null with fewer than three seeds")
    power: Power | None = Field(default=None, description="null in a document of an older version")
