"""What a recipe names and the registry has to know: encoders, methods, and their options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from umlkit import registry
from umlkit.errors import Problem, closest, listed
from umlkit.recipe import keys
from umlkit.recipe.positions import Path, Places, dotted
from umlkit.recipe.problems import from_validation, named, shown, unknown_key


def check(raw: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """The problems with encoders, methods and their options, in a recipe whose short forms are written out."""
    yield from _encoders(raw, places)
    yield from _methods(raw, places)


def _encoders(raw: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    modalities = keys.at(raw, ("data", "modalities"))
    for name, modality in (modalities if isinstance(modalities, dict) else {}).items():
        encoder = keys.at(modality, ("encoder",))
        if isinstance(encoder, dict):
            path: Path = ("data", "modalities", name, "encoder")
            yield from _encoder(encoder, path, modality.get("kind"), raw, places)


def _encoder(encoder: dict[str, Any], path: Path, kind: Any, raw: Any, places: Places) -> Iterator[Problem]:
    name, options = encoder.get("name"), encoder.get("options", {})
    if not isinstance(name, str) or not name:
        return
    spec = registry.encoders().get(name)
    if spec is not None:
        yield from _kind(spec, (*path, "name"), kind, places)
        yield from _options(spec.options, options, (*path, "options"), raw, places)
    elif name != registry.AUTO:
        known = [registry.AUTO, *registry.encoders()]
        where = places.nearest((*path, "name"))[0].value
        yield Problem(
            f"unknown encoder {named(name)}", where, None, listed(known), closest(name, known), "umlkit encoders"
        )
    elif options:
        where = places.nearest((*path, "options"))[0].key
        what = f"{dotted(path)}: auto has no options; name the encoder that they belong to"
        yield Problem(what, where, shown(options), listed(registry.encoders()), try_next="umlkit encoders")


def _kind(spec: registry.EncoderSpec, path: Path, kind: Any, places: Places) -> Iterator[Problem]:
    if not isinstance(kind, str) or kind == registry.AUTO or kind in spec.kinds:
        return
    fitting = [name for name, other in registry.encoders().items() if kind in other.kinds]
    if fitting:
        what = f"the encoder {spec.name} does not read the kind {kind}"
        yield Problem(
            what, places.nearest(path)[0].value, spec.name, listed([registry.AUTO, *fitting]), None, "umlkit encoders"
        )


def _methods(raw: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    methods = raw.get("methods")
    for name, options in (methods if isinstance(methods, dict) else {}).items():
        spec = registry.methods().get(name)
        if spec is None:
            yield unknown_key(("methods", name), raw, places, what="method", try_next="umlkit methods")
        else:
            yield from _options(spec.options, options, ("methods", name), raw, places)


def _options(record: type[registry.Options], given: Any, path: Path, raw: Any, places: Places) -> Iterator[Problem]:
    if not isinstance(given, dict):
        return
    try:
        record.model_validate(given)
    except ValidationError as error:
        yield from from_validation(error, raw, places, under=path)
