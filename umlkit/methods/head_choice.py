"""The option ``head`` of every method that trains a fusion head: any registered one, checked by name without torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from umlkit import registry
from umlkit.errors import closest, listed


def _registered(name: str) -> str:
    heads = registry.heads()
    if name not in heads:
        near = closest(name, heads)
        raise ValueError(f"must be one of {listed(heads)}" + (f"; did you mean {near!r}?" if near else ""))
    return name


HeadName = Annotated[
    str,
    AfterValidator(_registered),
    Field(
        description="fusion head: `linear` (additive in the modalities) or `mlp` (can mix them)",
        json_schema_extra={"registered": "heads"},
    ),
]


def is_additive(head: str) -> bool:
    """Whether a late-fusion network with this head has logits that are a sum of one function per modality."""
    return registry.head(head).additive
