"""Guesses about columns for whoever writes a recipe: which could be the label, which could name groups.

Guesses are said, with what they rest on, and never acted upon.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from umlkit.data.cells import is_missing, number
from umlkit.data.digests import texts
from umlkit.data.grouping import PREFIX
from umlkit.data.levels import of_texts, of_values
from umlkit.data.named import INDEX_ARRAYS, RESERVED
from umlkit.data.raw import Raw
from umlkit.errors import Problem, listed

_LABEL_NAMES = re.compile(r"(y|label|labels|target|class|classes|outcome|diagnosis|category|response)", re.IGNORECASE)
_GROUP_NAMES = re.compile(
    r"(subject|patient|speaker|person|participant|individual|user|customer|client|donor|animal|session|recording|video|"
    r"clip|episode|group|family|household|school|hospital|site|batch|product|author|writer|device|machine|store)"
    r"([_ -]?(id|no|nr|number|name|code))?|.+[_ -]id|id",
    re.IGNORECASE,
)
MOST_CLASSES = 1000
LOOKED_AT = 1000
FEWEST_GROUPS = 3
FEWEST_WORDS, MOST_REPEATS = 20, 50
"""Without a name that says so, a column of at least so many words, each about so often at most, may name groups."""


@dataclass(frozen=True)
class Suspect:
    """A column or array, and what speaks for it.

    Attributes:
        name: of the array or column.
        distinct: different values.
        repeats: median number of samples of a value.
    """

    name: str
    distinct: int
    repeats: int


def likely_labels(raw: Raw) -> list[Suspect]:
    """What could be the label: whole numbers, truth values or words, each value several times; the likeliest first."""
    found = []
    for name in _candidates(raw):
        suspect = _counted(raw, name)
        most = min(MOST_CLASSES, raw.headers[name].shape[0] // 2)
        if suspect is not None and 2 <= suspect.distinct <= most:
            found.append(suspect)
    return sorted(found, key=lambda one: (not _LABEL_NAMES.fullmatch(one.name), one.distinct))


def which_label(raw: Raw) -> Problem:
    """That the label is not said, and which array or column could be it, the likeliest first."""
    found = likely_labels(raw)
    return Problem(
        f"which {raw.word} is the label is not said",
        where=raw.name,
        found=listed((f"{one.name!r} ({one.distinct} values)" for one in found), limit=8)
        or f"nothing that looks like one: {listed(map(repr, raw.headers))}",
        allowed="whole numbers, truth values or words, one a sample, each value several times",
        try_next=f"--label {found[0].name if found else 'NAME'}",
    )


def likely_groups(raw: Raw, *, but: set[str], by_name: bool = False) -> list[Suspect]:
    """What could name groups of samples that belong together: ids, each of which occurs more than once.

    Args:
        raw: the source.
        but: names that are spoken for: the label, the ids, the split.
        by_name: only what is called as groups are; the values of all else are not looked at.
    """
    return [
        suspect
        for name, header in raw.headers.items()
        if name not in but and header.shape[1:] in ((), (1,)) and header.shape and header.dtype.kind in "iuUSO"
        if not by_name or _called_groups(name)
        if (suspect := _counted(raw, name)) is not None and _names_groups(raw, suspect)
    ]


def _candidates(raw: Raw) -> list[str]:
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


def _names_groups(raw: Raw, suspect: Suspect) -> bool:
    most = raw.headers[suspect.name].shape[0] // 2
    if suspect.repeats < 2 or not FEWEST_GROUPS <= suspect.distinct <= most:
        return False
    if _called_groups(suspect.name):
        return True
    many = suspect.distinct >= FEWEST_WORDS and suspect.repeats <= MOST_REPEATS
    return many and raw.headers[suspect.name].dtype.kind in "USO" and None in map(number, _words(raw, suspect.name))


def _called_groups(name: str) -> bool:
    return _GROUP_NAMES.fullmatch(name.removeprefix(PREFIX)) is not None


def _counted(raw: Raw, name: str) -> Suspect | None:
    """The column's values counted; None where they are numbers with a fraction."""
    values = raw.load(name).reshape(-1)
    if values.dtype.kind == "f" or _fractions(_words(raw, name) if values.dtype.kind in "USO" else []):
        return None
    counts = (of_texts(values) if values.dtype.hasobject else of_values(values)).counts()
    return Suspect(name, len(counts), int(np.median(counts)))


def _words(raw: Raw, name: str) -> list[str]:
    """The first cells of a column that hold anything."""
    return [word for word in texts(raw.load(name)[:LOOKED_AT].reshape(-1)) if not is_missing(word)]


def _fractions(words: list[str]) -> bool:
    """Whether the words are numbers, some of them with a fraction."""
    return any("." in word for word in words) and None not in map(number, words)
