"""Files: what an archive or a table may look like, and what is said of one that cannot be read."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from tests.unit.data_sets import arrays, read_file, said
from umlkit.data.sources import open_file, open_source
from umlkit.errors import InputError

HEADER = "id,accel_x,accel_y,gyro_0,gyro_1,age,y\n"
ROWS = [f"s{i},{i * 0.5},{i % 7},{i % 5},{-i},{20 + i % 9},{'ab'[i % 2]}" for i in range(40)]
TABLE = HEADER + "\n".join(ROWS) + "\n"


def archive(members: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def member(values: np.ndarray) -> bytes:
    file = BytesIO()
    np.save(file, values)
    return file.getvalue()


WHOLE = archive({f"{name}.npy": member(np.asarray(values)) for name, values in arrays().items()})


def test_an_archive_is_read_and_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(WHOLE)
    (tmp_path / "a.csv").write_text(TABLE)
    by_arrays, by_table = read_file(tmp_path / "a.npz"), read_file(tmp_path / "a.csv")
    assert {name: m.sample_shape for name, m in by_arrays.modalities.items()} == {"a": (4,), "v": (3,)}
    assert {name: m.columns for name, m in by_table.modalities.items()} == {
        "accel": ("accel_x", "accel_y"),
        "gyro": ("gyro_0", "gyro_1"),
        "table": ("age",),
    }
    assert by_table.ids[:2] == ("s0", "s1") and by_table.classes == ("a", "b")


def test_an_array_that_nobody_reads_may_be_anything(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(notes=np.array([{"a": 1}], dtype=object)))
    assert any("ignored: notes" in line for line in read_file(tmp_path / "a.npz").reading)


FILES: dict[str, tuple[str, bytes, list[str]]] = {
    "empty": ("a.npz", b"", ["is empty"]),
    "text": ("a.npz", b"hello", ["not what its ending says", "b'hello'"]),
    "pickle": ("a.npz", b"\x80\x04K\x01.", ["not what its ending says", "no pickles"]),
    "zip as csv": ("a.csv", WHOLE, ["not what its ending says", "rename it to end in .npz"]),
    "truncated": ("a.npz", WHOLE[: len(WHOLE) // 2], ["truncated or damaged"]),
    "short member": (
        "a.npz",
        archive({"X_a.npy": member(np.ones((9, 2)))[:-8], "y.npy": member(np.arange(9))}),
        ["'X_a' is truncated", "136 bytes of values", "144 bytes"],
    ),
    "no arrays": ("a.npz", archive({"xl/workbook.xml": b"x"}), ["holds no arrays", "xl/workbook.xml"]),
    "garbage member": ("a.npz", archive({"X_a.npy": b"garbage"}), ["truncated or damaged"]),
    "feather": ("a.feather", b"ARROW1", ["not a format", "write_table"]),
    "json": ("a.json", b"[]", ["not a format", "lines=True"]),
    "sheet": ("a.xlsx", WHOLE, ["not a format", ".csv (UTF-8)"]),
    "no ending": ("a", b"x", ["no ending", "a table (.csv, .tsv, .jsonl, .parquet)"]),
    "tabs as csv": ("a.csv", TABLE.replace(",", "\t").encode(), ["separated by tabs, not commas", "end in .tsv"]),
    "commas as tsv": ("a.tsv", TABLE.encode(), ["separated by commas, not tabs", "end in .csv"]),
    "ragged": ("a.csv", (HEADER + ROWS[0] + "\n1,2\n" + ROWS[1] + ",9\n").encode(), [":3", "2 cells", ":4", "8 cells"]),
    "encoding": ("a.csv", TABLE.replace("s7,", "\xe9,").encode("latin1"), [":9", "byte 0xe9 at offset 171", "LATIN1"]),
    "utf-16": ("a.csv", TABLE.encode("utf-16"), ["UTF-16"]),
    "header twice": ("a.csv", TABLE.replace("gyro_1", "gyro_0").encode(), ["repeats a name", "'gyro_0' (2 times)"]),
    "unnamed column": ("a.csv", TABLE.replace("id,", ",", 1).encode(), ["column without a name", "index=False"]),
    "semicolons": ("a.csv", TABLE.replace(",", ";").encode(), ["separated by semicolons", "sep=';'"]),
    "no header": ("a.csv", b"1,2\n3,4\n", ["first line holds numbers"]),
    "header alone": ("a.csv", HEADER.encode(), ["a header and no rows"]),
    "blank": ("a.csv", b"\n\n\n", ["holds no rows"]),
    "null": ("a.csv", b"a,y\n\0,1\n", [":2", "null character"]),
    "open quote": ("a.csv", TABLE.replace("s7,", '"s7,').encode(), [":9", "quotation mark"]),
    "text in numbers": (
        "a.csv",
        TABLE.replace("s7,3.5", "s7,oops").replace("s9,4.5", "s9,1_000").encode(),
        ["row 7 (line 9)", "'accel_x'", "'oops', and 1 more"],
    ),
    "missing numbers": (
        "a.csv",
        TABLE.replace("s7,3.5", "s7,").replace("s9,4.5", "s9,NA").encode(),
        ["row 7 (line 9)", "2 missing values"],
    ),
    "missing label": ("a.csv", TABLE.replace("20,a", "20,").encode(), ["label 'y' is missing for"]),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read_is_refused_in_words_that_help(case: str, tmp_path: Path) -> None:
    name, content, words = FILES[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / name)
    assert [word for word in words if word not in said(caught.value)] == []


def test_a_missing_file_is_answered_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "exercise.npz").write_bytes(WHOLE)
    with pytest.raises(InputError, match=r"no such file(.|\n)*did you mean: .*exercise\.npz"):
        open_file(tmp_path / "excercise.npz")
    with pytest.raises(InputError, match="does not exist"):
        open_file(tmp_path / "nowhere" / "a.npz")


def test_a_folder_without_arrays_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder without \.npy files"):
        open_file(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.replace("\n", "\n\n"),
        TABLE.removesuffix("\n"),
    ],
    ids=["byte-order mark", "CRLF", "CR", "blank lines", "no last newline"],
)
def test_harmless_variants_of_a_table_read_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text(TABLE)
    (tmp_path / "other.csv").write_bytes(text.encode())
    plain, other = read_file(tmp_path / "plain.csv"), read_file(tmp_path / "other.csv")
    np.testing.assert_array_equal(plain.modalities["accel"].values, other.modalities["accel"].values)
    assert (tuple(plain.ids), plain.labels.tolist()) == (tuple(other.ids), other.labels.tolist())


def test_quoted_cells_hold_commas_newlines_and_line_separators(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE.replace("s7,", '"s\n7, ""x"" \u2028",'))
    assert read_file(tmp_path / "a.csv").ids[7] == 's\n7, "x" \u2028'


def test_a_line_number_counts_the_lines_of_quoted_cells(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE.replace("s3,", '"s\n3",').replace("s7,3.5", "s7,oops"))
    with pytest.raises(InputError, match=r"row 7 \(line 10\)"):
        read_file(tmp_path / "a.csv")


def test_columns_without_a_shared_prefix_are_one_modality(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("age,income,y\n" + "".join(f"{i},{i * i},{i % 2}\n" for i in range(20)))
    assert read_file(tmp_path / "a.csv").modalities["table"].columns == ("age", "income")


def test_the_recipe_takes_columns_by_name_or_pattern_and_never_the_label(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    found = read_file(tmp_path / "a.csv", modalities={"all": {"columns": ["g*", "age"]}, "accel": {}})
    assert found.modalities["all"].columns == ("gyro_0", "gyro_1", "age")
    assert found.modalities["accel"].columns == ("accel_x", "accel_y")
    with pytest.raises(InputError, match="no column for the modality 'b'"):
        read_file(tmp_path / "a.csv", modalities={"b": {"columns": "giro*"}})


@pytest.mark.parametrize(("name", "tried"), [("accel", '"accel_*", or a list'), ("b", "a list")])
def test_a_pattern_is_proposed_only_where_columns_match_it(name: str, tried: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / "a.csv", modalities={name: {"columns": "acel_*"}})
    assert f"try: data.modalities.{name}.columns: {tried} of columns" in said(caught.value)


def test_integers_in_a_tables_label_are_sorted_as_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i},{i % 11}\n" for i in range(44)))
    assert read_file(tmp_path / "a.csv").classes == tuple(map(str, range(11)))


@pytest.mark.parametrize(("name", "size"), [("digits", 1797), ("breast_cancer", 569), ("wine", 178), ("iris", 150)])
def test_the_sets_of_scikit_learn_are_there(name: str, size: int) -> None:
    raw = open_source(path=None, source=f"sklearn:{name}")
    assert raw.headers["target"].shape == (size,) and raw.label == "target"


def test_an_unknown_set_is_answered_with_the_closest() -> None:
    with pytest.raises(InputError, match="did you mean: sklearn:digits"):
        open_source(path=None, source="sklearn:digit")


def test_what_memory_cannot_hold_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "packed.npz", X_a=np.zeros((10, 100)), y=np.arange(10))
    raw = open_file(tmp_path / "packed.npz")
    monkeypatch.setattr("os.sysconf", lambda _: 10)

    with pytest.raises(InputError, match="'X_a' does not fit into memory once unpacked") as caught:
        raw.load("X_a")
    assert "numpy.savez" in said(caught.value)
