"""Options of the uni-modal ensemble."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from umlkit.registry import MethodSpec, Options


class UmeOptions(Options):
    """What the ensemble can be told."""

    pool: Literal["auto", "log-linear", "prob-mean", "logit-mean"] = Field(
        default="auto",
        description="how posteriors are combined; `auto` is `log-linear`, below 100 `select` samples the better on "
        "`select` of it and the mean of the logits of the modalities that it keeps",
    )

    @property
    def tuned(self) -> bool:
        """Whether the weights of the modalities are fitted."""
        return self.pool in ("auto", "log-linear")


SPEC = MethodSpec(
    name="ume",
    summary="uni-modal ensemble: every modality alone, their predictions pooled",
    options=UmeOptions,
    implementation="umlkit.methods.ume.method:Ume",
    builds_on=("unimodal",),
    candidate=True,
    additive=lambda options: options.pool != "prob-mean",
)
