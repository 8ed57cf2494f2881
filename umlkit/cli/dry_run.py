"""``--dry-run``: every setting and where it is from, what would be trained, resumed or reused, and what written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from umlkit.cli.invocation import Invocation
from umlkit.output import duration, wrapped
from umlkit.runs.layout import ALL
from umlkit.runs.records.activity import CostEntry, DryRunRecord, PlannedModel, Setting

if TYPE_CHECKING:
    from umlkit.pipeline.artifact import Artifact
    from umlkit.pipeline.session import Session
    from umlkit.recipe.loading import LoadedRecipe


NOTHING = CostEntry(trainings=0, steps=0, epoch_seconds=(0.0, 0.0), seconds=(0.0, 0.0), bytes=(0, 0))


def show_plan(
    call: Invocation,
    session: Session,
    artifacts: Sequence[Artifact],
    *,
    read: Sequence[Artifact] = (),
    mixed: Sequence[Artifact] = (),
    finished: bool = False,
) -> None:
    """Print what the command would do; writes nothing.

    Args:
        call: the command's.
        session: the opened run.
        artifacts: what is trained or used.
        read: those of them whose outputs are read.
        mixed: those of them whose marginals are computed too.
        finished: there is nothing to do, as what the command makes is there.
    """
    from umlkit.pipeline.summary import planned

    models = planned(session, artifacts, read=read, mixed=mixed)
    root = session.directory.root
    record = DryRunRecord(
        settings=settings(session.loaded),
        models=tuple(models),
        total=total_cost([model.cost for model in models]) or (NOTHING if finished else None),
        writes=(*(m.directory for m in models if m.action != "reuse"), str(root)),
    )
    call.output.result_json(record.document())
    show_settings(call, session.loaded)
    titles = ["model", "seed", "folds", "what", "trained", "steps", "s/epoch", "time", "disk"]
    if models:
        columns = titles if session.roles.folds else [*titles[:2], *titles[3:]]
        call.output.table("Models", columns, _rows(models, session))
    if record.total is not None:
        made = sum(model.action in ("train", "resume") for model in models)
        call.output.result_text(wrapped(_total_line(record.total, made)))
    call.output.result_text(f"Nothing was written. The run directory would be {root}")


def _rows(models: Sequence[PlannedModel], session: Session) -> list[list[str]]:
    """A model a row; where the measurement is cross-fitted those of its folds together, with how many there are."""
    together: dict[tuple[str, int, str, bool], list[PlannedModel]] = {}
    for one in models:
        together.setdefault((one.model, one.seed, one.action, one.fold == ALL), []).append(one)
    return [
        [
            model,
            str(seed),
            *([("all" if whole else str(len(same)))] if session.roles.folds else []),
            action,
            *_cost_cells(total_cost([one.cost for one in same]) or same[0].cost),
        ]
        for (model, seed, action, whole), same in together.items()
    ]


def show_use(call: Invocation, loaded: LoadedRecipe, what: str, *, writes: tuple[str, ...] = ()) -> None:
    """Print what a command would do that only uses a finished model."""
    call.output.result_json(DryRunRecord(settings=settings(loaded), models=(), total=None, writes=writes).document())
    show_settings(call, loaded)
    call.output.result_text(what)


def total_cost(costs: Sequence[CostEntry]) -> CostEntry | None:
    """All costs together; the seconds of an epoch are those of the longest."""
    if not costs:
        return None
    return CostEntry(
        trainings=sum(cost.trainings for cost in costs),
        steps=sum(cost.steps for cost in costs),
        epoch_seconds=max((cost.epoch_seconds for cost in costs), key=lambda pair: pair[1]),
        seconds=(sum(cost.seconds[0] for cost in costs), sum(cost.seconds[1] for cost in costs)),
        bytes=(sum(cost.bytes[0] for cost in costs), sum(cost.bytes[1] for cost in costs)),
    )


def _cost_cells(cost: CostEntry) -> list[str]:
    if not any(cost.seconds):
        return ["-"] * 5
    return [
        str(cost.trainings),
        f"<= {cost.steps}" if cost.steps else "-",
        _span(*cost.epoch_seconds, said=lambda seconds: f"{seconds:.2g}") if cost.steps else "-",
        _span(*cost.seconds, said=duration),
        _span(*cost.bytes, said=_size),
    ]


def _total_line(cost: CostEntry, made: int) -> str:
    """How many models are made, and by how many trainings: an ensemble takes none, a choice of encoder several."""
    if not cost.trainings and not any(cost.seconds):
        return "Everything is up to date: nothing would be trained"
    spent = f"{_span(*cost.seconds, said=duration)}, {_span(*cost.bytes, said=_size)} on disk"
    if not made:
        return f"Nothing would be trained; what is missing is computed from finished models: {spent}"
    return (
        f"In all {made} models to make, by {cost.trainings} trainings of networks, at most {cost.steps} steps, "
        f"{spent}. The range is from patience that ends every training at once to the cap on epochs."
    )


def _span(low: float, high: float, *, said: Callable[[float], str]) -> str:
    """One number or a range; a unit that both ends have is said once."""
    first, last = said(low), said(high)
    number, _, unit = first.partition(" ")
    return last if first == last else f"{number if last.endswith(f' {unit}') else first} to {last}"


def _size(count: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.2g} {unit}" if count < 99.5 * factor else f"{count / factor:.0f} {unit}"
    return f"{count:.0f} B"


def settings(loaded: LoadedRecipe) -> tuple[Setting, ...]:
    """Every value of the recipe with its origin."""
    values = _leaves(loaded.recipe.model_dump(mode="json", by_alias=True))
    return tuple(
        Setting(key=key, value=value, origin=loaded.origin.get(key, "default")) for key, value in values.items()
    )


def show_settings(call: Invocation, loaded: LoadedRecipe) -> None:
    """The settings as a table."""
    rows = [[one.key, json.dumps(one.value, ensure_ascii=False), one.origin] for one in settings(loaded)]
    call.output.table("Settings", ["key", "value", "from"], rows)


def _leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted key -> value; lists and empty mappings are leaves."""
    if not isinstance(value, dict) or not value:
        return {prefix: value}
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found.update(_leaves(inner, f"{prefix}.{name}" if prefix else str(name)))
    return found
