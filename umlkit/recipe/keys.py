"""Which keys a recipe may hold where, read off the schema and the registry."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from umlkit import registry
from umlkit.errors import closest
from umlkit.recipe.positions import Path, dotted
from umlkit.recipe.schema import Recipe

ANY = "*"
"""Stands in a path for a name that the user chooses: a modality, a method."""


@cache
def sections() -> dict[Path, type[BaseModel]]:
    """Every part of a recipe that has fixed keys, by its path with :data:`ANY` for chosen names."""
    return dict(_sections(Recipe, ()))


def _sections(model: type[BaseModel], path: Path) -> Iterator[tuple[Path, type[BaseModel]]]:
    yield path, model
    for key, field in _fields(model).items():
        inner = _inner_section(field)
        if inner is not None:
            chosen: Path = (ANY,) if _is_mapping(field) else ()
            yield from _sections(inner, (*path, key, *chosen))


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_mapping(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is dict or any(_is_mapping(a) for a in get_args(annotation))


def _inner_section(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((s for s in map(_inner_section, get_args(annotation)) if s is not None), None)


def generalised(path: Path) -> Path:
    """``path`` with :data:`ANY` in the place of names that the user chooses."""
    general: Path = ()
    for part in path:
        chosen = (*general, ANY) in sections() or general == ("methods",)
        general = (*general, ANY if chosen else part)
    return general


def section(path: Path) -> type[BaseModel] | None:
    """The section at ``path``; None where something else is."""
    return sections().get(generalised(path))


def allowed(path: Path, raw: Any = None) -> list[str] | None:
    """The keys that may stand at ``path``; None where the user chooses them, or where no keys belong.

    Args:
        path: from the top of the recipe.
        raw: the recipe as read, which says whose options an encoder's options are.
    """
    if path == ("methods",):
        return list(registry.methods())
    model = record(path, raw)
    return None if model is None else list(_fields(model))


def record(path: Path, raw: Any = None) -> type[BaseModel] | None:
    """The section, or the options of a method or an encoder, at ``path``; None where something else is."""
    return section(path) or _options(path, raw)


def _options(path: Path, raw: Any) -> type[BaseModel] | None:
    if len(path) == 2 and path[0] == "methods":
        spec = registry.methods().get(str(path[1]))
        return None if spec is None else spec.options
    if path[-2:] == ("encoder", "options"):
        name = at(raw, (*path[:-1], "name"))
        encoder = registry.encoders().get(name) if isinstance(name, str) else None
        return None if encoder is None else encoder.options
    return None


def at(raw: Any, path: Path) -> Any:
    """What stands at ``path`` of plain values; None where nothing does."""
    for part in path:
        if isinstance(raw, dict):
            raw = raw.get(part)
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        else:
            return None
    return raw


def elsewhere(key: str, path: Path) -> str | None:
    """Where ``key``, unknown at ``path``, is known: ``train.epochs`` for ``epochs``; None where it is known nowhere."""
    homes = [home for home, model in sections().items() if home != generalised(path) and key in _fields(model)]
    return dotted((*homes[0], key)) if len(homes) == 1 else None


def suggestion(key: str, path: Path, raw: Any = None) -> str | None:
    """The key closest to ``key`` that may stand at ``path``, else where the very key belongs."""
    return closest(key, allowed(path, raw) or []) or elsewhere(key, path)


def leaves(raw: Any = None) -> Iterator[Path]:
    """The path of every key that holds a value of its own, of methods' options too.

    Args:
        raw: the recipe as read, whose modalities' keys are among them.
    """
    homes = [home for path in sections() for home in _named(path, raw)]
    for home in (*homes, *(("methods", name) for name in registry.methods())):
        model = record(home, raw)
        if model is not None:
            yield from ((*home, key) for key, kind in _fields(model).items() if _inner_section(kind) is None)


def _named(path: Path, raw: Any) -> Iterator[Path]:
    """The path with the names that the recipe has in the place of :data:`ANY`; none where it has none."""
    if ANY not in path:
        yield path
        return
    at_name = path.index(ANY)
    chosen = at(raw, path[:at_name])
    for name in chosen if isinstance(chosen, dict) else ():
        yield from _named((*path[:at_name], name, *path[at_name + 1 :]), raw)
