"""Read a recipe's data whole and check it: one :class:`Dataset`, or every problem at once.

The order is that of a reader's questions: what is in the file, what is each thing for, are they equally long, what
are the labels, what numbers make up each modality, and which samples belong together.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from umlkit.data import kinds, labels, sides
from umlkit.data.convention import Layout, lay_out
from umlkit.data.cut import Place, extract
from umlkit.data.digests import texts
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Dataset, Doubles, Ints, ModalityArray
from umlkit.data.said import reading_lines
from umlkit.data.sources import open_data
from umlkit.data.suspects import likely_groups
from umlkit.errors import InputError, Problem, listed
from umlkit.output import printable
from umlkit.recipe.data_schema import Data
from umlkit.recipe.positions import dotted

if TYPE_CHECKING:
    from umlkit.recipe.loading import LoadedRecipe


def read(loaded: LoadedRecipe) -> Dataset:
    """The data set that a recipe names.

    Raises:
        InputError: everything that is wrong with the file, the names or the values.
    """
    data = loaded.recipe.data
    try:
        raw = open_data(loaded.data_files(), data)
    except InputError as error:
        raise InputError(*_named_elsewhere(error.problems, loaded)) from error
    return from_raw(raw, data)


def _named_elsewhere(problems: Sequence[Problem], loaded: LoadedRecipe) -> list[Problem]:
    """The problems, with how to name a file that is not there where it lies now."""
    files, path = loaded.data_files(), loaded.recipe.data.path
    keys = {
        str(file): dotted(("data", "path", name)) if isinstance(path, dict) else "data.path"
        for name, file in files.items()
    }
    value = "[FILE, ...]" if isinstance(path, list) else "FILE"
    gone = {name for name in keys if not Path(name).exists()}
    return [
        replace(problem, try_next=f"say where it lies now: --set {shlex.quote(f'{keys[problem.where]}={value}')}")
        if problem.where in gone and problem.try_next is None
        else problem
        for problem in problems
    ]


def from_raw(raw: Raw, data: Data, *, extracted: Mapping[str, ModalityArray] | None = None) -> Dataset:
    """The data set in a source, read as the recipe's section ``data`` says.

    Args:
        raw: the source.
        data: the section.
        extracted: modalities whose values were taken out of the source already, by name.

    Raises:
        InputError: everything that is wrong.
    """
    layout = lay_out(raw, data)
    problems = _lengths(raw, layout)
    found = _labels(raw, layout, problems)
    taken = extracted or {}
    settled = {p.name: _modality(raw, p, problems, extracted=taken.get(p.name)) for p in layout.modalities}
    modalities = {name: modality for name, modality in settled.items() if modality is not None}
    beside = _beside(raw, layout, problems)
    if problems or found is None:
        raise InputError(*problems)
    return Dataset(
        modalities=modalities,
        labels=found.numbers,
        classes=found.classes,
        class_values=found.values,
        label_name=layout.label,
        ids=beside.ids,
        groups=None if len(beside.group_names) == len(found.numbers) else beside.groups,
        given_split=beside.given,
        reading=(
            *map(printable, raw.notes),
            *reading_lines(layout, modalities, found, group_names=beside.group_names, given=beside.given),
        ),
        warnings=(*_unnamed(raw, layout), *_perhaps_groups(raw, layout, data), *_warnings(modalities, found.numbers)),
        name=Path(raw.name).name,
        left_out=raw.left_out,
        sample_weights=beside.weights,
        weight_name=layout.sample_weight or "",
    )


@dataclass(frozen=True)
class _Beside:
    """What stands beside the samples: ids, groups with their names, the stated split, and weights."""

    ids: Sequence[str]
    groups: Ints | None
    group_names: tuple[str, ...]
    given: Array | None
    weights: Doubles | None


def _beside(raw: Raw, layout: Layout, problems: list[Problem]) -> _Beside:
    shape = raw.headers[layout.label].shape
    length = shape[0] if shape else 0
    ids = sides.ids(raw, layout.id, length, problems)
    groups, names = sides.groups(raw, layout.groups, length, problems)
    given = _given_split(raw, layout, length, problems)
    if given is not None:
        problems.extend(_split_problems(raw, given, groups, names))
    weights = sides.weights(raw, layout.sample_weight, length, problems)
    return _Beside(ids, groups, names, given, weights)


def _lengths(raw: Raw, layout: Layout) -> list[Problem]:
    """One problem that names every array's length, where they differ."""
    names = [layout.label, layout.groups, layout.split, layout.id, layout.sample_weight]
    names += [name for place in layout.modalities for name in (place.columns or (place.source,))]
    lengths = {name: raw.headers[name].shape[0] for name in names if name is not None and raw.headers[name].shape}
    if len(set(lengths.values())) <= 1:
        return []
    return [
        Problem(
            "the arrays differ in length",
            where=raw.name,
            found=listed(f"{name!r} {length}" for name, length in lengths.items()),
            allowed="one entry a sample in each",
            try_next="cut them to the same samples, in the same order",
        )
    ]


