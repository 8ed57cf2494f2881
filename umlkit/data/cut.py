"""One modality out of a source: its array or its columns, the cut applied, as numbers or as texts.

Reading a data set and reading unseen data use the same function, so that what a recipe cuts out for training is cut
out alike for prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from umlkit.data import lengths
from umlkit.data import take as cuts
from umlkit.data.categories import categorised, no_category
from umlkit.data.columns import NUMERIC, Extracted, Levels, Wanted, as_texts, extract_columns, extract_texts
from umlkit.data.named import match_columns
from umlkit.data.raw import Raw, from_arrays
from umlkit.data.records import Array, Ints, ModalityArray
from umlkit.errors import InputError, Problem, closest, listed

_TEXT = "UST"


@dataclass(frozen=True)
class Place:
    """Where a modality lies in a source.

    Attributes:
        name: of the modality.
        source: the array it is cut from; for columns, the name of the table.
        columns: the columns it is made of, in order; empty for an array.
        take: the cut, as written.
        kind: ``auto`` or a kind's name, as stated.
        missing: ``error``, or how missing values are imputed.
        fill: what stands for a missing value where ``missing`` is ``impute-constant``.
        lengths: holds how many steps of every sample are real; None where nothing does.
        categories: columns that hold categories though they may look like numbers: names or patterns, or numbers of
            columns.
        sure: no other column does; a word there is a mistake.
    """

    name: str
    source: str
    columns: tuple[str, ...] = ()
    take: str | None = None
    kind: str = "auto"
    missing: str = "error"
    fill: float = 0.0
    lengths: str | None = None
    categories: tuple[str | int, ...] = ()
    sure: bool = False


def extract(raw: Raw, place: Place, problems: list[Problem]) -> ModalityArray | None:
    """The modality's samples, kind not yet settled, or None with what is wrong added to ``problems``."""
    before = len(problems)
    try:
        found = _columns(raw, place, problems) if place.columns else _array(raw, place, problems)
    except InputError as error:  # what it holds is told by who loads it
        problems.extend(error.problems)
        return None
    if found is None or len(problems) > before:
        return None
    values = apply_take(found.values, place, where=raw.name, problems=problems)
    if values is None:
        return None
    lengths = _lengths(raw, place, found.values.shape, problems) if place.lengths is not None else None
    taken: Extracted | Problem = replace(found, values=values, levels=_levels(found, place))
    if place.categories and not place.columns and isinstance(taken, Extracted):
        taken = categorised(taken, place.categories, name=place.name)
    if isinstance(taken, Problem):
        problems.append(replace(taken, where=raw.name))
    if len(problems) > before or isinstance(taken, Problem):
        return None
    return ModalityArray(
        values=taken.values,
        kind="",
        source=place.source,
        take=place.take,
        columns=place.columns,
        missing=place.missing,
        fill=place.fill,
        lengths=lengths,
        lengths_from=place.lengths,
        levels=taken.levels,
    )


def _lengths(raw: Raw, place: Place, shape: tuple[int, ...], problems: list[Problem]) -> Ints | None:
    """How many steps of every sample are real after the cut, for values of this ``shape`` before it."""
    if len(shape) < 2:
        problems.append(Problem(f"the modality {place.name!r} has lengths and no steps", where=raw.name))
        return None
    found = lengths.stated(raw, str(place.lengths), shape=shape, problems=problems)
    if found is None or place.take is None:
        return found
    take = place.take
    kept = lengths.cut(found, shape, lambda real: cuts.cut(real, take))
    if kept is None or not kept.all():
        row = "" if kept is None else f", {raw.row(int(np.argmin(kept)))}"
        problems.append(
            Problem(
                f"data.modalities.{place.name}.take leaves {'no steps in order' if kept is None else 'no step'}",
                where=raw.name + row,
                found=f"{take!r} with lengths from {place.lengths!r}",
                allowed="a cut that keeps at least one real step of every sample",
            )
        )
    return kept


def _columns(raw: Raw, place: Place, problems: list[Problem]) -> Extracted | None:
    if place.kind == "text":
        return Extracted(extract_texts(raw, place.columns))
    names: set[str] = set()
    for one in place.categories:
        matched = _named(one, place.columns)
        if not matched:
            problem = no_category(place.name, one, listed(map(repr, place.columns)))
            problems.append(replace(problem, where=raw.name, closest=closest(str(one), place.columns)))
        names |= set(matched)
    return extract_columns(raw, place.columns, problems, wanted=Wanted(names, sure=place.sure))


