"""``advice.json``: the recommendation, how sure it is, what it costs, and the sentences that say so.

Losses are in nats, differences of accuracy in points (hundredths). A gain is positive where the first of two is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Count, Migration, Part, Record, Seconds, Share, unchanged

Interval = tuple[float, float]


class Gain(Part):
    """By how much one way of training is expected to be better than another, ``over``."""

    over: str
    nats: float = Field(description="expected reduction of the log-loss")
    interval: Interval = Field(description="95%, nats")
    points: float = Field(description="expected gain in accuracy")
    points_interval: Interval = Field(description="95%, points")


class AdvisedCandidate(Part):
    """One way of training, as the measurement shows it."""

    name: str
    among: bool = Field(description="whether it could become the headline")
    log_loss: float
    accuracy: Share
    gain_over_ume: Gain
    probability: Share | None = Field(description="of having the lowest risk of those it is chosen among")
    regret: float | None = Field(description="expected loss above the best of those it is chosen among, nats")
    seconds: Seconds = Field(description="training of all it needs, one seed, as measured; see predicted")
    predicted: bool = Field(
        default=False,
        description="not trained in full for this: the figures are those of its short training, or of another rung",
    )
    rung: str | None = Field(default=None, description="whose figures these are; null where seeds differ in it")


class PairedSignal(Part):
    """What multi-modal training achieved beyond UME, the verdict on it, and of which kind it is where it is present."""

    verdict: Literal["present", "not detected", "undecided"] | None = Field(
        default=None, description="of the measurement; null in an older document"
    )
    rung: str
    nats: float
    interval: Interval
    points: float
    interaction_nats: float
    additive_nats: float
    kind: Literal["interaction", "additive", "not settled", "none seen"]


class PaperRule(Part):
    """What the paper's guide compares: averaged uni-modal predictions, and heads on frozen encoders, by accuracy."""

    averaged_accuracy: Share
    head: str = Field(description="the better of paper-train and paper-select")
    head_accuracy: Share


class AdviceRecord(Record):
    """A recommendation made from one ``probe.json``."""

    KIND: ClassVar[str] = "umlkit.advice"
    VERSION: ClassVar[int] = 2
    COMMAND: ClassVar[str] = "umlkit advise RECIPE"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: unchanged}

    schema_: Literal["umlkit.advice/2"] = Field(default="umlkit.advice/2", alias="schema")
    name: str = Field(description="the recipe's name")
    probe: str | None = Field(default=None, description="fingerprint of the measurement; null where that has none")
    models: tuple[str, ...] = Field(
        default=(), description="fingerprints of the advised models, one a seed; none where it is of no recipe"
    )
    measured: bool
    budget: Literal["quick", "short", "full"] = Field(default="full", description="of the measurement")
    predicted: bool = Field(
        default=False, description="the headline rests on a candidate that was not trained in full for this"
    )
    rule: Literal["posterior", "paper"]
    among: tuple[str, ...]
    headline: str
    probability: Share | None = Field(description="that the headline has the lowest risk; null where unmeasured")
    unsure: bool = Field(description="probability below .8, or none")
    gain: Gain | None = Field(description="over UME; where UME is the headline, over the next best it is chosen among")
    regret: float | None = Field(description="expected loss above the best of those it is chosen among, nats")
    candidates: tuple[AdvisedCandidate, ...] = ()
    better: str | None = Field(
        default=None, description="a way of training that it was not chosen among and that would be advised instead"
    )
    paired: PairedSignal | None = None
    paper: PaperRule | None = None
    weights: dict[str, float] = Field(default_factory=dict, description="UME's weight of every modality")
    drop: tuple[str, ...] = Field(default=(), description="modalities whose weight is nearly zero, not useful")
    within_groups: bool = False
    headline_sentences: tuple[str, str] = Field(description="the advice in two plain sentences")
    sentences: tuple[str, ...] = Field(
        description="what else it says, a line each; first what would be better still, where anything is"
    )
    first: Count = Field(default=0, description="how many of the sentences say what would be better still")
