"""Options that encoders of steps in time share: how the steps of a sample come to one row of features."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import Options


class SequenceOptions(Options):
    """Pooling, features and regularisation."""

    segments: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="equal parts of a sample's length whose means are kept apart; 1 forgets what came when"
    )
    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.5, description="share of the pooled values dropped in training"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-2, description="decoupled weight decay")


class TokenOptions(SequenceOptions):
    """The same for encoders whose cost grows with every step."""

    steps: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=128, description="most tokens of a training sample; longer ones are read in patches of several steps"
    )
