"""The recipe in a run directory: what the directory means where it stands for a recipe itself.

That is the recipe of the last advice given there; before the first, of what was begun last.
"""

from __future__ import annotations

import os
from pathlib import Path

from umlkit.recipe.dump import to_yaml
from umlkit.recipe.loading import LoadedRecipe
from umlkit.recipe.schema import Recipe
from umlkit.runs.atomic import write_text
from umlkit.runs.layout import RunDirectory


def write(loaded: LoadedRecipe, directory: RunDirectory) -> None:
    """Write the recipe with the data's paths relative to the run directory."""
    write_text(directory.recipe, to_yaml(_moved(loaded, directory.root.resolve())))


def _moved(loaded: LoadedRecipe, root: Path) -> Recipe:
    recipe = loaded.recipe
    moved = {name: relative(path.resolve(), root) for name, path in loaded.data_files().items()}
    if not moved:
        return recipe
    path = next(iter(moved.values())) if isinstance(recipe.data.path, str) else moved
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"path": path})})


def relative(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``; as it is where there is no way from one to the other (another drive)."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return str(path)
