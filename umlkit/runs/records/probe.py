"""``probe.json``: what was measured on the held-out samples, complete enough to be advised from without any array.

An *entry* is one rung of the ladder trained with one seed. For every entry the document holds mean loss and
correctness over the n probe samples, and between all entries the covariance of the per-sample values, so that the
variance of any difference of means follows: ``Var(a . mean) = a' S a / n``. Where groups are the unit of uncertainty
it holds, beside that, the covariance of the group means (:mod:`umlkit.probe.units`), with G groups in place of n
samples.

Where samples have weights all means are weighted ones, and the per-sample values those of
:mod:`umlkit.probe.weighting`; McNemar's counts are of samples and stay unweighted.

Losses are in nats, usable information in bits, differences of accuracy in points (hundredths).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from umlkit.runs.records.common import (
    Count,
    Difference,
    Estimate,
    Migration,
    Part,
    Record,
    Seconds,
    Share,
    not_cross_fitted,
    unchanged,
)
from umlkit.runs.records.contribution import Contribution
from umlkit.runs.records.mixing import EmapGap, Reliance
from umlkit.runs.records.pid import Pid
from umlkit.runs.records.verdict import ModalityVerdict, PairedVerdict

LARGEST = 1e9  # nats; beyond that a number is broken, and sums of it would overflow
Nats = float
Loss = Annotated[float, Field(ge=0, le=LARGEST)]
Triangle = Annotated[
    tuple[tuple[float, ...], ...], Field(description="lower triangle of a symmetric matrix: row i has i + 1 numbers")
]
ROUNDING = 1e-6


class Entry(Part):
    """One rung of the ladder, trained with one seed, temperature-scaled on `select` and read on `probe`."""

    rung: str = Field(description="prior, unimodal:<modality>, ume, frozen-linear, ..., umt")
    seed: int | None = Field(description="training seed; null where nothing is trained")
    additive: bool = Field(description="logits additive in the modalities, by architecture")
    log_loss: Loss = Field(description="mean over probe samples, nats")
    accuracy: Share
    balanced_accuracy: Share = Field(description="mean recall over the classes that occur in probe")
    balanced_log_loss: Loss | None = Field(
        default=None, description="mean over these classes of their mean loss, nats; null in a document of version 1"
    )
    temperature: Annotated[float, Field(gt=0)] = Field(description="divides the logits; fitted on select")
    select_loss: Loss = Field(description="nats; cross-validated in what was fitted on select")
    seconds: Seconds = Field(
        description="training of this rung beyond the uni-modal models; of a uni-modal model its own"
    )


class Candidate(Part):
    """A way of training that advice may name, and the entries (one a seed) that show how good it is."""

    name: str
    rung: str | None = Field(
        description="the rung that it is, or that stands for it; null where it is not the same for every seed"
    )
    entries: Annotated[tuple[Count, ...], Field(min_length=1)] = Field(description="positions in entries")
    seconds: Seconds = Field(
        description="all that has to be trained for it with one seed, uni-modal models included; of a predicted one, "
        "all that was trained to predict it"
    )
    predicted: bool = Field(
        default=False, description="it was not trained in full: its short training, or another rung, stands for it"
    )


class Rung(Part):
    """One line of the ladder: the mean over seeds."""

    name: str
    additive: bool
    accuracy: Share
    balanced_accuracy: Share
    balanced_log_loss: Loss | None = Field(default=None, description="nats; null in a document of version 1")
    log_loss: Estimate
    usable_bits: Estimate = Field(description="I = H(Y) - log-loss; H(Y) is the prior's log-loss on the same samples")
    select_loss: Nats
    seconds: Seconds


class ModalityEvidence(Part):
    """What one modality carries alone, and what UME makes of it."""

    name: str
    encoder: str
    usable_bits: Estimate
    ume_weight: float | None = Field(
        description="w_m in the ensemble that paired signal is measured from; mean over seeds"
    )
    ume_weight_by_seed: dict[str, float]
    judged: ModalityVerdict | None = Field(default=None, description="null in a document of version 2")


class Deficit(Part):
    """The encoder deficit: one linear probe on the joint model's encoder features and on the uni-modal one's."""

    modality: str
    unimodal_log_loss: Nats
    joint_log_loss: Nats
    unimodal_accuracy: Share
    joint_accuracy: Share
    deficit: Difference = Field(description="joint minus uni-modal loss: positive where joint training learned less")


class PaperRow(Part):
    """What the paper's own guide compares; kept out of the ladder, r* and a*."""

    name: str = Field(description="ume-prob-mean, paper-train or paper-select")
    seed: int
    accuracy: Share
    log_loss: Nats


