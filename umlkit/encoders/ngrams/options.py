"""Options of the n-gram encoder, and the settings that ``auto`` compares."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from umlkit.registry import EncoderSpec, Options

HIDDEN = (0, 64)


class NgramsOptions(Options):
    """What may be said of an n-gram encoder."""

    hidden: Annotated[int, Field(ge=0, le=65_536)] | Literal["auto"] = Field(
        default="auto", description="width of a hidden layer, 0 for a linear map; `auto` compares on `select`"
    )
    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.8, description="share of hidden units dropped in training, where there are some"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1e-2, description="decoupled weight decay")


def candidates(options: NgramsOptions) -> list[NgramsOptions]:
    """The settings that ``auto`` stands for, the linear map first."""
    if options.hidden != "auto":
        return [options]
    return [options.model_copy(update={"hidden": hidden}) for hidden in HIDDEN]


SPEC = EncoderSpec(
    name="ngrams",
    summary="a bag of the n-grams of words and characters in a text",
    kinds=frozenset({"text"}),
    options=NgramsOptions,
    implementation="umlkit.encoders.ngrams.encoder:NgramsEncoder",
    candidates=candidates,
)
