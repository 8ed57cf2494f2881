"""Options of the linear encoder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import EncoderSpec, Options


class LinearOptions(Options):
    """What may be said of a linear encoder."""

    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")


SPEC = EncoderSpec(
    name="linear",
    summary="one linear map; right where samples are few and columns many",
    kinds=frozenset({"vector", "table", "image", "sequence", "spectrogram"}),
    options=LinearOptions,
    implementation="umlkit.encoders.linear.encoder:LinearEncoder",
)