class ProbeRecord(Record):
    """A measurement, or why there is none."""

    KIND: ClassVar[str] = "umlkit.probe"
    VERSION: ClassVar[int] = 3
    COMMAND: ClassVar[str] = "umlkit probe RECIPE"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: unchanged, 2: unchanged}

    schema_: Literal["umlkit.probe/3"] = Field(default="umlkit.probe/3", alias="schema")
    name: str = Field(description="the recipe's name")
    fingerprint: str | None = Field(default=None, description="of what was measured; null outside of a run directory")
    rules: Annotated[int, Field(ge=1)] = Field(
        default=1, description="version of the rules of measuring and judging; documents without it are of the first"
    )
    measured: bool
    reason: str | None = Field(default=None, description="why nothing was measured")
    needed: Count | None = Field(default=None, description="samples of train and validation that would be enough")
    classes: tuple[str, ...] = ()
    modalities: tuple[ModalityEvidence, ...] = ()
    seeds: tuple[int, ...] = ()
    folds: Count = Field(default=1, description="K: models by fold where the measurement is cross-fitted; else 1")
    n_select: Count = Field(default=0, description="mean over the folds")
    n_probe: Count = Field(default=0, description="n, the samples that everything is read on")
    n_effective: Annotated[float, Field(ge=1)] | None = Field(
        default=None, description="as many equal samples would tell as much; null where samples have no weights"
    )
    class_counts: tuple[Count, ...] = Field(default=(), description="probe samples of every class")
    groups: Count | None = Field(default=None, description="G, groups among the probe samples")
    unit: Literal["samples", "groups"] = Field(default="samples", description="what the intervals go over")
    within_groups: bool = Field(default=False, description="the intervals hold within these groups only")
    df: Annotated[float, Field(ge=0)] = Field(
        default=0,
        description="degrees of freedom of the intervals' t: units, of weighted samples as many equal ones, less one",
    )
    critical: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=0.0, description="t_{.975, df}: half an interval over its s.e."
    )
    shifted: bool = Field(
        default=False, description="classes are not as frequent in training as held out, where all is read"
    )
    smallest_effect: Annotated[float, Field(gt=0)] = Field(default=0.02, description="nats that matter to the user")
    budget: Literal["quick", "short", "full"] = Field(
        default="full",
        description="how much was trained to measure; documents before version 3 are of the whole ladder",
    )
    entropy_nats: Annotated[Nats, Field(ge=0)] = Field(
        default=0.0, description="H(Y): log-loss of the training frequencies on probe"
    )
    entries: tuple[Entry, ...] = ()
    loss_covariance: Triangle = ()
    correct_covariance: Triangle = ()
    group_loss_covariance: Triangle | None = None
    group_correct_covariance: Triangle | None = None
    candidates: tuple[Candidate, ...] = ()
    ladder: tuple[Rung, ...] = ()
    contribution: Contribution | None = None
    paired: PairedVerdict | None = Field(default=None, description="null in a document of version 2")
    deficits: tuple[Deficit, ...] = ()
    pid: tuple[Pid, ...] = Field(default=(), description="where `probe.pid` asks for it, one for every two modalities")
    paper: tuple[PaperRow, ...] = ()
    emap: tuple[EmapGap, ...] = Field(default=(), description="of every multi-modal rung; empty before version 3")
    reliance: tuple[Reliance, ...] = Field(default=(), description="of every multi-modal rung; empty before version 3")

    @model_validator(mode="after")
    def _can_be_advised_from(self) -> Self:
        """Refuse a document whose numbers cannot have come from samples."""
        if not self.measured:
            return self
        _check_sizes(self)
        _check_candidates(self)
        for name in ("loss_covariance", "correct_covariance", "group_loss_covariance", "group_correct_covariance"):
            _check_covariance(name, getattr(self, name), size=len(self.entries))
        return self

    @property
    def units(self) -> int:
        """U, what the intervals go over: the probe samples, or their groups."""
        return self.groups if self.unit == "groups" and self.groups is not None else self.n_probe

    @property
    def worth(self) -> float:
        """As many samples of equal weight, not cross-fitted, as these: n_eff (K-1)/K."""
        return not_cross_fitted(self.n_probe if self.n_effective is None else self.n_effective, self.folds)

    def candidate(self, name: str) -> Candidate | None:
        """The candidate called ``name``, or None."""
        return next((candidate for candidate in self.candidates if candidate.name == name), None)


def _check_sizes(record: ProbeRecord) -> None:
    if record.df < 2 or record.critical == 0:
        raise ValueError("a measurement needs at least three probe samples and its t quantile (critical)")
    equal = record.n_effective is None
    if record.df > record.units - 1 or (equal and record.df != record.units - 1):
        raise ValueError(f"df must be the number of {record.unit} less one")
    if record.unit == "groups" and None in (record.group_loss_covariance, record.group_correct_covariance):
        raise ValueError("groups are the unit, but the covariances over groups are missing")


def _check_candidates(record: ProbeRecord) -> None:
    apart = "ume" if record.contribution is None else record.contribution.ensemble
    if apart != "ume" and {"ume", apart} - {rung.name for rung in record.ladder}:
        raise ValueError(f"the contribution is measured from {apart}, but the ladder lacks that or ume")
    names = [candidate.name for candidate in record.candidates]
    if "ume" not in names:
        raise ValueError("the measurement lacks the candidate ume")
    if len(set(names)) != len(names):
        raise ValueError("a candidate occurs twice")
    if any(index >= len(record.entries) for candidate in record.candidates for index in candidate.entries):
        raise ValueError("a candidate names an entry that is not there")


def _check_covariance(name: str, triangle: Triangle | None, *, size: int) -> None:
    if triangle is None:
        return
    if [len(row) for row in triangle] != list(range(1, size + 1)):
        raise ValueError(f"{name} must be the lower triangle of a {size} x {size} matrix")
    deviations = [math.sqrt(max(0.0, row[-1])) for row in triangle]
    if any(not 0 <= row[-1] <= LARGEST**2 for row in triangle) or any(
        abs(value) > deviations[i] * deviations[j] * (1 + ROUNDING) + 1e-12
        for i, row in enumerate(triangle)
        for j, value in enumerate(row)
    ):
        raise ValueError(f"{name} is not a covariance: an entry exceeds what its variances allow")
