"""Rows of a set in the README's convention: its own split, or train and validation divided anew, no test row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

SEEDS = 1000


@dataclass(frozen=True)
class Held:
    """A set and its rows."""

    arrays: dict[str, Any]
    train: Any
    val: Any
    test: Any

    @property
    def y(self) -> Any:
        return self.arrays["y"]

    @property
    def modalities(self) -> dict[str, Any]:
        return {name[2:]: values for name, values in self.arrays.items() if name.startswith("X_")}


def divided(path: Path, *, development: int | None, most: int | None) -> Held:
    """The set with its own split; or without its test rows, the rest divided anew."""
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    parts = [arrays.pop(f"idx_{part}") for part in ("train", "val", "test")]
    if development is not None:
        parts = anew(np.sort(np.concatenate(parts[:2])), arrays, number=development)
    if most is not None:
        parts[0] = np.random.default_rng(0).permutation(parts[0])[:most]
    kept = np.sort(np.concatenate(parts))
    place = {row: i for i, row in enumerate(kept)}
    train, val, test = (np.array([place[row] for row in np.sort(part)]) for part in parts)
    length = len(arrays["y"])
    arrays = {n: v[kept] if v.shape[:1] == (length,) else v for n, v in arrays.items()}
    arrays.update(idx_train=train, idx_val=val, idx_test=test)
    return Held(arrays, train, val, test)


def anew(rows: Any, arrays: dict[str, Any], *, number: int) -> list[Any]:
    """Train, validation and a held-out fifth of ``rows``, groups whole: one of divisions that are all different.

    Of few groups several seeds give one division, of which the first alone counts.
    """
    found: list[list[Any]] = []
    for seed in range(SEEDS):
        parts = _divided(rows, arrays, seed=seed)
        if not any(all(map(np.array_equal, parts, other)) for other in found):
            found.append(parts)
        if len(found) > number:
            return parts
    raise ValueError(f"these groups have {len(found)} divisions")


def _divided(rows: Any, arrays: dict[str, Any], *, seed: int) -> list[Any]:

    def cut(rows: Any, share: float) -> tuple[Any, Any]:
        if "groups" in arrays:
            splitter: Any = GroupShuffleSplit(1, test_size=share, random_state=seed)
            kept, held = next(splitter.split(rows, groups=arrays["groups"][rows]))
        else:
            splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
            kept, held = next(splitter.split(rows, arrays["y"][rows]))
        return rows[kept], rows[held]

    rest, test = cut(rows, 0.2)
    train, val = cut(rest, 0.25)
    return [train, val, test]
