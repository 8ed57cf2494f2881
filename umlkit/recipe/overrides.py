"""What changes a recipe from outside: flags, then ``--set a.b=v``, then ``UMLKIT_*`` variables; the first one wins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from umlkit.errors import Problem, closest
from umlkit.recipe import keys, yaml_reading
from umlkit.recipe.positions import Path, Place, Places

FLAGS = {
    "seeds": "--seed",
    "data.label": "--label",
    "data.groups": "--groups",
    "data.split_by": "--split-by",
    "data.id": "--id",
    "device": "--device",
    "threads": "--threads",
    "workers": "--workers",
    "probe.budget": "--budget",
}
"""Recipe key -> the flag that sets it."""

PREFIX = "UMLKIT_"
NOT_OF_THE_RECIPE = frozenset({"UMLKIT_OUT"})
SEVERAL = re.compile(r"\s*[\[(]?\s*\d+(?:[\s,;]+\d+)+[\s,;]*[\])]?\s*", re.ASCII)
"""Whole numbers that somebody wrote for several seeds."""


@dataclass(frozen=True)
class Overrides:
    """What changes a recipe from outside.

    Attributes:
        flags: dotted recipe key -> value.
        sets: ``a.b=v`` as given to ``--set``; v is read as YAML.
        environ: variables; those that begin with ``UMLKIT_`` count.
    """

    flags: Mapping[str, Any] = field(default_factory=dict)
    sets: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Change:
    path: Path
    value: Any
    place: Place


class _CannotRead(Exception):  # noqa: N818 -- carries problems to where they are gathered
    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def is_outside(origin: str) -> bool:
    """Whether a value of this origin is from a flag, ``--set`` or the environment."""
    return origin == "--set" or origin.startswith("flag --") or re.fullmatch(rf"{PREFIX}\w+", origin) is not None


def apply(raw: dict[str, Any], places: Places, overrides: Overrides) -> list[Problem]:
    """Change ``raw`` and ``places`` in place; the later of two changes wins. Returns what could not be read."""
    problems: list[Problem] = []
    for change in _changes(raw, overrides):
        try:
            made = change()
            _put(raw, places, made)
        except _CannotRead as unreadable:
            problems.extend(unreadable.problems)
    return problems


def _changes(raw: dict[str, Any], overrides: Overrides) -> Iterator[Any]:
    for name, value in sorted(overrides.environ.items()):
        if name.startswith(PREFIX) and name not in NOT_OF_THE_RECIPE and value:
            yield lambda name=name, value=value: _from_variable(raw, name, value)
    for text in overrides.sets:
        yield lambda text=text: _from_set(text)
    for key, value in overrides.flags.items():
        yield lambda key=key, value=value: _from_flag(key, value)


def _from_flag(key: str, value: Any) -> _Change:
    flag = FLAGS.get(key, key)
    return _Change(_split(key, flag), value, Place(flag, flag, f"flag {flag}"))


def _from_set(text: str) -> _Change:
    where = f"--set {text}"
    key, equals, value = text.partition("=")
    if not equals:
        raise _CannotRead(Problem("has no =", where=where, allowed="KEY=VALUE", try_next="--set train.epochs=50"))
    return _Change(_split(key.strip(), where), _value(value, where), Place(where, where, "--set"))


def _from_variable(raw: dict[str, Any], name: str, text: str) -> _Change:
    value = _value(text, name)
    if name == "UMLKIT_SEED":
        if type(value) is not int:
            raise _CannotRead(_no_seed(name, text))
        return _Change(("seeds",), [value], Place(name, name, name))
    path: Path = ()
    for part in name.removeprefix(PREFIX).split("__"):
        path = (*path, _matching(part, path, raw, name))
    return _Change(path, value, Place(name, name, name))


def _no_seed(name: str, text: str) -> Problem:
    several = re.findall(r"\d+", text) if SEVERAL.fullmatch(text) else []
    try_next = f"unset {name}" + (f"; export {name}S='[{', '.join(several)}]'" if several else "")
    return Problem("takes one seed", where=name, found=text, allowed="a whole number", try_next=try_next)


def _matching(part: str, path: Path, raw: dict[str, Any], name: str) -> str:
    """The key at ``path`` that a part of a variable's name means: without regard to case, ``_`` for ``-``."""
    written = keys.at(raw, path)
    known: list[str] = [*(written if isinstance(written, dict) else ()), *(keys.allowed(path, raw) or ())]
    by_folded = {_folded(key): key for key in reversed(known)}
    if _folded(part) in by_folded:
        return by_folded[_folded(part)]
    if part and keys.allowed(path, raw) is None and path:
        return part.lower()
    raise _CannotRead(_unknown_variable(name, raw))


def _folded(key: str) -> str:
    return key.casefold().replace("-", "_")


def _unknown_variable(name: str, raw: Mapping[str, Any]) -> Problem:
    short = [flag.replace("--", PREFIX).upper() for key, flag in FLAGS.items() if "." not in key]
    short += sorted(NOT_OF_THE_RECIPE)
    every = [PREFIX + "__".join(_folded(str(part)).upper() for part in path) for path in keys.leaves(raw)]
    return Problem(
        "is a variable that sets nothing",
        where=name,
        allowed=f"{', '.join(short)}, or {PREFIX}<SECTION>__<KEY> for a recipe's key",
        closest=closest(name, [*short, *every]),
        try_next=f"unset {name}",
    )


def _value(text: str, where: str) -> Any:
    """The YAML value in a flag or variable, its problems with ``where`` in the place of a line."""
    if not text.strip():
        return None
    reading = yaml_reading.read(text, where)
    if reading.problems:
        raise _CannotRead(*(replace(problem, where=where) for problem in reading.problems))
    return reading.value


def _split(key: str, where: str) -> Path:
    """``data.modalities."a.b".kind`` in its parts."""
    parts = re.findall(r'(?:"([^"]*)"|([^."]+))(?:\.|$)', key)
    names = tuple(quoted or plain for quoted, plain in parts)
    if not names or _joined(parts) != key.rstrip("."):
        raise _CannotRead(
            Problem("is no key of a recipe", where=where, found=repr(key), try_next="--set train.epochs=50")
        )
    return names


def _joined(parts: list[tuple[str, str]]) -> str:
    return ".".join(f'"{quoted}"' if quoted else plain for quoted, plain in parts)


def _put(raw: dict[str, Any], places: Places, change: _Change) -> None:
    target: Any = raw
    for depth, part in enumerate(change.path[:-1], start=1):
        inner = target.get(part)
        if part == "encoder" and isinstance(inner, str):
            inner = target[part] = {"name": inner}
            places[(*change.path[:depth], "name")] = places.nearest(change.path[:depth])[0]
        if isinstance(inner, list):
            raise _CannotRead(_within_a_list(change, depth))
        if not isinstance(inner, dict):
            inner = target[part] = {}
            places.cover(change.path[:depth], None, change.place)
        target = inner
    target[change.path[-1]] = change.value
    places.forget(change.path)
    places.cover(change.path, change.value, change.place)


def _within_a_list(change: _Change, depth: int) -> Problem:
    key = ".".join(str(part) for part in change.path[:depth])
    return Problem(f"{key} is a list, which is set as a whole", where=change.place.key, try_next=f"--set '{key}=[...]'")
