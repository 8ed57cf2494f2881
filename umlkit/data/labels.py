"""Labels as written to class numbers: integers, truth values or words, one per sample, at least two classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from umlkit.data.cells import is_missing, number
from umlkit.data.levels import Levels, of_texts, of_values
from umlkit.data.records import Array, Ints
from umlkit.data.strings import StringArray
from umlkit.errors import Problem, listed


@dataclass(frozen=True)
class Labels:
    """Class numbers and what they are called.

    Attributes:
        numbers: (N,) int64 in [0, C).
        classes: C names, in the order of the labels' values.
        values: the C values as text.
        said: how the labels were read, for the user.
    """

    numbers: Ints
    classes: tuple[str, ...]
    values: tuple[str, ...]
    said: str


def settle(
    values: Array | StringArray,
    name: str,
    *,
    where: str,
    row: Callable[[int], str] = "row {}".format,
    class_names: Sequence[str] | None,
    problems: list[Problem],
) -> Labels | None:
    """Class numbers of the labels ``values`` (N,), or None with what is wrong added to ``problems``.

    Args:
        values: integers, truth values or text; text cells of a table that are all integers count as integers.
        name: of the array or column.
        where: the source, for messages.
        row: a sample by its number, as messages name it.
        class_names: names of the classes 0..C-1, where the file has them.
        problems: collects what is wrong.
    """
    found = plain(values, name, where=where, row=row, problems=problems)
    if found is None:
        return None
    distinct = list(found.values)
    if len(distinct) < 2:
        problems.append(_one_class(name, distinct, where))
        return None
    classes = _names(distinct, class_names, where=where, problems=problems)
    kind = {int: "integers", bool: "truth values", str: "words"}[type(distinct[0])]
    named = ", named by class_names" if classes != [str(value) for value in distinct] else ""
    said = f"{len(distinct)} classes, {kind}{named}"
    return Labels(found.codes, tuple(classes), tuple(map(str, distinct)), said)


def plain(
    values: Array | StringArray,
    name: str,
    *,
    where: str,
    row: Callable[[int], str] = "row {}".format,
    problems: list[Problem],
) -> Levels | None:
    """The distinct labels, sorted, all int, bool or str, and whose each is; None with what is wrong in ``problems``."""
    if not isinstance(values, StringArray) and values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    problem = _shape_problem(values, name, where)
    if problem is None and not isinstance(values, StringArray) and values.dtype.kind in "biu":
        return of_values(values)
    if problem is None and not isinstance(values, StringArray) and values.dtype.kind == "f":
        problem = _float_problem(values, name, where, row)
    elif problem is None:
        found = of_texts(values, strip=" \t")
        cells = values.dtype.kind == "O"
        problem = _text_problem(found, name, where, row) or (_cell_problem(found, name, where, row) if cells else None)
        if problem is None:
            return found.mapped((_as_integers(found.values) if cells else None) or found.values)
    if problem is not None:
        problems.append(problem)
    return None


def _as_integers(texts: Sequence[str]) -> list[int] | None:
    try:
        return [int(text) for text in texts] if not any("_" in text for text in texts) else None
    except ValueError:
        return None


def _shape_problem(values: Array | StringArray, name: str, where: str) -> Problem | None:
    if values.ndim == 2 and values.dtype.kind in "biuf":
        return Problem(
            f"the label {name!r} has {values.shape[1]} values a sample",
            where=where,
            found=f"shape {values.shape}",
            allowed="one class a sample, shape (samples,)",
            try_next=f"for one-hot labels save {name}.argmax(axis=1)",
        )
    if values.ndim != 1:
        return Problem(
            f"the label {name!r} is not one value a sample",
            where=where,
            found=f"shape {values.shape}",
            allowed="shape (samples,)",
        )
    if len(values) == 0:
        return Problem(f"the label {name!r} is empty: there are no samples", where=where)
    if values.dtype.kind not in "biufUSTO":
        return Problem(
            f"the label {name!r} holds no classes",
            where=where,
            found=f"dtype {values.dtype}",
            allowed="integers, truth values or text",
        )
    return None


def _text_problem(found: Levels, name: str, where: str, row: Callable[[int], str]) -> Problem | None:
    count, first = found.count(lambda text: not text)
    return _missing(name, count, row(first), where) if count else None


def _cell_problem(found: Levels, name: str, where: str, row: Callable[[int], str]) -> Problem | None:
    """What is wrong with text cells that all read as numbers: then they are numbers, and NA means missing."""
    numbers = [number(cell) for cell in found.values]
    if any(value is None for value in numbers):
        return None
    count, first = found.count(is_missing)
    if count:
        return _missing(name, count, row(first), where)
    if _as_integers(found.values) is not None:
        return None
    return _float_problem(np.array(numbers, dtype=np.float64)[found.codes], name, where, row)


def _float_problem(values: Array, name: str, where: str, row: Callable[[int], str]) -> Problem:
    gaps = np.flatnonzero(~np.isfinite(values))
    if len(gaps):
        return _missing(name, len(gaps), row(int(gaps[0])), where)
    whole = bool((values == np.floor(values)).all())
    shown = ", ".join(str(float(value)) for value in values[:3])
    return Problem(
        f"the label {name!r} holds floats; regression is not a task here",
        where=where,
        found=f"{shown}, ...",
        allowed="integers, truth values or text",
        try_next=f"save {name}.round().astype(int)"
        if whole
        else f"classes from numbers: numpy.digitize({name}, edges), or {name}.round().astype(int)",
    )


def _missing(name: str, count: int, first: str, where: str) -> Problem:
    return Problem(
        f"the label {name!r} is missing for {count} {'sample' if count == 1 else 'samples'}",
        where=where,
        found=f"the first in {first}",
        try_next="label these samples or leave them out of the file",
    )


def _one_class(name: str, distinct: list[Any], where: str) -> Problem:
    return Problem(
        f"the label {name!r} has one class",
        where=where,
        found=f"{distinct[0]!r} in every sample",
        allowed="two classes or more",
    )


def _names(distinct: list[Any], names: Sequence[str] | None, *, where: str, problems: list[Problem]) -> list[str]:
    own = [str(value) for value in distinct]
    if names is None or type(distinct[0]) is not int:
        return own
    if distinct[0] < 0 or distinct[-1] >= len(names):
        if set(own) <= set(names):
            return own
        problems.append(
            Problem(
                "class_names does not fit the labels",
                where=where,
                found=f"labels from {distinct[0]} to {distinct[-1]}, {len(names)} names",
                allowed="one name for each of the classes 0, 1, 2, ...",
            )
        )
        return own
    problem = _names_problem(names, where)
    if problem is not None:
        problems.append(problem)
    return [names[value] for value in distinct]


def _names_problem(names: Sequence[str], where: str) -> Problem | None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return Problem("class_names holds a name twice", where=where, found=listed(map(repr, twice)))
    numbers = [name for i, name in enumerate(names) if name.isdecimal() and int(name) != i]
    if numbers:
        return Problem(
            "class_names calls a class by the number of another",
            where=where,
            found=f"{numbers[0]!r} for class {names.index(numbers[0])}",
            try_next="use names that are no numbers, or leave class_names out",
        )
    return None
