"""Long columns without a Python object for every sample: levels, digests, names, repeated samples."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.data_sets import arrays, read_arrays
from umlkit.data import contents, digests, duplicates
from umlkit.data.labels import plain
from umlkit.data.levels import of_texts
from umlkit.data.names import Named, RowNumbers
from umlkit.data.records import ModalityArray
from umlkit.data.strings import StringArray
from umlkit.errors import Problem

TEXTS = st.lists(st.text(max_size=5), min_size=1, max_size=30)


def strings(texts: list[str]) -> StringArray:
    content = b"".join(text.encode() for text in texts)
    offsets = np.cumsum([0, *(len(text.encode()) for text in texts)]).astype(np.int64)
    return StringArray(np.frombuffer(content, dtype=np.uint8), offsets)


def objects(texts: list[Any]) -> np.ndarray:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found


@given(TEXTS, st.integers(-40, 40), st.integers(-40, 40))
def test_a_string_array_gives_what_an_array_of_objects_gives(texts: list[str], start: int, stop: int) -> None:
    held, plainly = strings(texts), objects(texts)
    assert list(held) == texts and held[start:stop].tolist() == texts[start:stop]
    assert held[start:stop:2].tolist() == texts[start:stop:2] and held[len(texts) - 1] == texts[-1]
    rows = np.arange(len(texts))[::-1]
    assert held[rows].tolist() == plainly[rows].tolist() == held.taken(rows)[:].tolist()
    mask = rows % 2 == 0
    assert held[mask].tolist() == plainly[mask].tolist()
    with pytest.raises(IndexError):
        held[len(texts)]


@given(TEXTS)
def test_levels_say_of_every_sample_what_it_was(texts: list[str]) -> None:
    for values in (objects(texts), strings(texts)):
        found = of_texts(values)
        assert [found.values[code] for code in found.codes] == texts
        assert found.counts().tolist() == [texts.count(value) for value in found.values]
        assert found.count(texts[-1].__eq__) == (texts.count(texts[-1]), texts.index(texts[-1]))
        lower = found.mapped([value.lower() for value in found.values])
        assert [lower.values[code] for code in lower.codes] == [text.lower() for text in texts]
        assert list(lower.values) == sorted({text.lower() for text in texts})


@pytest.mark.parametrize(
    ("values", "distinct"),
    [
        (np.array([3, 1, 3]), [1, 3]),
        (np.array([True, False, True]), [False, True]),
        (np.array(["b", "a", "b "]), ["a", "b"]),
        (np.array([b"b", b"a", b"b"]), ["a", "b"]),
        (objects(["10", "9", "10"]), [9, 10]),
        (objects(["01", "2", "1"]), [1, 2]),
        (strings(["10", "9", "10"]), [9, 10]),
        (np.array(["10", "9", "10"]), ["10", "9"]),
        (np.array([[3], [1], [3]]), [1, 3]),
    ],
)
def test_labels_of_every_type_are_sorted_levels(values: Any, distinct: list[Any]) -> None:
    problems: list[Problem] = []
    found = plain(values, "y", where="here", problems=problems)
    assert found is not None and problems == [] and list(found.values) == distinct
    assert found.codes[0] == found.codes[2] != found.codes[1]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_repeated_samples_are_found_in_numbers_and_in_texts_alike(rows: list[int]) -> None:
    first = [rows.index(row) for row in rows]
    numbers = ModalityArray(values=np.array(rows, dtype=np.float32)[:, None] * [[1, -1]], kind="vector", source="a")
    texts = ModalityArray(values=objects([f"{row}" * row for row in rows]), kind="text", source="t")
    for modalities in ({"n": numbers}, {"t": texts}, {"n": numbers, "t": texts}):
        assert duplicates.keys(modalities).tolist() == first


def test_a_repeat_in_one_modality_alone_is_none() -> None:
    one = ModalityArray(values=np.zeros((2, 3)), kind="vector", source="a")
    other = ModalityArray(values=np.arange(2.0)[:, None], kind="vector", source="b")
    assert duplicates.keys({"a": one, "b": other}).tolist() == [0, 1]


def test_texts_are_told_apart_by_where_one_ends_and_the_next_begins() -> None:
    ends = [digests.of_samples([ModalityArray(objects(one), "text", "t") for one in (["ab", "a"], ["c", "bc"])])]
    assert ends[0][0] != ends[0][1]


def test_names_are_made_when_they_are_asked_for() -> None:
    names = RowNumbers(10**12)
    assert (len(names), names[7], names[-1], names[2:4]) == (10**12, "7", "999999999999", ("2", "3"))
    held = Named(np.array([5, 7, 9]))
    assert (held[0], held[-1], list(held), held.index("7"), "9" in held) == ("5", "9", ["5", "7", "9"], 1, True)
    assert list(Named(np.array([b"\xc3\xa4", b"b"]))) == ["ä", "b"] and list(Named(strings(["x", "y"]))) == ["x", "y"]


@pytest.mark.parametrize(
    ("rows", "text"),
    [([], ""), ([3], "3"), ([0, 1, 2], "0-2"), ([0, 2, 3, 9], "0,2-3,9"), ([1, 3, 5], "1,3,5")],
)
def test_rows_are_written_as_runs(rows: list[int], text: str) -> None:
    assert contents.rows_as_text(np.array(rows, dtype=np.int64)) == text


def test_reading_a_long_data_set_makes_no_object_for_every_sample() -> None:
    n = 200_000
    held = arrays(n, groups=np.arange(n) // 4, id=np.arange(n))
    read_arrays(arrays())  # what is imported at the first call is none of it
    tracemalloc.start()
    found = read_arrays(held)
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.ids[n - 1] == str(n - 1)
    assert kept < 60 * n and most < 150 * n  # a str is 50 bytes and more, and there are five arrays of n int64
