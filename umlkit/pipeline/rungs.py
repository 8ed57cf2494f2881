"""Which trainings the ladder and the paper's rule are read from, at every budget.

``quick`` trains no network beyond the uni-modal ones: the ensemble, heads on its frozen features, and kernel machines
beside it. ``short`` adds joint, residual and UMT, each trained once and for a sixth of the epochs. ``full`` is the
whole ladder in full. Where the recipe wants an ensemble whose weights are not fitted, one with fitted weights is a
further rung, on which heads and kernel machines build: what fitting them gains is not paired. The residual network,
which a recipe may ask for, has the recipe's ensemble.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from umlkit.recipe.schema import Budget

BUDGETS: tuple[Budget, ...] = ("quick", "short", "full")
"""From the cheapest to the dearest."""


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder: a method with the options that make it that rung.

    Attributes:
        name: as the ladder prints it.
        method: the registry name.
        overrides: options laid over the recipe's.
        candidate: the candidate that this rung is, or None.
        since: the cheapest budget that has it.
        short: trained once and for a sixth of the epochs: another artifact than that of the full training.
        pool: of the ensemble that it builds on, ``auto`` for the recipe's own if that fits its weights; None for the
            recipe's own.
    """

    name: str
    method: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    candidate: str | None = None
    since: Budget = "quick"
    short: bool = False
    pool: str | None = None


LADDER = (
    Rung("ume", "ume", candidate="ume"),
    Rung("frozen-linear", "frozen", {"head": "linear", "fit_on": "select"}, pool="auto"),
    Rung("frozen-mlp", "frozen", {"head": "mlp", "fit_on": "select"}, pool="auto"),
    Rung("kernel-additive", "kernel", {"interaction": False}, pool="auto"),
    Rung("kernel", "kernel", {"interaction": True}, pool="auto"),
    Rung("joint-additive", "joint", {"head": "linear"}, since="full"),
    Rung("joint", "joint", candidate="joint", since="short"),
    Rung("residual", "residual", candidate="residual", since="short"),
    Rung("umt", "umt", candidate="umt", since="short"),
)
"""The trained rungs, in the order in which they are shown; the prior and the single modalities stand before them."""

FITTED = Rung("ume-tuned", "ume", {"pool": "auto"})
"""Shown after ``ume`` where the recipe has an ensemble whose weights are not fitted."""

PAPER = (
    Rung("ume-prob-mean", "ume", {"pool": "prob-mean"}),
    Rung("paper-train", "frozen", {"head": "linear", "fit_on": "train"}, since="short"),
    Rung("paper-select", "frozen", {"head": "linear", "fit_on": "select"}, pool="prob-mean"),
)
"""What the paper's rule reads, at ``quick`` without the head that takes a training; never rungs of the ladder.

The head that is fitted on `select` begins at the very average that it is compared with: one that finds nothing is it.
"""


def rungs(budget: Budget, *, tuned: bool = True) -> tuple[Rung, ...]:
    """The trained rungs of a budget: what ``quick`` lacks is short, unless the budget is ``full``.

    ``tuned`` tells whether the recipe's ensemble has fitted weights.
    """
    first, *others = _within(LADDER, budget)
    ladder = (first, *others) if tuned else (first, FITTED, *others)
    return tuple(replace(rung, short=budget != "full" and rung.since != "quick") for rung in ladder)


def paper(budget: Budget) -> tuple[Rung, ...]:
    """What the paper's rule reads at a budget."""
    return _within(PAPER, budget)


def mixed(budget: Budget, *, tuned: bool = True) -> tuple[Rung, ...]:
    """The rungs whose modalities are mixed between samples; at ``quick`` without the heads, for their cost."""
    return tuple(rung for rung in rungs(budget, tuned=tuned) if budget != "quick" or rung.method != "frozen")


def _within(every: tuple[Rung, ...], budget: Budget) -> tuple[Rung, ...]:
    return tuple(rung for rung in every if BUDGETS.index(rung.since) <= BUDGETS.index(budget))
