"""What stands beside the samples: their ids, groups and weights, and the split that the data state, each checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from umlkit.data import digests
from umlkit.data.cells import is_missing, number, to_numbers
from umlkit.data.levels import of_texts
from umlkit.data.names import Named, RowNumbers
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Doubles, Ints
from umlkit.errors import Problem, closest, listed

WORDS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def ids(raw: Raw, name: str | None, length: int, problems: list[Problem]) -> Sequence[str]:
    """The samples' ids, unique; the row numbers where the data name none."""
    if name is None:
        return RowNumbers(length)
    values = _one_each(raw, name, "ids", length, problems)
    if values is None:
        return ()
    first = digests.first(digests.of_texts(values))
    repeats = np.flatnonzero(first != np.arange(len(first)))
    if len(repeats):
        row, count = int(repeats[0]), len(np.unique(first[repeats]))
        problems.append(
            Problem(
                f"{count} {'id occurs' if count == 1 else 'ids occur'} more than once in {name!r}",
                where=f"{raw.name}, {raw.row(row)}",
                found=f"{Named(values)[row]!r}, {int((first == first[row]).sum())} times",
                allowed="every sample its own id",
                try_next="leave out the copies, or name samples that belong together by --groups, not --id",
            )
        )
    return Named(values)


def groups(raw: Raw, name: str | None, length: int, problems: list[Problem]) -> tuple[Ints | None, tuple[str, ...]]:
    """Every sample's group index and the groups' names; (None, ()) where the data name no groups."""
    if name is None:
        return None, ()
    values = _one_each(raw, name, "groups", length, problems)
    if values is None:
        return None, ()
    found = of_texts(values)
    count, first = found.count(is_missing)
    if count:
        problems.append(
            Problem(
                f"the group {name!r} is missing for {count} {'sample' if count == 1 else 'samples'}",
                where=f"{raw.name}, {raw.row(first)}",
                try_next="give a sample that belongs to no group one of its own",
            )
        )
    named = found.mapped(found.values)
    return named.codes, named.values


def weights(raw: Raw, name: str | None, length: int, problems: list[Problem]) -> Doubles | None:
    """Every sample's weight (N,), finite, >= 0, not all 0; None where the data name none."""
    values = None if name is None else _one_each(raw, name, "sample weights", length, problems)
    if name is None or values is None:
        return None
    found = _as_numbers(raw, name, values)
    problem = found if isinstance(found, Problem) else _weight_problem(raw, name, found)
    if problem is not None:
        problems.append(problem)
    return None if isinstance(found, Problem) else found


def _as_numbers(raw: Raw, name: str, values: Array) -> Doubles | Problem:
    """Numbers, or text that spells numbers, as float64."""
    if values.dtype.kind in "biuf":
        return np.asarray(values, dtype=np.float64)
    if values.dtype.kind not in "OUST":
        return Problem(f"the sample weights {name!r} are no numbers", where=raw.name, found=f"dtype {values.dtype}")
    written = of_texts(values)
    numbers = to_numbers(np.array(written.values, dtype=object))
    if numbers.text is None:
        return np.asarray(numbers.values[written.codes], dtype=np.float64)
    _, row = written.count(lambda cell: number(cell) is None)
    return Problem(
        f"the sample weights {name!r} are no numbers",
        where=f"{raw.name}, {raw.row(row)}",
        found=repr(written.values[written.codes[row]]),
        allowed="numbers from 0 up",
    )


def _weight_problem(raw: Raw, name: str, values: Doubles) -> Problem | None:
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        gaps = np.isnan(values[wrong[0]])
        return Problem(
            f"{len(wrong)} of the sample weights {name!r} {'is' if len(wrong) == 1 else 'are'} no weight",
            where=f"{raw.name}, {raw.row(int(wrong[0]))}",
            found="missing (NaN)" if gaps else f"{values[wrong[0]]:g}",
            allowed="finite numbers from 0 up",
            try_next="weigh a sample that is not to count 0",
        )
    if not values.any():
        return Problem(
            f"the sample weights {name!r} are all 0",
            where=raw.name,
            allowed="some weight above 0",
            try_next="data.sample_weight: none",
        )
    return None


def split_words(raw: Raw, name: str, length: int, problems: list[Problem]) -> Array | None:
    """The split stated by an array or column of words: (N,) of ``train``, ``val``, ``test``."""
    values = _one_each(raw, name, "split", length, problems)
    if values is None:
        return None
    written = of_texts(values)
    found = written.mapped([text.strip().casefold() for text in written.values])
    counts = dict(zip(found.values, found.counts().tolist(), strict=True))
    unknown = {text: count for text, count in counts.items() if text not in WORDS}
    if unknown:
        _, row = found.count(unknown.__contains__)
        word = found.values[found.codes[row]]
        often = sorted(unknown.items(), key=lambda one: -one[1])
        problems.append(
            Problem(
                f"the split {name!r} holds {'a word' if len(unknown) == 1 else 'words'} that it does not know",
                where=f"{raw.name}, {raw.row(row)}",
                found=listed(f"{text!r} ({count} times)" for text, count in often),
                allowed="train, val (or valid, validation), test",
                closest=closest(word, WORDS),
                try_next=f"correct the words, or rename {name!r} if it is no split",
            )
        )
        return None
    return np.array([WORDS[text] for text in found.values], dtype="<U5")[found.codes]


