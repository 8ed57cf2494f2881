"""A recipe to grow from: what umlkit reads in a file, written out with comments, every choice open to change.

The text loads and runs as it stands. What can be no modality is left out with its reason; a kind that is not clear is
stated as ``vector`` with a word on what else it may be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from umlkit.data import kinds
from umlkit.data.categories import unfit
from umlkit.data.convention import Layout, lay_out
from umlkit.data.cut import Place, extract, match_columns, not_numbers
from umlkit.data.missing import non_finite
from umlkit.data.raw import Raw
from umlkit.data.reading import from_raw
from umlkit.errors import InputError, Problem
from umlkit.output import printable
from umlkit.recipe.json_schema import modeline
from umlkit.recipe.scalars import is_text
from umlkit.recipe.schema import Data, Modality

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS_OF_OLD_YAML = frozenset({"yes", "no", "on", "off"})
_WIDTH = 100
_MISSING = {
    "impute-mean": "the mean of the training samples for values that are missing",
    "empty": "a text that is missing is an empty one",
}


@dataclass(frozen=True)
class Proposal:
    """A recipe's text, and what it says.

    Attributes:
        text: YAML with comments.
        label: the label's name.
        modalities: their names.
        left_out: what could be no modality, and why.
    """

    text: str
    label: str
    modalities: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Chosen:
    """A modality of the proposal: where it is, and a remark on its kind."""

    place: Place
    remark: str


def propose(raw: Raw, data: Data, *, name: str, file: str) -> Proposal:
    """A recipe for the arrays or columns of ``raw``.

    Args:
        raw: the source.
        data: path or source, as the recipe is to say it, with the label and what else the user named.
        name: of the run.
        file: what the recipe will be called, for its own first lines.

    Raises:
        InputError: the label is not named, or the data cannot be read even so.
    """
    layout = lay_out(raw, data)
    left_out = _unfit(raw, layout)
    chosen = [found for place in layout.modalities if (found := _choose(raw, place, left_out)) is not None]
    if not chosen:
        raise InputError(Problem("nothing in it can be a modality", where=raw.name, found="; ".join(left_out) or None))
    named = data.model_copy(
        update={
            "label": layout.label,
            "groups": layout.groups,
            "id": layout.id,
            "split_by": layout.split,
            "modalities": {one.place.name: _as_recipe(one.place) for one in chosen},
        }
    )
    dataset = from_raw(raw, named)  # everything else that is wrong comes out here, before a file is written
    lines = [
        *_head(raw, file),
        f"name: {quoted(name)}",
        "",
        "data:",
        *_data_lines(named, classes=len(dataset.classes), stated=dataset.given_split is not None),
        "  modalities:                  # exactly these; take one out, or cut it with `take`",
        *(line for one in chosen for line in _modality_lines(one, raw)),
        *(f"  # left out: {printable(reason)}" for reason in left_out),
        *_tail(stated=dataset.given_split is not None),
    ]
    return Proposal("\n".join(lines) + "\n", layout.label, tuple(named.modalities or {}), tuple(left_out))


def quoted(text: str) -> str:
    """``text`` as a YAML scalar that every YAML reader takes for exactly this text."""
    plain = _PLAIN.fullmatch(text) and is_text(text) and text.lower() not in _WORDS_OF_OLD_YAML
    return text if plain else '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _choose(raw: Raw, place: Place, left_out: list[str]) -> _Chosen | None:
    if not place.columns:
        problem = not_numbers(place.source, raw.headers[place.source].dtype, where=raw.name)
        if problem is not None:
            left_out.append(f"{problem.what} ({problem.found})")
            return None
    problems: list[Problem] = []
    found = extract(raw, place, problems)
    if found is None:
        raise InputError(*problems)
    values = found.values
    settled = kinds.settle(place.name, found, stated="auto", where=raw.name)
    if isinstance(settled, Problem):
        shape = " x ".join(map(str, values.shape[1:]))
        other = (
            "`image` if it is a picture, `spectrogram` if it is one"
            if values.ndim in (3, 4)
            else "its values side by side"
        )
        missing = "impute-mean" if non_finite(values).nan else "error"
        return _Chosen(replace(place, kind="vector", missing=missing), f"{shape} a sample: {other}")
    kind = kinds.KINDS[settled.modality.kind]
    missing = ("empty" if settled.modality.is_text else "impute-mean") if kind.missing(settled.modality) else "error"
    return _Chosen(replace(place, kind=kind.name, missing=missing), settled.because)


def _unfit(raw: Raw, layout: Layout) -> list[str]:
    """Columns that can be no input and are nothing else either, with the reason."""
    named = {layout.label, layout.groups, layout.split, layout.id}
    named |= {name for place in layout.modalities for name in place.columns}
    columns = [name for name, header in raw.headers.items() if raw.table and len(header.shape) == 1]
    reasons = {name: unfit(raw, name) for name in columns if name not in named}
    return [f"column {name!r} ({reason})" for name, reason in reasons.items() if reason]


def _as_recipe(place: Place) -> Modality:
    columns = list(place.columns) or None
    source = None if columns else place.source
    return Modality.model_validate(
        {
            "from": source,
            "columns": columns,
            "kind": place.kind,
            "missing": place.missing,
            "lengths": place.lengths,
        }
    )


def _head(raw: Raw, file: str) -> list[str]:
    return [
        modeline(),
        f"# A recipe for {printable(raw.name)}, as umlkit reads it. Keys that are not here have their defaults.",
        "#",
        f"#   umlkit data {printable(file)}       checks and describes the data",
        f"#   umlkit run {printable(file)}        trains, measures, advises, evaluates",
        "",
    ]


def _data_lines(data: Data, *, classes: int, stated: bool) -> list[str]:
    lines = [*_place_lines(data), f"  label: {quoted(data.label or '')}  # {classes} classes"]
    lines += [
        f"  {key}: {quoted(value)}  # {why}"
        for key, value, why in (
            ("groups", data.groups, "kept whole in splits"),
            ("split_by", data.split_by, "states who trains and who is tested"),
            ("id", data.id, "names the samples"),
        )
        if value is not None
    ]
    if data.groups is None:
        lines.append("  # groups: subject            # an array or column whose groups are kept whole in splits")
    if stated and data.split_by is None:
        lines.append("  # the split is stated by the index arrays idx_train, idx_val, idx_test")
    return lines


def _place_lines(data: Data) -> list[str]:
    if isinstance(data.path, dict):
        return ["  path:", *(f"    {quoted(name)}: {quoted(path)}" for name, path in data.path.items())]
    return [f"  source: {quoted(data.source)}" if data.source else f"  path: {quoted(str(data.path))}"]


def _modality_lines(one: _Chosen, raw: Raw) -> list[str]:
    place = one.place
    lines = [f"    {quoted(place.name)}:"]
    lines += _columns_lines(place, raw) if place.columns else [f"      from: {quoted(place.source)}"]
    lines.append(f"      kind: {place.kind}  # {one.remark}")
    if place.lengths is not None:
        lines.append(f"      lengths: {quoted(place.lengths)}  # how many steps of every sample are real")
    if place.missing != "error":
        lines.append(f"      missing: {place.missing}  # {_MISSING[place.missing]}")
    encoder = f"{'ngrams' if place.kind == 'text' else 'mlp':<16}"
    lines.append(f"      # encoder: {encoder}# `umlkit encoders` lists them; default: the best on `select`")
    return lines


def _columns_lines(place: Place, raw: Raw) -> list[str]:
    for pattern in (f"{place.name}_*", "*"):
        found, _ = match_columns(pattern, list(raw.headers), but=_others(place, raw))
        if tuple(found) == place.columns and pattern != "*":
            return [f"      columns: {quoted(pattern)}"]
    return _flow([quoted(column) for column in place.columns])


def _others(place: Place, raw: Raw) -> Sequence[str]:
    return [name for name in raw.headers if len(raw.headers[name].shape) != 1 and name not in place.columns]


def _flow(items: list[str]) -> list[str]:
    lines, line = [], "      columns: ["
    for i, item in enumerate(items):
        piece = item + ("]" if i == len(items) - 1 else ", ")
        if len(line) + len(piece) > _WIDTH and line.strip():
            lines.append(line.rstrip())
            line = "        "
        line += piece
    return [*lines, line]


def _tail(*, stated: bool) -> list[str]:
    split = (
        [] if stated else ["  # split: {train: 0.6, val: 0.2, test: 0.2, seed: 0}   # default: by what the data need"]
    )
    return [
        *split,
        "",
        "# train: {epochs: 300, patience: 30, batch_size: 64, lr: 0.001}   # the training loop",
        "# methods: {umt: {weight: auto}}                                   # `umlkit methods -v` lists their options",
        "# seeds: [0, 1, 2]                                                 # the measurement is the mean over them",
    ]
