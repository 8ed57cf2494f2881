"""Finding what a recipe's run has already made, without reading data or importing an array library."""

from __future__ import annotations

from pathlib import Path

from umlkit.errors import InputError, Problem
from umlkit.pipeline.identity import DataIdentity, recall
from umlkit.pipeline.plan import probe_fingerprint
from umlkit.recipe.loading import LoadedRecipe
from umlkit.runs.fingerprint import fingerprint
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


def find_probe(loaded: LoadedRecipe, directory: RunDirectory, *, reference: str) -> ProbeRecord:
    """The finished measurement of the present recipe.

    Raises:
        InputError: there is none; the message names ``umlkit probe``.
    """
    command = f"umlkit probe {reference}"
    identity = find_identity(loaded, directory, missing="no finished probe", command=command)
    path = directory.probe_path(probe_fingerprint(loaded.recipe, identity))
    if not path.is_file():
        raise nothing_found(directory, missing="no finished probe", command=command)
    return ProbeRecord.read(path)


def advice_paths(directory: RunDirectory, advice: AdviceRecord) -> tuple[Path, Path]:
    """Where an advice goes: a file of its own by probe, choice and rule, and the copy of the last one."""
    made_from = {"probe": advice.probe, "among": list(advice.among), "rule": advice.rule}
    return directory.advice_path(fingerprint(made_from)), directory.advice


def advice_on(directory: RunDirectory, mark: str) -> dict[Path, AdviceRecord]:
    """Every advice in the run directory that was given on a probe, the last one given first; damaged ones are none."""
    read = {path: _advice(path) for path in (directory.advice, *sorted(directory.root.glob("advice/*.json")))}
    return {path: advice for path, advice in read.items() if advice is not None and advice.probe == mark}


def find_advice(directory: RunDirectory, mark: str) -> AdviceRecord | None:
    """The last advice given on a probe, where there is one."""
    return next(iter(advice_on(directory, mark).values()), None)


def _advice(path: Path) -> AdviceRecord | None:
    try:
        return AdviceRecord.read(path)
    except InputError:
        return None
