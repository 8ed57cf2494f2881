"""Options of the transformer encoder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.encoders.sequence_options import TokenOptions
from umlkit.registry import EncoderSpec, by_name_only


class TransformerOptions(TokenOptions):
    """What may be said of a transformer encoder."""

    width: Annotated[int, Field(ge=8, le=4096, multiple_of=8)] = Field(
        default=32, description="width of a token, a multiple of 8; a head has 8 of it"
    )
    layers: Annotated[int, Field(ge=1, le=24)] = Field(default=2, description="layers, one behind the other")
    layer_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.1, description="share of what a layer adds that is dropped in training"
    )


SPEC = EncoderSpec(
    name="transformer",
    summary="a small transformer over time; sequences of any length, not tried by `auto`",
    kinds=frozenset({"sequence"}),
    options=TransformerOptions,
    suits=by_name_only,
    implementation="umlkit.encoders.transformer.encoder:TransformerEncoder",
)
