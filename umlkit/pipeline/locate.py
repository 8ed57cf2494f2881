"""Finding what a recipe's run has already made, without reading data or importing an array library."""

from __future__ import annotations

from umlkit.errors import InputError, Problem
from umlkit.pipeline.identity import DataIdentity, recall
from umlkit.pipeline.plan import probe_fingerprint
from umlkit.recipe.loading import LoadedRecipe
from umlkit.runs.layout import RunDirectory
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord


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
        raise nothing_found(directory, missing=missing, command=command)
    return identity


def nothing_found(directory: RunDirectory, *, missing: str, command: str) -> InputError:
    """The error that names the command which makes what is missing."""
    return InputError(
        Problem(
            f"there is {missing} of the present recipe and data",
            where=str(directory.root),
            try_next=command,
        )
    )


def find_probe(loaded: LoadedRecipe, directory: RunDirectory, *, reference: str) -> tuple[ProbeRecord, str]:
    """The finished measurement of the present recipe, and its fingerprint.

    Raises:
        InputError: there is none; the message names ``umlkit probe``.
    """
    command = f"umlkit probe {reference}"
    identity = find_identity(loaded, directory, missing="no finished probe", command=command)
    mark = probe_fingerprint(loaded.recipe, identity)
    path = directory.probe_path(mark)
    if not path.is_file():
        raise nothing_found(directory, missing="no finished probe", command=command)
    return ProbeRecord.read(path), mark


def find_advice(directory: RunDirectory, mark: str) -> AdviceRecord | None:
    """The advice given on a probe, where there is one."""
    path = directory.advice_path(mark)
    return AdviceRecord.read(path) if path.is_file() else None
