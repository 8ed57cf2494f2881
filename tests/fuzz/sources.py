"""Small valid data of every kind in every format, each with a recipe: what fuzzing starts from."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

N = 60
"""Enough for what `umlkit data` looks for in a training part of 30 or more."""
CLASSES = ("bird", "car", "sea")
WORDS = ("red", "green", "wing", "wheel", "wave", "naïve", "東京")

Arrays = dict[str, Any]
Rows = list[dict[str, Any]]
Content = Arrays | Rows


@dataclass(frozen=True)
class Source:
    """A valid data set.

    Attributes:
        name: what tests call it.
        files: name -> arrays, or rows of a table; a name that ends in a slash is a folder of ``.npy`` files.
        data: the recipe's section ``data``.
        compressed: whether archives are.
    """

    name: str
    files: Mapping[str, Content]
    data: Mapping[str, Any]
    compressed: bool = False
    train: Mapping[str, Any] = field(default_factory=lambda: {"epochs": 2, "batch_size": 8})

    @property
    def recipe(self) -> dict[str, Any]:
        return {"name": "fuzzed", "data": dict(self.data), "train": dict(self.train), "seeds": [0]}


def _arrays(**more: Any) -> Arrays:
    return {"y": np.arange(N) % len(CLASSES), **more}


def _rows(rng: np.random.Generator, **columns: Any) -> Rows:
    made = [{key: make(i) for key, make in columns.items()} for i in range(N)]
    return [{**row, "outcome": CLASSES[i % len(CLASSES)]} for i, row in enumerate(made)]


def sources() -> dict[str, Source]:
    """By name."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=(N, *shape)).astype(np.float32)

    def number(_: int) -> float:
        return round(float(rng.normal()), 3)

    def word(_: int) -> str:
        return str(rng.choice(WORDS))

    def text(i: int) -> str:
        return f"{i} " + " ".join(rng.choice(WORDS, size=rng.integers(1, 6)))

    def steps(i: int) -> list[list[float]]:
        return [[number(i), number(i)] for _ in range(3 + i % 4)]

    mixed = {
        "label": "outcome",
        "modalities": {
            "table": {"kind": "table", "columns": ["age", "income", "city"], "missing": "impute-mean"},
            "note": {"kind": "text", "missing": "empty"},
        },
    }
    columns = {"age": number, "income": number, "city": word, "note": text}
    every = [
        Source(
            "vectors",
            {"v.npz": _arrays(X_a=normal(3), X_b=normal(2), groups=np.arange(N) // 2, id=np.arange(N) + 100)},
            {"path": "v.npz", "label": "y", "groups": "groups", "id": "id"},
        ),
        Source(
            "pictures",
            {"p.npz": _arrays(image=rng.integers(0, 256, size=(N, 8, 8)).astype(np.uint8), sound=normal(8, 9))},
            {
                "path": "p.npz",
                "label": "y",
                "modalities": {"image": {"kind": "image"}, "sound": {"kind": "spectrogram"}},
            },
            compressed=True,
        ),
        Source("folder", {"f/": _arrays(a=normal(3), b=normal(2))}, {"path": "f", "label": "y"}),
        Source(
            "sequences",
            {"s.safetensors": _arrays(accel=normal(7, 2), gyro=normal(5, 1), len_accel=1 + np.arange(N) % 7)},
            {"path": "s.safetensors", "label": "y", "modalities": {"accel": {"kind": "sequence"}, "gyro": None}},
        ),
        Source("csv", {"m.csv": _rows(rng, **columns)}, {"path": "m.csv", **mixed}),
        Source("tsv", {"m.tsv": _rows(rng, **columns)}, {"path": "m.tsv", **mixed}),
        Source(
            "jsonl",
            {"m.jsonl": _rows(rng, accel=steps, note=text)},
            {"path": "m.jsonl", "label": "outcome", "modalities": {"accel": {"kind": "sequence"}, "note": None}},
        ),
        Source("parquet", {"m.parquet": _rows(rng, **columns)}, {"path": "m.parquet", **mixed}),
        Source(
            "joined",
            {
                "audio.csv": [{"visit": f"v{i}", "loud": number(i), "pitch": number(i)} for i in range(N)],
                "clinic.csv": _rows(rng, visit=lambda i: f"v{i}", age=number, city=word),
            },
            {"path": {"audio": "audio.csv", "clinic": "clinic.csv"}, "id": "visit", "label": "outcome"},
        ),
    ]
    return {one.name: one for one in every}


def written(name: str, content: Content, *, compressed: bool = False) -> dict[str, bytes]:
    """The file, or the files of the folder, that holds the content: path -> bytes.

    Raises:
        ValueError, TypeError, ...: the format cannot hold such content.
    """
    if name.endswith("/"):
        return {f"{name}{key}.npy": _npy(values) for key, values in content.items()}  # type: ignore[union-attr]
    return {name: _WRITERS[Path(name).suffix](content, compressed)}


def _npy(values: Any) -> bytes:
    held = io.BytesIO()
    np.save(held, values, allow_pickle=True)
    return held.getvalue()


def _npz(arrays: Any, compressed: bool) -> bytes:
    held = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(held, **arrays)
    return held.getvalue()


def _safetensors(arrays: Any, _: bool) -> bytes:
    from safetensors.numpy import save

    return save({key: np.ascontiguousarray(values) for key, values in arrays.items()})


def _separated(mark: str) -> Any:
    def write(rows: Any, _: bool) -> bytes:
        header = list(dict.fromkeys(key for row in rows for key in row))
        held = io.StringIO()
        lines = csv.writer(held, delimiter=mark, lineterminator="\n")
        lines.writerow(header)
        lines.writerows([row[key] for key in header if key in row] for row in rows)
        return held.getvalue().encode("utf-8", "surrogatepass")

    return write


def _jsonl(rows: Any, _: bool) -> bytes:
    return "".join(json.dumps(row, default=str) + "\n" for row in rows).encode()


def _parquet(rows: Any, _: bool) -> bytes:
    import pyarrow
    import pyarrow.parquet

    with tempfile.SpooledTemporaryFile() as held:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), held)
        held.seek(0)
        return held.read()


_WRITERS: Mapping[str, Any] = {
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
