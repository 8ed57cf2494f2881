"""Which finished model ``predict``, ``evaluate`` and ``load_model`` mean: the advised one, else the only one."""

from __future__ import annotations

from collections.abc import Sequence

from umlkit import registry
from umlkit.errors import InputError, Problem, listed
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.identity import DataIdentity
from umlkit.pipeline.locate import find_advice
from umlkit.pipeline.older import older_model
from umlkit.pipeline.plan import UNIMODAL, Plan, final_plans
from umlkit.recipe.schema import Recipe
from umlkit.runs.layout import RunDirectory, is_finished


def choose(
    recipe: Recipe, identity: DataIdentity, directory: RunDirectory, *, method: str | None, reference: str
) -> tuple[str, Artifact]:
    """The method's name and its finished artifact at the lowest of the recipe's seeds.

    Args:
        recipe: names the artifacts.
        identity: the data's.
        directory: the run directory.
        method: None takes the advised one, else the only one trained.
        reference: the recipe as the user named it, for messages.

    Raises:
        InputError: unknown method, or its model is not finished, also where it is advised; lists what there is.
    """
    plan = final_plans(recipe, identity)[0]
    name = method if method is not None else _by_itself(plan, directory, reference=reference)
    artifact = plan.evaluated(name)
    if not is_finished(artifact.model_dir(directory)):
        older = older_model(directory, artifact)
        missing = f"{name} is advised and not trained" if method is None else f"no finished model of {name}"
        instead = "" if older is None else f" ({older.path.name} is of an older version of {artifact.spec.name})"
        raise InputError(
            Problem(
                f"{missing} for the present recipe, seed {plan.seed}{instead}",
                where=str(directory.root),
                found=_found(directory),
                allowed=listed(finished(plan, directory)) or None,
                try_next=f"umlkit train {reference} --method {name}",
            )
        )
    return name, artifact


def known_method(method: str) -> None:
    """InputError with the closest match where there is no method of that name; modalities are not looked at."""
    registry.method(method.partition(":")[0])


def finished(plan: Plan, directory: RunDirectory) -> list[str]:
    """The methods whose models of the present recipe are finished; single modalities as ``unimodal:<name>``."""
    names = [name for name in _multi_modal() if is_finished(plan.model(name).model_dir(directory))]
    return names + [
        f"{UNIMODAL}:{m}" for m, artifact in plan.unimodal.items() if is_finished(artifact.model_dir(directory))
    ]


def _multi_modal() -> list[str]:
    return [name for name in registry.methods() if name != UNIMODAL]


def _by_itself(plan: Plan, directory: RunDirectory, *, reference: str) -> str:
    advice = find_advice(directory, plan)
    if advice is not None:
        return advice.headline
    trained = finished(plan, directory)
    asked = [name for name in trained if not name.startswith(f"{UNIMODAL}:")] or trained
    if len(asked) == 1:
        return asked[0]
    built_on = _only_for_others(plan, asked)
    if len(built_on) == 1:
        return built_on[0]
    raise InputError(
        Problem(
            "several models are trained and none is advised" if asked else "nothing is trained for the present recipe",
            where=str(directory.root),
            found=listed(asked) if asked else _found(directory),
            try_next=f"umlkit run {reference}, or --method {(built_on or asked)[-1]}"
            if asked
            else _not_trained(reference),
        )
    )


def _not_trained(reference: str) -> str:
    return f"umlkit run {reference}, or give the --set and --seed that the models were trained with"


def _only_for_others(plan: Plan, names: Sequence[str]) -> list[str]:
    """The named models on which no other named model builds."""
    artifacts = {name: plan.evaluated(name) for name in names}
    below = {part.fingerprint for a in artifacts.values() for need in a.needs for part in need.with_needs()}
    return [name for name, artifact in artifacts.items() if artifact.fingerprint not in below]


def _found(directory: RunDirectory) -> str:
    """The labels of all finished models in the run directory, of whatever settings."""
    labels = sorted({model.label for unit in directory.units() for model in unit.models() if model.finished})
    return f"finished models, of any settings: {listed(labels)}" if labels else "no finished model at all"
