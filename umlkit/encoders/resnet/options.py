"""Options of the small residual network."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.encoders.picture_options import PictureOptions, candidates
from umlkit.registry import EncoderSpec


class ResnetOptions(PictureOptions):
    """What may be said of a small residual network."""

    width: Annotated[int, Field(ge=8, le=1024, multiple_of=8)] = Field(
        default=16, description="channels of the stem, a multiple of 8; every block doubles them, up to 8 times"
    )
    blocks: Annotated[int, Field(ge=1, le=8)] | None = Field(
        default=None,
        description="residual blocks, each at half the resolution; default: by the picture's size and colours",
    )
    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.5, description="share of the last maps' values dropped in training"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-2, description="decoupled weight decay")


SPEC = EncoderSpec(
    name="resnet",
    summary="a small residual network for small pictures",
    kinds=frozenset({"image", "spectrogram"}),
    options=ResnetOptions,
    implementation="umlkit.encoders.resnet.encoder:ResnetEncoder",
    candidates=candidates,
)
