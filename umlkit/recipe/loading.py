"""From what a user calls a recipe (a file, a bundled name, a data file, nothing) to a checked one, or all its problems.

Nothing is read here but the recipe itself; the data come later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from umlkit.errors import InputError, Problem, closest, listed
from umlkit.recipe import bundled, canonical, choices, keys, yaml_reading
from umlkit.recipe import overrides as overriding
from umlkit.recipe import positions as at
from umlkit.recipe.overrides import Overrides
from umlkit.recipe.problems import from_validation, shown
from umlkit.recipe.schema import Recipe, file_name, misplaced_data, wrong_sum
from umlkit.recipe.text import decode

RECIPE_ENDINGS = (".yaml", ".yml")
DATA_ENDINGS = (".npz", ".npy", ".safetensors", ".csv", ".tsv", ".jsonl", ".parquet")
DEFAULT = Path("umlkit.yaml")


@dataclass(frozen=True)
class LoadedRecipe:
    """A checked recipe and where it is from.

    Attributes:
        recipe: the recipe with all overrides.
        folder: what ``data.path`` is relative to.
        origin: for every leaf, dotted: ``flag --seed``, ``--set``, ``UMLKIT_X``, ``recipe.yaml:3`` or ``default``.
        file: the YAML file; None where a data file was given.
        text: the YAML as written.
    """

    recipe: Recipe
    folder: Path
    origin: Mapping[str, str]
    file: Path | None
    text: str | None

    def data_files(self) -> Mapping[str, Path]:
        """The data files and folders by name, in their order; none where scikit-learn is the source."""
        path = self.recipe.data.path
        named = (
            path
            if isinstance(path, dict)
            else {file_name(p): p for p in ([path] if isinstance(path, str) else path or ())}
        )
        return {name: self.folder / one for name, one in named.items()}

    def new_files(self) -> tuple[str, ...]:
        """What a folder of new data calls the files that the recipe joins; none where it joins none."""
        files = self.data_files()
        return tuple(f"{name}{path.suffix}" for name, path in files.items()) if len(files) > 1 else ()


@dataclass(frozen=True)
class _Found:
    """A recipe as read, before overrides and checks."""

    raw: dict[str, Any]
    places: at.Places
    problems: list[Problem]
    folder: Path
    name: str
    file: Path | None = None
    text: str | None = None


def load(reference: str | None, overrides: Overrides | None = None) -> LoadedRecipe:
    """The recipe that ``reference`` names, with ``overrides``.

    Args:
        reference: a YAML file, the name of a bundled recipe, a data file by its ending, a folder of ``.npy`` files,
            or None for ``./umlkit.yaml``.
        overrides: what changes it from outside.

    Raises:
        InputError: with every problem of the reference, the file and the overrides.
    """
    found = _find(reference)
    raw, places = found.raw, found.places
    problems = [*found.problems, *overriding.apply(raw, places, overrides or Overrides())]
    canonical.write_out(raw, places)
    recipe, invalid = _validated(raw, places, default_name=found.name)
    unread = {problem.where for problem in problems}
    problems += [problem for problem in invalid if problem.where not in unread]
    if problems or recipe is None:
        raise InputError(*_in_order(problems))
    return LoadedRecipe(recipe, found.folder, _origins(recipe, places), found.file, found.text)


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


def _find(reference: str | None) -> _Found:
    if reference is None:
        return _default()
    if not reference.strip():
        raise InputError(Problem("names no recipe", where="RECIPE", found="empty text", try_next="umlkit recipes"))
    if reference in bundled.names():
        return _recipe_file(bundled.path(reference), called=bundled.path(reference).name)
    path = Path(reference)
    ending = path.suffix.lower()
    try:
        if path.is_dir():
            return _folder(path)
        if not path.exists():
            raise InputError(_nothing_there(reference, path))
    except (OSError, ValueError):
        raise InputError(Problem("cannot be the name of a file", where="RECIPE", found=shown(reference))) from None
    if ending in DATA_ENDINGS:
        return _data_file(path)
    if ending not in RECIPE_ENDINGS:
        raise InputError(_wrong_ending(path))
    if not path.is_file():  # reading one could wait, or go on, for ever
        raise InputError(Problem("is a pipe or a device, not a recipe", where=reference, allowed="a file (.yaml)"))
    return _recipe_file(path, called=reference)


def _default() -> _Found:
    if DEFAULT.is_file():
        return _recipe_file(DEFAULT, called=str(DEFAULT))
    raise InputError(
        Problem(
            f"no recipe given, and there is no {DEFAULT} here",
            allowed=f"a recipe (.yaml), a data file ({', '.join(DATA_ENDINGS)}) with --label, or one of the bundled "
            f"recipes: {listed(bundled.names())}",
            try_next=f"umlkit run {bundled.names()[0]}" if bundled.names() else None,
        )
    )


def _recipe_file(path: Path, *, called: str) -> _Found:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(Problem("cannot be read", where=called, found=error.strerror)) from None
    text = decode(content, called)
    if isinstance(text, Problem):
        raise InputError(text)
    reading = yaml_reading.read(text, called)
    if not isinstance(reading.value, dict):
        raise InputError(*reading.problems or [_no_mapping(reading.value, called)])
    return _Found(reading.value, reading.places, reading.problems, path.parent, run_name(path.stem), path, text)


def run_name(stem: str) -> str:
    """What a run is called after a file of this name: a folder's name, whatever the file's."""
    return re.sub(r"[^\w.+-]+", "-", stem)[:200].lstrip(".") or "umlkit"


def _no_mapping(value: Any, called: str) -> Problem:
    if value is None:
        return Problem("is empty", where=called, try_next="umlkit recipes copy digits, or umlkit init DATA --label y")
    return Problem(
        "holds no keys", where=called, found=shown(value), allowed="lines of `key: value`", try_next="umlkit recipes"
    )


def _data_file(path: Path) -> _Found:
    called = str(path)
    place = at.Place(called, called, called)
    places = at.Places(place)
    places[("data", "path")] = place
    return _Found({"data": {"path": path.name}}, places, [], path.parent, run_name(path.stem))


def _folder(path: Path) -> _Found:
    """A folder of arrays is data; any other is a mistake."""
    inside = sorted(p.name for p in path.iterdir() if p.suffix.lower() in _ENDINGS)
    if any(name.lower().endswith(".npy") for name in inside):
        return _data_file(path if path.name not in ("", "..") else path.resolve())
    raise InputError(
        Problem(
            "is a folder, not a recipe",
            where=str(path),
            found=f"in it: {listed(inside, limit=5)}" if inside else None,
            allowed="a recipe (.yaml), a bundled recipe's name, a data file, or a folder of .npy files",
            try_next=f"umlkit run {path / inside[0]}" if inside else "umlkit recipes",
        )
    )


def _nothing_there(reference: str, path: Path) -> Problem:
    if path.is_symlink():
        return Problem("is a link that leads nowhere", where=reference, found=f"a link to {str(path.readlink())!r}")
    beside: list[str] = []
    if path.parent.is_dir():
        beside = [str(path.parent / p.name) for p in path.parent.iterdir() if p.suffix.lower() in _ENDINGS]
    return Problem(
        "no such file" if path.suffix or path.name != reference else "no such file, and no bundled recipe of that name",
        where="RECIPE",
        found=shown(reference),
        allowed=f"a recipe (.yaml), a data file ({', '.join(DATA_ENDINGS)}), or one of the bundled recipes: "
        f"{listed(bundled.names())}",
        closest=closest(reference, [*bundled.names(), *beside]),
        try_next="umlkit recipes",
    )


_ENDINGS = RECIPE_ENDINGS + DATA_ENDINGS


def _wrong_ending(path: Path) -> Problem:
    return Problem(
        "neither a recipe nor a data file by its ending",
        where=str(path),
        found=path.suffix or "no ending",
        allowed=f"{', '.join(RECIPE_ENDINGS)} for a recipe; {', '.join(DATA_ENDINGS)} for data",
        closest=closest(path.suffix, _ENDINGS) if path.suffix else None,
    )


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
