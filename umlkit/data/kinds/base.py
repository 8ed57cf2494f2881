"""What a kind of modality is: how its samples are recognised, checked, and made into numbers for an encoder.

A kind knows three moments. *Settling*: values as cut from a source get the shape of the kind, or a problem says why.
*Fitting*: statistics and vocabularies are taken from the training samples alone, as a :class:`Preprocess`. *Applying*:
any samples, seen or unseen, become float32 arrays for an encoder. Nothing above this package asks which kind it has.

Legend of shapes of what :meth:`Preprocess.apply` returns, n samples, and of :attr:`Preprocess.shape`, which is what an
encoder is built from:

| kind | array | shape |
|---|---|---|
| vector | (n, D'): D columns and an indicator for each that misses values in training | (D',) |
| table | (n, 2 K + Q), see :mod:`table` | (K, bins, n_1, ..., n_Q): Q columns of n_q categories |
| image | (n, C, H, W) | (C, H, W) |
| spectrogram | (n, 1, T, F) | (1, T, F) |
| text | (n, L, 3): n-gram, its weight, token | (numbers of n-grams, numbers of tokens, longest) |
| sequence | (n, L, C), steps beyond a sample's end NaN, all others numbers | (T, C), T the longest in training |
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from umlkit.data.kinds.sketch import Sketch, of_numbers, of_texts
from umlkit.data.missing import blocks, non_finite, value_range
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Floats, Ints, ModalityArray
from umlkit.errors import Problem


@dataclass(frozen=True)
class Settled:
    """A modality that has its kind.

    Attributes:
        modality: its samples in the shape of the kind; a view of what was read where numpy can.
        because: why it has this kind, in a few words; ``stated`` where the recipe says so.
    """

    modality: ModalityArray
    because: str


@dataclass(frozen=True)
class Packed:
    """Samples of different lengths, end to end.

    Attributes:
        flat: (L_1 + ... + L_n, K) float32, sample after sample.
        lengths: (n,) L_i.
    """

    flat: Floats
    lengths: Ints

    def padded(self, padding: float) -> Floats:
        """(n, max L_i, K), at least one step long; what is beyond a sample's length holds ``padding``."""
        longest = max(1, int(self.lengths.max(initial=0)))
        out = np.full((len(self.lengths), longest, self.flat.shape[1]), padding, dtype=np.float32)
        out[np.arange(longest) < self.lengths[:, None]] = self.flat
        return out


class Preprocess(ABC):
    """How the samples of one modality become numbers for an encoder; fitted on training samples alone.

    Attributes:
        padding: what stands beyond the end of a short sample in a batch; None where all samples have one shape.
        costly: whether applying it costs far more than reading the result from a file, so that data too large for
            memory go through it once and not once an epoch.
    """

    padding: ClassVar[float | None] = None
    costly: ClassVar[bool] = False

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """What an encoder has to know of a sample; see the table above."""

    @abstractmethod
    def apply(self, modality: ModalityArray) -> Floats:
        """All samples of a settled modality as float32; the first axis is the sample."""

    def notes(self, modality: ModalityArray, rows: Ints) -> tuple[str, ...]:  # noqa: ARG002
        """What the samples ``rows`` hold that a model does not know or does not read, with counts, a line each."""
        return ()

    @abstractmethod
    def to_arrays(self) -> dict[str, Array]:
        """What was fitted, as named arrays of numbers, for a file."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Preprocess:
        """The inverse of :meth:`to_arrays`."""


class RaggedPreprocess(Preprocess):
    """A preprocess whose samples differ in length: every sample is (L_i, K), a batch is padded to its longest."""

    padding: ClassVar[float]

    @abstractmethod
    def pack(self, modality: ModalityArray) -> Packed:
        """All samples of a settled modality, end to end."""

    def apply(self, modality: ModalityArray) -> Floats:
        """(n, max L_i, K) float32, padded with :attr:`padding`."""
        return self.pack(modality).padded(self.padding)


class Kind(ABC):
    """A kind of modality.

    Attributes:
        name: as written in a recipe.
        preprocess: what its fitting gives.
        allowed: what an array of this kind has to be, for messages.
        words: what a word in a column is: a mistake (``none``), a category, of columns that training settles
            (``categories``), or whatever the kind makes of it (``any``).
        imputes: the values of ``missing`` that it knows beside ``error``.
    """

    name: ClassVar[str]
    preprocess: ClassVar[type[Preprocess]]
    allowed: ClassVar[str]
    words: ClassVar[Literal["none", "categories", "any"]] = "any"
    imputes: ClassVar[frozenset[str]] = frozenset({"impute-mean"})

    @abstractmethod
    def suggested(self, modality: ModalityArray) -> str | None:
        """Why samples as cut look like this kind, in a few words; None where they do not."""

    @abstractmethod
    def settle(self, name: str, modality: ModalityArray, *, where: str) -> ModalityArray | Problem:
        """The samples in the shape of this kind, or what stands against it.

        Args:
            name: of the modality.
            modality: as cut; its ``kind`` is not looked at.
            where: the source, for messages.
        """

    @abstractmethod
    def problems(self, name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
        """Values that may not stand in a settled modality: missing ones that nothing says what to do about, infinities.

        Args:
            name: of the modality.
            modality: settled.
            raw: the source, which names rows.
        """

    @abstractmethod
    def fit(self, modality: ModalityArray, rows: Ints) -> Preprocess:
        """Fit on the samples ``rows`` (the training part) of a settled modality."""

    @abstractmethod
    def describe(self, modality: ModalityArray) -> str:
        """A sample in a few words: ``17 values``, ``28 x 28``."""

    def nothing_to_learn(self, name: str, modality: ModalityArray, raw: Raw) -> Problem | None:  # noqa: ARG002
        """Why no model can be fitted on settled samples that a model could predict for; None where one can."""
        return None

    def missing(self, modality: ModalityArray) -> int:
        """How many values of settled samples are missing."""
        return non_finite(modality.values).nan

    def range_of(self, modality: ModalityArray) -> tuple[float, float] | None:
        """The least and the largest number of settled samples; None where they hold none."""
        return None if modality.is_text else value_range(block for _, block in blocks(modality.values))

    def sketch(self, modality: ModalityArray, rows: Ints) -> Sketch:
        """How to say a sample in a few numbers whose distances tell near repeats, by what the samples ``rows`` are."""
        return of_texts(modality, rows) if modality.is_text else of_numbers(modality, rows)

    def expected(self, raw_shape: tuple[int, ...]) -> str:
        """What unseen samples have to be for a model whose samples had ``raw_shape``, for messages."""
        return f"{raw_shape} a sample"

    def mismatch(self, raw_shape: tuple[int, ...], modality: ModalityArray) -> str | None:
        """What is wrong with unseen samples, settled, for a model whose samples had ``raw_shape``; None if nothing."""
        return None if modality.sample_shape == raw_shape else f"{modality.sample_shape} a sample"
