"""Labels of new samples as numbers of the classes that a model knows, by name or as the training data wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from umlkit.data import labels
from umlkit.data.cut import not_numbers
from umlkit.data.named import missing_column
from umlkit.data.raw import Raw
from umlkit.data.records import Ints
from umlkit.errors import Problem, closest, listed


def known_labels(
    raw: Raw, label: str, classes: Sequence[str], values: Sequence[str], *, problems: list[Problem]
) -> Ints | None:
    """(n,) class numbers, or None with what is wrong added to ``problems``.

    Args:
        raw: the new data.
        label: array or column with the labels.
        classes: the model's class names; a label may be one of them ...
        values: ... or what the training data wrote for it, in the same order.
        problems: collects what is wrong: no such column, labels that are none, classes unseen in training.
    """
    if label not in raw.headers:
        option = "--label NAME; evaluate needs the labels, and without them there is `umlkit predict`"
        problems.append(missing_column("label", label, raw, option=option))
        return None
    problem = not_numbers(label, raw.headers[label].dtype, where=raw.name)
    if raw.headers[label].dtype.hasobject and not raw.table and problem is not None:
        problems.append(problem)
        return None
    found = labels.plain(raw.load(label), label, where=raw.name, row=raw.row, problems=problems)
    if found is None:
        return None
    # What the training data wrote comes first: a class may be named by the number of another.
    number = {**{name: i for i, name in enumerate(classes)}, **{value: i for i, value in enumerate(values)}}
    counts = dict(zip(map(str, found.values), found.counts().tolist(), strict=True))
    unknown = {text: count for text, count in counts.items() if text not in number}
    if unknown:
        _, row = found.count(lambda value: str(value) in unknown)
        first = str(found.values[found.codes[row]])
        problems.append(_unseen_class(raw, label, unknown, classes, first=first, row=row))
        return None
    return np.array([number[text] for text in counts], dtype=np.int64)[found.codes]


def _unseen_class(
    raw: Raw, label: str, unknown: Mapping[str, int], classes: Sequence[str], *, first: str, row: int
) -> Problem:
    return Problem(
        f"the label {label!r} holds {'a class' if len(unknown) == 1 else f'{len(unknown)} classes'} unseen in training",
        where=f"{raw.name}, {raw.row(row)}",
        found=listed((f"{text!r} ({count} samples)" for text, count in unknown.items()), limit=6),
        allowed=listed(map(repr, classes)),
        closest=closest(first, classes),
        try_next="leave these samples out, or train with them",
    )
