"""From a directory to a model that predicts: a model's own directory, or a run's."""

from __future__ import annotations

import shlex
from pathlib import Path

from umlkit.errors import InputError, Problem
from umlkit.pipeline import model as models
from umlkit.pipeline.choice import choose
from umlkit.pipeline.finished import named_model
from umlkit.pipeline.locate import find_identity
from umlkit.pipeline.model import TrainedModel
from umlkit.recipe.loading import load
from umlkit.recipe.overrides import Overrides
from umlkit.runs.layout import RunDirectory


def load_model(directory: Path, *, method: str | None, seed: int | None) -> TrainedModel:
    """The model in a model directory; of a run directory the chosen one.

    Raises:
        InputError: nothing there that can be loaded, or a choice is needed.
    """
    if (directory / "config.json").is_file():
        model = models.load(directory)
        _same(directory, "method", model.config.method, method)
        _same(directory, "seed", model.config.seed, seed)
        return model
    recipe = RunDirectory(directory).recipe
    if not recipe.is_file():
        raise InputError(
            Problem(
                "is neither a run directory nor a model's",
                where=str(directory),
                allowed="a directory with recipe.yaml (a run) or config.json (a model)",
                try_next=f"umlkit run RECIPE --out {shlex.quote(str(directory))}",
            )
        )
    shown = shlex.join([str(directory), *([] if seed is None else ["--seed", str(seed)])])
    flags = {} if seed is None else {"seeds": [seed]}
    loaded = load(str(recipe), Overrides(flags=flags))
    run = RunDirectory(directory)
    command = f"umlkit run {shown}"
    identity = find_identity(loaded, run, missing="no model", command=command, reference=shown, verify=False)
    name, artifact = choose(loaded.recipe, identity, run, method=method, reference=shown)
    named = f"{shlex.quote(str(directory))} --seed {artifact.seed}"
    return named_model(artifact.model_dir(run), reference=named, method=name)


def _same(directory: Path, what: str, found: object, asked: object) -> None:
    if asked is not None and asked != found:
        raise InputError(Problem(f"is a model of another {what}", where=str(directory), found=str(found)))
