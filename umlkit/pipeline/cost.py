"""What planned models will cost: trainings, steps, seconds and disk, from a rehearsal of each on a few batches.

Seconds are a range. At its low end every training is ended by patience as soon as it can be, the quickest encoder
being chosen; at its high end every training runs to its cap on epochs, with the slowest. What a checkpoint has behind
it is not counted again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from umlkit.data.records import ROLES
from umlkit.methods import inference
from umlkit.methods.unimodal.screening import epochs_for, name_of
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.pace import Pace
from umlkit.pipeline.plan import UNIMODAL
from umlkit.pipeline.rehearsal import BATCHES, SELECTED, VARIANTS, Played, Rehearsal, pick
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


def total(costs: Sequence[Cost]) -> Cost:
    """Several costs together; of an epoch the longest."""
    return Cost(
        trainings=sum(cost.trainings for cost in costs),
        steps=sum(cost.steps for cost in costs),
        epoch=max((cost.epoch for cost in costs), key=lambda pair: pair[1], default=(0.0, 0.0)),
        seconds=(sum(cost.seconds[0] for cost in costs), sum(cost.seconds[1] for cost in costs)),
        bytes=(sum(cost.bytes[0] for cost in costs), sum(cost.bytes[1] for cost in costs)),
    )


def of_model(rehearsal: Rehearsal, artifact: Artifact, *, done: Mapping[str, int]) -> Cost:
    """What training one artifact costs, without what it builds on.

    Args:
        rehearsal: of the session.
        artifact: what is trained, whether or not it is finished.
        done: training -> epochs that a checkpoint has behind it.
    """
    if artifact.spec.name == UNIMODAL:
        return _of_choice(rehearsal.session, rehearsal.candidates(artifact), done)
    ends = tuple(rehearsal.trained(artifact, variant) for variant in VARIANTS)
    quickest, slowest = (_remaining(played.paces, done) for played in ends)
    return _cost(rehearsal.session, quickest, slowest, ends, aside=max(played.aside for played in ends))


def of_outputs(rehearsal: Rehearsal, artifact: Artifact) -> Cost:
    """What computing the lost outputs of a finished artifact from its weights costs: passes over its samples."""
    session, model = rehearsal.session, rehearsal.needed(artifact, "quickest")
    inputs = rehearsal.few("select").only(*artifact.modalities).inputs
    few = len(next(iter(inputs.values())))
    began = time.perf_counter()
    for _ in inference.outputs(model.model, inputs):
        pass
    least = (time.perf_counter() - began) / few * _written(session)
    size = _of_outputs(session, model)
    return Cost(seconds=(least, ASIDE * least), bytes=(size, size))


def _of_choice(session: Session, candidates: Sequence[Played], done: Mapping[str, int]) -> Cost:
    """Every candidate screened, and one of them trained in full."""
    ends = tuple(pick(candidates, variant) for variant in VARIANTS)
    aside = max(played.aside for played in candidates)
    screened: list[Pace] = []
    if len(candidates) > 1:
        screened = [_screen(pace, index) for index, played in enumerate(candidates) for pace in played.paces]
        aside += sum(played.aside for played in candidates)
    quickest, slowest = (_remaining([*screened, *played.paces], done) for played in ends)
    return _cost(session, quickest, slowest, ends, aside=aside)


def _screen(pace: Pace, index: int) -> Pace:
    most = epochs_for(pace.most)
    return replace(pace, name=name_of(index), fewest=min(pace.fewest, most), most=most)


def _remaining(paces: Iterable[Pace], done: Mapping[str, int]) -> list[Pace]:
    """What is left of the trainings: patience may have run since the first epoch."""
    behind = [(pace, done.get(pace.name, 0)) for pace in paces]
    return [replace(pace, fewest=max(0, pace.fewest - n), most=max(0, pace.most - n)) for pace, n in behind]


def _cost(session: Session, low: Sequence[Pace], high: Sequence[Pace], ends: Sequence[Played], *, aside: float) -> Cost:
    return Cost(
        trainings=max(len(low), len(high)),
        steps=max(sum(pace.steps * pace.most for pace in paces) for paces in (low, high)),
        epoch=_sorted(*(_longest(one.paces) for one in ends)),
        seconds=(
            sum(pace.seconds * pace.fewest for pace in low) + min(played.aside for played in ends),
            sum(pace.seconds * pace.most for pace in high) + ASIDE * aside * _scale(session),
        ),
        bytes=(min(_disk(session, one) for one in ends), max(_disk(session, one) for one in ends)),
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
    return played.bytes + _of_outputs(session, played)


def _of_outputs(session: Session, played: Played) -> int:
    return _written(session) * (ROW + FLOAT * (played.blueprint.classes + played.width))


def _written(session: Session) -> int:
    """Samples whose outputs are stored."""
    return sum(len(session.roles.rows(role)) for role in ROLES if role != "test")
