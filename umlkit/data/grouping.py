"""Which modalities a source has where nobody says: by the names of its arrays, or by what its columns share.

For arrays: if a name begins with ``X_``, exactly those are modalities, else every array as long as the labels. For
tables: columns ``audio_0, audio_1`` are the modality ``audio``; other columns belong together when at least two share
what stands before their first underscore (``accel_x, accel_y``); those that share nothing with any other are one
modality called ``table``. A column of lists or of free text is a modality of its own. Of several tables each one is a
modality, where two at least have columns for it. Whole numbers called ``len_<modality>`` or ``lengths_<modality>`` say
how many steps of a sample are real, and are no modality.
"""

from __future__ import annotations

import re
from collections import Counter

from umlkit.data.categories import unfit
from umlkit.data.cut import Place
from umlkit.data.free_text import free_text_columns
from umlkit.data.raw import Header, Raw

PREFIX = "X_"
TABLE = "table"
LENGTHS = ("len_", "lengths_")

_REFUSED = "MmV"
"""Types that no modality can have: dates, durations, records."""
_NUMBERED = re.compile(r"(.+)_\d+")


def lengths_of(raw: Raw, *modality: str) -> str | None:
    """What by its name holds the lengths of a modality, which may be called by several names."""
    names = (prefix + name for name in modality for prefix in LENGTHS)
    return next((name for name in names if name in raw.headers and _may_be_lengths(raw.headers[name])), None)


def _may_be_lengths(header: Header) -> bool:
    """One whole number a sample, or text that may turn out to be one."""
    return len(header.shape) in (1, 2) and header.shape[1:] in ((), (1,)) and header.dtype.kind in "iuO"


def column_prefixes(names: list[str]) -> dict[str, list[str]]:
    """Modality -> its columns, by the convention of this module; empty where no two columns share a prefix."""
    numbered = {name: match[1] for name in names if (match := _NUMBERED.fullmatch(name))}
    heads = {name: name.partition("_")[0] for name in names if name not in numbered and "_" in name[1:]}
    counts = Counter(heads.values())
    shared = {name: head for name, head in heads.items() if counts[head] > 1 or head in numbered.values()}
    groups: dict[str, list[str]] = {}
    for name in names:
        prefix = numbered.get(name) or shared.get(name)
        if prefix:
            groups.setdefault(prefix, []).append(name)
    return groups


def by_columns(raw: Raw, bystanders: set[str]) -> list[Place]:
    """The modalities of a table, but for the columns that are something else."""
    free = {name: header for name, header in raw.headers.items() if name not in bystanders and name != "class_names"}
    names = [name for name, header in free.items() if len(header.shape) == 1 and header.dtype.kind not in _REFUSED]
    texts = free_text_columns(raw, names)
    names = [name for name in names if name not in texts]
    lists = [name for name, header in free.items() if len(header.shape) > 1]
    found = {name: lengths_of(raw, name) for name in (*lists, *column_prefixes(names))}
    names = [name for name in names if name not in found.values()]
    names = [name for name in names if unfit(raw, name) is None]
    groups = by_files(raw, names) or by_prefixes(names)
    groups |= {f"{name}_text" if name in groups else name: [name] for name in texts}
    places = [Place(name, TABLE, tuple(columns), lengths=found.get(name)) for name, columns in groups.items()]
    return places + [Place(name, name, lengths=found[name]) for name in lists]


def by_prefixes(names: list[str]) -> dict[str, list[str]]:
    """Modality -> its columns; those that share a prefix with no other are one modality too, ``table``."""
    groups = column_prefixes(names)
    alone = [name for name in names if not any(name in columns for columns in groups.values())]
    if alone:
        groups[TABLE] = [*groups.get(TABLE, []), *alone]
    return groups


def by_files(raw: Raw, names: list[str]) -> dict[str, list[str]]:
    """Joined file -> its columns, where two files at least have any; empty otherwise."""
    held = {file: [name for name in columns if name in names] for file, columns in raw.parts.items()}
    held = {file: columns for file, columns in held.items() if columns}
    return held if len(held) > 1 else {}


def by_arrays(raw: Raw, bystanders: set[str], *, label: str | None) -> list[Place]:
    """The modalities of a source of arrays, but for those that are something else."""
    names = [name for name in raw.headers if name not in bystanders]
    prefixed = [name for name in names if name.startswith(PREFIX) and name != PREFIX]
    length = raw.headers[label].shape[:1] if label else ()
    long = [name for name in names if length and raw.headers[name].shape[:1] == length]
    places = [
        Place(own, name, lengths=lengths_of(raw, own, name) if len(raw.headers[name].shape) > 1 else None)
        for name in prefixed or long
        for own in [name.removeprefix(PREFIX) if prefixed else name]
    ]
    beside = {place.lengths for place in places}
    return [place for place in places if place.source not in beside]
