"""What `umlkit data` warns of: near repeats across a split, columns that give the label away or do not vary."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.data_sets import dataset, read_arrays
from umlkit.data import duplicates
from umlkit.data.describe import describe
from umlkit.data.kinds import KINDS
from umlkit.data.leaks import leaks
from umlkit.data.near import near_repeats
from umlkit.data.records import Array, Dataset, ModalityArray
from umlkit.data.roles import assign

PARTS = {"train": np.arange(0, 200), "val": np.arange(200, 260), "test": np.arange(260, 300)}


def found_in(values: Array, **more: Array) -> dict[str, int]:
    """Part -> near repeats, of one modality or several."""
    named = {"a": values, **more}
    modalities = {
        name: ModalityArray(values=v, kind="image" if v.ndim > 2 else "vector", source=name)
        for name, v in named.items()
    }
    return {near.part: near.count for near in near_repeats(modalities, duplicates.keys(modalities), PARTS)}


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def test_samples_that_are_repeated_with_a_little_noise_are_found_and_exact_repeats_are_not_counted_again() -> None:
    values = noise(300, 40)
    values[200:205] = values[0:5] + 1e-3 * noise(5, 40, seed=1)
    values[270] = values[7]
    assert found_in(values) == {"val": 5, "test": 0}


def test_pictures_are_compared_too() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, size=(300, 12, 12)).astype(float)
    pictures[260:263] = np.clip(pictures[10:13] + np.random.default_rng(1).integers(-1, 2, size=(3, 12, 12)), 0, 255)
    assert found_in(pictures) == {"val": 0, "test": 3}


def test_a_repeat_in_one_modality_alone_is_no_repeat_of_the_sample() -> None:
    first, second = noise(300, 10), noise(300, 10, seed=5)
    first[200:210] = first[0:10] + 1e-4
    assert found_in(first, b=second) == {"val": 0, "test": 0}


@pytest.mark.parametrize("width", [5, 8, 40])
def test_independent_samples_raise_no_alarm_however_crowded(width: int) -> None:
    counts = [sum(found_in(noise(300, width, seed=seed)).values()) for seed in range(20)]
    assert sum(counts) <= 2  # of 2,000 samples asked


def test_a_column_that_copies_the_label_or_a_rescaled_one_is_suspected_by_name() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    values = np.stack([rng.normal(size=300), 10.0 - 2 * labels + 0.1 * rng.random(300), rng.normal(size=300)], axis=1)
    modality = ModalityArray(values=values, kind="vector", source="t", columns=("age", "outcome", "height"))
    (leak,) = leaks({"t": modality}, labels, np.arange(200))
    assert (leak.modality, leak.column, leak.right) == ("t", "outcome", 1.0)
    assert leak.usual == pytest.approx(np.bincount(labels[:200]).max() / 200)


@pytest.mark.parametrize("block", [1 << 21, 7 * 200])
def test_among_many_columns_the_copy_is_still_found(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umlkit.data.leaks._BLOCK", block)
    labels = np.arange(300) % 2
    values = noise(300, 400)
    values[:, 311] = labels + 0.01 * values[:, 311]
    assert [leak.column for leak in leaks({"a": as_vector(values)}, labels, np.arange(200))] == ["311"]


def test_a_good_column_is_no_leak_and_other_rows_are_not_looked_at() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    good = labels + 0.4 * rng.normal(size=300)
    copied_in_test = np.where(np.arange(300) < 200, rng.normal(size=300), labels)
    values = np.stack([good, copied_in_test], axis=1)
    assert leaks({"a": as_vector(values)}, labels, np.arange(200)) == ()


def test_the_largest_numbers_are_compared_as_any_others() -> None:
    labels = np.arange(300) % 2
    values = noise(300, 60)
    values[:, 7] = np.where(labels == 1, 1.7e308, -1.7e308)
    assert [leak.column for leak in leaks({"a": as_vector(values)}, labels, np.arange(200))] == ["7"]


def test_no_column_is_suspected_where_most_samples_are_classes_of_their_own() -> None:
    assert leaks({"a": as_vector(noise(300, 2))}, np.arange(300) * 2 // 3, np.arange(300)) == ()


def test_columns_that_do_not_vary_in_training_are_named() -> None:
    labels = np.arange(600) % 2
    data = dataset(labels, values=np.stack([np.arange(600.0), np.full(600, 7.0)], axis=1))
    (entry,) = describe(data, assign(data, None)).modalities
    assert (entry.constant, entry.range, entry.sample) == (("1",), (0.0, 599.0), "2 values")


@pytest.mark.parametrize("longest", [12, 16])
def test_what_pads_a_short_sample_is_looked_at_by_nobody(longest: int) -> None:
    lengths, padding = np.full(300, 8), noise(300, longest, 2, seed=1)
    lengths[:9] = 4
    values = noise(300, longest, 2)
    values[200:205, :8], values[270, :8] = values[10:15, :8] + 1e-3, values[17, :8]
    values[280, :4], lengths[280] = values[20, :4], 4
    behind = np.arange(longest) >= lengths[:, None]
    values[behind] = 1e3 * padding[behind]
    modality = ModalityArray(values=values, kind="sequence", source="a", lengths=lengths)
    keys = duplicates.keys({"a": modality})
    assert keys[270] == 17 and keys[280] == 280
    assert {near.part: near.count for near in near_repeats({"a": modality}, keys, PARTS)} == {"val": 5, "test": 0}
    low, high = KINDS["sequence"].range_of(modality) or (0.0, 0.0)
    assert (low, high) == (values[~behind].min(), values[~behind].max())


def test_the_range_of_a_table_is_that_of_its_numbers() -> None:
    values = np.stack([np.array([0.5, 0.25, np.nan]), np.array([7.0, 9.0, 8.0])], axis=1)
    words = tuple(f"w{i}" for i in range(10))
    assert KINDS["table"].range_of(ModalityArray(values, "table", "t", levels=(None, words))) == (0.25, 0.5)
    assert KINDS["table"].range_of(ModalityArray(values, "table", "t", levels=(words, words))) is None


def test_samples_are_compared_a_block_at_a_time() -> None:
    class Counted(np.ndarray):
        most = 0

        def __getitem__(self, rows: object) -> Array:
            found = np.asarray(self)[rows]
            Counted.most = max(Counted.most, found.nbytes)
            return found

    values = np.zeros((600, 100, 100), dtype=np.uint8)
    values[:, 0, 0] = np.arange(600) % 250
    modality = ModalityArray(values=values.view(Counted), kind="image", source="a")
    parts = {"train": np.arange(500), "val": np.arange(500, 600)}
    near_repeats({"a": modality}, np.arange(600), parts)
    assert 0 < Counted.most <= 2**21


def test_columns_that_a_cut_leaves_keep_their_names() -> None:
    labels = np.arange(600) % 2
    columns = {"year": np.full(600, 7.0), "site": np.full(600, 3.0), "outcome": labels + 0.5, "age": np.arange(600.0)}
    cut = {"m": {"columns": ["year", "site", "outcome", "age"], "take": "[:, 1:]"}}
    data = read_arrays({**columns, "y": labels}, table=True, modalities=cut)
    record = describe(data, assign(data, None))
    assert record.modalities[0].constant == ("site",)
    assert [leak.column for leak in record.leaks] == ["outcome"]


def test_the_report_says_ids_of_the_nearest_pair() -> None:
    record = describe(*planted())
    (near,) = [one for one in record.near_duplicates if one.count]
    assert near.example is not None and set(near.example) == {"id3", "id599"}


def planted() -> tuple[Dataset, object]:
    values = noise(600, 20)
    split = np.array(["train"] * 300 + ["val"] * 250 + ["test"] * 50)
    values[599] = values[3] + 1e-4
    ids = np.array([f"id{i}" for i in range(600)])
    data = read_arrays({"X_a": values, "y": np.arange(600) % 2, "split": split, "id": ids})
    return data, assign(data, None)


def as_vector(values: Array) -> ModalityArray:
    return ModalityArray(values=values, kind="vector", source="a")
