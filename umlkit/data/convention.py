"""Which array or column is what: the label, the groups, the split, the ids, and the modalities.

What the recipe names comes first (:mod:`umlkit.data.stated`); the rest follows the file's convention
(:mod:`umlkit.data.grouping`). What is left over is listed as ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from umlkit.data.categories import unfit
from umlkit.data.cut import Place
from umlkit.data.grouping import by_arrays, by_columns
from umlkit.data.named import INDEX_ARRAYS, RESERVED, missing_column
from umlkit.data.raw import Raw
from umlkit.data.stated import stated_place
from umlkit.data.suspects import which_label
from umlkit.errors import InputError, Problem, listed
from umlkit.recipe.data_schema import NO_WEIGHTS, Data


@dataclass(frozen=True)
class Layout:
    """What each array or column of a source is for.

    Attributes:
        label: holds the labels.
        groups, split, id, sample_weight, class_names: hold these, or None.
        index: the index arrays ``idx_train`` and its like that are there.
        modalities: in order.
        ignored: what no part of umlkit reads; an array with its shape.
    """

    label: str
    groups: str | None
    split: str | None
    id: str | None
    sample_weight: str | None
    class_names: str | None
    index: tuple[str, ...]
    modalities: tuple[Place, ...]
    ignored: tuple[str, ...]


def lay_out(raw: Raw, data: Data) -> Layout:
    """Decide what everything in ``raw`` is for.

    Raises:
        InputError: the label is not named, a name is not there, or no modality is left: all of these at once.
    """
    problems: list[Problem] = []
    label = _label(raw, data, problems)
    named = {key: _named(raw, data, key, problems) for key in ("groups", "split_by", "id", "sample_weight")}
    index = tuple(name for name in INDEX_ARRAYS.values() if name in raw.headers and not raw.table)
    split = named["split_by"] or ("split" if "split" in raw.headers else None)
    other = {label, *named.values(), split, *RESERVED, *(() if raw.table else (*index, "class_names"))}
    bystanders = {name for name in other if name is not None and name in raw.headers}
    modalities = _modalities(raw, data, bystanders, label=label, problems=problems)
    if problems or label is None:
        raise InputError(*problems)
    class_names = "class_names" if "class_names" in raw.headers and raw.headers["class_names"].shape else None
    used = {label, split, class_names, named["groups"], named["id"], named["sample_weight"]}
    used |= set(() if data.split_by else index)
    used |= {name for place in modalities for name in (*(place.columns or (place.source,)), place.lengths)}
    return Layout(
        label=label,
        groups=named["groups"],
        split=split,
        id=named["id"],
        sample_weight=named["sample_weight"],
        class_names=class_names,
        index=() if data.split_by else index,
        modalities=tuple(modalities),
        ignored=tuple(_left_out(raw, name) for name in raw.headers if name not in used),
    )


def _left_out(raw: Raw, name: str) -> str:
    """A name that no modality has: an array with its shape, a column with the reason where it could be no input."""
    shape = raw.headers[name].shape
    if not raw.table:
        return f"{name} {shape}" if shape else name
    reason = unfit(raw, name)
    return f"{name} ({reason})" if reason else name


def _label(raw: Raw, data: Data, problems: list[Problem]) -> str | None:
    name = data.label or raw.label
    if name is None:
        problem = which_label(raw)
        problems.append(replace(problem, try_next=f"{problem.try_next}, or data.label in the recipe"))
    elif name not in raw.headers:
        problems.append(missing_column("label", name, raw, option="--label NAME, or data.label in the recipe"))
        return None
    return name


def _named(raw: Raw, data: Data, key: str, problems: list[Problem]) -> str | None:
    name: str | None = getattr(data, key)
    if name is None:
        return key if key in raw.headers and key in RESERVED else None
    if key == "sample_weight" and name == NO_WEIGHTS:
        return None
    if name in raw.headers:
        return name
    flag = "" if key == "sample_weight" else f"--{key.replace('_', '-')} NAME, or "
    what = key.replace("_by", "").replace("_", " ")
    problems.append(missing_column(what, name, raw, option=f"{flag}data.{key} in the recipe"))
    return None


def _modalities(
    raw: Raw, data: Data, bystanders: set[str], *, label: str | None, problems: list[Problem]
) -> list[Place]:
    if data.modalities is not None:
        places = [stated_place(raw, name, spec, bystanders, problems) for name, spec in data.modalities.items()]
        found = [place for place in places if place is not None]
        problems.extend(
            _holds_the_label(raw, place, label) for place in found if label in (place.columns or (place.source,))
        )
    else:
        found = by_columns(raw, bystanders) if raw.table else by_arrays(raw, bystanders, label=label)
    if not found and not problems:
        problems.append(_no_modalities(raw, label))
    return found


def _holds_the_label(raw: Raw, place: Place, label: str | None) -> Problem:
    return Problem(
        f"the modality {place.name!r} holds the label {label!r} itself", where=raw.name, try_next="leave it out"
    )


def _no_modalities(raw: Raw, label: str | None) -> Problem:
    return Problem(
        "nothing is left that could be a modality",
        where=raw.name,
        found=listed(f"{name!r} {header.shape}" for name, header in raw.headers.items()),
        allowed=f"{raw.word}s of numbers as long as the label {label!r}",
        try_next="name them X_<modality>, or list them under data.modalities in a recipe",
    )
