"""A recipe to grow from: what umlkit reads in a file, written out with comments, every choice open to change.

The text loads and runs as it stands. What can be no modality is left out with its reason; a kind that is not clear is
stated as ``vector`` with a word on what else it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from umlkit.data import kinds
from umlkit.data.categories import unfit
from umlkit.data.convention import Layout, lay_out
from umlkit.data.crossfit import said
from umlkit.data.cut import Place, extract, not_numbers
from umlkit.data.missing import non_finite
from umlkit.data.raw import Raw
from umlkit.data.reading import from_raw
from umlkit.data.recipe_lines import data_lines, head, modality_lines, quoted, tail
from umlkit.data.records import Dataset, ModalityArray
from umlkit.data.roles import divided
from umlkit.data.suspects import likely_groups, which_label
from umlkit.errors import InputError, Problem
from umlkit.output import printable
from umlkit.recipe.data_schema import Data, Modality


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
    """A modality of the proposal: where it is, a remark on its kind, and what was found there."""

    place: Place
    remark: str
    found: ModalityArray


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
    if data.label is None and raw.label is None:
        raise InputError(which_label(raw))
    layout = lay_out(raw, data)
    left_out = _unfit(raw, layout)
    chosen = [found for place in layout.modalities if (found := _choose(raw, place, left_out)) is not None]
    if not chosen:
        raise InputError(Problem("nothing in it can be a modality", where=raw.name, found="; ".join(left_out) or None))
    named = _named(data, layout, [one.place for one in chosen])
    extracted = {one.place.name: one.found for one in chosen}
    dataset = from_raw(raw, named, extracted=extracted)  # what else is wrong comes out here, before a file is written
    stated = dataset.given_split is not None
    spoken_for = {name for name in (layout.label, layout.groups, layout.id, layout.split, *layout.index) if name}
    lines = [
        *head(raw, file, modalities=len(chosen)),
        f"name: {quoted(name)}",
        "",
        "data:",
        *data_lines(named, classes=len(dataset.classes), stated=stated, groups=likely_groups(raw, but=spoken_for)),
        "  modalities:                  # exactly these; take one out, or cut it with `take`",
        *(line for one in chosen for line in modality_lines(one.place, raw, remark=one.remark)),
        *(f"  # left out: {printable(reason)}" for reason in left_out),
        *tail(stated=stated, sizes=np.bincount(dataset.labels).tolist(), measured=_measured(dataset, len(chosen))),
    ]
    return Proposal("\n".join(lines) + "\n", layout.label, tuple(named.modalities or {}), tuple(left_out))


def _measured(dataset: Dataset, modalities: int) -> str:
    """How a measurement of these samples goes, or why there is none."""
    if modalities < 2:
        return "with one modality there is nothing to measure"
    try:
        roles = divided(dataset, None)
    except InputError as error:
        return f"not possible: {error.problems[0].what}"
    if roles.not_measurable is not None:
        return roles.not_measurable
    n = sum(len(rows) for rows in (roles.train, roles.select, roles.probe))
    if roles.folds:
        return said(len(roles.folds), n)
    return f"on {len(roles.probe)} held-out samples"


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
        return _Chosen(replace(place, kind="vector", missing=missing), f"{shape} a sample: {other}", found)
    kind = kinds.KINDS[settled.modality.kind]
    missing = ("empty" if settled.modality.is_text else "impute-mean") if kind.missing(settled.modality) else "error"
    return _Chosen(replace(place, kind=kind.name, missing=missing), settled.because, found)


def _unfit(raw: Raw, layout: Layout) -> list[str]:
    """Columns that can be no input and are nothing else either, with the reason."""
    named = {layout.label, layout.groups, layout.split, layout.id}
    named |= {name for place in layout.modalities for name in place.columns}
    columns = [name for name, header in raw.headers.items() if raw.table and len(header.shape) == 1]
    reasons = {name: unfit(raw, name) for name in columns if name not in named}
    return [f"column {name!r} ({reason})" for name, reason in reasons.items() if reason]


def _named(data: Data, layout: Layout, places: Sequence[Place]) -> Data:
    """The section with everything by name that was found by convention."""
    beside = {"label": layout.label, "groups": layout.groups, "id": layout.id, "split_by": layout.split}
    modalities = {place.name: _as_recipe(place) for place in places}
    return data.model_copy(update={**beside, "modalities": modalities})


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
