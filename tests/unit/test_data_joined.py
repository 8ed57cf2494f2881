"""Several files as one data set: tables joined by ids, arrays side by side, and what is said of what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.unit.data_sets import said
from umlkit.data import mapped, strings
from umlkit.data.joined import put_together
from umlkit.data.raw import Raw
from umlkit.data.reading import read
from umlkit.data.records import Dataset
from umlkit.data.sources import open_file, open_new
from umlkit.errors import InputError
from umlkit.recipe.schema import Recipe

N = 30
AUDIO = [{"id": f"s{i}", "mean": i * 0.5, "std": i % 7 + 0.1} for i in range(N)]
CLINICAL = [{"id": f"s{i}", "age": 20 + i % 9, "mean": -i, "y": "ab"[i % 2]} for i in reversed(range(N))]


def as_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    lines = [",".join(rows[0]), *(",".join(str(cell) for cell in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def as_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read_files(files: dict[str, Path], **data: Any) -> Dataset:
    section = {"path": {name: str(path) for name, path in files.items()}, "label": "y", **data}
    loaded: Any = SimpleNamespace(recipe=Recipe.model_validate({"data": section}), data_files=lambda: files)
    return read(loaded)


def put(*paths: Path, id: str | None = "id", join: str = "inner") -> Raw:
    return put_together({path.stem: open_file(path) for path in paths}, id=id, join=join)


def test_tables_are_joined_by_ids_in_the_order_of_the_first_and_each_is_a_modality(tmp_path: Path) -> None:
    files = {"audio": as_csv(tmp_path / "a.csv", AUDIO), "clinical": as_jsonl(tmp_path / "c.jsonl", CLINICAL)}
    found = read_files(files, id="id")
    assert tuple(found.ids) == tuple(f"s{i}" for i in range(N))
    assert {name: m.columns for name, m in found.modalities.items()} == {
        "audio": ("audio.mean", "std"),
        "clinical": ("age", "clinical.mean"),
    }
    assert found.modalities["clinical"].values[:, 1].tolist() == [-i for i in range(N)]
    assert found.labels.tolist() == [i % 2 for i in range(N)] and found.name == "a.csv + c.jsonl"


def test_what_an_inner_join_leaves_out_is_counted_listed_and_kept_by_id(tmp_path: Path) -> None:
    files = {"audio": as_csv(tmp_path / "a.csv", AUDIO), "clinical": as_csv(tmp_path / "c.csv", CLINICAL[:-25])}
    found = read_files(files, id="id")
    assert len(found) == 5 and tuple(found.ids) == ("s25", "s26", "s27", "s28", "s29")
    lines = [line for line in found.reading if line.startswith("file ")]
    assert lines == [
        "file audio: 5 of 30 samples joined by id, 25 left out (s0, s1, s2, s3, s4 and 20 more)  [data.join: inner]",
        "file clinical: 5 of 5 samples joined by id  [data.join: inner]",
    ]
    assert [(one.file, one.count, len(one.ids)) for one in found.left_out] == [("audio", 25, 20), ("clinical", 0, 0)]


def test_a_left_join_keeps_every_sample_of_the_first_file_with_missing_values(tmp_path: Path) -> None:
    clinical = as_jsonl(tmp_path / "c.jsonl", [{**row, "note": "x"} for row in CLINICAL])
    audio = as_csv(tmp_path / "a.csv", AUDIO[:3])
    texts = as_jsonl(
        tmp_path / "t.jsonl", [{"id": "s1", "words": "hello", "n": 3, "steps": [1, 2]}, {"id": "new", "n": 1}]
    )
    raw = put(clinical, audio, texts, join="left")
    order = [f"s{i}" for i in reversed(range(N))]
    assert raw.load("id").tolist() == order
    np.testing.assert_array_equal(raw.load("n"), [3 if name == "s1" else np.nan for name in order])
    assert raw.load("words").tolist() == ["hello" if name == "s1" else "" for name in order]
    assert np.isnan(raw.load("steps")).all(axis=1).sum() == N - 1 and raw.headers["n"].dtype == np.float64
    assert raw.notes[1] == "file a: 3 of 3 samples joined by id, 27 samples missing from it  [data.join: left]"
    assert raw.notes[2].startswith("file t: 1 of 2 samples joined by id, 1 left out (new), 29 samples missing")


def test_a_column_that_two_files_hold_alike_keeps_its_name_and_is_there_once(tmp_path: Path) -> None:
    labelled = [{**row, "y": "ab"[i % 2]} for i, row in enumerate(AUDIO)]
    raw = put(as_csv(tmp_path / "a.csv", labelled), as_jsonl(tmp_path / "c.jsonl", CLINICAL))
    assert list(raw.headers) == ["id", "a.mean", "std", "y", "age", "c.mean"]
    assert raw.parts == {"a": ("a.mean", "std", "y"), "c": ("age", "c.mean")}
    labelled[3]["y"] = "other"
    raw = put(as_csv(tmp_path / "a.csv", labelled), as_jsonl(tmp_path / "c.jsonl", CLINICAL))
    assert [name for name in raw.headers if "y" in name] == ["a.y", "c.y"]


def test_a_label_file_without_columns_of_its_own_is_no_modality(tmp_path: Path) -> None:
    labels = as_csv(tmp_path / "l.csv", [{"id": f"s{i}", "y": i % 2} for i in range(N)])
    rows = [{"id": f"s{i}", "a_1": i, "a_2": -i, "v_1": i % 3, "v_2": i % 5} for i in range(N)]
    found = read_files({"l": labels, "features": as_csv(tmp_path / "f.csv", rows)}, id="id")
    assert list(found.modalities) == ["a", "v"]


def test_ids_match_as_text_across_formats_and_blanks_around_them_are_no_matter(tmp_path: Path) -> None:
    numbers = as_jsonl(tmp_path / "n.jsonl", [{"id": i, "x": i} for i in range(5)])
    cells = as_csv(tmp_path / "c.csv", [{"id": f" {i} ", "z": i * 2} for i in range(5)])
    np.savez(tmp_path / "a.npz", id=np.arange(4, -1, -1), emb=np.arange(10.0).reshape(5, 2), idx_train=np.arange(3))
    raw = put(numbers, cells, tmp_path / "a.npz")
    assert raw.load("emb").tolist() == [[8, 9], [6, 7], [4, 5], [2, 3], [0, 1]]
    assert "idx_train" not in raw.headers and raw.load("z").tolist() == ["0", "2", "4", "6", "8"]


def test_a_wrong_cell_after_a_join_is_named_by_its_id(tmp_path: Path) -> None:
    rows = [{**row, "age": "old" if row["id"] == "s4" else row["age"]} for row in CLINICAL]
    with pytest.raises(InputError, match=r"row 4 \('s4'\): text in the column 'age'"):
        read_files({"a": as_csv(tmp_path / "a.csv", AUDIO), "c": as_csv(tmp_path / "c.csv", rows)}, id="id")


def test_of_missing_values_after_a_join_the_line_of_the_recipe_is_said_and_no_file_made_up(tmp_path: Path) -> None:
    audio, clinical = as_csv(tmp_path / "a.csv", AUDIO[:-3]), as_csv(tmp_path / "c.csv", CLINICAL)
    with pytest.raises(InputError) as caught:
        read_files({"c": clinical, "a": audio}, id="id", join="left")
    assert "try: data.modalities.a.missing: impute-mean, in the recipe" in str(caught.value)
    assert "umlkit init" not in str(caught.value)


def test_a_missing_label_is_named_by_its_line_or_its_id(tmp_path: Path) -> None:
    rows = [{**row, "y": "" if row["id"] == "s4" else row["y"]} for row in CLINICAL]
    clinical, audio = as_csv(tmp_path / "c.csv", rows), as_csv(tmp_path / "a.csv", AUDIO)
    with pytest.raises(InputError, match=r"the first in row 25 \(line 27\)"):
        read_files({"c": clinical}, id="id")
    with pytest.raises(InputError, match=r"the first in row 4 \('s4'\)"):
        read_files({"a": audio, "c": clinical}, id="id")


BAD: dict[str, tuple[list[dict[str, Any]], dict[str, Any], list[str]]] = {
    "no id named": (CLINICAL, {"id": None}, ["none is named", "'id'", "--id id"]),
    "id in one file only": (
        [{"ID": row.pop("id"), **row} for row in [dict(row) for row in CLINICAL]],
        {},
        ["c.csv: there is no column 'id'", "did you mean: ID"],
    ),
    "twice": ([*CLINICAL, CLINICAL[0]], {}, ["c.csv, row 30 (line 32)", "'s29', as in row 0 (line 2)"]),
    "missing": ([{**CLINICAL[0], "id": ""}, {**CLINICAL[1], "id": "NA"}], {}, ["is missing in 2 rows", "line 2"]),
    "nothing in common": ([{**row, "id": row["id"].upper()} for row in CLINICAL], {}, ["no 'id' is in all", "'S29'"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_join_that_cannot_be_made_is_refused_in_words_that_help(case: str, tmp_path: Path) -> None:
    rows, options, words = BAD[case]
    with pytest.raises(InputError) as caught:
        put(as_csv(tmp_path / "a.csv", AUDIO), as_csv(tmp_path / "c.csv", rows), **options)
    assert [word for word in words if word not in said(caught.value)] == []


def test_everything_wrong_with_the_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("a,a\n1,2\n")
    with pytest.raises(InputError) as caught:
        read_files({"a": tmp_path / "gone.csv", "c": tmp_path / "c.csv"}, id="id")
    assert "no such file" in said(caught.value) and "repeats a name" in said(caught.value)


def test_single_arrays_lie_side_by_side_with_each_other_and_with_one_table(tmp_path: Path) -> None:
    np.save(tmp_path / "x1.npy", np.arange(2.0 * N).reshape(N, 2))
    np.save(tmp_path / "x2.npy", np.ones((N, 4, 3)))
    np.save(tmp_path / "y.npy", np.arange(N) % 3)
    arrays = {"audio": tmp_path / "x1.npy", "y": tmp_path / "y.npy"}
    found = read_files(arrays)
    assert list(found.modalities) == ["audio"] and "side by side" in found.reading[0]
    table = {"audio": tmp_path / "x1.npy", "clinical": as_csv(tmp_path / "c.csv", CLINICAL)}
    found = read_files(table, id="id")
    assert {name: m.sample_shape for name, m in found.modalities.items()} == {"audio": (2,), "table": (2,)}
    assert tuple(found.ids)[:2] == ("s29", "s28")


def test_files_side_by_side_of_different_lengths_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 2)))
    np.save(tmp_path / "y.npy", np.ones(4))
    with pytest.raises(InputError, match=r"differ in length(.|\n)*'a' 3, 'y' 4"):
        put(tmp_path / "a.npy", tmp_path / "y.npy", id=None)


def test_an_array_without_ids_cannot_be_joined(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((N, 2)))
    with pytest.raises(InputError, match=r"x\.npy: is a single array(.|\n)*numpy\.savez\(file, x=\.\.\., id=\.\.\.\)"):
        put(as_csv(tmp_path / "a.csv", AUDIO), as_csv(tmp_path / "c.csv", CLINICAL), tmp_path / "x.npy")


def test_new_samples_may_lie_in_a_folder_of_files_called_as_in_the_recipe(tmp_path: Path) -> None:
    as_csv(tmp_path / "audio.csv", AUDIO[:4])
    as_csv(tmp_path / "clinical.csv", CLINICAL[-3:])
    raw = open_new(tmp_path, id="id")
    assert raw.load("audio.mean").tolist() == ["0.0", "0.5", "1.0"] and raw.load("id").tolist() == ["s0", "s1", "s2"]


def test_large_columns_of_a_join_lie_in_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    np.savez(tmp_path / "a.npz", id=np.arange(50), x=np.arange(100.0).reshape(50, 2))
    ids = list(range(49, -1, -1))
    pq.write_table(pa.table({"id": ids, "t": [f"text {i}" for i in ids]}), tmp_path / "b.parquet")
    for module in (mapped, strings, __import__("umlkit.data.parquet_columns", fromlist=["x"])):
        monkeypatch.setattr(module, "LARGE", 1)
    raw = put(tmp_path / "b.parquet", tmp_path / "a.npz")
    assert isinstance(raw.load("x"), np.memmap) and raw.load("x")[:, 0].tolist() == [2 * i for i in ids]
    raw = put(tmp_path / "a.npz", tmp_path / "b.parquet")
    assert isinstance(raw.load("t"), strings.StringArray) and raw.load("t")[49] == "text 49"
