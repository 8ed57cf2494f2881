"""Options of the transformer encoder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import EncoderSpec, Options, by_name_only


class TransformerOptions(Options):
    """What may be said of a transformer encoder."""

    width: Annotated[int, Field(ge=8, le=4096, multiple_of=8)] = Field(
        default=32, description="width of a token, a multiple of 8; a head has 8 of it"
    )
    layers: Annotated[int, Field(ge=1, le=24)] = Field(default=2, description="layers, one behind the other")
    steps: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=128, description="most tokens of a training sample; longer ones are read in patches of several steps"
    )
    segments: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="equal parts of a sample's length whose means are kept apart"
    )
    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")
    layer_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.1, description="share of what a layer adds that is dropped in training"
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.5, description="share of the pooled values dropped in training"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-2, description="decoupled weight decay")


SPEC = EncoderSpec(
    name="transformer",
    summary="a small transformer over time; sequences of any length, not tried by `auto`",
    kinds=frozenset({"sequence"}),
    options=TransformerOptions,
    suits=by_name_only,
    implementation="umlkit.encoders.transformer.encoder:TransformerEncoder",
)
