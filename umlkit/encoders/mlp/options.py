"""Options of the multi-layer perceptron encoder, and the settings that ``auto`` compares."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from umlkit.registry import EncoderSpec, Options

REGULARISATION = ((0.0, 1e-2), (0.5, 1e-1))
"""(dropout, weight decay): weak and strong."""
NUMERIC = ("standard", "piecewise")
"""How numbers of a table are read."""


class MlpOptions(Options):
    """What may be said of a multi-layer perceptron encoder."""

    hidden: Annotated[int, Field(ge=1, le=65_536)] = Field(default=128, description="width of the hidden layer")
    features: Annotated[int, Field(ge=1, le=65_536)] = Field(default=32, description="features it returns")
    dropout: Annotated[float, Field(ge=0, lt=1)] | Literal["auto"] = Field(
        default="auto", description="share of hidden units dropped in training; `auto` compares on `select`"
    )
    numeric: Literal["standard", "piecewise", "auto"] = Field(
        default="auto",
        description="numbers of a table: standardised, or piecewise linear between their quantiles too; "
        "`auto` compares on `select`",
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] | Literal["auto"] = Field(
        default="auto", description="decoupled weight decay; `auto` compares on `select`"
    )


def candidates(options: MlpOptions) -> list[MlpOptions]:
    """The settings that ``auto`` stands for, by how numbers are read, weak regularisation first, each once."""
    settings = [
        options.model_copy(
            update={
                "numeric": numeric,
                "dropout": dropout if options.dropout == "auto" else options.dropout,
                "weight_decay": decay if options.weight_decay == "auto" else options.weight_decay,
            }
        )
        for numeric in (NUMERIC if options.numeric == "auto" else [options.numeric])
        for dropout, decay in REGULARISATION
    ]
    return list(dict.fromkeys(settings))


SPEC = EncoderSpec(
    name="mlp",
    summary="one hidden layer; vectors, tables, small pictures and short sequences",
    kinds=frozenset({"vector", "table", "image", "sequence", "spectrogram"}),
    options=MlpOptions,
    implementation="umlkit.encoders.mlp.encoder:MlpEncoder",
    candidates=candidates,
    only_for={"numeric": frozenset({"table"})},
)