def _labels(raw: Raw, layout: Layout, problems: list[Problem]) -> labels.Labels | None:
    if raw.headers[layout.label].dtype.hasobject and not raw.table:
        problems.append(
            Problem(
                f"the label {layout.label!r} holds Python objects",
                where=raw.name,
                allowed="integers, truth values or text; umlkit reads no pickles",
                try_next=f"save it as text: numpy.array({layout.label}, dtype=str)",
            )
        )
        return None
    named = layout.class_names is not None and not _unnamed(raw, layout)
    names = list(texts(raw.load("class_names").reshape(-1))) if named else None
    return labels.settle(
        raw.load(layout.label), layout.label, where=raw.name, row=raw.row, class_names=names, problems=problems
    )


def _unnamed(raw: Raw, layout: Layout) -> tuple[str, ...]:
    """A warning where class_names holds neither text nor whole numbers, whose digits are names as well."""
    if layout.class_names is None or raw.headers[layout.class_names].dtype.kind in "USiub":
        return ()
    dtype = raw.headers[layout.class_names].dtype
    found = "Python objects" if dtype.hasobject else str(dtype)
    return (
        f"class_names holds {found}, no names, so the classes are called what the label says; to name them save "
        "numpy.array(class_names, dtype=str)",
    )


def _perhaps_groups(raw: Raw, layout: Layout, data: Data) -> tuple[str, ...]:
    """A warning for what is read as an input by convention alone and is called as groups are."""
    if data.modalities is not None or layout.groups is not None or layout.split is not None or layout.index:
        return ()
    read_as_inputs = {name for place in layout.modalities for name in (place.columns or (place.source,))}
    return tuple(
        f"{one.name!r} is read as an input and may name groups ({one.distinct} values, about {one.repeats} samples of "
        f"each): where samples of one are in train and in test figures flatter  [--groups {shlex.quote(one.name)}]"
        for one in likely_groups(raw, but=set(raw.headers) - read_as_inputs, by_name=True)
    )


def _modality(
    raw: Raw, place: Place, problems: list[Problem], *, extracted: ModalityArray | None
) -> ModalityArray | None:
    if extracted is None:
        found = extract(raw, place, problems)
    else:
        found = replace(extracted, missing=place.missing, fill=place.fill)
    if found is None:
        return None
    settled = kinds.settle(place.name, found, stated=place.kind, where=raw.name)
    if isinstance(settled, Problem):
        problems.append(settled)
        return None
    kind = kinds.KINDS[settled.modality.kind]
    nothing = kind.nothing_to_learn(place.name, settled.modality, raw)
    problems.extend(kind.problems(place.name, settled.modality, raw) if nothing is None else [nothing])
    return settled.modality


def _given_split(raw: Raw, layout: Layout, length: int, problems: list[Problem]) -> Array | None:
    if layout.split is not None and layout.index:
        problems.append(
            Problem(
                f"the split is stated twice: by {layout.split!r} and by {listed(layout.index)}",
                where=raw.name,
                try_next=f"keep one of them, or choose with --split-by {layout.split}",
            )
        )
        return None
    if layout.split is not None:
        return sides.split_words(raw, layout.split, length, problems)
    if layout.index:
        by_role = {name.removeprefix("idx_"): name for name in layout.index}
        return sides.split_indices(raw, by_role, length, problems)
    return None


def _split_problems(raw: Raw, given: Array, group: Ints | None, names: tuple[str, ...]) -> list[Problem]:
    torn = sides.torn_groups(given, group, names, where=raw.name) if group is not None else None
    return [problem for problem in (sides.lacking_parts(given, where=raw.name), torn) if problem is not None]


def _warnings(modalities: dict[str, ModalityArray], numbers: Ints) -> tuple[str, ...]:
    """Modalities of one column that spell out the label: nearly always a copy of it left among the inputs."""
    return tuple(
        f"the modality {name!r} gives the label away: each of its values belongs to one class, and there are as many"
        for name, modality in modalities.items()
        if modality.sample_shape == (1,) and _spells_out(modality.values[:, 0], numbers)
    )


def _spells_out(values: Array, numbers: Ints) -> bool:
    levels, level = np.unique(values, return_inverse=True)
    classes = int(numbers.max()) + 1
    return len(levels) == classes and len(np.unique(level * classes + numbers)) == classes
