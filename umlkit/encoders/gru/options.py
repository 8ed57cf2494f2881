"""Options of the recurrent encoder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.encoders.sequence_options import TokenOptions
from umlkit.registry import EncoderSpec


class GruOptions(TokenOptions):
    """What may be said of a recurrent encoder."""

    hidden: Annotated[int, Field(ge=1, le=4096)] = Field(default=32, description="units of every layer and direction")
    layers: Annotated[int, Field(ge=1, le=8)] = Field(default=1, description="layers, one behind the other")
    bidirectional: bool = Field(default=True, description="whether every layer reads the steps from both ends")


SPEC = EncoderSpec(
    name="gru",
    summary="gated recurrent units, read from both ends; sequences of any length",
    kinds=frozenset({"sequence"}),
    options=GruOptions,
    implementation="umlkit.encoders.gru.encoder:GruEncoder",
)
