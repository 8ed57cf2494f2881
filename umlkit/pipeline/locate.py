"""Finding what a recipe's run has already made, without reading data or importing an array library."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import chain
from pathlib import Path

from umlkit.errors import InputError, Problem, listed
from umlkit.pipeline import recipe_copy
from umlkit.pipeline.identity import DataIdentity, check_index, recall
from umlkit.pipeline.plan import UNIMODAL, Plan, final_plans, probe_fingerprints
from umlkit.recipe.loading import LoadedRecipe
from umlkit.recipe.overrides import is_outside
from umlkit.recipe.schema import Budget, Recipe
from umlkit.runs.fingerprint import fingerprint
from umlkit.runs.layout import RunDirectory
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord


def find_identity(
    loaded: LoadedRecipe,
    directory: RunDirectory,
    *,
    missing: str,
    command: str,
    reference: str,
    verify: bool = True,
    changed: Callable[[str], None] | None = None,
) -> DataIdentity:
    """The recipe's data as this run directory remembers them.

    Args:
        loaded: the recipe.
        directory: the run directory.
        missing: what the caller is looking for, for the message.
        command: the command that makes it.
        reference: the run as the user named it.
        verify: as in :func:`umlkit.pipeline.identity.recall`.
        changed: is told where the data have changed since, and they are taken as they were; None: that is an error.

    Raises:
        InputError: the run directory knows nothing of these data, or its ``data.json`` is damaged.
    """
    directory.check()
    identity = recall(directory, loaded, verify=verify)
    if identity is None and (before := recall(directory, loaded, verify=False)) is not None:
        files = listed(map(str, loaded.data_files().values())) or str(loaded.recipe.data.source)
        if changed is None:
            what = f"{files} has changed since, and there is {missing} of the data as they are now"
            raise InputError(Problem(what, where=str(directory.root), try_next=command))
        changed(f"{files} has changed since; the model is of the data as they were")
        return before
    if identity is None:
        if any(model.finished for unit in directory.units() for model in unit.models()):
            check_index(directory, again=f"umlkit train {reference} --method {UNIMODAL}")
        raise _nothing_found(directory, missing=missing, command=command)
    return identity


def _nothing_found(directory: RunDirectory, *, missing: str, command: str) -> InputError:
    """The error that names the command which makes what is missing."""
    return InputError(
        Problem(
            f"there is {missing} of the present recipe and data",
            where=str(directory.root),
            try_next=command,
        )
    )


def find_probe(loaded: LoadedRecipe, directory: RunDirectory, *, reference: str) -> tuple[ProbeRecord, DataIdentity]:
    """The finished measurement of the present recipe: at the budget that this call asks for, else at the dearest one.

    A budget that stands in the recipe says what ``umlkit probe`` spends, not that a better measurement is passed over.
    With it the identity of the data that it is of.

    Raises:
        InputError: there is none, or it is damaged; the message names ``umlkit probe``.
    """
    asked = _asked_budget(loaded)
    command = f"umlkit probe {reference}" + (f" --budget {asked}" if asked else "")
    missing = f"no finished probe at budget {asked}" if asked else "no finished probe"
    identity = find_identity(loaded, directory, missing=missing, command=command, reference=reference)
    marks = probe_fingerprints(loaded.recipe, identity)
    for budget, mark in marks.items():
        if asked in (None, budget) and (path := directory.probe_path(mark)).is_file():
            return ProbeRecord.read(path, again=f"umlkit probe {reference} --budget {budget}"), identity
    raise _nothing_found(directory, missing=missing, command=command)


def _asked_budget(loaded: LoadedRecipe) -> Budget | None:
    """The budget that a flag, ``--set`` or the environment names; None where the recipe or nothing says it."""
    origin = loaded.origin.get("probe.budget", "default")
    return loaded.recipe.probe.budget if is_outside(origin) else None


def advice_paths(directory: RunDirectory, advice: AdviceRecord) -> tuple[Path, Path]:
    """Where an advice goes: a file of its own by probe, choice and rule, and the copy of the last one."""
    made_from = {"probe": advice.probe, "among": list(advice.among), "rule": advice.rule}
    return directory.advice_path(fingerprint(made_from)), directory.advice


def write_advice(advice: AdviceRecord, loaded: LoadedRecipe, directory: RunDirectory) -> None:
    """Write an advice, and the recipe that from now on is the directory's."""
    for path in advice_paths(directory, advice):
        advice.write(path)
    recipe_copy.write(loaded, directory)


def every_advice(directory: RunDirectory) -> dict[Path, AdviceRecord]:
    """Every advice in the run directory, the last one given first; damaged ones are none."""
    others = sorted(directory.root.glob("advice/*.json"), key=lambda path: -path.stat().st_mtime_ns)
    read = {path: _advice(path) for path in (directory.advice, *others)}
    return {path: advice for path, advice in read.items() if advice is not None}


def advice_on(directory: RunDirectory, marks: Collection[str]) -> dict[Path, AdviceRecord]:
    """The same, as far as it was given on one of the probes."""
    return {path: advice for path, advice in every_advice(directory).items() if advice.probe in marks}


def find_advice(directory: RunDirectory, plan: Plan) -> AdviceRecord | None:
    """The last advice given on a measurement of the plan's recipe; else the last one whose model is that of the plan.

    The latter was given on a measurement with other settings of its own, such as `probe.pid`, or other seeds.
    """
    marks = set(probe_fingerprints(plan.recipe, plan.identity).values())
    known = every_advice(directory).values()
    of_probe = (advice for advice in known if advice.probe in marks)
    of_model = (one for one in known if plan.evaluated(one.headline).fingerprint in one.models)
    return next(chain(of_probe, of_model), None)


def with_model(advice: AdviceRecord, recipe: Recipe, identity: DataIdentity) -> AdviceRecord:
    """The advice, with the models of the recipe that it advises."""
    advised = (plan.evaluated(advice.headline).fingerprint for plan in final_plans(recipe, identity))
    return advice.model_copy(update={"models": tuple(advised)})


def _advice(path: Path) -> AdviceRecord | None:
    try:
        return AdviceRecord.read(path)
    except InputError:
        return None
