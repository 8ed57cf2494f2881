"""From what a user calls a recipe (see :mod:`umlkit.recipe.reference`) to a checked one, or all its problems.

Nothing is read here but the recipe itself; the data come later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from umlkit.errors import InputError, Problem
from umlkit.recipe import canonical, choices, keys
from umlkit.recipe import overrides as overriding
from umlkit.recipe import positions as at
from umlkit.recipe.data_schema import file_name, misplaced_data, wrong_sum
from umlkit.recipe.overrides import Overrides
from umlkit.recipe.problems import from_validation
from umlkit.recipe.reference import find
from umlkit.recipe.schema import Recipe


@dataclass(frozen=True)
class LoadedRecipe:
    """A checked recipe and where it is from.

    Attributes:
        recipe: the recipe with all overrides.
        folder: what ``data.path`` is relative to.
        origin: for every leaf, dotted: ``flag --seed``, ``--set``, ``UMLKIT_X``, ``recipe.yaml:3`` or ``default``.
        file: the YAML file; None where a data file was given.
        text: the YAML as written.
        run: the run directory that was named in place of a recipe; None where none was.
    """

    recipe: Recipe
    folder: Path
    origin: Mapping[str, str]
    file: Path | None
    text: str | None
    run: Path | None = None

    def data_files(self) -> Mapping[str, Path]:
        """The data files and folders by name, in their order; none where scikit-learn is the source.

        What a recipe names is relative to where that lies, what a command line or the environment names to here.
        """
        path = self.recipe.data.path
        named = (
            path
            if isinstance(path, dict)
            else {file_name(p): p for p in ([path] if isinstance(path, str) else path or ())}
        )
        return {name: self._base(name) / one for name, one in named.items()}

    def _base(self, name: str) -> Path:
        """What the path of the data file of this name is relative to."""
        origin = self.origin.get(at.dotted(("data", "path", name)), self.origin.get("data.path", "default"))
        return Path() if overriding.is_outside(origin) else self.folder

    def new_files(self) -> tuple[str, ...]:
        """What a folder of new data calls the files that the recipe joins; none where it joins none."""
        files = self.data_files()
        return tuple(f"{name}{path.suffix}" for name, path in files.items()) if len(files) > 1 else ()


def load(reference: str | None, overrides: Overrides | None = None) -> LoadedRecipe:
    """The recipe that ``reference`` names, with ``overrides``.

    Args:
        reference: as in :mod:`umlkit.recipe.reference`; None for ``./umlkit.yaml``.
        overrides: what changes it from outside.

    Raises:
        InputError: with every problem of the reference, the file and the overrides.
    """
    found = find(reference)
    raw, places = found.raw, found.places
    problems = [*found.problems, *overriding.apply(raw, places, overrides or Overrides())]
    canonical.write_out(raw, places)
    recipe, invalid = _validated(raw, places, default_name=found.name)
    unread = {problem.where for problem in problems}
    problems += [problem for problem in invalid if problem.where not in unread]
    if problems or recipe is None:
        raise InputError(*_in_order(problems))
    return LoadedRecipe(recipe, found.folder, _origins(recipe, places), found.file, found.text, found.run)


def _validated(raw: dict[str, Any], places: at.Places, *, default_name: str) -> tuple[Recipe | None, list[Problem]]:
    problems = list(choices.check(raw, places))
    try:
        return Recipe.model_validate({"name": default_name, **raw}), problems
    except ValidationError as error:
        problems += from_validation(error, raw, places)
        return None, [*problems, *_hidden(raw, places, problems)]


def _hidden(raw: dict[str, Any], places: at.Places, problems: list[Problem]) -> Iterator[Problem]:
    """What concerns several keys of a section, which pydantic checks only where each alone is right."""
    data, split = raw.get("data"), keys.at(raw, ("data", "split"))
    told = "\n".join(problem.what for problem in problems)
    if isinstance(data, dict):
        said = misplaced_data(data.get("path"), data.get("source"))
        if said and said not in told:
            yield Problem(f"data {said}", where=places.nearest(("data",))[0].key)
    if isinstance(split, dict) and {"train", "val", "test"} <= split.keys():
        shares = [split[key] for key in ("train", "val", "test")]
        said = wrong_sum(*shares) if all(type(share) is float and 0 < share < 1 for share in shares) else None
        if said and said not in told:
            yield Problem(f"data.split {said}", where=places.nearest(("data", "split"))[0].value)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Problems by line where they have one, the others after them, each once."""

    def line(problem: Problem) -> tuple[int, int]:
        numbers = re.search(r":(\d+):(\d+)$", problem.where or "")
        return (int(numbers[1]), int(numbers[2])) if numbers else (10**9, 0)

    return sorted(dict.fromkeys(problems), key=line)


def _origins(recipe: Recipe, places: at.Places) -> dict[str, str]:
    origins = {}
    for path in _leaf_paths(recipe.model_dump(by_alias=True), ()):
        place, written = places.nearest(path)
        origins[at.dotted(path)] = place.origin if written else "default"
    return origins


def _leaf_paths(value: Any, path: at.Path) -> Iterator[at.Path]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaf_paths(inner, (*path, key))
    else:
        yield path
