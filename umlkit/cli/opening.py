"""Opening a run for a command that reads data: signals first, then the recipe, then the heavy imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umlkit.cli.options import Invocation
from umlkit.runs.interrupts import interrupts

if TYPE_CHECKING:
    from umlkit.pipeline.session import Session
    from umlkit.recipe.loading import LoadedRecipe


def open_run(call: Invocation) -> Session:
    """The session of a call. Nothing is written before a step begins."""
    interrupts.install(max_minutes=call.max_minutes)
    return open_loaded(call, call.load())


def open_loaded(call: Invocation, loaded: LoadedRecipe) -> Session:
    """The session of a call whose recipe is loaded already."""
    from umlkit.pipeline.session import open_session
    from umlkit.runs.layout import RunDirectory

    directory = RunDirectory(call.run_directory(loaded))
    return open_session(loaded, directory=directory, output=call.output, force=call.force)