def _named(category: str | int, columns: Sequence[str]) -> Sequence[str]:
    if isinstance(category, str):
        return match_columns(category, columns, but=())[0]
    return columns[category : category + 1]


def _levels(found: Extracted, place: Place) -> Levels:
    """The levels of the columns that a cut leaves."""
    if place.take is None or not found.levels:
        return found.levels
    return tuple(found.levels[i] for i in cuts.kept(len(found.levels), place.take))


def apply_take(values: Array, place: Place, *, where: str, problems: list[Problem]) -> Array | None:
    """The cut of ``place`` applied to (N, ...)."""
    if place.take is None:
        return values
    try:
        return cuts.cut(values, place.take)
    except ValueError as error:
        problems.append(
            Problem(
                f"data.modalities.{place.name}.take {error}",
                where=where,
                found=repr(place.take),
                allowed='a slice as numpy writes it, such as "[:, :, :4]"',
            )
        )
        return None


def not_numbers(name: str, dtype: np.dtype[np.generic], *, where: str) -> Problem | None:
    """Why an array of this type can be no modality, or None."""
    if dtype.kind in NUMERIC + _TEXT:
        return None
    if dtype.hasobject:
        return Problem(
            f"the array {name!r} holds Python objects",
            where=where,
            found=f"dtype {dtype}",
            allowed="numbers; umlkit reads no pickles",
            try_next="give every sample the same shape and save it as an array of numbers",
        )
    if dtype.kind == "c":
        return Problem(
            f"the array {name!r} holds complex numbers",
            where=where,
            found=f"dtype {dtype}",
            allowed="real numbers",
            try_next="save real and imaginary part, or magnitude and phase, as numbers side by side",
        )
    return Problem(
        f"the array {name!r} holds {_describe(dtype)} and cannot be a modality",
        where=where,
        found=f"dtype {dtype}",
        allowed="numbers or texts",
        try_next="leave it out by listing the others under data.modalities in a recipe (umlkit init writes one)",
    )


def _array(raw: Raw, place: Place, problems: list[Problem]) -> Extracted | None:
    header = raw.headers[place.source]
    problem = not_numbers(place.source, header.dtype, where=raw.name)
    if problem is None and not header.shape:
        problem = Problem(f"the array {place.source!r} is a single value, not one a sample", where=raw.name)
    if problem is None and 0 in header.shape:
        problem = Problem(f"the array {place.source!r} is empty", where=raw.name, found=f"shape {header.shape}")
    if problem is not None:
        problems.append(problem)
        return None
    values = raw.load(place.source)
    if values.dtype.kind == "S" and (problem := _not_utf8(raw, place.source, values.reshape(-1))) is not None:
        problems.append(problem)
        return None
    if values.dtype.kind not in _TEXT or values.ndim > 2:
        return Extracted(values)
    return Extracted(as_texts(values)) if values.ndim == 1 else _words(raw, place, values, problems)


def _words(raw: Raw, place: Place, values: Array, problems: list[Problem]) -> Extracted | None:
    """An array of words (N, K), read as the columns of a table would be."""
    names = tuple(f"{place.source}[:, {i}]" for i in range(values.shape[1]))
    table = from_arrays({name: values[:, i] for i, name in enumerate(names)}, name=raw.name, table=True)
    stated = [names[one] for one in place.categories if isinstance(one, int) and one < len(names)]
    return extract_columns(table, names, problems, wanted=Wanted(stated if not place.take else (), sure=place.sure))


def _not_utf8(raw: Raw, name: str, texts: Array) -> Problem | None:
    """The first of the texts (N,), bytes, that is not UTF-8, named; None where all are."""
    for row, text in enumerate(texts):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            return Problem(
                f"the array {name!r} holds a text that is not UTF-8",
                where=f"{raw.name}, {raw.row(row)}",
                found=f"byte 0x{text[error.start]:02x} at offset {error.start} of {text[:20]!r}",
                allowed="UTF-8, or an array of str",
                try_next='save it as str: numpy.char.decode(array, "latin-1"), if that is what it is',
            )
    return None


def _describe(dtype: np.dtype[np.generic]) -> str:
    kinds = {"U": "text", "S": "bytes", "M": "dates", "m": "durations", "V": "records", "T": "text"}
    return kinds.get(dtype.kind, "no numbers")
