"""Finding what a recipe's run has already made, without reading data or importing an array library."""

from __future__ import annotations

from pathlib import Path

from umlkit.errors import InputError, Problem
from umlkit.pipeline.identity import DataIdentity, recall
from umlkit.pipeline.plan import probe_fingerprint
from umlkit.recipe.loading import LoadedRecipe
from umlkit.runs.layout import RunDirectory
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord


def run_directory(loaded: LoadedRecipe, out: Path | None) -> RunDirectory:
    """``--out``, else ``runs/<recipe name>`` below the working directory."""
    return RunDirectory(out if out is not None else Path("runs") / loaded.recipe.name)


def find_identity(loaded: LoadedRecipe, directory: RunDirectory, *, missing: str, command: str) -> DataIdentity:
    """The recipe's data as this run directory remembers them.

    Args:
        loaded: the recipe.
        directory: the run directory.
        missing: what the caller is looking for, for the message.
        command: the command that makes it.

    Raises:
        InputError: the run directory knows nothing of these data.
    """
    directory.check()
    identity = recall(directory, loaded)
    if identity is None:
        raise nothing_found(loaded, directory, missing=missing, command=command)
    return identity


def nothing_found(loaded: LoadedRecipe, directory: RunDirectory, *, missing: str, command: str) -> InputError:
    """The error that names the command which makes what is missing."""
    return InputError(
        Problem(
            f"there is {missing} of the present recipe and data",
            where=str(directory.root),
            try_next=f"umlkit {command} {loaded.reference}",
        )
    )


def find_probe(loaded: LoadedRecipe, out: Path | None) -> tuple[ProbeRecord, RunDirectory, str]:
    """The finished measurement of the present recipe, its run directory and its fingerprint.

    Raises:
        InputError: there is none; the message names ``umlkit probe``.
    """
    directory = run_directory(loaded, out)
    identity = find_identity(loaded, directory, missing="no finished probe", command="probe")
    mark = probe_fingerprint(loaded.recipe, identity)
    path = directory.probe_path(mark)
    if not path.is_file():
        raise nothing_found(loaded, directory, missing="no finished probe", command="probe")
    return ProbeRecord.read(path), directory, mark


def find_advice(directory: RunDirectory, mark: str) -> AdviceRecord | None:
    """The advice given on a probe, where there is one."""
    path = directory.advice_path(mark)
    return AdviceRecord.read(path) if path.is_file() else None
