"""Options of ResNet-18."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.encoders.picture_options import PictureOptions, candidates
from umlkit.registry import EncoderSpec

SHORTEST_SIDE = 64
"""Below it the network's last maps are a single position from the third of its four stages on."""


class Resnet18Options(PictureOptions):
    """What may be said of a ResNet-18."""

    width: Annotated[int, Field(ge=16, le=512, multiple_of=16)] = Field(
        default=64, description="channels of the stem, a multiple of 16; the features are 8 times as many"
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="share of the features dropped in training"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-2, description="decoupled weight decay")


SPEC = EncoderSpec(
    name="resnet18",
    summary="ResNet-18; `auto` tries it on pictures with sides of 64 and more",
    kinds=frozenset({"image", "spectrogram"}),
    options=Resnet18Options,
    implementation="umlkit.encoders.resnet18.encoder:Resnet18Encoder",
    candidates=candidates,
    suits=lambda shape: min(shape[1:]) >= SHORTEST_SIDE,
)
