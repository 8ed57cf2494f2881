"""What a trained model reads, and where it lies in raw data: its columns, its raw array, or its own, cut already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from umlkit.data import kinds
from umlkit.data import take as cuts
from umlkit.data.cut import Place
from umlkit.data.grouping import PREFIX, lengths_of
from umlkit.data.raw import Raw
from umlkit.errors import Problem, closest, listed


@dataclass(frozen=True)
class InputSpec:
    """How a trained model's modality is read from raw data.

    Attributes:
        source: the raw array that it is cut from, or the name of the table.
        take: the cut, as written in the recipe; None for none.
        columns: the columns that it is made of, in order; empty for an array.
        kind: a key of :data:`umlkit.data.kinds.KINDS`.
        missing: ``error``, or how missing values are imputed.
        categories: which columns of the cut samples hold categories, by number.
        sample_shape: shape of one sample as read, before anything is fitted.
        lengths: holds how many steps of every sample are real; None where nothing did in training.
    """

    source: str
    take: str | None
    columns: tuple[str, ...]
    kind: str
    missing: str
    sample_shape: tuple[int, ...]
    lengths: str | None = None
    categories: tuple[int, ...] = ()


def place_of(raw: Raw, name: str, spec: InputSpec, problems: list[Problem]) -> Place | None:
    """Where the modality lies: its columns, its raw array to be cut, or its own array, cut already."""
    lengths = _lengths(raw, name, spec, problems)
    sure = kinds.KINDS[spec.kind].words != "any"
    cut = Place(
        name,
        spec.source,
        take=spec.take,
        kind=spec.kind,
        missing=spec.missing,
        categories=spec.categories,
        sure=sure,
        lengths=lengths,
    )
    if spec.columns and all(column in raw.headers for column in spec.columns):
        left = cuts.kept(len(spec.columns), spec.take)
        named = tuple(spec.columns[left[i]] for i in spec.categories)
        return replace(cut, source=raw.name, columns=spec.columns, categories=named)
    if not spec.columns and spec.source in raw.headers:
        return cut
    own = [key for key in (name, PREFIX + name) if key in raw.headers and not raw.table]
    if own:
        return replace(cut, source=own[0], take=None)
    problems.append(_absent(raw, name, spec))
    return None


def _lengths(raw: Raw, name: str, spec: InputSpec, problems: list[Problem]) -> str | None:
    """What holds the lengths. They are needed where training had them: what pads the values is not to be guessed."""
    if spec.kind != "sequence":
        return None
    found = spec.lengths if spec.lengths in raw.headers else lengths_of(raw, name, spec.source)
    if found is None and spec.lengths is not None:
        problems.append(
            Problem(
                f"the lengths {spec.lengths!r} of the modality {name!r} are missing",
                where=raw.name,
                found=listed(map(repr, raw.headers)),
                allowed="how many steps of every sample are real, one whole number a sample",
                closest=closest(spec.lengths, raw.headers),
            )
        )
    return found


def _absent(raw: Raw, name: str, spec: InputSpec) -> Problem:
    wanted = list(spec.columns) or list(dict.fromkeys([spec.source, name, PREFIX + name]))
    lacking = [key for key in wanted if key not in raw.headers]
    columns = bool(spec.columns) and (raw.table or len(lacking) < len(wanted))
    lacks = f"lacks {len(lacking)} of its {len(wanted)} columns: {listed(map(repr, lacking))}"
    return Problem(
        f"the modality {name!r} {lacks if columns else 'is missing'}",
        where=raw.name,
        found=listed(map(repr, raw.headers)) or "nothing",
        allowed=None if columns else " or ".join(map(repr, [name] if spec.columns else wanted)),
        closest=closest(lacking[0], raw.headers),
    )
