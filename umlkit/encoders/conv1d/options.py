"""Options of the convolutional network over time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.encoders.sequence_options import SequenceOptions
from umlkit.registry import EncoderSpec


class Conv1dOptions(SequenceOptions):
    """What may be said of a convolutional network over time."""

    width: Annotated[int, Field(ge=8, le=1024, multiple_of=8)] = Field(
        default=32, description="channels of every layer, a multiple of 8"
    )
    kernel: Annotated[int, Field(ge=1, le=63)] = Field(default=5, description="steps that a convolution sees at a time")
    blocks: Annotated[int, Field(ge=1, le=12)] | None = Field(
        default=None, description="residual blocks, each at half the resolution; default: by the longest sample"
    )


SPEC = EncoderSpec(
    name="conv1d",
    summary="a small residual network over time; sequences of any length",
    kinds=frozenset({"sequence"}),
    options=Conv1dOptions,
    implementation="umlkit.encoders.conv1d.encoder:Conv1dEncoder",
)
