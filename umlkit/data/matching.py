"""Which rows of several files are the same sample, by their ids: checked, matched, and what is left out told."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from umlkit.data import digests
from umlkit.data.cells import is_missing
from umlkit.data.digests import texts
from umlkit.data.named import missing_column
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Ints, LeftOut
from umlkit.data.strings import StringArray
from umlkit.errors import Problem, listed

SHOWN = 20
"""How many ids that were left out are kept by name."""


def lacks_ids(raw: Raw, id: str, *, single: bool) -> Problem | None:
    """What keeps a file out of a join, or None."""
    if single:
        return Problem(
            "is a single array, without ids to be joined by",
            where=raw.name,
            allowed=f"a file with {id!r}",
            try_next=f"numpy.savez(file, {next(iter(raw.headers))}=..., {id}=...)",
        )
    if id not in raw.headers:
        return missing_column("ids that files are joined by", id, raw, option="--id NAME, or data.id in the recipe")
    header = raw.headers[id]
    if header.shape[1:] not in ((), (1,)) or not header.shape or (header.dtype.hasobject and not raw.table):
        return Problem(f"the ids {id!r} are not one text or number a sample", where=raw.name, found=f"{header.shape}")
    return None


def bad_ids(raw: Raw, id: str, values: Array | StringArray, marks: digests.Digests) -> list[Problem]:
    """Ids that are missing, and ids that occur twice."""
    problems = []
    gaps = [row for row, one in enumerate(texts(values)) if is_missing(one)]
    if gaps:
        problems.append(
            Problem(
                f"the id {id!r} is missing in {len(gaps)} {'row' if len(gaps) == 1 else 'rows'}",
                where=f"{raw.name}, {raw.row(gaps[0])}",
                try_next="name these samples, or leave them out of the file",
            )
        )
    repeats = np.setdiff1d(np.flatnonzero(digests.first(marks) != np.arange(len(marks))), gaps)
    if len(repeats):
        row = int(repeats[0])
        before = int(np.flatnonzero(marks == marks[row])[0])
        problems.append(
            Problem(
                f"{len(repeats)} {'row repeats an id' if len(repeats) == 1 else 'rows repeat an id'} of {id!r}",
                where=f"{raw.name}, {raw.row(row)}",
                found=f"{digests.text(values[row])!r}, as in {raw.row(before)}",
                allowed="every sample once in every file that is joined",
                try_next="make one row of each sample, or one sample of each row by an id of its own",
            )
        )
    return problems


def matched(marks: Mapping[str, digests.Digests], *, left: bool) -> dict[str, Ints]:
    """The rows of every file, sample by sample, in the order of the first file; -1 where it lacks the sample."""
    base = next(iter(marks.values()))
    rows = {key: _found_in(base, own) for key, own in marks.items()}
    kept = np.ones(len(base), dtype=bool) if left else np.all([found >= 0 for found in rows.values()], axis=0)
    return {key: found[kept] for key, found in rows.items()}


def _found_in(wanted: digests.Digests, own: digests.Digests) -> Ints:
    """(len(wanted),) the row of ``own`` with each digest, or -1."""
    order = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)
    rows: Ints = order[place].astype(np.int64)
    rows[own[rows] != wanted] = -1
    return rows


def nothing_in_common(found: Mapping[str, Array | StringArray], id: str, *, where: str) -> Problem:
    """The problem of files without a sample that all have."""
    return Problem(
        f"no {id!r} is in all files",
        where=where,
        found="; ".join(f"{key}: {listed(map(repr, texts(values[:3])))}, ..." for key, values in found.items()),
        allowed="the same text for the same sample in every file",
    )


def left_out(file: str, rows: Ints, values: Array | StringArray) -> LeftOut:
    """Which samples of a file are in no joined one."""
    out = np.ones(len(values), dtype=bool)
    out[rows[rows >= 0]] = False
    absent = np.flatnonzero(out)
    return LeftOut(file, len(absent), tuple(texts(values[absent[:SHOWN]])))


def said(one: LeftOut, length: int, rows: Ints, id: str, join: str) -> str:
    """A line for the user: how many samples of a file were joined, and which were not."""
    kept = int((rows >= 0).sum())
    left = f", {one.count} left out ({_some(one)})" if one.count else ""
    lacking = f", {len(rows) - kept} samples missing from it" if kept < len(rows) else ""
    return f"file {one.file}: {kept} of {length} samples joined by {id}{left}{lacking}  [data.join: {join}]"


def dropped(one: LeftOut) -> str:
    """A line for who has a model judge new samples: which of a file's are in no joined one, and so not judged."""
    count = f"{one.count} sample" if one.count == 1 else f"{one.count} samples"
    return f"file {one.file}: {count} left out, not in every file ({_some(one)})"


def _some(one: LeftOut) -> str:
    shown = one.ids[:5]
    return ", ".join(shown) + (f" and {one.count - len(shown)} more" if one.count > len(shown) else "")
