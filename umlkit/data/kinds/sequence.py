"""The kind ``sequence``: steps in time, (N, T, C) numbers or (N, T) with one channel; samples may differ in length.

How many steps of a sample are real is said by an array beside the values, else seen: steps at the end that are NaN
throughout are no steps, which is how lists of different lengths arrive. What stands beyond a sample's end is never
looked at. Channels are standardised over the real steps of training samples alone. NaN inside a sample is a missing
value; filled in, it leaves no mark.

Legend of shapes: N samples of L_i <= T steps, C channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from umlkit.data import lengths
from umlkit.data.gaps import gaps
from umlkit.data.kinds.base import Kind, Packed, RaggedPreprocess
from umlkit.data.kinds.columns import EVERY_WAY
from umlkit.data.kinds.numbers import flat, not_numbers
from umlkit.data.kinds.quantiles import ENOUGH, quantiles
from umlkit.data.kinds.sketch import Sketch, of_numbers
from umlkit.data.kinds.standardise import Standardiser, Statistics
from umlkit.data.missing import blocks, by_blocks, value_range
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Ints, ModalityArray
from umlkit.errors import Problem


@dataclass(frozen=True)
class SequencePreprocess(RaggedPreprocess):
    """Standardised channels.

    Attributes:
        channels: statistics of C channels.
        fill: (C,) what stands for a missing value, in the units of the data.
        longest: T, the most steps of a training sample.
    """

    padding = np.nan

    channels: Standardiser
    fill: Statistics
    longest: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, C)."""
        return (self.longest, len(self.channels.mean))

    def pack(self, modality: ModalityArray) -> Packed:
        """All real steps, end to end: (L_1 + ... + L_n, C)."""
        own = known_lengths(modality)
        packed = np.empty((int(own.sum()), self.shape[1]), dtype=np.float32)
        filled = 0
        for steps in _steps(modality.values, own):
            whole = np.where(np.isnan(steps), self.fill, steps) if steps.dtype.kind == "f" else steps
            packed[filled : filled + len(steps)] = self.channels.apply(whole)
            filled += len(steps)
        return Packed(packed, own)

    def notes(self, modality: ModalityArray, rows: Ints) -> tuple[str, ...]:
        """Samples that are longer than any in training."""
        count = int((known_lengths(modality)[rows] > self.longest).sum())
        if not count:
            return ()
        samples = "1 sample is" if count == 1 else f"{count} samples are"
        return (f"{samples} longer than any in training; `linear` and `mlp` read the first {self.longest} steps",)

    def to_arrays(self) -> dict[str, Array]:
        """Statistics, filling and length."""
        return {**self.channels.to_arrays(), "fill": self.fill, "longest": np.array(self.longest, dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> SequencePreprocess:
        """The inverse of :meth:`to_arrays`."""
        fill = np.asarray(arrays["fill"], dtype=np.float64)
        return cls(Standardiser.from_arrays(arrays), fill, int(arrays["longest"]))


class Sequence(Kind):
    """Steps in time."""

    name = "sequence"
    preprocess = SequencePreprocess
    allowed = "(samples, steps, channels), or (samples, steps) of one channel"
    imputes = EVERY_WAY

    def suggested(self, modality: ModalityArray) -> str | None:
        """Two axes, whatever is left when the other kinds have been looked for."""
        looks = len(modality.sample_shape) == 2 and not modality.is_text and not modality.levels
        return "two axes, neither a picture's" if looks else None

    def settle(self, name: str, modality: ModalityArray, *, where: str) -> ModalityArray | Problem:
        """(N, T) or (N, T, C) -> (N, T, C), with lengths."""
        problem = not_numbers(name, modality, kind=self.name, where=where)
        if problem is not None:
            return problem
        values = modality.values
        if len(modality.sample_shape) not in (1, 2):
            return Problem(
                f"the modality {name!r} is stated to be a sequence and has no steps",
                where=where,
                found=f"shape {values.shape}",
                allowed=self.allowed,
            )
        values = values if values.ndim == 3 else values[..., None]
        own = lengths.trailing(values) if modality.lengths is None else modality.lengths
        return replace(modality, values=values, kind=self.name, lengths=own)

    def problems(self, name: str, modality: ModalityArray, raw: Raw) -> list[Problem]:
        """Samples without a step, NaN where they are not to be imputed, and infinities."""
        found = [_empty(name, known_lengths(modality), raw)]
        if modality.values.dtype.kind == "f":
            if modality.missing == "error":
                found.append(_inside(name, modality, raw, np.isnan))
            found.append(_inside(name, modality, raw, np.isinf))
        return [problem for problem in found if problem is not None]

    def fit(self, modality: ModalityArray, rows: Ints) -> SequencePreprocess:
        """By channel, over the real steps of ``rows``."""
        own = known_lengths(modality)
        channels = Standardiser.of(lambda: _steps(modality.values, own, rows=rows), width=modality.values.shape[2])
        return SequencePreprocess(channels, _fill(modality, rows, channels), int(own[rows].max(initial=1)))

    def describe(self, modality: ModalityArray) -> str:
        """``7 to 29 steps of 12 channels``."""
        own, channels = known_lengths(modality), modality.values.shape[2]
        steps = f"{own.max()} steps" if own.min() == own.max() else f"{own.min()} to {own.max()} steps"
        return steps if channels == 1 else f"{steps} of {channels} channels"

    def missing(self, modality: ModalityArray) -> int:
        """NaN inside of samples; the ends of short ones miss nothing."""
        if modality.values.dtype.kind != "f":
            return 0
        return sum(int(np.isnan(steps).sum()) for steps in _steps(modality.values, known_lengths(modality)))

    def range_of(self, modality: ModalityArray) -> tuple[float, float] | None:
        """Of the real steps."""
        return value_range(_steps(modality.values, known_lengths(modality)))

    def sketch(self, modality: ModalityArray, rows: Ints) -> Sketch:
        """Of the real steps; a step that a sample does not have counts as the mean."""
        return of_numbers(modality, rows, numbers=_ends_taken_out)

    def expected(self, raw_shape: tuple[int, ...]) -> str:
        """Any number of steps of these channels."""
        return f"(steps, {raw_shape[1]}) a sample, with any number of steps"

    def mismatch(self, raw_shape: tuple[int, ...], modality: ModalityArray) -> str | None:
        """Another number of channels; the number of steps is free."""
        return None if modality.sample_shape[1] == raw_shape[1] else f"{modality.sample_shape} a sample"


def known_lengths(modality: ModalityArray) -> Ints:
    """(N,) of a settled modality."""
    return lengths.trailing(modality.values) if modality.lengths is None else modality.lengths


def _ends_taken_out(modality: ModalityArray) -> Array:
    """(N, T C) floats, NaN beyond the end of a sample."""
    inside = np.arange(modality.values.shape[1]) < known_lengths(modality)[:, None]
    return flat(np.where(inside[..., None], modality.values, np.nan))


def _steps(values: Array, own: Ints, *, rows: Ints | None = None) -> Iterator[Array]:
    """The real steps of the samples ``rows`` (default: all), (k, C) a block, in order."""
    inside = np.arange(values.shape[1])
    chosen = np.arange(len(values)) if rows is None else rows
    for some in by_blocks(values, chosen):
        yield values[some][inside < own[some, None]]


def _fill(modality: ModalityArray, rows: Ints, channels: Standardiser) -> Statistics:
    """(C,) by ``modality.missing``; a median is that of at most :data:`ENOUGH` steps of samples evenly spaced."""
    if modality.missing == "impute-constant":
        return np.full(len(channels.mean), modality.fill)
    if modality.missing != "impute-median":
        return channels.mean
    own = known_lengths(modality)
    some = rows[:: max(1, int(own[rows].sum()) // ENOUGH)]
    steps = np.concatenate(list(_steps(modality.values, own, rows=some)))
    median = quantiles(steps, np.arange(len(steps)), (0.5,))[0]
    return np.where(np.isnan(median), channels.mean, median)


def _empty(name: str, own: Ints, raw: Raw) -> Problem | None:
    empty = np.flatnonzero(own == 0)
    if not len(empty):
        return None
    return Problem(
        f"the sequence {name!r} is empty for {len(empty)} {'sample' if len(empty) == 1 else 'samples'}",
        where=f"{raw.name}, {raw.row(int(empty[0]))}",
        found="no step that is not NaN throughout",
        allowed="at least one step a sample",
        try_next="leave these samples out",
    )


def _inside(name: str, modality: ModalityArray, raw: Raw, wrong: Callable[[Array], Array]) -> Problem | None:
    """How many values within the samples are missing, or infinite, and the row and step of the first."""
    own, count, first = known_lengths(modality), 0, None
    inside = np.arange(modality.values.shape[1])
    for start, block in blocks(modality.values):
        found = wrong(block) & (inside < own[start : start + len(block), None])[..., None]
        count += int(found.sum())
        if first is None and found.any():
            row, step, _ = (int(i) for i in np.argwhere(found)[0])
            first = (start + row, step)
    if first is None:
        return None
    values, at = "value" if count == 1 else "values", f"{raw.row(first[0])}, step {first[1]}"
    if wrong is np.isnan:
        what = f"the sequence {name!r} has {count} missing {values} (NaN) before its end"
        return gaps(what, raw=raw, name=name, row=at)
    return Problem(
        f"the sequence {name!r} has {count} infinite {values}",
        where=f"{raw.name}, {at}",
        allowed="finite numbers",
        try_next="replace them, by NaN if they stand for missing values",
    )
