"""The kind ``text``: a text a sample, read twice, as a bag of n-grams with TF-IDF weights and as a row of tokens.

Both lie side by side in one array, so that an encoder takes what it needs: a step of a sample holds an n-gram's number,
its weight, and a token's number. Numbers count from 1; 0 stands for none. The bag and the tokens of a text fill their
columns from the start, each to its own end.

What is kept was compared by logistic regression, its strength chosen on `select` (*measured*, held-out log-loss, mean
of two or three splits): names of 1530 emoji / 5000 film reviews / 13,905 film reviews and plots

| n-grams | emoji | reviews | and plots | in a text of these |
|---|---|---|---|---|
| words 1-2 | 1.23 | .507 | .488 | 4, 34, 44 |
| words 1-2, the 30,000 of most texts | 1.23 | .519 | .494 | 4, 28, 31 |
| these and characters 3 | 1.12 | .510 | .470 | 17, 114, 135 |
| these and characters 4 | 1.10 | .499 | .464 | 15, 101, 120 |
| these and characters 3-4 | 1.09 | .501 | .463 | 28, 184, 220 |
| these and characters 2-4 | 1.09 | .501 | .461 | 43, 261, 306 |
| these, none left out for its rareness | 1.09 | .494 | .459 | 43, 269, 327 |

Leaving out what one training text alone holds is worse throughout (emoji 1.11 to 1.16): it takes its share of a text's
norm, so that a text of rare words is judged with less certainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, hstack

from umlkit.data.cells import is_missing
from umlkit.data.free_text import LOOKED_AT, looks_free
from umlkit.data.gaps import gaps
from umlkit.data.kinds.base import Kind, Packed, RaggedPreprocess
from umlkit.data.kinds.ngrams import Family, Ngrams, blocks_of
from umlkit.data.kinds.tokens import LONGEST, Tokens, joined, parted, split
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Ints, ModalityArray
from umlkit.data.spread import spread
from umlkit.errors import InputError, Problem

FAMILIES = (
    Family("words", "word", (1, 2), most=30_000),
    Family("characters", "char_wb", (3, 4), most=20_000),
)
EMPTY = "empty"
"""The recipe's ``missing`` that lets a text be empty."""


@dataclass(frozen=True)
class TextPreprocess(RaggedPreprocess):
    """A bag of n-grams and a vocabulary.

    Attributes:
        bag: the families' n-grams; their numbers count on from one family to the next.
        tokens: the vocabulary.
    """

    padding: ClassVar[float] = 0.0
    costly: ClassVar[bool] = True

    bag: tuple[Ngrams, ...]
    tokens: Tokens

    @property
    def shape(self) -> tuple[int, ...]:
        """(numbers of n-grams, numbers of tokens, longest), 0 counted among the numbers."""
        return (1 + sum(map(len, self.bag)), len(self.tokens), self.tokens.longest)

    def pack(self, modality: ModalityArray) -> Packed:
        """(L, 3) a text: n-gram, weight, token."""
        parts = [self._pack(block) for _, block in blocks_of(modality.values)]
        return Packed(
            np.concatenate([part.flat for part in parts] or [np.zeros((0, 3), dtype=np.float32)]),
            np.concatenate([part.lengths for part in parts] or [np.zeros(0, dtype=np.int64)]),
        )

    def weights(self, texts: Array) -> csr_array:
        """(n, numbers of n-grams - 1) TF-IDF weights of all families side by side."""
        return csr_array(hstack([ngrams.weights(texts) for ngrams in self.bag], format="csr"))

    def notes(self, modality: ModalityArray, rows: Ints) -> tuple[str, ...]:
        """Texts of which a network reads the beginning alone."""
        count = sum(len(split(text)) > LONGEST for _, block in blocks_of(modality.values, rows) for text in block)
        if not count:
            return ()
        texts = "1 text has" if count == 1 else f"{count} texts have"
        return (f"{texts} more than {LONGEST} tokens; `text-transformer` reads the first {LONGEST}",)

    def to_arrays(self) -> dict[str, Array]:
        """N-grams and tokens as UTF-8 bytes, a line each; frequencies; the longest text."""
        arrays: dict[str, Array] = {"tokens": joined(self.tokens.words), "longest": np.array(self.tokens.longest)}
        for ngrams in self.bag:
            name = ngrams.family.name
            arrays |= {f"{name}.terms": joined(ngrams.terms), f"{name}.idf": ngrams.idf}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> TextPreprocess:
        """The inverse of :meth:`to_arrays`."""
        bag = tuple(
            Ngrams(family, parted(arrays[f"{family.name}.terms"]), np.asarray(arrays[f"{family.name}.idf"]))
            for family in FAMILIES
        )
        return cls(bag, Tokens(parted(arrays["tokens"]), int(arrays["longest"])))

    def _pack(self, texts: Array) -> Packed:
        bag, tokens = self.weights(texts), [self.tokens.numbers(text) for text in texts]
        bag.sort_indices()
        in_bag, in_text = np.diff(bag.indptr), np.array([len(numbers) for numbers in tokens], dtype=np.int64)
        lengths = np.maximum(in_bag, in_text).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.zeros((int(starts[-1]), 3), dtype=np.float32)
        at = _places(starts[:-1], in_bag)
        flat[at, 0] = bag.indices + 1
        flat[at, 1] = bag.data
        flat[_places(starts[:-1], in_text), 2] = [number for numbers in tokens for number in numbers]
        return Packed(flat, lengths)


