"""How many steps of a sample are real: said by an array beside the values, or seen where steps at the end are NaN.

Legend of shapes: N samples of at most T steps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from umlkit.data.columns import NUMERIC, extract_columns
from umlkit.data.missing import blocks
from umlkit.data.raw import Raw
from umlkit.data.records import Array, Ints
from umlkit.errors import Problem

FEWEST = 3
"""Different lengths from which on rows of numbers with NaN at their ends are lists of different lengths."""


def trailing(values: Array) -> Ints:
    """(N,) steps of (N, T, ...) up to the last one that is not NaN throughout; T for whole numbers."""
    longest = values.shape[1]
    found = np.full(len(values), longest, dtype=np.int64)
    if values.dtype.kind != "f":
        return found
    for start, block in blocks(values):
        real: Array = np.logical_not(np.isnan(block).reshape(len(block), longest, -1).all(axis=2))
        last = longest - real[:, ::-1].argmax(axis=1)
        found[start : start + len(block)] = np.where(real.any(axis=1), last, 0)
    return found


def differ(values: Array) -> bool:
    """Whether (N, T, ...) numbers look like samples of different lengths.

    Steps of several channels do where one at the end is NaN throughout. Plain rows do only where every NaN is at the
    end of its row and the rows have several lengths: a column or two with missing values is no sequence.
    """
    if values.dtype.kind != "f" or values.ndim < 2:
        return False
    found = trailing(values)
    if (found == values.shape[1]).all():
        return False
    return values.ndim > 2 or (len(np.unique(found)) >= FEWEST and _only_at_the_end(values, found))


def stated(raw: Raw, name: str, *, shape: tuple[int, ...], problems: list[Problem]) -> Ints | None:
    """The lengths that an array or column holds, for (N, T, ...) values of this shape.

    (N,) whole numbers from 1 to T; None with what is wrong added to ``problems``.
    """
    samples, steps = shape[:2]
    values = _numbers(raw, name, problems)
    if values is None:
        return None
    if len(values) != samples:
        found = f"{len(values)} for {samples} samples"
        problems.append(Problem(f"the lengths {name!r} are not one a sample", where=raw.name, found=found))
        return None
    before = len(problems)
    wrong: list[tuple[str, Array]] = [
        ("that is no whole number", ~np.isfinite(values) | (values != np.floor(values))),
        ("below 1: every sample has a step", values < 1),
        (f"beyond the {steps} steps that there are", np.isfinite(values) & (values > steps)),
    ]
    for what, where in wrong:
        if where.any():
            row = int(np.argmax(where))
            count = int(where.sum())
            problems.append(
                Problem(
                    f"the lengths {name!r} have {'one' if count == 1 else count} {what}",
                    where=f"{raw.name}, {raw.row(row)}",
                    found=f"{values[row]:g}",
                    allowed=f"whole numbers from 1 to {steps}, one a sample",
                )
            )
    return None if len(problems) > before else values.astype(np.int64)


def cut(lengths: Ints, shape: tuple[int, ...], by: Callable[[Array], Array]) -> Ints | None:
    """The lengths after a cut of (N, T, ...) values of this shape; None where it leaves no steps or reorders them."""
    real = np.arange(shape[1]) < lengths[:, None]
    kept = by(np.broadcast_to(real.reshape(*real.shape, *[1] * (len(shape) - 2)), shape))
    while kept.ndim > 2:
        kept = kept[..., 0]
    if kept.ndim < 2 or (kept[:, 1:] & ~kept[:, :-1]).any():
        return None
    found: Ints = kept.sum(axis=1, dtype=np.int64)
    return found


def _only_at_the_end(values: Array, lengths: Ints) -> bool:
    inside = np.arange(values.shape[1])
    return not any(
        (np.isnan(block) & (inside < lengths[start : start + len(block), None])).any()
        for start, block in blocks(values)
    )


def _numbers(raw: Raw, name: str, problems: list[Problem]) -> Array | None:
    """(N,) float64."""
    shape, kind = raw.headers[name].shape, raw.headers[name].dtype.kind
    if len(shape) == 1 or shape[1:] == (1,):
        found = extract_columns(raw, (name,), problems) if raw.table else None
        if found is not None and found.values.ndim == 2 and not found.levels:
            return found.values[:, 0]
        if not raw.table and kind in NUMERIC:
            return raw.load(name).reshape(-1).astype(np.float64)
    problems.append(
        Problem(
            f"the lengths {name!r} are not one number a sample",
            where=raw.name,
            found=f"shape {shape} of {raw.headers[name].dtype}",
            allowed="the number of real steps of every sample",
        )
    )
    return None
