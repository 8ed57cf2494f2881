"""N-grams of texts with TF-IDF weights: which occur in training, how rare they are, and what a text is made of.

    weight(t, d) = (1 + ln tf(t, d)) * idf(t) / |d|,    idf(t) = ln((1 + n) / (1 + df(t))) + 1

where tf counts the n-gram t in the text d, df the training texts that hold it, n all training texts, and |d| is the
Euclidean norm over the n-grams of one family (words, or characters), so that each family has length 1: scikit-learn's
``TfidfVectorizer(sublinear_tf=True)``, which does the cutting up and the weighting; the families side by side are its
``FeatureUnion``. Only the counting of training texts is done here, by blocks, so that it streams.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from umlkit.data.cells import is_missing
from umlkit.data.records import Array, Ints

BLOCK = 2048
"""Texts that are cut up at once."""
MOST_COUNTED = 2_000_000
"""N-grams that are counted at once; when there are more, the rarest so far are forgotten."""


@dataclass(frozen=True)
class Family:
    """What an n-gram is made of.

    Attributes:
        name: ``words`` or ``characters``.
        analyzer: how scikit-learn calls it.
        sizes: fewest and most pieces of an n-gram.
        most: n-grams kept, those that most training texts hold.
    """

    name: str
    analyzer: str
    sizes: tuple[int, int]
    most: int

    def settings(self) -> dict[str, Any]:
        """As keyword arguments of scikit-learn's vectorizers."""
        return {"analyzer": self.analyzer, "ngram_range": self.sizes}


@dataclass(frozen=True)
class Ngrams:
    """The n-grams of one family that training texts hold.

    Attributes:
        family: what they are made of.
        terms: V of them, in alphabetical order.
        idf: (V,) inverse document frequencies.
    """

    family: Family
    terms: tuple[str, ...]
    idf: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, texts: Array, rows: Ints, family: Family) -> Ngrams:
        """Over the texts ``rows`` alone, ordered by how many of them hold an n-gram; the most frequent are kept."""
        counts = _document_frequencies(texts, rows, family)
        kept = sorted(sorted(counts, key=lambda term: (-counts[term], term))[: family.most])
        frequencies = np.array([counts[term] for term in kept], dtype=np.float64)
        return cls(family, tuple(kept), np.log((1 + len(rows)) / (1 + frequencies)) + 1)

    def __len__(self) -> int:
        return len(self.terms)

    def weights(self, texts: Array) -> csr_array:
        """(n, V) sparse TF-IDF weights; what was not seen in training is left out before the norm is taken."""
        if not self.terms:
            return csr_array((len(texts), 0))
        return csr_array(self._vectorizer.transform(texts))

    @cached_property
    def _vectorizer(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer  # a second to import, and most data hold no text

        vectorizer = TfidfVectorizer(**self.family.settings(), sublinear_tf=True, vocabulary=self.terms)
        vectorizer.idf_ = self.idf
        return vectorizer


def blocks_of(texts: Array, rows: Ints | None = None) -> Iterator[tuple[int, Array]]:
    """(position of the first, texts) by blocks, of all or of the rows named; missing texts are empty."""
    for start in range(0, len(texts) if rows is None else len(rows), BLOCK):
        block = texts[start : start + BLOCK] if rows is None else texts[rows[start : start + BLOCK]]
        found = np.empty(len(block), dtype=object)
        found[:] = ["" if is_missing(text) else text for text in block]
        yield start, found


def _document_frequencies(texts: Array, rows: Ints, family: Family) -> dict[str, int]:
    """How many of the texts hold each n-gram: exact until :data:`MOST_COUNTED` differ, then the rare are too low."""
    counts: dict[str, int] = {}
    least = 1
    for _, block in blocks_of(texts, rows):
        for term, count in _of_block(block, family):
            counts[term] = counts.get(term, 0) + count
        while len(counts) > MOST_COUNTED:
            counts = {term: count for term, count in counts.items() if count > least}
            least += 1
    return counts


def _of_block(block: Array, family: Family) -> Iterator[tuple[str, int]]:
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(**family.settings(), binary=True)
    try:
        matrix = vectorizer.fit_transform(block)
    except ValueError:  # scikit-learn's word for texts without a single n-gram
        return iter(())
    totals = np.asarray(matrix.sum(axis=0)).ravel().tolist()
    return zip(vectorizer.get_feature_names_out().tolist(), totals, strict=True)
