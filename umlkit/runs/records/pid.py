"""Partial information decomposition of two modalities, as ``probe.pid: true`` measures it."""

from __future__ import annotations

from pydantic import Field

from umlkit.runs.records.common import Count, Part


class PidAmount(Part):
    """One part of the information, beside what chance alone would show."""

    bits: float = Field(description="measured, less the mean with shuffled labels; may be below 0")
    measured_bits: float = Field(ge=-1e-9, description="of the table of clusters and labels as it is")
    chance_bits: float = Field(ge=-1e-9, description="mean over shuffles of the labels")
    chance_high_bits: float = Field(description="95% of the shuffles show less")


class Pid(Part):
    """R, U and S of two modalities' clusters, or why there is none. It says nothing of what training will reach."""

    modalities: tuple[str, str]
    reason: str | None = Field(default=None, description="why it was refused")
    clusters: Count | None = Field(default=None, description="k, clusters of each modality")
    bias_bits: float | None = Field(
        default=None,
        description="of I(A, B; Y) by chance: (k^2 - 1)(C - 1) / (2 n ln 2), or what shuffled labels show if more",
    )
    redundant: PidAmount | None = None
    unique: tuple[PidAmount, PidAmount] | None = Field(default=None, description="to the first, to the second")
    synergy: PidAmount | None = None
