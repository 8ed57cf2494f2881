"""What planned models will cost: trainings, steps, seconds and disk, from a rehearsal of each on a few batches.

Seconds are a range. At its low end every training is ended by patience as soon as it can be, the quickest encoder
being chosen; at its high end every training runs to its cap on epochs, with the slowest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from umlkit.data.records import ROLES
from umlkit.methods.unimodal.screening import epochs_for
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.plan import UNIMODAL
from umlkit.pipeline.rehearsal import BATCHES, SELECTED, VARIANTS, Pace, Played, Rehearsal
from umlkit.pipeline.session import Session
from umlkit.training.schedule import course_of

FLOAT = 4
ROW = 8
ASIDE = 2.0
"""What is done outside the training loop may take so many times what its share on few samples suggests."""


@dataclass(frozen=True)
class Cost:
    """What one model, or several, cost.

    Attributes:
        trainings: how many times a network is trained.
        steps: optimiser steps, at most.
        epoch: (least, most) seconds of one epoch of its longest training; (0, 0) where nothing is trained by epochs.
        seconds: (least, most) in all.
        bytes: (least, most) on disk once it is finished.
    """

    trainings: int = 0
    steps: int = 0
    epoch: tuple[float, float] = (0.0, 0.0)
    seconds: tuple[float, float] = (0.0, 0.0)
    bytes: tuple[int, int] = (0, 0)


def of_model(rehearsal: Rehearsal, artifact: Artifact) -> Cost:
    """What training one artifact costs, without what it builds on."""
    if artifact.spec.name == UNIMODAL:
        return _of_choice(rehearsal.session, rehearsal.candidates(artifact))
    quickest, slowest = (rehearsal.model(artifact, variant) for variant in VARIANTS)
    return _cost(rehearsal.session, [*quickest.paces], [*slowest.paces], (quickest, slowest))


def _of_choice(session: Session, candidates: Sequence[Played]) -> Cost:
    """Every candidate screened, and one of them trained in full."""
    screened: list[Pace] = []
    if len(candidates) > 1:
        screened = [screen for played in candidates for screen in map(_screen, played.paces)]
    quickest, slowest = candidates[0], candidates[-1]
    return _cost(session, [*screened, *quickest.paces], [*screened, *slowest.paces], (quickest, slowest))


def _screen(pace: Pace) -> Pace:
    most = epochs_for(pace.most)
    return Pace(pace.name, pace.seconds, pace.steps, min(pace.fewest, most), most)


def _cost(session: Session, low: list[Pace], high: list[Pace], played: tuple[Played, Played]) -> Cost:
    few, all_of_them = played[0].aside, ASIDE * max(one.aside for one in played) * _scale(session)
    return Cost(
        trainings=max(len(low), len(high)),
        steps=max(sum(pace.steps * pace.most for pace in paces) for paces in (low, high)),
        epoch=_sorted(*(_longest(one.paces) for one in played)),
        seconds=(
            sum(pace.seconds * pace.fewest for pace in low) + few,
            sum(pace.seconds * pace.most for pace in high) + all_of_them,
        ),
        bytes=(min(_disk(session, one) for one in played), max(_disk(session, one) for one in played)),
    )


def _sorted(one: float, other: float) -> tuple[float, float]:
    return min(one, other), max(one, other)


def _longest(paces: Sequence[Pace]) -> float:
    return max(paces, key=lambda pace: pace.seconds * pace.most).seconds if paces else 0.0


def _scale(session: Session) -> float:
    """How many times the rehearsed samples the real ones are, at most."""
    roles = session.roles
    few = BATCHES * course_of(session.recipe.train, len(roles.train)).batch_size
    return max(1.0, len(roles.train) / few, len(roles.select) / SELECTED)


def _disk(session: Session, played: Played) -> int:
    """Weights, and logits and features of every sample but those of test."""
    samples = sum(len(session.roles.rows(role)) for role in ROLES if role != "test")
    return played.bytes + samples * (ROW + FLOAT * (played.blueprint.classes + played.width))
