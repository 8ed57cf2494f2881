"""One modality as the recipe states it: the array or the columns that it names, or those that its name stands for."""

from __future__ import annotations

from umlkit.data.categories import unfit
from umlkit.data.cut import Place
from umlkit.data.free_text import free_text_columns
from umlkit.data.grouping import PREFIX, TABLE, by_files, by_prefixes, lengths_of
from umlkit.data.kinds import KINDS
from umlkit.data.named import match_columns, missing_column
from umlkit.data.raw import Raw
from umlkit.errors import Problem, closest, listed
from umlkit.recipe.data_schema import Modality


def stated_place(raw: Raw, name: str, spec: Modality, bystanders: set[str], problems: list[Problem]) -> Place | None:
    """Where a modality of the recipe lies, or None with what is wrong added to ``problems``."""
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
        own = None if name in free else by_files(raw, free).get(name) or by_prefixes(free).get(name)
        if own:
            return _fit(raw, own)
        patterns = name
    found, nothing = match_columns(patterns, names, but=bystanders)
    inputs = [key for key in names if key not in bystanders]
    problems.extend(_no_column(raw, name, pattern, inputs) for pattern in nothing)
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
        try_next=f"data.modalities.{name}.columns: {_pattern(name, names)}a list of columns",
    )


def _pattern(name: str, names: list[str]) -> str:
    """A pattern to try, and ``or``: the modality's name with what parts words after it, where columns begin so."""
    tried = (f"{name}{mark}*" for mark in (" ", "_", ".", "-", ""))
    return next((f'"{one}", or ' for one in tried if match_columns(one, names, but=())[0]), "")