def split_indices(raw: Raw, arrays: Mapping[str, str], length: int, problems: list[Problem]) -> Array | None:
    """The split stated by index arrays (role -> array name): (N,) of ``train``, ``val``, ``test`` or '' for unused."""
    before = len(problems)
    rows = {role: _indices(raw, name, length, problems) for role, name in arrays.items()}
    if len(problems) > before:
        return None
    given = np.full(length, "", dtype="<U5")
    for role, index in rows.items():
        taken = index[given[index] != ""]
        if len(taken):
            other = arrays[str(given[taken[0]])]
            problems.append(
                Problem(
                    f"{other} and {arrays[role]} overlap",
                    where=raw.name,
                    found=f"{len(taken)} rows in both, the first {taken.min()}",
                    allowed="every row in one of them at most",
                )
            )
            continue
        given[index] = role
    return given if len(problems) == before else None


def torn_groups(given: Array, group: Ints, names: tuple[str, ...], *, where: str) -> Problem | None:
    """The groups that lie on both sides of a stated split, or None."""
    used = np.flatnonzero(given != "")
    pairs = np.unique(np.stack([group[used], np.unique(given[used], return_inverse=True)[1]]), axis=1)[0]
    torn = [names[i] for i in np.flatnonzero(np.bincount(pairs, minlength=len(names)) > 1)]
    if not torn:
        return None
    sides = sorted(set(given[used][group[used] == names.index(torn[0])].tolist()))
    return Problem(
        f"{len(torn)} {'group lies' if len(torn) == 1 else 'groups lie'} in more than one part of the stated split",
        where=where,
        found=f"{listed(map(repr, torn), limit=5)}; {torn[0]!r} in {' and '.join(sides)}",
        allowed="every group in one part, else a model is tested on groups it has seen",
        try_next="leave the split out: umlkit makes one that keeps groups whole",
    )


def lacking_parts(given: Array, *, where: str) -> Problem | None:
    """Whether a stated split has no training or no test samples."""
    absent = [role for role in ("train", "test") if not (given == role).any()]
    if not absent:
        return None
    return Problem(
        f"the stated split has no {' and no '.join(absent)} samples",
        where=where,
        found=", ".join(f"{role}: {int((given == role).sum())}" for role in ("train", "val", "test")),
        try_next="state train and test (val is taken out of train where it is not stated), or leave the split out",
    )


def _one_each(raw: Raw, name: str, what: str, length: int, problems: list[Problem]) -> Array | None:
    header = raw.headers[name]
    if header.dtype.hasobject and not raw.table:
        problem = Problem(
            f"the {what} {name!r} are Python objects",
            where=raw.name,
            allowed="numbers or text; umlkit reads no pickles",
            try_next=f"save {name} as text: numpy.array({name}, dtype=str)",
        )
    elif header.shape[1:] not in ((), (1,)) or not header.shape:
        problem = Problem(f"the {what} {name!r} are not one a sample", where=raw.name, found=f"shape {header.shape}")
    elif header.shape[0] == length:
        return raw.load(name).reshape(-1)
    else:
        return None  # the lengths of all arrays are compared in one place
    problems.append(problem)
    return None


def _indices(raw: Raw, name: str, length: int, problems: list[Problem]) -> Ints:
    header = raw.headers[name]
    if header.dtype.kind not in "iu" or len(header.shape) != 1:
        wrong = Problem(
            f"{name} is no list of row numbers",
            where=raw.name,
            found=f"shape {header.shape} of {header.dtype}",
            allowed="one axis of integers",
            try_next=f"numpy.flatnonzero({name})" if header.dtype.kind == "b" else None,
        )
        problems.append(wrong)
        return np.zeros(0, dtype=np.int64)
    index = raw.load(name)
    found = _index_problem(index, name, length, where=raw.name)
    if found is not None:
        problems.append(found)
    rows: Ints = index.astype(np.int64)
    return rows


def _index_problem(index: Array, name: str, length: int, *, where: str) -> Problem | None:
    out = index[(index < 0) | (index >= length)]
    allowed: dict[str, Any] = {"where": where, "allowed": f"row numbers from 0 to {length - 1}, each once"}
    if len(out):
        return Problem(f"{name} has {_counted(len(out))} out of range", found=f"the first {out[0]}", **allowed)
    values, counts = np.unique(index, return_counts=True)
    if (counts > 1).any():
        twice = values[counts > 1]
        return Problem(f"{name} has {_counted(len(twice))} more than once", found=f"the first {twice[0]}", **allowed)
    return None


def _counted(rows: int) -> str:
    return f"{rows} row number{'' if rows == 1 else 's'}"
