"""Which array or column is what: the label, the groups, the split, the ids, and the modalities.

What the recipe names comes first; the rest follows the file's convention. For arrays: if a name begins with ``X_``,
exactly those are modalities, else every array as long as the labels. For tables: columns ``audio_0, audio_1`` are the
modality ``audio``; other columns belong together when at least two share what stands before their first underscore
(``accel_x, accel_y``); those that share nothing with any other are one modality called ``table``. A column
of lists or of free text is a modality of its own. Of several tables each one is a modality, where two at least have
columns for it. Whole numbers called ``len_<modality>`` or ``lengths_<modality>`` say how many steps of a sample are
real, and are no modality. What is left over is listed as ignored.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from umlkit.data.categories import unfit
from umlkit.data.cut import Place, match_columns, missing_column
from umlkit.data.free_text import free_text_columns
from umlkit.data.kinds import KINDS
from umlkit.data.raw import Header, Raw
from umlkit.errors import InputError, Problem, closest, listed
from umlkit.recipe.schema import NO_WEIGHTS, Data, Modality

RESERVED = ("groups", "split", "id", "sample_weight")
INDEX_ARRAYS = {"train": "idx_train", "val": "idx_val", "test": "idx_test"}
PREFIX = "X_"
TABLE = "table"
LENGTHS = ("len_", "lengths_")

_REFUSED = "MmV"
"""Kinds of numpy types that no modality is made of: dates, durations, records."""
_NUMBERED = re.compile(r"(.+)_\d+")


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


def lengths_of(raw: Raw, *modality: str) -> str | None:
    """What by its name holds the lengths of a modality, which may be called by several names."""
    names = (prefix + name for name in modality for prefix in LENGTHS)
    return next((name for name in names if name in raw.headers and _may_be_lengths(raw.headers[name])), None)


def _may_be_lengths(header: Header) -> bool:
    """One whole number a sample, or text that may turn out to be one."""
    return len(header.shape) in (1, 2) and header.shape[1:] in ((), (1,)) and header.dtype.kind in "iuO"


def label_candidates(raw: Raw) -> list[str]:
    """Names that could be the label: one value a sample, whole numbers, words or truth values."""
    lengths = Counter(header.shape[0] for header in raw.headers.values() if header.shape)
    longest = max((n for n, _ in lengths.most_common(1)), default=0)
    return [
        name
        for name, header in raw.headers.items()
        if header.shape in ((longest,), (longest, 1))
        and header.dtype.kind in ("biuUS" if not raw.table else "biuUSO")
        and name not in (*RESERVED, *INDEX_ARRAYS.values(), "class_names")
    ]


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


def _label(raw: Raw, data: Data, problems: list[Problem]) -> str | None:
    name = data.label or raw.label
    if name is None:
        candidates = label_candidates(raw)
        problems.append(
            Problem(
                f"which {raw.word} is the label is not said",
                where=raw.name,
                allowed=listed(map(repr, candidates or raw.headers)),
                try_next=f"--label {candidates[0] if candidates else 'NAME'}, or data.label in the recipe",
            )
        )
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
        places = [_stated(raw, name, spec, bystanders, problems) for name, spec in data.modalities.items()]
        found = [place for place in places if place is not None]
        problems.extend(
            _holds_the_label(raw, place, label) for place in found if label in (place.columns or (place.source,))
        )
    else:
        found = _by_columns(raw, bystanders) if raw.table else _by_arrays(raw, bystanders, label=label)
    if not found and not problems:
        problems.append(_no_modalities(raw, label))
    return found


def _by_columns(raw: Raw, bystanders: set[str]) -> list[Place]:
    free = {name: header for name, header in raw.headers.items() if name not in bystanders and name != "class_names"}
    names = [name for name, header in free.items() if len(header.shape) == 1 and header.dtype.kind not in _REFUSED]
    texts = free_text_columns(raw, names)
    names = [name for name in names if name not in texts]
    lists = [name for name, header in free.items() if len(header.shape) > 1]
    found = {name: lengths_of(raw, name) for name in (*lists, *column_prefixes(names))}
    names = [name for name in names if name not in found.values()]
    names = [name for name in names if unfit(raw, name) is None]
    groups = _by_files(raw, names) or _by_prefixes(names)
    groups |= {f"{name}_text" if name in groups else name: [name] for name in texts}
    places = [Place(name, TABLE, tuple(columns), lengths=found.get(name)) for name, columns in groups.items()]
    return places + [Place(name, name, lengths=found[name]) for name in lists]


def _by_prefixes(names: list[str]) -> dict[str, list[str]]:
    """Modality -> its columns; those that share a prefix with no other are one modality too, ``table``."""
    groups = column_prefixes(names)
    alone = [name for name in names if not any(name in columns for columns in groups.values())]
    if alone:
        groups[TABLE] = [*groups.get(TABLE, []), *alone]
    return groups


def _by_files(raw: Raw, names: list[str]) -> dict[str, list[str]]:
    """Joined file -> its columns, where two files at least have any; empty otherwise."""
    held = {file: [name for name in columns if name in names] for file, columns in raw.parts.items()}
    held = {file: columns for file, columns in held.items() if columns}
    return held if len(held) > 1 else {}


def _by_arrays(raw: Raw, bystanders: set[str], *, label: str | None) -> list[Place]:
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


def _stated(raw: Raw, name: str, spec: Modality, bystanders: set[str], problems: list[Problem]) -> Place | None:
    own = spec.from_ or name
    lengths = _stated_lengths(raw, name, spec, problems)
    if raw.table and spec.columns is None and own in raw.headers and len(raw.headers[own].shape) > 1:
        return _place(name, own, (), spec, lengths=lengths)
    if raw.table:
        source, columns = TABLE, _stated_columns(raw, name, spec, bystanders, problems)
        if not columns:
            return None
    else:
        source, columns = _stated_array(raw, name, spec, problems), ()
    if not source:
        return None
    return _place(name, source, columns, spec, lengths=lengths)


def _place(name: str, source: str, columns: tuple[str, ...], spec: Modality, *, lengths: str | None) -> Place:
    """A place with what the recipe says of the modality."""
    return Place(
        name,
        source,
        columns,
        take=spec.take,
        kind=spec.kind,
        missing=spec.missing,
        fill=spec.fill or 0.0,
        lengths=lengths,
        categories=tuple(spec.categories or ()),
        sure=spec.kind in KINDS and KINDS[spec.kind].words == "none",
    )


def _stated_lengths(raw: Raw, name: str, spec: Modality, problems: list[Problem]) -> str | None:
    if spec.lengths is None:
        names = (name, *([spec.from_] if spec.from_ else []))
        return lengths_of(raw, *names) if spec.kind in ("auto", "sequence") else None
    if spec.lengths not in raw.headers:
        option = f"data.modalities.{name}.lengths: {raw.word.upper()}"
        problems.append(missing_column(f"lengths of {name!r}", spec.lengths, raw, option=option))
    return spec.lengths


def _stated_array(raw: Raw, name: str, spec: Modality, problems: list[Problem]) -> str:
    if spec.columns is not None:
        problems.append(
            Problem(
                f"data.modalities.{name}.columns is for tables",
                where=raw.name,
                found="a file of arrays",
                try_next=f'data.modalities.{name}.take: "[:, 0:4]"',
            )
        )
        return ""
    wanted = [spec.from_] if spec.from_ else [name, PREFIX + name]
    for source in wanted:
        if source in raw.headers:
            return source
    problem = missing_column(f"modality {name!r}", wanted[0], raw, option=f"data.modalities.{name}.from: ARRAY")
    problems.append(problem)
    return ""


def _stated_columns(
    raw: Raw, name: str, spec: Modality, bystanders: set[str], problems: list[Problem]
) -> tuple[str, ...]:
    names = [key for key, header in raw.headers.items() if len(header.shape) == 1 and key != "class_names"]
    patterns = spec.columns or spec.from_
    if patterns is None:
        free = [key for key in names if key not in bystanders]
        own = None if name in free else _by_files(raw, free).get(name) or _by_prefixes(free).get(name)
        if own:
            return _fit(raw, own)
        patterns = name
    found, nothing = match_columns(patterns, names, but=bystanders)
    problems.extend(_no_column(raw, name, pattern, names) for pattern in nothing)
    return tuple(found)


def _fit(raw: Raw, names: list[str]) -> tuple[str, ...]:
    """The columns that can be inputs, or all of them where none can."""
    texts = free_text_columns(raw, names)
    return tuple(name for name in names if unfit(raw, name) is None and name not in texts) or tuple(names)


def _no_column(raw: Raw, name: str, pattern: str, names: list[str]) -> Problem:
    return Problem(
        f"no column for the modality {name!r}",
        where=raw.name,
        found=repr(pattern),
        allowed=listed(map(repr, names)),
        closest=closest(pattern, names),
        try_next=f'data.modalities.{name}.columns: "{name} *", or a list of columns',
    )


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
