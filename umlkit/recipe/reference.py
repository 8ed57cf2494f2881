"""What a user may write for RECIPE, and the recipe behind it as read: not yet overridden, not yet checked.

That is a YAML file, the name of a bundled recipe, a data file by its ending, a folder of ``.npy`` files, the directory
of a run (its own ``recipe.yaml``), or nothing for ``./umlkit.yaml``. Nothing is read here but the recipe itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from umlkit.errors import InputError, Problem, closest, listed
from umlkit.recipe import bundled, yaml_reading
from umlkit.recipe import positions as at
from umlkit.recipe.problems import shown
from umlkit.recipe.text import decode

RECIPE_ENDINGS = (".yaml", ".yml")
DATA_ENDINGS = (".npz", ".npy", ".safetensors", ".csv", ".tsv", ".jsonl", ".parquet")
DEFAULT = Path("umlkit.yaml")
_ENDINGS = RECIPE_ENDINGS + DATA_ENDINGS
_WHERE = "RECIPE"
_MARKER, _RECIPE = "run.json", "recipe.yaml"  # of a run directory; neither row may import the other
_MODELS = "seed-*/*/models/*-*"  # by these, too, it is known: run.json may be lost


@dataclass(frozen=True)
class Found:
    """A recipe as read, before overrides and checks.

    Attributes:
        raw: its keys, nested.
        places: where each of them was written.
        problems: what could not be read.
        folder: what its paths are relative to.
        name: what the run is called unless the recipe says so.
        file: the YAML file; None for a data file.
        text: the YAML as written.
        run: the run directory whose recipe this is; None where it was not named by that.
    """

    raw: dict[str, Any]
    places: at.Places
    problems: list[Problem]
    folder: Path
    name: str
    file: Path | None = None
    text: str | None = None
    run: Path | None = None


def find(reference: str | None) -> Found:
    """The recipe that ``reference`` stands for.

    Raises:
        InputError: it stands for none, or the file cannot be read.
    """
    if reference is None:
        return _default()
    if not reference.strip():
        raise InputError(Problem("names no recipe", where=_WHERE, found="empty text", try_next="umlkit recipes"))
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
        raise InputError(Problem("cannot be the name of a file", where=_WHERE, found=shown(reference))) from None
    if ending in DATA_ENDINGS:
        return _data_file(path)
    if ending not in RECIPE_ENDINGS:
        raise InputError(_wrong_ending(path))
    if not path.is_file():  # reading one could wait, or go on, for ever
        raise InputError(Problem("is a pipe or a device, not a recipe", where=reference, allowed="a file (.yaml)"))
    return _recipe_file(path, called=reference)


def run_name(stem: str) -> str:
    """What a run is called after a file of this name: a folder's name, whatever the file's."""
    return re.sub(r"[^\w.+-]+", "-", stem)[:200].lstrip(".") or "umlkit"


def _default() -> Found:
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


def _recipe_file(path: Path, *, called: str) -> Found:
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
    return Found(reading.value, reading.places, reading.problems, path.parent, run_name(path.stem), path, text)


def _no_mapping(value: Any, called: str) -> Problem:
    if value is None:
        return Problem("is empty", where=called, try_next="umlkit recipes copy digits, or umlkit init DATA --label y")
    return Problem(
        "holds no keys", where=called, found=shown(value), allowed="lines of `key: value`", try_next="umlkit recipes"
    )


def _data_file(path: Path) -> Found:
    called = str(path)
    place = at.Place(called, called, called)
    places = at.Places(place)
    places[("data", "path")] = place
    return Found({"data": {"path": path.name}}, places, [], path.parent, run_name(path.stem))


def _folder(path: Path) -> Found:
    """A run's directory is its recipe, a folder of arrays is data; any other is a mistake."""
    if _is_run(path):
        return _of_run(path)
    inside = sorted(p.name for p in path.iterdir() if p.suffix.lower() in _ENDINGS)
    if any(name.lower().endswith(".npy") for name in inside):
        return _data_file(path if path.name not in ("", "..") else path.resolve())
    raise InputError(_no_recipe(path, inside))


def _is_run(path: Path) -> bool:
    return (path / _MARKER).is_file() or ((path / _RECIPE).is_file() and any(path.glob(_MODELS)))


def _of_run(path: Path) -> Found:
    recipe = path / _RECIPE
    if not recipe.is_file():
        raise InputError(
            Problem(
                f"is the directory of a run, but has no {_RECIPE} yet",
                where=str(path),
                try_next=f"umlkit run RECIPE --out {path}, with the recipe that it was begun with",
            )
        )
    return replace(_recipe_file(recipe, called=str(recipe)), run=path)


def _no_recipe(path: Path, inside: list[str]) -> Problem:
    """Of a folder: which run it belongs to, which runs or files lie in it, and what to write instead."""
    around = next((one for one in path.absolute().parents if _is_run(one)), None)
    runs = sorted(one.name for one in path.iterdir() if _is_run(one) and (one / _RECIPE).is_file())
    found = [f"the runs {listed(runs, limit=5)}" if runs else "", listed(inside, limit=5)]
    instead = around or (path / (runs or inside)[0] if runs or inside else None)
    return Problem(
        f"is a folder within the run {around.name}" if around else "is a folder, not a recipe",
        where=str(path),
        found=f"in it: {'; '.join(filter(None, found))}" if runs or inside else None,
        allowed="a recipe (.yaml), a bundled recipe's name, a data file, a folder of .npy files, or a run's directory",
        try_next="umlkit recipes" if instead is None else f"the same command with {_shortest(instead)} as its RECIPE",
    )


def _shortest(path: Path) -> Path:
    """As seen from here where it lies here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _nothing_there(reference: str, path: Path) -> Problem:
    if path.is_symlink():
        return Problem("is a link that leads nowhere", where=reference, found=f"a link to {str(path.readlink())!r}")
    there = path.parent.iterdir() if path.parent.is_dir() else ()
    beside = [path.parent / p.name for p in there if p.suffix.lower() in _ENDINGS or _is_run(p)]
    like = closest(reference, [*bundled.names(), *map(str, beside)])
    return Problem(
        "no such file" if path.suffix or path.name != reference else "no such file, and no bundled recipe of that name",
        where=_WHERE,
        found=shown(reference),
        allowed=f"a recipe (.yaml), a data file ({', '.join(DATA_ENDINGS)}), a run's directory, or one of the bundled "
        f"recipes: {listed(bundled.names())}",
        closest=like,
        try_next="umlkit recipes" if like is None else f"the same command with {like} as its RECIPE",
    )


def _wrong_ending(path: Path) -> Problem:
    return Problem(
        "neither a recipe nor a data file by its ending",
        where=str(path),
        found=path.suffix or "no ending",
        allowed=f"{', '.join(RECIPE_ENDINGS)} for a recipe; {', '.join(DATA_ENDINGS)} for data",
        closest=closest(path.suffix, _ENDINGS) if path.suffix else None,
    )
