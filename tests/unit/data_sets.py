"""Small data sets and files that the tests of ``umlkit.data`` share."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from umlkit.data.raw import from_arrays
from umlkit.data.reading import from_raw, read
from umlkit.data.records import Dataset, ModalityArray
from umlkit.errors import InputError
from umlkit.recipe.data_schema import Data
from umlkit.recipe.schema import Recipe

N = 60


def arrays(n: int = N, classes: int = 3, **more: Any) -> dict[str, Any]:
    """Two modalities of noise, labels in turn, and whatever ``more`` puts in their place."""
    rng = np.random.default_rng(0)
    return {
        "X_a": rng.normal(size=(n, 4)).astype(np.float32),
        "X_v": rng.normal(size=(n, 3)).astype(np.float32),
        "y": np.arange(n) % classes,
        **more,
    }


def read_arrays(held: dict[str, Any], *, table: bool = False, **data: Any) -> Dataset:
    """The data set in arrays, as from a file called ``mine.npz``."""
    section = Data.model_validate({"path": "mine.npz", "label": "y", **data})
    return from_raw(from_arrays(held, name="mine.npz", table=table), section)


def read_file(path: Path, **data: Any) -> Dataset:
    """The data set in a file."""
    recipe = Recipe.model_validate({"data": {"path": str(path), "label": "y", **data}})
    loaded: Any = SimpleNamespace(recipe=recipe, folder=path.parent, data_files=lambda: {path.stem: path})
    return read(loaded)


def dataset(labels: Any, *, groups: Any = None, given: Any = None, values: Any = None) -> Dataset:
    """A data set of one modality, every sample another."""
    labels = np.asarray(labels, dtype=np.int64)
    n, classes = len(labels), int(labels.max()) + 1
    held = np.arange(float(n))[:, None] if values is None else np.asarray(values)
    names = tuple(f"c{i}" for i in range(classes))
    return Dataset(
        modalities={"a": ModalityArray(values=held, kind="vector", source="a")},
        labels=labels,
        classes=names,
        class_values=names,
        label_name="y",
        ids=tuple(map(str, range(n))),
        groups=None if groups is None else np.asarray(groups, dtype=np.int64),
        given_split=None if given is None else np.asarray(given, dtype="<U5"),
    )


def said(error: InputError) -> str:
    """Everything that an error tells the user."""
    return str(error)
