"""The recipes that umlkit brings along: ``umlkit/_recipes`` in a wheel, ``recipes/`` beside the package otherwise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from umlkit.errors import InputError, Problem, RunError, closest, listed
from umlkit.recipe.new_file import check_new, write_new

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
    text = path(name).read_text(encoding="utf-8")
    check_new(to)
    write_new(to, text)
