"""Write a recipe to a file that is not there yet; one that is there is never overwritten."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from umlkit.errors import InputError, Problem


def check_new(to: Path) -> None:
    """InputError unless a new file can be called ``to``."""
    if to.is_dir():
        raise InputError(Problem("is a folder", where=str(to), try_next=f"--to {to / 'umlkit.yaml'}"))
    if to.exists() or to.is_symlink():
        raise InputError(_exists(to))
    if not to.parent.is_dir():
        raise InputError(Problem("there is no such folder", where=str(to.parent), try_next=f"mkdir -p {to.parent}"))
    if to.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(
            Problem("is not the name of a recipe", where=str(to), allowed="a name that ends in .yaml or .yml")
        )


def write_new(to: Path, text: str) -> None:
    """Write ``text`` to ``to``.

    Raises:
        InputError: ``to`` exists by now.
    """
    try:
        file = to.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise InputError(_exists(to)) from None
    try:
        with file:
            file.write(text)
    except OSError:
        with suppress(OSError):
            to.unlink()
        raise


def _exists(to: Path) -> Problem:
    another = to.with_stem(f"{to.stem}-2")
    return Problem("exists already and is not overwritten", where=str(to), try_next=f"--to {another}")
