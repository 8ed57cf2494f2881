"""Options of residual training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import MethodSpec, Options


class ResidualOptions(Options):
    """What residual training can be told."""

    width: Annotated[int, Field(ge=1, le=16)] = Field(
        default=2, description="encoders of the residual network so many times as wide as the uni-modal ones"
    )


SPEC = MethodSpec(
    name="residual",
    summary="a joint network that learns what the frozen ensemble leaves, added to its logits",
    options=ResidualOptions,
    implementation="umlkit.methods.residual.method:Residual",
    builds_on=("unimodal", "ume"),
    candidate=True,
    additive=lambda _: False,
    version=2,  # 1: judged on `select` by a pool that had seen the sample
)
