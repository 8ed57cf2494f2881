"""Several files as one source: tables joined by the column that names the samples, arrays side by side.

*Joined*: every file has the ids, and a sample is what they have under one id, whatever the order. Samples that a file
lacks are left out and counted (``inner``), or its values are missing for them (``left``: every sample of the first file
stays). *Side by side*: where at most one file is more than a single array, row i of every file is sample i.

A column of one name in two files keeps the name where both hold the same; else it is called ``file.column``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from umlkit.data import digests
from umlkit.data.mapped import gathered
from umlkit.data.matching import bad_ids, lacks_ids, left_out, matched, nothing_in_common, said
from umlkit.data.names import Named
from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array, Ints
from umlkit.data.strings import StringArray
from umlkit.errors import InputError, Problem, listed

CLASS_NAMES = "class_names"
_COMPARED = 1 << 16


@dataclass(frozen=True)
class _Column:
    """A column of a file as the whole takes it.

    Attributes:
        header: shape and type of what is taken.
        load: gives it.
        present: (n,) which samples the file has.
    """

    header: Header
    load: Callable[[], Array]
    present: Array


def put_together(raws: Mapping[str, Raw], *, id: str | None, join: str) -> Raw:
    """One source of several files.

    Args:
        raws: the files by name; the first one's order is that of the samples.
        id: the column or array that names the samples in every file; None where there is none.
        join: ``inner`` or ``left``.

    Raises:
        InputError: tables without ``id``, a file without it, ids that are missing or occur twice, none in common;
            files side by side that differ in length.
    """
    holding = {key: raw for key, raw in raws.items() if raw.table or len(raw.headers) > 1}
    if len(holding) < 2 or (id is None and not any(raw.table for raw in raws.values())):
        return _side_by_side(raws)
    if id is None:
        raise InputError(_no_id(raws))
    problems = [problem for key, raw in raws.items() if (problem := lacks_ids(raw, id, single=key not in holding))]
    if problems:
        raise InputError(*problems)
    found = {key: raw.load(id).reshape(-1) for key, raw in raws.items()}
    marks = {key: digests.of_texts(values) for key, values in found.items()}
    problems = [p for key, raw in raws.items() for p in bad_ids(raw, id, found[key], marks[key])]
    if problems:
        raise InputError(*problems)
    rows = matched(marks, left=join == "left")
    if not len(next(iter(rows.values()))):
        raise InputError(nothing_in_common(found, id, where=_name(raws)))
    whole = _whole(raws, rows, id=id)
    absent = tuple(left_out(key, rows[key], found[key]) for key in raws)
    notes = tuple(said(one, len(found[one.file]), rows[one.file], id, join) for one in absent)
    return replace(whole, notes=(*whole.notes, *notes), left_out=absent)


def _side_by_side(raws: Mapping[str, Raw]) -> Raw:
    tables = [raw for raw in raws.values() if raw.table]
    lengths = {key: _length(raw) for key, raw in raws.items() if raw.table or len(raw.headers) == 1}
    if len(set(lengths.values())) > 1:
        raise InputError(
            Problem(
                "the files differ in length",
                where=_name(raws),
                found=listed(f"{key!r} {length}" for key, length in lengths.items()),
                allowed="one entry a sample in each, in the same order",
                try_next="files with ids are joined by them: data.id, and arrays with ids in one .npz",
            )
        )
    whole = _whole(raws, None, id=None)
    lines = tables[0].lines if tables else ()
    note = f"{len(raws)} files side by side: row i of each is sample i  [data.path]"
    return replace(whole, notes=(*whole.notes, note), lines=lines, parts={})


def _length(raw: Raw) -> int:
    """The commonest length of its arrays."""
    lengths = Counter(header.shape[0] for header in raw.headers.values() if header.shape)
    return max(lengths, key=lambda length: (lengths[length], length), default=0)


def _name(raws: Mapping[str, Raw]) -> str:
    return " + ".join(Path(raw.name).name for raw in raws.values())


def _no_id(raws: Mapping[str, Raw]) -> Problem:
    shared = [name for name in next(iter(raws.values())).headers if all(name in raw.headers for raw in raws.values())]
    return Problem(
        "several tables are joined by a column that names the samples, and none is named",
        where=_name(raws),
        allowed=f"a column that all of them have: {listed(map(repr, shared))}" if shared else "a column in all of them",
        try_next=f"--id {shared[0] if shared else 'NAME'}, or data.id in the recipe",
    )


def _whole(raws: Mapping[str, Raw], rows: Mapping[str, Ints] | None, *, id: str | None) -> Raw:
    """The columns of all files under their names in the whole; arrays as they are where there are no ``rows``."""
    taken = {
        key: {name: _taken(raw, name, None if rows is None else rows[key]) for name in raw.headers}
        for key, raw in raws.items()
    }
    own = {
        key: {name: column for name, column in columns.items() if column is not None} for key, columns in taken.items()
    }
    columns: dict[str, _Column] = {}
    parts: dict[str, tuple[str, ...]] = {}
    for key, held in own.items():
        names = {name: _named(name, key, own, id) for name in held}
        parts[key] = tuple(whole for whole in names.values() if whole is not None and whole != id)
        columns |= {whole: held[name] for name, whole in names.items() if whole is not None and whole not in columns}
    return Raw(
        name=_name(raws),
        headers={name: column.header for name, column in columns.items()},
        load=lambda name: columns[name].load(),
        table=any(raw.table for raw in raws.values()),
        label=next((raw.label for raw in raws.values() if raw.label), None),
        notes=tuple(note for raw in raws.values() for note in raw.notes),
        parts=parts,
        named=() if id is None else Named(columns[id].load().reshape(-1)),
    )


def _named(name: str, file: str, own: Mapping[str, Mapping[str, _Column]], id: str | None) -> str | None:
    """What a file's column is called in the whole; None where an earlier file holds the same."""
    holding = [key for key, columns in own.items() if name in columns]
    if len(holding) == 1 or (name == id and file == holding[0]):
        return name
    if name == id:
        return None
    first, *others = (own[key][name] for key in holding)
    if all(_same(first, other) for other in others):
        return name if file == holding[0] else None
    return f"{file}.{name}"


