"""Files of every format with bytes changed, lost and put in: read, or refused in words; never another error."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from umlkit.data.reading import from_raw
from umlkit.data.sources import open_file
from umlkit.errors import InputError
from umlkit.recipe.data_schema import Data

N = 30
FORMATS = ("stored.npz", "packed.npz", "a.npy", "a.safetensors", "a.parquet", "a.jsonl", "a.csv", "a.tsv")
TOKENS = [b"", b"\0", b"\xff", b",", b'"', b"\n", b"{", b"]", b"null", b"1e999", b"-", b"NaN", b"9" * 30, b"\x93NUMPY"]
LOST = [0, 0, 1, 4, 50, 5000]
CHANGE = st.tuples(st.floats(0, 1), st.sampled_from(LOST), st.sampled_from(TOKENS) | st.binary(max_size=8))
CHANGES = st.lists(CHANGE, min_size=1, max_size=4)
"""Where in the file, how many bytes go there, what comes in their place."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole")
    x, y = np.random.default_rng(0).normal(size=(N, 3)), np.arange(N) % 2
    np.savez(path / "stored.npz", X_a=x, X_b=x[:, :2], y=y)
    np.savez_compressed(path / "packed.npz", X_a=x, y=y)
    np.save(path / "a.npy", x)
    save_file({"X_a": x, "y": y}, path / "a.safetensors")
    rows = [{"id": f"s{i}", "y": "ab"[y[i]], "emb": x[i].tolist(), "v_1": x[i, 0], "v_2": x[i, 1]} for i in range(N)]
    pq.write_table(pa.Table.from_pylist(rows), path / "a.parquet")
    (path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, separator in (("a.csv", ","), ("a.tsv", "\t")):
        cells = [("id", "v_1", "v_2", "y"), *((f"s{i}", str(i), ".5", str(y[i])) for i in range(N))]
        (path / name).write_text("\n".join(map(separator.join, cells)) + "\n")
    return path


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "a.npy"])
def test_the_files_are_read_when_nothing_is_changed(name: str, folder: Path) -> None:
    found = from_raw(open_file(folder / name), Data.model_validate({"path": name, "label": "y"}))
    assert len(found) == N


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_a_changed_file_is_read_or_refused(name: str, folder: Path, tmp_path: Path, changes: list) -> None:
    content = bytearray((folder / name).read_bytes())
    for place, lost, new in changes:
        start = int(place * len(content))
        content[start : start + lost] = new
    path = tmp_path / name
    path.write_bytes(content)
    try:
        raw = open_file(path)
        for key in raw.headers:
            raw.load(key)
        from_raw(raw, Data.model_validate({"path": name, "label": "y"}))
    except InputError as error:
        assert error.problems
