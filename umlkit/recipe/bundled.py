"""The recipes that umlkit brings along: ``umlkit/_recipes`` in a wheel, ``recipes/`` beside the package otherwise."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from umlkit.errors import InputError, Problem, RunError, closest, listed

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def folder() -> Path:
    """Where the bundled recipes lie.

    Raises:
        RunError: nowhere; the installation is broken.
    """
    for candidate in (_PACKAGE / "_recipes", _PACKAGE.parent / "recipes"):
        if candidate.is_dir():
            return candidate
    raise RunError(
        Problem(
            "the bundled recipes are missing from this installation", try_next="pip install --force-reinstall umlkit"
        )
    )


def names() -> list[str]:
    """Their names, sorted."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def path(name: str) -> Path:
    """The file of the bundled recipe ``name``; InputError with the closest name where there is none."""
    if name not in names():
        raise InputError(
            Problem(
                "no bundled recipe of that name",
                found=repr(name),
                allowed=listed(names()),
                closest=closest(name, names()),
                try_next="umlkit recipes",
            )
        )
    return folder() / f"{name}.yaml"


def summary(name: str) -> str:
    """What it shows, in one line: the first comment of its file."""
    first = path(name).read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("#").strip()


def copy(name: str, to: Path) -> None:
    """Write the bundled recipe ``name`` to ``to``.

    Raises:
        InputError: no such recipe; ``to`` exists (it is never overwritten), or its folder does not.
    """
    content = path(name).read_bytes()
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise InputError(_exists(name, to)) from None
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            Problem("there is no such folder", where=str(to.parent), try_next=f"mkdir -p {to.parent}")
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _exists(name: str, to: Path) -> Problem:
    return Problem(
        "is a folder" if to.is_dir() else "exists already and is not overwritten",
        where=str(to),
        try_next=f"umlkit recipes copy {name} --to {to / (name + '.yaml') if to.is_dir() else 'another.yaml'}",
    )
