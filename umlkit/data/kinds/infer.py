"""A modality's kind: as the recipe states it, else the first whose look the values have, else a question to the user.

A guess is made only where it is nearly certain, and always printed with the line that changes it, because a wrong one
would cost accuracy without a word.
"""

from __future__ import annotations

from collections.abc import Mapping

from umlkit.data import lengths
from umlkit.data.kinds.base import Kind, Settled
from umlkit.data.kinds.image import Image, channels_first
from umlkit.data.kinds.numbers import not_numbers
from umlkit.data.kinds.sequence import Sequence
from umlkit.data.kinds.spectrogram import Spectrogram
from umlkit.data.kinds.table import Table
from umlkit.data.kinds.text import Text
from umlkit.data.kinds.vector import Vector
from umlkit.data.records import ModalityArray
from umlkit.errors import Problem, listed

AUTO = "auto"
KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (Vector(), Table(), Image(), Spectrogram(), Text(), Sequence())
}
"""Every kind by name, in the order in which they are looked for."""


def settle(name: str, modality: ModalityArray, *, stated: str, where: str) -> Settled | Problem:
    """Give samples as cut from a source their kind.

    Args:
        name: of the modality.
        modality: as cut.
        stated: ``auto`` or a kind's name.
        where: the source, for messages.
    """
    if modality.lengths is not None and stated not in (AUTO, Sequence.name):
        return _needless_lengths(name, stated, where=where)
    if stated != AUTO:
        return _settled(KINDS[stated], name, modality, because="stated", where=where)
    if _differ_in_length(modality):
        return _settled(KINDS[Sequence.name], name, modality, because="samples differ in length", where=where)
    for kind in KINDS.values():
        because = kind.suggested(modality)
        if because is not None:
            return _settled(kind, name, modality, because=because, where=where)
    return _unclear(name, modality, where=where)


def _differ_in_length(modality: ModalityArray) -> bool:
    """Lengths are said beside the values, or seen in a list or an array; columns of a table are no list."""
    if modality.lengths is not None:
        return True
    return not modality.is_text and not modality.columns and lengths.differ(modality.values)


def _needless_lengths(name: str, stated: str, *, where: str) -> Problem:
    return Problem(
        f"the modality {name!r} has lengths, and its kind has none",
        where=where,
        found=f"kind: {stated}",
        allowed="kind: sequence",
        try_next=f"data.modalities.{name}.lengths: take it out, or change the kind",
    )


def _settled(kind: Kind, name: str, modality: ModalityArray, *, because: str, where: str) -> Settled | Problem:
    made = _unknown_imputing(kind, name, modality, where=where) or kind.settle(name, modality, where=where)
    return made if isinstance(made, Problem) else Settled(made, because)


def _unknown_imputing(kind: Kind, name: str, modality: ModalityArray, *, where: str) -> Problem | None:
    if modality.missing in ("error", *kind.imputes):
        return None
    return Problem(
        f"the modality {name!r} is of the kind {kind.name}, whose missing values are not filled in this way",
        where=where,
        found=f"missing: {modality.missing}",
        allowed=listed(("error", *sorted(kind.imputes))),
        try_next=f"data.modalities.{name}.missing, in the recipe",
    )


def _unclear(name: str, modality: ModalityArray, *, where: str) -> Problem:
    shape = modality.values.shape
    if modality.is_text or modality.levels:
        return not_numbers(name, modality, kind="vector", where=where) or Problem(
            f"{name!r} is of no kind", where=where
        )
    problem = channels_first(name, modality.values, where=where)
    if problem is not None:
        return problem
    lines = [f"data.modalities.{name}.kind: vector"]
    if len(shape) in (3, 4):
        lines.insert(0, f"data.modalities.{name}.kind: image")
    if len(shape) == 3:
        lines.insert(1, f"data.modalities.{name}.kind: spectrogram")
    return Problem(
        f"the kind of modality {name!r} is not clear from its shape and values",
        where=where,
        found=f"shape {shape} of {modality.values.dtype}",
        allowed="vector (flattened), image or spectrogram, stated in the recipe",
        try_next=f"in a recipe, which `umlkit init` writes: {' or '.join(lines)}",
    )
