"""What kinds made of numbers share: the search for missing and infinite values, with counts and the first row."""

from __future__ import annotations

from umlkit.data.columns import NUMERIC
from umlkit.data.gaps import gaps
from umlkit.data.missing import non_finite
from umlkit.data.raw import Raw
from umlkit.data.records import Array, ModalityArray
from umlkit.errors import Problem


def not_numbers(name: str, modality: ModalityArray, *, kind: str, where: str) -> Problem | None:
    """Why a modality cannot be of a kind made of numbers: it holds texts, or words that stand for categories."""
    if modality.values.dtype.kind in NUMERIC and not modality.levels:
        return None
    return Problem(
        f"the modality {name!r} holds text, and the kind {kind} is made of numbers",
        where=where,
        found=f"shape {modality.values.shape} of {'words' if modality.levels else 'text'}",
        allowed="numbers",
        try_next=f"data.modalities.{name}.kind: text or table, in a recipe, or leave it out (umlkit init writes one)",
    )


def flat(values: Array) -> Array:
    """(N, ...) as (N, D)."""
    columns: Array = values.reshape(len(values), -1)
    return columns


def value_problems(name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
    """NaN (where they are not to be imputed) and infinities in a modality, with counts and the first row."""
    found = non_finite(modality.values)
    problems: list[Problem] = []
    if found.nan_row is not None and modality.missing == "error":
        problems.append(
            gaps(
                f"the modality {name!r} has {found.nan} missing {'value' if found.nan == 1 else 'values'} (NaN)",
                raw=raw,
                name=name,
                row=raw.row(found.nan_row),
            )
        )
    if found.inf_row is not None:
        problems.append(
            Problem(
                f"the modality {name!r} has {found.inf} infinite {'value' if found.inf == 1 else 'values'}",
                where=f"{raw.name}, {raw.row(found.inf_row)}",
                allowed="finite numbers",
                try_next="replace them, by NaN if they stand for missing values",
            )
        )
    return problems
