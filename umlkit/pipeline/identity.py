"""What the data are, in a few light words that a run directory remembers.

``data.json`` holds, for every way of reading that was used with this run directory, hashes of the labels, the roles
and every modality. From these every fingerprint follows, so a finished probe is found again, and advised on, without
reading the data: a look at the size, time and inode of the files is enough, or else one pass over its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from umlkit.data import shipped
from umlkit.errors import InputError, Problem, listed
from umlkit.recipe.loading import LoadedRecipe
from umlkit.runs import files
from umlkit.runs.fingerprint import fingerprint
from umlkit.runs.layout import ALL, RunDirectory
from umlkit.runs.records.common import KeptDocumentError, Migration, Part, Record, unchanged


class FoldIdentity(Part):
    """Which row serves which purpose in one fold of a cross-fitted measurement.

    Attributes:
        roles: hash of it, and of the groups.
        splits: role -> its rows, but for those of test.
    """

    roles: str
    splits: dict[str, str]


class DataIdentity(Part):
    """Everything about the data that a fingerprint is made from, and what a plan has to know of them.

    Attributes:
        labels: hash of the labels, their name and the classes.
        roles: hash of which row serves which purpose, and of the groups.
        modalities: modality -> hash of its values and of how they were read, in order.
        kinds: modality -> kind.
        splits: role -> its rows, ``0-2,5``; to be read, the hash in ``roles`` is what counts.
        folds: fold -> what it is of, where the measurement is cross-fitted; else empty.
        not_measurable: None, or why nothing can be measured.
        stamp: under what the hashes were taken: size, time and inode of every file, or versions of what makes them.
        file: hash of the files' bytes, where there are files.
    """

    labels: str
    roles: str
    modalities: dict[str, str]
    kinds: dict[str, str]
    splits: dict[str, str]
    folds: dict[str, FoldIdentity] = Field(default_factory=dict)
    not_measurable: str | None
    stamp: dict[str, Any]
    file: str | None

    @property
    def measured(self) -> tuple[str, ...]:
        """The folds that a measurement reads: all of one kind or the other."""
        return tuple(self.folds) or (ALL,)

    def require_samples(self, split: str) -> None:
        """InputError where a split has no samples: `probe`, where validation was too small for two roles."""
        if self.splits.get(split) != "":
            return
        because = "cross-fitted" if self.folds else self.not_measurable
        raise InputError(
            Problem(
                f"this run has no {split} samples of its own, as it is {because}; all of validation is select",
                where=f"--split {split}",
                allowed=listed(["val", *(name for name, rows in self.splits.items() if rows)]),
                try_next="--split val",
            )
        )

    def roles_of(self, fold: str) -> str:
        """Hash of which row serves which purpose in a fold."""
        return self.roles if fold == ALL else self.folds[fold].roles


class DataIndex(Record):
    """``data.json``: the identity of the data, for every way of reading them that was used with a run directory."""

    KIND: ClassVar[str] = "umlkit.data-index"
    VERSION: ClassVar[int] = 2
    COMMAND: ClassVar[str] = "umlkit run RECIPE"
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: unchanged}

    schema_: Literal["umlkit.data-index/2"] = Field(default="umlkit.data-index/2", alias="schema")
    entries: dict[str, DataIdentity] = Field(description="fingerprint of the recipe's data section but its path")


def stamp(loaded: LoadedRecipe) -> dict[str, Any] | None:
    """What tells, at a glance, that the data are unchanged; None where a file is gone."""
    paths = loaded.data_files().values()
    if not paths:
        source = loaded.recipe.data.source or ""
        return {"source": source, **shipped.stamp(source)}
    return files.stamp(paths)


def remember(directory: RunDirectory, loaded: LoadedRecipe, identity: DataIdentity) -> None:
    """Write the identity down for :func:`recall`; entries of other readings stay."""
    entries = {**_entries(directory.data), _reading(loaded): identity}
    DataIndex(entries=entries).write(directory.data)


def recall(directory: RunDirectory, loaded: LoadedRecipe, *, verify: bool = True) -> DataIdentity | None:
    """The identity of the recipe's data, without reading them; None where they are new or have changed.

    Args:
        directory: the run directory.
        loaded: the recipe.
        verify: look whether the data file has changed since. Where it is gone the remembered identity is taken as it
            is: a finished run outlives its data.
    """
    identity = _entries(directory.data).get(_reading(loaded))
    if identity is None:
        return None
    present = stamp(loaded) if verify else None
    if present is None or present == identity.stamp:
        return identity
    paths = loaded.data_files().values()
    return identity if paths and files.content(paths) == identity.file else None


def check_index(directory: RunDirectory, *, again: str) -> None:
    """InputError where ``data.json`` is missing or damaged; ``again`` is the command that writes it."""
    try:
        DataIndex.read(directory.data, again=again)
    except KeptDocumentError:
        raise
    except InputError as error:
        *others, last = error.problems
        what = f"{last.what}, and without it nothing in this run directory is found"
        raise InputError(*others, replace(last, what=what)) from None


def _entries(path: Path) -> Mapping[str, DataIdentity]:
    """What is remembered; nothing where the file is missing or damaged, as reading the data writes it again."""
    try:
        return DataIndex.read(path).entries
    except KeptDocumentError:
        raise
    except InputError:
        return {}


def _reading(loaded: LoadedRecipe) -> str:
    """The data section but for its path: two places of one file read alike. The names of several files stay."""
    section = loaded.recipe.data.model_dump(mode="json", by_alias=True, exclude={"path"})
    names = list(loaded.data_files())
    return fingerprint({**section, "files": names} if len(names) > 1 else section)
