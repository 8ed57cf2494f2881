"""Options of the transformer over tokens."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import EncoderSpec, Options


class TextTransformerOptions(Options):
    """What may be said of a transformer over tokens."""

    features: Annotated[int, Field(ge=8, le=4096, multiple_of=8)] = Field(
        default=32, description="features it returns and width of its layers, a multiple of 8"
    )
    layers: Annotated[int, Field(ge=1, le=24)] = Field(default=2, description="layers of attention")
    heads: Annotated[int, Field(ge=1, le=8)] = Field(default=4, description="heads of a layer: 1, 2, 4 or 8")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.2, description="share of a layer's output dropped in training"
    )
    token_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.2, description="share of the tokens that are unknown in training"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-1, description="decoupled weight decay")


SPEC = EncoderSpec(
    name="text-transformer",
    summary="a small transformer that reads words in their order",
    kinds=frozenset({"text"}),
    options=TextTransformerOptions,
    implementation="umlkit.encoders.text_transformer.encoder:TextTransformer",
)
