"""Which trainings the ladder and the paper's rule are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder: a method with the options that make it that rung.

    Attributes:
        name: as the ladder prints it.
        method: the registry name.
        overrides: options laid over the recipe's.
        candidate: the candidate that this rung is, or None.
    """

    name: str
    method: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    candidate: str | None = None


RUNGS = (
    Rung("ume", "ume", candidate="ume"),
    Rung("frozen-linear", "frozen", {"head": "linear", "fit_on": "select"}),
    Rung("frozen-mlp", "frozen", {"head": "mlp", "fit_on": "select"}),
    Rung("joint-additive", "joint", {"head": "linear"}),
    Rung("joint", "joint", candidate="joint"),
    Rung("residual", "residual", candidate="residual"),
    Rung("umt", "umt", candidate="umt"),
)
"""The trained rungs, cheapest first; the prior and the single modalities stand before them."""

PAPER = (
    Rung("ume-prob-mean", "ume", {"pool": "prob-mean"}),
    Rung("paper-train", "frozen", {"head": "linear", "fit_on": "train"}),
    Rung("paper-select", "frozen", {"head": "linear", "fit_on": "select"}),
)
"""What the paper's rule reads; never rungs of the ladder."""
