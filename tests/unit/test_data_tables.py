"""Tables that are not CSV: ``.tsv``, ``.jsonl`` and ``.parquet``; the same words for the same mistakes."""

from __future__ import annotations

import datetime
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.data_sets import read_file, said
from umlkit.data import mapped, parquet_columns, strings
from umlkit.data.sources import open_file
from umlkit.data.strings import StringArray
from umlkit.errors import InputError

N = 40
COLUMNS: dict[str, list[Any]] = {
    "id": [f"s{i}" for i in range(N)],
    "accel_x": [i * 0.5 for i in range(N)],
    "accel_y": [i % 7 for i in range(N)],
    "y": ["ab"[i % 2] for i in range(N)],
}


def as_csv(path: Path, separator: str) -> None:
    rows = [separator.join(COLUMNS), *(separator.join(map(str, row)) for row in zip(*COLUMNS.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n")


def as_jsonl(path: Path, columns: dict[str, list[Any]]) -> None:
    import json

    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_all_formats_of_a_table_read_alike(tmp_path: Path) -> None:
    as_csv(tmp_path / "a.csv", ",")
    as_csv(tmp_path / "a.tsv", "\t")
    as_jsonl(tmp_path / "a.jsonl", COLUMNS)
    pq.write_table(pa.table(COLUMNS), tmp_path / "a.parquet", row_group_size=7)
    found = [read_file(tmp_path / f"a.{ending}") for ending in ("csv", "tsv", "jsonl", "parquet")]
    for one in found:
        np.testing.assert_array_equal(one.modalities["accel"].values, found[0].modalities["accel"].values)
        assert (list(one.modalities), tuple(one.ids)[:2]) == (["accel"], ("s0", "s1"))
        assert (one.labels.tolist(), one.classes) == (found[0].labels.tolist(), ("a", "b"))


def test_columns_of_lists_are_arrays_and_different_lengths_are_padded_at_the_end(tmp_path: Path) -> None:
    columns = {
        "even": [[1, 2], [3, 4], [5, 6]],
        "uneven": [[1.5, 2], [3], None],
        "steps": [[[1, 2]], [[3, 4], [5, 6]], [[7, None]]],
    }
    as_jsonl(tmp_path / "a.jsonl", columns)
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=2)
    nan = np.nan
    for ending in ("jsonl", "parquet"):
        raw = open_file(tmp_path / f"a.{ending}")
        assert raw.load("even").tolist() == columns["even"] and raw.headers["even"].dtype == np.int64
        np.testing.assert_array_equal(raw.load("uneven"), [[1.5, 2], [3, nan], [nan, nan]])
        np.testing.assert_array_equal(
            raw.load("steps"), [[[1, 2], [nan, nan]], [[3, 4], [5, 6]], [[7, nan], [nan, nan]]]
        )
        assert {name: header.shape for name, header in raw.headers.items()} == {
            "even": (3, 2),
            "uneven": (3, 2),
            "steps": (3, 2, 2),
        }


def test_a_column_of_lists_is_a_modality_of_its_own(tmp_path: Path) -> None:
    as_jsonl(tmp_path / "a.jsonl", {**COLUMNS, "embedding": [[i, -i, 1.0] for i in range(N)]})
    found = read_file(tmp_path / "a.jsonl")
    assert {name: m.sample_shape for name, m in found.modalities.items()} == {"accel": (2,), "embedding": (3,)}
    stated = read_file(tmp_path / "a.jsonl", modalities={"e": {"from": "embedding", "take": "[:, :2]"}})
    assert stated.modalities["e"].values[3].tolist() == [3, -3]


def test_missing_values_are_nan_among_numbers_and_empty_among_texts(tmp_path: Path) -> None:
    columns = {"n": [1, None], "f": [0.5, None], "b": [True, None], "s": ["x", None], "none": [None, None]}
    as_jsonl(tmp_path / "a.jsonl", columns)
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    (tmp_path / "lacks.jsonl").write_text('{"n": 1, "f": 0.5, "b": true, "s": "x", "none": null}\n\n{"n": null}\n')
    for file in ("a.jsonl", "a.parquet", "lacks.jsonl"):
        raw = open_file(tmp_path / file)
        for name, first in (("n", 1), ("f", 0.5), ("b", 1), ("none", np.nan)):
            np.testing.assert_array_equal(raw.load(name), [first, np.nan])
        assert raw.load("s").tolist() == ["x", ""]


def test_whole_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    columns = {"id": [2**62 + 1, 2**62 + 3]}
    as_jsonl(tmp_path / "a.jsonl", columns)
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert [open_file(tmp_path / f).load("id").tolist() for f in ("a.jsonl", "a.parquet")] == [columns["id"]] * 2


LINES = {
    "not UTF-8": (b'{"a": 1}\n{"a": "\xe9"}\n', [":2", "not UTF-8", "byte 0xe9", "utf8.jsonl"]),
    "empty": (b"", ["is empty"]),
    "blank": (b"\n \n", ["holds no rows"]),
    "a number": (b'{"a": 1}\n\n3\n', [":3", "is no object", "numbers: '3'"]),
    "null": (b"null\n", [":1", "is no object", "null"]),
    "one document": (b'[\n{"a": 1}\n]\n', [":1", "is no JSON", "lines=True"]),
    "cut short": (b'{"a": 1}\n{"a": ', [":2", "is no JSON"]),
    "python": (b"{'a': 1}\n", [":1", "is no JSON", "double quotes"]),
    "twice": (b'{"a": 1, "a": 2}\n', [":1", "says a key twice", "'a'"]),
    "mixed": (b'{"a": 1}\n{"a": null}\n{"a": "x"}\n', [":3", "'a' holds numbers and text", "line 1", "line 3"]),
    "truth and number": (b'{"a": 1}\n{"a": true}\n', [":2", "numbers and truth values"]),
    "list and number": (b'{"a": [1]}\n{"a": 1}\n', [":2", "lists of numbers and numbers"]),
    "ragged": (b'{"a": [[1, 2], [3]]}\n', [":1", "ragged within"]),
    "other width": (b'{"a": [[1, 2]]}\n{"a": [[1, 2, 3]]}\n', [":2", "shape (2,) in line 1, (3,) in line 2"]),
    "no keys": (b"{}\n{}\n", ["holds no columns"]),
    "deep": (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", [":1", "is no JSON"]),
}


@pytest.mark.parametrize("case", LINES)
def test_bad_lines_are_refused_with_their_numbers(case: str, tmp_path: Path) -> None:
    content, words = LINES[case]
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_file(tmp_path / "a.jsonl")
    assert [word for word in words if word not in said(caught.value)] == []


def test_bad_lines_do_not_hide_bad_columns(tmp_path: Path) -> None:
    lines = ['{"wave": [1, 2], "steps": [[1]]}', "{", '{"wave": [1, "a"], "steps": [[1], [2, 3]]}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        open_file(tmp_path / "a.jsonl")
    assert [problem.what for problem in caught.value.problems] == [
        "is no JSON",
        "the column 'wave' holds lists of numbers and objects",
        "the column 'steps' holds lists that are ragged within",
    ]


def test_a_named_column_that_nothing_can_be_made_of_does_not_hide_other_problems(tmp_path: Path) -> None:
    as_jsonl(tmp_path / "a.jsonl", {**COLUMNS, "wave": [[1, "a"]] * N, "gap": [None, *range(1, N)]})
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / "a.jsonl", modalities={"w": {"columns": "wave"}, "g": {"columns": "gap"}})
    assert "'wave' holds objects" in said(caught.value) and "'g' has 1 missing value" in said(caught.value)


def test_many_bad_lines_are_told_at_once_and_not_without_end(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("1\n" * 100)
    with pytest.raises(InputError) as caught:
        open_file(tmp_path / "a.jsonl")
    assert len(caught.value.problems) == 5


def test_a_column_that_nothing_can_be_made_of_is_ignored_unless_it_is_named(tmp_path: Path) -> None:
    as_jsonl(tmp_path / "a.jsonl", {**COLUMNS, "meta": [{"k": 1}] * N, "tags": [["x"]] * N})
    times = [datetime.datetime(2020, 1, 1)] * N
    table = pa.table({**COLUMNS, "when": times, "meta": [{"k": 1}] * N, "__index_level_0__": list(range(N))})
    pq.write_table(table, tmp_path / "a.parquet")
    for file, name, words in (
        ("a.jsonl", "meta", r"a\.jsonl:1: (.|\n)*objects"),
        ("a.parquet", "when", r"holds times(.|\n)*timestamp\[us\](.|\n)*weekday"),
        ("a.parquet", "meta", r"no plain values(.|\n)*struct"),
    ):
        found = read_file(tmp_path / file)
        assert list(found.modalities) == ["accel"] and any("ignored" in line for line in found.reading)
        with pytest.raises(InputError, match=words):
            read_file(tmp_path / file, modalities={"m": {"columns": [name]}})
    assert "__index_level_0__" not in open_file(tmp_path / "a.parquet").headers


def test_categories_decimals_and_half_floats_of_parquet_are_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "c": pa.array(["u", None, "u"]).dictionary_encode(),
            "d": pa.array([Decimal("1.5"), None, Decimal("2.5")]),
            "h": pa.array(np.array([1, 2, 3], dtype=np.float16)),
            "fixed": pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], pa.list_(pa.float32(), 2)),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    raw = open_file(tmp_path / "a.parquet")
    assert raw.load("c").tolist() == ["u", "", "u"] and raw.headers["c"].dtype == object
    np.testing.assert_array_equal(raw.load("d"), [1.5, np.nan, 2.5])
    assert raw.load("h").dtype == np.float16 and raw.load("fixed").dtype == np.float32


def test_a_large_parquet_file_leaves_its_columns_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (mapped, parquet_columns, strings):
        monkeypatch.setattr(module, "LARGE", 1)
    texts = ["", "ä", "b" * 50, *(f"row {i}" for i in range(200))]
    lists = [[float(i)] * (1 + i % 3) for i in range(203)]
    table = pa.table({"n": list(range(203)), "s": texts, "l": lists})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=50)
    raw = open_file(tmp_path / "a.parquet")
    found = raw.load("s")
    assert isinstance(raw.load("n"), np.memmap) and isinstance(raw.load("l"), np.memmap)
    assert isinstance(found, StringArray) and isinstance(found.content, np.memmap)
    assert list(found) == texts and found[1] == "ä" and found[-1] == "row 199"
    assert found[1:3].tolist() == texts[1:3] and found[np.array([5, 0])].tolist() == [texts[5], ""]
    assert (found.shape, len(found), found.dtype, found[:].dtype) == ((203,), 203, object, object)
    assert raw.load("n").tolist() == list(range(203))
    assert [row[~np.isnan(row)].tolist() for row in raw.load("l")] == lists


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda whole: whole[: len(whole) // 2], "cut short or damaged"),
        (lambda whole: whole[:4] + b"\0" * 200 + whole[204:], "damaged in the column 'x'"),
        (lambda whole: b"hello" + whole, "not what its ending says"),
        (lambda whole: b"PAR1", "cut short"),
    ],
    ids=["half of it", "overwritten", "another beginning", "four bytes"],
)
def test_a_damaged_parquet_file_is_refused(damage: Any, words: str, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": np.random.default_rng(0).normal(size=500)}), tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(damage((tmp_path / "a.parquet").read_bytes()))
    with pytest.raises(InputError, match=words):
        open_file(tmp_path / "a.parquet").load("x")


def test_parquet_that_is_ragged_repeats_a_column_or_has_no_rows_is_refused(tmp_path: Path) -> None:
    cases = {
        "ragged within": pa.table({"l": [[[1, 2], [3]]]}),
        "repeats the name": pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        "has no rows": pa.table({"a": pa.array([], pa.int64())}),
        "no columns": pa.table({}),
    }
    for words, table in cases.items():
        pq.write_table(table, tmp_path / "a.parquet")
        with pytest.raises(InputError, match=words):
            open_file(tmp_path / "a.parquet")


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table(COLUMNS), tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"needs pyarrow(.|\n)*pip install 'umlkit\[parquet\]'"):
        open_file(tmp_path / "a.parquet")
