"""Values that are missing where the recipe says ``missing: error``: the problem, and what there is to do about it.

In data to train with the recipe may say how to fill them in; a trained model knows no way to, until it is trained anew.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from umlkit.data.raw import Raw
from umlkit.errors import Problem


@dataclass(frozen=True)
class Gaps(Problem):
    """Missing values of one modality.

    Attributes:
        line: the line of a recipe that lets them be.
    """

    line: str = ""

    def for_a_model(self) -> Problem:
        """The problem of samples that a trained model is to judge."""
        return replace(
            self,
            what=f"{self.what}, and the model was trained with `missing: error`",
            try_next=f"leave these rows out or fill them in, or set {self.line} and train again",
        )


def gaps(what: str, *, raw: Raw, name: str, row: str, way: str = "impute-mean", so: str = "") -> Gaps:
    """The problem of samples to train with.

    Args:
        what: which values are missing.
        raw: the source.
        name: of the modality.
        row: the first sample that misses one, and where in it.
        way: the value of ``missing`` that lets them be.
        so: what comes of it, where that is not plain.
    """
    line = f"data.modalities.{name}.missing: {way}"
    again = f"{line}, in the recipe{so}"
    if raw.path is not None:  # else files are joined, which only a recipe does
        again = (
            f"{line}, in a recipe{so}; `umlkit init {shlex.quote(raw.name)}`, with the label by --label, writes one "
            "that says so"
        )
    return Gaps(what, where=f"{raw.name}, {row}", try_next=again, line=line)
