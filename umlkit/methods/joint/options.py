"""Options of joint training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.methods.head_choice import HeadName, is_additive
from umlkit.registry import MethodSpec, Options


class JointOptions(Options):
    """What joint late-fusion training can be told."""

    head: HeadName = "mlp"
    width: Annotated[int, Field(ge=1, le=16)] = Field(
        default=2, description="encoders so many times as wide as the uni-modal ones; 2 is that of a UMT student"
    )


SPEC = MethodSpec(
    name="joint",
    summary="one late-fusion network trained end to end on cross-entropy",
    options=JointOptions,
    implementation="umlkit.methods.joint.method:Joint",
    builds_on=(),
    candidate=True,
    additive=lambda options: is_additive(options.head),
    version=2,  # 1: tempered to be surer for any gain
)
