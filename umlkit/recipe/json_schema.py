"""The recipe as JSON Schema (draft 7), by which editors complete and check it while it is written.

Made from the pydantic schema and the registry: encoders, methods and heads by name, each with its own options. What
holds between several keys (shares that make 1, an encoder that reads the kind) is left to umlkit itself. The file
beside this module holds what umlkit brings along and goes with every installation; ``umlkit recipes schema`` adds what
other packages register. ``python -m umlkit.recipe.json_schema`` writes the file anew.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from umlkit import registry
from umlkit.recipe.data_schema import EncoderChoice
from umlkit.recipe.schema import Recipe

FILE = Path(__file__).with_name("recipe.schema.json")
"""The schema that is shipped."""
DIALECT = "http://json-schema.org/draft-07/schema#"
TITLE = "A recipe of umlkit"
REGISTERED = "registered"
"""In a field's ``json_schema_extra``: its values are the names in that part of the registry, such as ``heads``."""

Schema = dict[str, Any]
_ROOT = "#/$defs/"


class _Untitled(GenerateJsonSchema):
    """Without titles, which only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's signature
        """Never."""
        return False


def modeline(file: Path = FILE) -> str:
    """The comment by which an editor with a YAML language server finds the schema; a URI, so it may hold blanks."""
    return f"# yaml-language-server: $schema={file.resolve().as_uri()}"


def json_schema(*, own: bool = False) -> Schema:
    """The schema of a recipe.

    Args:
        own: only with the encoders, methods and heads that umlkit brings along, whatever else is installed.
    """
    encoders = {name: spec for name, spec in registry.encoders().items() if not own or _is_own(spec.options)}
    methods = {name: spec for name, spec in registry.methods().items() if not own or _is_own(spec.options)}
    heads = {name: spec for name, spec in registry.heads().items() if not own or _is_own(spec.options)}
    options = [*(spec.options for spec in encoders.values()), *(spec.options for spec in methods.values())]
    models: list[type[BaseModel]] = list(dict.fromkeys([Recipe, *options]))
    references, top = models_json_schema([(model, "validation") for model in models], schema_generator=_Untitled)
    named = {model: reference["$ref"] for (model, _), reference in references.items()}
    definitions: dict[str, Schema] = top["$defs"]
    for definition in definitions.values():
        _open_sections(definition, definitions)
        _name_registered(definition, {"encoders": encoders, "methods": methods, "heads": heads})
    recipe = definitions.pop(named[Recipe].removeprefix(_ROOT))
    recipe["properties"]["methods"] |= {
        "additionalProperties": False,
        "properties": {
            name: {"description": spec.summary, "anyOf": [{"$ref": named[spec.options]}, {"type": "null"}]}
            for name, spec in methods.items()
        },
    }
    recipe["properties"]["methods"].pop("propertyNames", None)
    definitions[EncoderChoice.__name__] = {"anyOf": list(_encoders(encoders, named, definitions))}
    return {"$schema": DIALECT, **recipe, "title": TITLE, "$defs": dict(sorted(definitions.items()))}


def _is_own(options: type[registry.Options]) -> bool:
    return options.__module__.startswith("umlkit.")


def text(schema: Schema) -> str:
    """The schema as it stands in a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def is_schema(file: Path) -> bool:
    """Whether ``file`` holds a recipe's schema, which may be written anew."""
    try:
        return bool(json.loads(file.read_text(encoding="utf-8"))["title"] == TITLE)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _encoders(
    encoders: Mapping[str, registry.EncoderSpec], named: Mapping[type, str], definitions: Mapping[str, Schema]
) -> Iterator[Schema]:
    """``mlp``, ``{name: mlp, hidden: 64}`` and ``{name: mlp, options: {hidden: 64}}``, for every encoder."""
    auto = "compares those that fit the kind on `select`"
    yield {"const": registry.AUTO, "description": auto}
    yield from ({"const": name, "description": spec.summary} for name, spec in encoders.items())
    yield _choice(registry.AUTO, auto, {"options": {"type": "object", "maxProperties": 0}})
    for name, spec in encoders.items():
        reference = named[spec.options]
        options = definitions[reference.removeprefix(_ROOT)]
        flat = _choice(name, spec.summary, copy.deepcopy(options.get("properties", {})))
        yield {**flat, "required": ["name", *options.get("required", [])]}
        yield _choice(name, spec.summary, {"options": {"$ref": reference}})


def _choice(name: str, summary: str, properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": summary,
        "properties": {"name": {"const": name}, **properties},
        "required": ["name"],
        "additionalProperties": False,
    }


def _open_sections(definition: Schema, definitions: Mapping[str, Schema]) -> None:
    """Let a section be there with nothing behind it, where it is not one that is required."""
    properties = definition.get("properties", {})
    for key, value in properties.items():
        if key not in definition.get("required", []):
            properties[key] = _or_nothing(value, definitions)
        for branch in value.get("anyOf", []):
            if isinstance(branch.get("additionalProperties"), dict):
                branch["additionalProperties"] = _or_nothing(branch["additionalProperties"], definitions)
        if isinstance(value.get("default"), dict | list | None):
            value.pop("default", None)


def _or_nothing(value: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = value.get("$ref", "").removeprefix(_ROOT)
    if reference not in definitions or reference == EncoderChoice.__name__:
        return value
    rest = {key: inner for key, inner in value.items() if key not in ("$ref", "default")}
    return {**rest, "anyOf": [{"$ref": value["$ref"]}, {"type": "null"}]}


def _name_registered(part: Any, specs: Mapping[str, Mapping[str, Any]]) -> None:
    """Turn the mark :data:`REGISTERED` into the names that are registered."""
    if isinstance(part, dict):
        if isinstance(part.get(REGISTERED), str):
            part["enum"] = list(specs[part.pop(REGISTERED)])
        for inner in list(part.values()):
            _name_registered(inner, specs)
    elif isinstance(part, list):
        for inner in part:
            _name_registered(inner, specs)


if __name__ == "__main__":
    FILE.write_text(text(json_schema(own=True)), encoding="utf-8")
