"""Arrays and columns that a recipe names: by their names, by patterns, or in vain."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Sequence

from umlkit.data.raw import Raw
from umlkit.errors import Problem, closest, listed

RESERVED = ("groups", "split", "id", "sample_weight")
INDEX_ARRAYS = {"train": "idx_train", "val": "idx_val", "test": "idx_test"}


def match_columns(
    patterns: str | Sequence[str], names: Collection[str], *, but: Collection[str]
) -> tuple[list[str], list[str]]:
    """Columns that the patterns name, in the order of the table, and the patterns that name none.

    A pattern that is a column's very name means that column; else ``*``, ``?`` and ``[...]`` match as in a shell, and
    never a column of ``but`` (the label and its like).
    """
    known, found = set(names), set[str]()
    nothing: list[str] = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        exact = {pattern} & known
        matched = exact or {name for name in names if name not in but and fnmatch.fnmatchcase(name, pattern)}
        found |= matched
        if not matched:
            nothing.append(pattern)
    return [name for name in names if name in found], nothing


def missing_column(what: str, name: str, raw: Raw, *, option: str) -> Problem:
    """An array or column that was named and is not there."""
    return Problem(
        f"there is no {raw.word} {name!r} for the {what}",
        where=raw.name,
        found=listed(map(repr, raw.headers)),
        closest=closest(name, raw.headers),
        try_next=option,
    )
