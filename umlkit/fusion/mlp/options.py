"""Options of the multi-layer perceptron head."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import HeadSpec, Options


class MlpHeadOptions(Options):
    """What may be said of a multi-layer perceptron head."""

    hidden: Annotated[int, Field(ge=1, le=65_536)] = Field(default=128, description="width of the hidden layer")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="share of hidden units dropped in training"
    )


SPEC = HeadSpec(
    name="mlp",
    summary="one hidden layer on the concatenated features; can represent interactions between modalities",
    additive=False,
    options=MlpHeadOptions,
    implementation="umlkit.fusion.mlp.head:MlpHead",
)
