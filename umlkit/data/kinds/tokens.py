"""Texts as rows of token numbers: words and punctuation in lower case, in their order, for networks that read it.

0 is padding, 1 a token that is not in the vocabulary, which holds what training texts use most.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from umlkit.data.kinds.ngrams import blocks_of
from umlkit.data.records import Array, Ints

UNKNOWN = 1
FIRST = 2
"""Number of the vocabulary's first token."""
MOST = 10_000
"""Tokens of a vocabulary."""
FEWEST_TEXTS = 2
"""Training texts that a token has to occur in: what occurs in one teaches nothing, and ``unknown`` needs examples."""
LONGEST = 256
"""Tokens of a text that are kept; the rest is cut off."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Tokens:
    """A vocabulary.

    Attributes:
        words: the tokens, most frequent first; number i + 2 stands for ``words[i]``.
        longest: tokens of the longest training text, at most :data:`LONGEST`, at least 1.
    """

    words: tuple[str, ...]
    longest: int

    @classmethod
    def fit(cls, texts: Array, rows: Ints) -> Tokens:
        """Over the texts ``rows`` alone."""
        counts: Counter[str] = Counter()
        longest = 1
        for _, block in blocks_of(texts, rows):
            for text in block:
                found = split(text)
                longest = max(longest, len(found))
                counts.update(set(found))
        kept = sorted((word for word in counts if counts[word] >= FEWEST_TEXTS), key=lambda word: (-counts[word], word))
        return cls(tuple(kept[:MOST]), min(longest, LONGEST))

    def __len__(self) -> int:
        """Numbers in use: padding, unknown, and the vocabulary."""
        return FIRST + len(self.words)

    def numbers(self, text: str) -> list[int]:
        """The text's tokens as numbers >= 1, at most :data:`LONGEST`."""
        return [self._number.get(word, UNKNOWN) for word in split(text)[:LONGEST]]

    @cached_property
    def _number(self) -> dict[str, int]:
        return {word: FIRST + i for i, word in enumerate(self.words)}


def split(text: str) -> list[str]:
    """Words and single marks of punctuation, in lower case."""
    return _TOKEN.findall(text.lower())


def joined(words: tuple[str, ...]) -> Array:
    """Words, none of which holds a newline, as UTF-8 bytes for a file."""
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def parted(content: Array) -> tuple[str, ...]:
    """The inverse of :func:`joined`."""
    text = np.asarray(content, dtype=np.uint8).tobytes().decode()
    return tuple(text.split("\n")) if text else ()
