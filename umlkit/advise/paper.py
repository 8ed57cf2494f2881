"""The paper's own guide, in its best reading, from the rows that the probe stored.

Du et al. (ICML 2023, abstract): choose by how the signal is distributed over uni-modal and paired features. The guide
as we read it: fit a multi-modal classifier on top of the frozen uni-modal encoders; where it beats the averaged
uni-modal predictions (probability mean) in held-out accuracy, paired features matter, so UMT, else UME. The head is
fitted once on training features with early stopping on `select`, and once on `select` itself; the better of the two
stands for the guide.
"""

from __future__ import annotations

from statistics import fmean

from umlkit.errors import InputError, Problem
from umlkit.runs.records.advice import PaperRule
from umlkit.runs.records.probe import ProbeRecord

AVERAGED = "ume-prob-mean"
HEADS = ("paper-train", "paper-select")


def compared(probe: ProbeRecord) -> PaperRule:
    """The two accuracies that the guide compares, the mean over seeds.

    Raises:
        InputError: the measurement lacks one of them.
    """
    heads = {name: _accuracy(probe, name) for name in HEADS if _has(probe, name)}
    if not heads or not _has(probe, AVERAGED):
        raise InputError(
            Problem(
                "the measurement holds nothing for the paper's rule",
                where=probe.name,
                allowed=f"rows {AVERAGED} and one of {', '.join(HEADS)}",
                try_next="umlkit probe RECIPE",
            )
        )
    best = max(heads, key=lambda name: heads[name])
    return PaperRule(averaged_accuracy=_accuracy(probe, AVERAGED), head=best, head_accuracy=heads[best])


def choice(rule: PaperRule) -> str:
    """``umt`` where the head beats the averaged predictions, else ``ume``."""
    return "umt" if rule.head_accuracy > rule.averaged_accuracy else "ume"


def _has(probe: ProbeRecord, name: str) -> bool:
    return any(row.name == name for row in probe.paper)


def _accuracy(probe: ProbeRecord, name: str) -> float:
    return fmean(row.accuracy for row in probe.paper if row.name == name)
