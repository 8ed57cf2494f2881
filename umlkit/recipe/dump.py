"""A resolved recipe as YAML that loads to the same recipe again."""

from __future__ import annotations

from typing import Any

import yaml

from umlkit.recipe import scalars
from umlkit.recipe.schema import Recipe


class _Dumper(yaml.SafeDumper):
    """Quotes what the loader would otherwise not read as text, such as ``1e-3``, and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- the signature is PyYAML's
        """Write a value that occurs twice out twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if scalars.is_text(text) and text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(recipe: Recipe) -> str:
    """Every key of ``recipe`` with its value, in the order of the schema; what is unset is left out."""
    values = recipe.model_dump(mode="json", by_alias=True, exclude_none=True)
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