class Text(Kind):
    """A text."""

    name = "text"
    preprocess = TextPreprocess
    allowed = "one text a sample"
    imputes = frozenset({EMPTY})

    def suggested(self, modality: ModalityArray) -> str | None:
        """An array of texts, or a column of several words a cell, most of them different."""
        if not modality.is_text or modality.values.ndim != 1:
            return None
        if not modality.columns:
            return "an array of texts"
        return "texts of several words, most of them different" if looks_free(modality.values) else None

    def settle(self, name: str, modality: ModalityArray, *, where: str) -> ModalityArray | Problem:
        """(N,) texts, as they are."""
        if modality.is_text and modality.values.ndim == 1:
            return replace(modality, kind=self.name)
        return Problem(
            f"the modality {name!r} is stated to be text and is not one text a sample",
            where=where,
            found=f"shape {modality.values.shape} of {modality.values.dtype}",
            allowed="(samples,) texts: an array of str or of UTF-8 bytes, or columns of a table",
        )

    def problems(self, name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
        """Empty and missing texts, where nothing says that a text may be empty."""
        if modality.missing == EMPTY:
            return []
        rows = missing_rows(modality.values)
        if not len(rows):
            return []
        first = int(rows[0])
        what = f"the modality {name!r} has {len(rows)} empty or missing {'text' if len(rows) == 1 else 'texts'}"
        problem = gaps(what, raw=raw, name=name, row=raw.row(first), way=EMPTY, so=", if a text may be empty")
        return [replace(problem, found=repr(modality.values[first]))]

    def fit(self, modality: ModalityArray, rows: Ints) -> TextPreprocess:
        """Vocabularies, of the training texts alone.

        Raises:
            InputError: no training text holds a single n-gram.
        """
        texts = modality.values
        bag = tuple(Ngrams.fit(texts, rows, family) for family in FAMILIES)
        if not any(map(len, bag)):
            raise InputError(
                Problem(
                    f"the texts of {modality.source!r} hold no words to learn from",
                    where=f"{len(rows)} training samples",
                    found=repr(texts[int(rows[0])]) if len(rows) else "no text",
                    allowed="texts with letters or digits",
                    try_next="leave this modality out, or look at how the texts were read",
                )
            )
        return TextPreprocess(bag, Tokens.fit(texts, rows))

    def nothing_to_learn(self, name: str, modality: ModalityArray, raw: Raw) -> Problem | None:
        """All texts are empty."""
        if len(missing_rows(modality.values)) < len(modality):
            return None
        return Problem(
            f"the texts of the modality {name!r} are all empty",
            where=raw.name,
            found=f"{len(modality)} texts without a word",
            try_next="leave this modality out, or look at how the texts were read",
        )

    def missing(self, modality: ModalityArray) -> int:
        """How many texts are missing."""
        return len(missing_rows(modality.values))

    def describe(self, modality: ModalityArray) -> str:
        """``64 words``: the median over two thousand texts at most."""
        words = int(np.median([len(text.split()) for text in spread(modality.values, LOOKED_AT)] or [0]))
        return "1 word" if words == 1 else f"{words} words"


def missing_rows(texts: Array) -> Ints:
    """Row numbers of the texts that are empty, white space, or say that there is none."""
    return np.array([row for row, text in enumerate(texts) if is_missing(text)], dtype=np.int64)


def _places(starts: Ints, counts: Array) -> Ints:
    """starts[0], starts[0] + 1, ... (counts[0] of them), starts[1], ..."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))
