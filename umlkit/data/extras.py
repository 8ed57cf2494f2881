"""Packages that umlkit can use but does not need: imported where they are used, with an error that names the extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from umlkit.errors import InputError, Problem


def brought(module: str, *, extra: str, for_: str) -> Any:
    """The module.

    Args:
        module: its name.
        extra: of umlkit, which brings it.
        for_: what needs it: the file as the user wrote it.

    Raises:
        InputError: it is not installed, or cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        there = not isinstance(error, ModuleNotFoundError)
        raise InputError(
            Problem(
                f"needs {package}, which " + ("cannot be imported" if there else "is not installed"),
                where=for_,
                found=str(error) if there else None,
                try_next=f"pip install 'umlkit[{extra}]'",
            )
        ) from error
