"""Options of the recurrent encoder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import EncoderSpec, Options


class GruOptions(Options):
    """What may be said of a recurrent encoder."""

    hidden: Annotated[int, Field(ge=1, le=4096)] = Field(default=32, description="units of every layer and direction")
    layers: Annotated[int, Field(ge=1, le=8)] = Field(default=1, description="layers, one behind the other")
    bidirectional: bool = Field(default=True, description="whether every layer reads the steps from both ends")
    steps: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=128, description="most tokens of a training sample; longer ones are read in patches of several steps"
    )
    segments: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="equal parts of a sample's length whose means are kept apart"
    )
    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.5, description="share of the pooled values dropped in training"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-2, description="decoupled weight decay")


SPEC = EncoderSpec(
    name="gru",
    summary="gated recurrent units, read from both ends; sequences of any length",
    kinds=frozenset({"sequence"}),
    options=GruOptions,
    implementation="umlkit.encoders.gru.encoder:GruEncoder",
)
