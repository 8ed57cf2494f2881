"""Artifacts of a run directory that the present recipe does not name, and their removal.

A process that trains or measures locks the one model that it writes, but reads others of any seed and fold without a
lock. So nothing at all is removed from a run directory in which a living process is at work; and what is removed is
locked meanwhile, so that a process that begins in between waits.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from umlkit.errors import Problem, RunError, listed
from umlkit.pipeline.identity import DataIdentity
from umlkit.pipeline.locate import advice_on
from umlkit.pipeline.plan import final_plans, plans, probe_fingerprints
from umlkit.recipe.schema import Recipe
from umlkit.runs import locks
from umlkit.runs.layout import RESULT, RunDirectory


@dataclass(frozen=True)
class Leftover:
    """Something that no present recipe names.

    Attributes:
        path: a directory or file inside the run directory.
        bytes: what it takes on disk.
    """

    path: Path
    bytes: int


def leftovers(directory: RunDirectory, recipe: Recipe, identity: DataIdentity) -> list[Leftover]:
    """What the recipe does not name at any budget: models, outputs, probes and advice of other settings, by path."""
    named = (*plans(recipe, identity), *final_plans(recipe, identity))
    kept = {a.fingerprint for plan in named for a in plan.everything()}
    marks = set(probe_fingerprints(recipe, identity).values())
    kept |= {*marks, *(path.stem for path in advice_on(directory, marks))}
    found = [path for path in _artifacts(directory.root) if _mark(path) not in kept]
    return [Leftover(path, _size(path)) for path in sorted(found)]


def remove(found: list[Leftover], directory: RunDirectory, *, again: str, warn: Callable[[str], None]) -> None:
    """Remove every leftover.

    Args:
        found: what to remove.
        directory: the run directory that it lies in.
        again: the command that removes it later.
        warn: takes a line when another process has to be waited for.

    Raises:
        RunError: another process is at work in the run directory; nothing is removed from then on.
    """
    for leftover in found:
        _refuse_in_use(directory, again)
        if not leftover.path.is_dir():
            leftover.path.unlink()
            continue
        model = leftover.path.parent.with_name("models") / leftover.path.name
        try:
            with locks.lock(model, warn=warn):
                _refuse_in_use(directory, again, own=model)
                _remove_folder(leftover.path)
        finally:
            with contextlib.suppress(OSError):  # refused, or another process waits there for the lock
                model.rmdir()


def _remove_folder(folder: Path) -> None:
    """Empty a model's or its outputs' folder but for locks, and remove it where none is left.

    A model's ``result.json`` goes first, so that half a removal is no finished model.
    """
    (folder / RESULT).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif not path.name.startswith(locks.NAME):
            path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _refuse_in_use(directory: RunDirectory, again: str, *, own: Path | None = None) -> None:
    if names := locks.at_work_in(directory.root, own=own):
        raise RunError(
            Problem(
                "is in use: another process trains or measures there, so nothing is removed",
                where=str(directory.root),
                found=listed(names),
                try_next=f"once that process has ended: {again}",
            )
        )


def _artifacts(root: Path) -> list[Path]:
    """Everything in the run directory whose name carries a fingerprint."""
    patterns = ("seed-*/*/models/*-*", "seed-*/*/outputs/*-*", "probes/*.json", "probes/*-samples.csv", "advice/*.json")
    return [path for pattern in patterns for path in root.glob(pattern)]


def _mark(path: Path) -> str:
    if path.suffix in (".json", ".csv"):
        return path.stem.removesuffix("-samples")
    return path.name.rpartition("-")[2]


def _size(path: Path) -> int:
    total = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        with contextlib.suppress(FileNotFoundError):  # a temporary one of a process that is writing there
            total += file.stat().st_size if file.is_file() else 0
    return total
