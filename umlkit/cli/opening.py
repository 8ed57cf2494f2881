"""Opening what a command works on: a run whose data are read, or a finished model of one that is only used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umlkit.cli.invocation import Invocation
from umlkit.errors import InputError, Problem
from umlkit.runs.interrupts import interrupts

if TYPE_CHECKING:
    from umlkit.pipeline.artifact import Artifact
    from umlkit.pipeline.identity import DataIdentity
    from umlkit.pipeline.model import TrainedModel
    from umlkit.pipeline.session import Session
    from umlkit.recipe.loading import LoadedRecipe
    from umlkit.runs.layout import RunDirectory


@dataclass(frozen=True)
class FinishedModel:
    """A finished model of a recipe's run.

    Attributes:
        loaded: the recipe.
        directory: its run directory.
        reference: the run as the user named it, for messages.
        name: the method, as results name it.
        artifact: the model.
        identity: the data that it was trained on.
    """

    loaded: LoadedRecipe
    directory: RunDirectory
    reference: str
    name: str
    artifact: Artifact
    identity: DataIdentity

    def load(self) -> TrainedModel:
        """The model itself; its errors name the command that makes it anew."""
        from umlkit.pipeline.finished import named_model

        return named_model(self.artifact.model_dir(self.directory), reference=self.reference, method=self.name)


def open_run(call: Invocation) -> Session:
    """The session of a call: signals first, then the recipe, then the heavy imports. Writes nothing."""
    interrupts.install(max_minutes=call.max_minutes)
    return open_loaded(call, call.load())


def open_loaded(call: Invocation, loaded: LoadedRecipe) -> Session:
    """The session of a call whose recipe is loaded already."""
    from umlkit.pipeline.session import open_session
    from umlkit.runs.layout import RunDirectory

    directory = RunDirectory(call.run_directory(loaded))
    return open_session(loaded, directory=directory, output=call.output, force=call.force, reference=call.shown)


def open_finished(call: Invocation, method: str | None, *, on_new_data: bool) -> FinishedModel:
    """The finished model that a call means, found without reading the training data.

    For new data one of training data that have changed since will do, with a warning.

    ``--id`` names the ids of new data as well as those of the training data: where no run was made with it, the run
    without it is meant.

    Raises:
        InputError: no such method, or no finished model of it.
    """
    from umlkit.pipeline.choice import choose, known_method
    from umlkit.pipeline.identity import recall
    from umlkit.pipeline.locate import find_identity
    from umlkit.runs.layout import RunDirectory

    interrupts.install(max_minutes=call.max_minutes)
    if method is not None:
        known_method(method)
    loaded = call.load()
    directory = RunDirectory(call.run_directory(loaded))
    directory.check()
    if "data.id" in call.overrides.flags and recall(directory, loaded) is None:
        loaded = call.without("data.id").load()
    if loaded.file is None and loaded.recipe.data.label is None:
        raise InputError(
            Problem(
                "which array or column of the training data is the label is not said, so their run cannot be found",
                where=call.reference,
                try_next="--label NAME, as in the run",
            )
        )
    command = f"umlkit run {call.shown}"
    identity = find_identity(
        loaded,
        directory,
        missing="no model",
        command=command,
        reference=call.shown,
        changed=call.output.warn if on_new_data else None,
    )
    name, artifact = choose(loaded.recipe, identity, directory, method=method, reference=call.shown)
    seed = "" if "seeds" in call.overrides.flags else f" --seed {artifact.seed}"
    return FinishedModel(loaded, directory, call.shown + seed, name, artifact, identity)