def _same(one: _Column, other: _Column) -> bool:
    """Whether two columns hold the same for all samples that both have."""
    if one.header.shape != other.header.shape or one.header.dtype.hasobject != other.header.dtype.hasobject:
        return False
    if one.header.dtype.kind in "MmV" or other.header.dtype.kind in "MmV":
        return False
    first, second, both = one.load(), other.load(), one.present & other.present
    for start in range(0, len(both), _COMPARED):
        block = slice(start, start + _COMPARED)
        here = both[block]
        a, b = first[block][here], second[block][here]
        gaps = (a != a) & (b != b)
        if not bool(((a == b) | gaps).all()):
            return False
    return True


def _taken(raw: Raw, name: str, rows: Ints | None) -> _Column | None:
    """A column of the whole; None for an array that is not one entry a sample, and so cannot be joined."""
    header = raw.headers[name]
    if rows is None:
        present = np.ones(header.shape[:1] or (1,), dtype=bool)
        return _Column(header, lambda: raw.load(name), present)
    if name == CLASS_NAMES:
        return _Column(header, lambda: raw.load(name), np.ones(header.shape, dtype=bool))
    if header.shape[:1] != (_length(raw),):
        return None
    lacking = rows < 0
    dtype = np.result_type(header.dtype, np.float32) if lacking.any() and header.dtype.kind in "biuf" else header.dtype
    return _Column(Header((len(rows), *header.shape[1:]), dtype), lambda: _rows_of(raw.load(name), rows), ~lacking)


def _rows_of(values: Array | StringArray, rows: Ints) -> Array:
    """``values[rows]``, missing where a row is -1: NaN among numbers, empty text among texts."""
    lacking = rows < 0
    if isinstance(values, StringArray):
        return _texts_of(values, rows, lacking)
    if not lacking.any():
        return gathered(values, rows)
    if values.dtype.kind in "biuf":
        values = values.astype(np.result_type(values.dtype, np.float32))
    found = gathered(values, np.where(lacking, 0, rows))
    found[lacking] = np.nan if values.dtype.kind == "f" else ""
    return found


def _texts_of(values: StringArray, rows: Ints, lacking: Array) -> Array:
    if not lacking.any():
        return cast(Array, values.taken(rows))  # which stands in for an array
    found = values[rows]
    found[lacking] = ""
    return found
