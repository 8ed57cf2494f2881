"""Options of heads on frozen features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from umlkit.registry import MethodSpec, Options


class FrozenOptions(Options):
    """What a head on frozen uni-modal features can be told."""

    head: Literal["linear", "mlp"] = Field(
        default="linear", description="`linear` (additive in the modalities) or `mlp` (can mix them)"
    )
    fit_on: Literal["select", "train"] = Field(
        default="select",
        description="`select`: on held-out features, added to the ensemble's logits, ridge by cross-validation; "
        "`train`: on training features alone, stopped early on `select`",
    )


SPEC = MethodSpec(
    name="frozen",
    summary="a head on the features of the frozen uni-modal models; a rung of the measurement",
    options=FrozenOptions,
    implementation="umlkit.methods.frozen.method:Frozen",
    builds_on=("unimodal", "ume"),
    candidate=False,
    version=3,  # 1: judged on `select` by the ridge best there, however little; 2: took grouped samples one by one
    additive=lambda options: options.head == "linear",
)
