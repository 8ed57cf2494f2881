"""The categories of a column as training saw them: a word and its number, 0 for what is unknown.

Every category of training has a number, rare ones too. Reading those seen less than twice, or less than four times, as
unknown was tried (*measured*, held-out log-loss of logistic regression and a perceptron; see
:mod:`umlkit.encoders.mlp.encoder` for the tables): with 186 countries .696 for all, .696 from two on, .766 from four
on, and .696, .710, .775; on census income all within .001.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from umlkit.data.records import Array, Ints

UNKNOWN = 0


@dataclass(frozen=True)
class Vocabulary:
    """Words of one column.

    Attributes:
        words: those that occur in training; word i has the number i + 1.
    """

    words: tuple[str, ...]

    @classmethod
    def fit(cls, numbers: Array, levels: Sequence[str]) -> Vocabulary:
        """The levels that occur among training cells: (n,) numbers of levels, NaN where one is missing."""
        seen = np.unique(numbers[np.isfinite(numbers)]).astype(np.int64)
        return cls(tuple(levels[i] for i in seen))

    def __len__(self) -> int:
        """How many numbers there are, that of `unknown` among them."""
        return len(self.words) + 1

    def codes(self, levels: Sequence[str]) -> Ints:
        """The numbers of these words."""
        number = {word: i + 1 for i, word in enumerate(self.words)}
        return np.array([number.get(word, UNKNOWN) for word in levels], dtype=np.int64)

    def unseen(self, levels: Sequence[str]) -> frozenset[int]:
        """Places of the words that training did not see."""
        return frozenset(np.flatnonzero(self.codes(levels) == UNKNOWN).tolist())

    def to_array(self) -> Array:
        """The words as bytes of JSON, for a file."""
        return np.frombuffer(json.dumps(self.words, ensure_ascii=False).encode(), dtype=np.uint8).copy()

    @classmethod
    def from_array(cls, array: Array) -> Vocabulary:
        """The inverse of :meth:`to_array`."""
        return cls(tuple(json.loads(np.asarray(array, dtype=np.uint8).tobytes())))
