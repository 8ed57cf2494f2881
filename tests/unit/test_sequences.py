"""Sequences: how they are recognised, how long their samples are, what is refused, and what an encoder gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.data_sets import N, arrays, read_arrays, read_file, said
from umlkit.data import lengths
from umlkit.data.input_spec import InputSpec
from umlkit.data.kinds import KINDS, Preprocess
from umlkit.data.records import Dataset, ModalityArray
from umlkit.data.unseen import cut_arrays
from umlkit.errors import InputError

STATED = {"a": {"kind": "sequence"}}
LENGTHS = 1 + np.arange(N) % 5


def steps(longest: int = 5, channels: int = 2) -> Any:
    return np.random.default_rng(1).normal(3.0, 2.0, size=(N, longest, channels))


def ragged(longest: int = 5, channels: int = 2) -> Any:
    """NaN beyond the lengths."""
    values = steps(longest, channels)
    values[np.arange(longest) >= LENGTHS[:, None]] = np.nan
    return values


def of(found: Dataset) -> ModalityArray:
    return found.modalities["a"]


def fitted(modality: ModalityArray) -> Preprocess:
    return KINDS["sequence"].fit(modality, np.arange(len(modality)))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (steps(100, 3), "sequence"),
        (np.arange(N * 300).reshape(N, 100, 3), "sequence"),
        (ragged(20, 20), "sequence"),
        (ragged(5, 1)[..., 0], "sequence"),
        (steps(5, 1)[..., 0], "vector"),
        (np.arange(N * 100).reshape(N, 10, 10) % 256, "image"),
    ],
)
def test_two_axes_that_are_no_picture_or_ends_of_nan_make_a_sequence(values: Any, kind: str) -> None:
    assert of(read_arrays(arrays(X_a=values), modalities={"a": {"missing": "impute-mean"}})).kind == kind


def test_a_column_of_numbers_that_misses_some_is_no_sequence() -> None:
    table = {"p": np.arange(float(N)), "q": np.where(np.arange(N) % 3, 1.0, np.nan), "y": np.arange(N) % 3}
    found = read_arrays(table, table=True, modalities={"a": {"columns": "*", "missing": "impute-mean"}})
    assert of(found).kind == "vector"
    last = np.where(np.arange(N)[:, None] % [100, 100, 3], 1.0, np.nan)[1:]
    assert not lengths.differ(last)


@pytest.mark.parametrize("prefix", ["len_", "lengths_"])
@pytest.mark.parametrize("name", ["X_a", "a"])
def test_lengths_beside_the_values_are_found_by_their_name_and_are_no_modality(prefix: str, name: str) -> None:
    held = {name: steps(), "y": np.arange(N) % 3, f"{prefix}a": LENGTHS}
    found = read_arrays(held)
    assert list(found.modalities) == ["a"]
    np.testing.assert_array_equal(of(found).lengths, LENGTHS)
    line = next(line for line in found.reading if line.startswith("modality"))
    assert line == (
        f"modality a: sequence, 1 to 5 steps of 2 channels, from array {name}, lengths from {prefix}a"
        f"  [data.modalities.a: {{from: {name}, kind: sequence, lengths: {prefix}a}}]"
    )
    assert not any(line.startswith("ignored") for line in found.reading)


def test_a_recipe_names_the_array_of_lengths() -> None:
    found = read_arrays(arrays(X_a=steps(), real=LENGTHS[:, None]), modalities={"a": {"lengths": "real"}})
    np.testing.assert_array_equal(of(found).lengths, LENGTHS)


def test_columns_of_a_table_have_lengths_too() -> None:
    table = {f"a_{i}": steps(3, 1)[:, i, 0] for i in range(3)} | {"y": np.arange(N) % 3}
    found = read_arrays(table | {"len_a": np.minimum(LENGTHS, 3)}, table=True)
    assert (of(found).kind, of(found).sample_shape) == ("sequence", (3, 1))


def test_a_cut_in_time_cuts_the_lengths() -> None:
    modalities = {"a": {"take": "[:, :3, 1]"}}
    found = read_arrays(arrays(X_a=steps(), len_a=LENGTHS), modalities=modalities)
    np.testing.assert_array_equal(of(found).lengths, np.minimum(LENGTHS, 3))
    with pytest.raises(InputError, match=r"row 0[\s\S]*leaves no step"):
        read_arrays(arrays(X_a=steps(), len_a=LENGTHS), modalities={"a": {"take": "[:, 2:]"}})
    with pytest.raises(InputError, match="leaves no steps in order"):
        read_arrays(arrays(X_a=steps(), len_a=LENGTHS), modalities={"a": {"take": "[:, ::-1]"}})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (0, "below 1"),
        (-2, "below 1"),
        (6, "beyond the 5 steps"),
        (2.5, "no whole number"),
        (np.nan, "no whole number"),
    ],
)
def test_a_length_that_cannot_be_is_named_with_its_row(wrong: float, message: str) -> None:
    given = LENGTHS.astype(float)
    given[7] = wrong
    with pytest.raises(InputError, match="row 7") as error:
        read_arrays(arrays(X_a=steps(), real=given), modalities={"a": {"lengths": "real"}})
    assert message in said(error.value)


@pytest.mark.parametrize(
    ("more", "modality", "message"),
    [
        ({"real": LENGTHS[:9]}, {"lengths": "real"}, "not one a sample"),
        ({"real": np.array(["one"] * N)}, {"lengths": "real"}, "not one number a sample"),
        ({"real": np.ones((N, 2))}, {"lengths": "real"}, "not one number a sample"),
        ({"len_a": LENGTHS}, {"lengths": "len_b"}, "no array 'len_b'"),
        ({"real": LENGTHS}, {"lengths": "real", "kind": "vector"}, "has lengths, and its kind has none"),
        ({"X_a": np.ones(N)}, {"kind": "sequence"}, "has no steps"),
        ({"X_a": np.ones((N, 2, 2, 2))}, {"kind": "sequence"}, "has no steps"),
        ({"X_a": np.array(["a", "b"] * (N // 2))}, {"kind": "sequence"}, "holds text"),
    ],
)
def test_lengths_and_steps_that_do_not_fit_are_refused(more: Any, modality: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_arrays({**arrays(X_a=steps()), **more}, modalities={"a": modality})


def test_a_sample_without_steps_is_named_with_its_row() -> None:
    values = ragged()
    values[4] = np.nan
    with pytest.raises(InputError, match=r"row 4: .*'a' is empty for 1 sample"):
        read_arrays(arrays(X_a=values))


def test_what_is_missing_before_the_end_is_named_with_row_and_step_or_becomes_the_mean() -> None:
    values = ragged()
    values[9, 2, 1] = np.nan
    with pytest.raises(InputError, match=r"row 9, step 2: .*1 missing value \(NaN\) before its end"):
        read_arrays(arrays(X_a=values))
    modality = of(read_arrays(arrays(X_a=values), modalities={"a": {"missing": "impute-mean"}}))
    assert KINDS["sequence"].missing(modality) == 1
    assert fitted(modality).apply(modality)[9, 2, 1] == 0


@pytest.mark.parametrize(
    ("missing", "value"),
    [
        ({"missing": "impute-mean"}, 2.25),
        ({"missing": "impute-median"}, 1.0),
        ({"missing": "impute-constant", "fill": 5.0}, 5.0),
    ],
)
def test_a_missing_value_is_filled_as_the_recipe_says(missing: Any, value: float) -> None:
    values = np.tile([1.0, 1.0, 1.0, np.nan, 6.0], (N, 1))
    found = of(read_arrays(arrays(X_a=values), modalities={"a": {"kind": "sequence", **missing}}))
    mean, std = np.mean([1, 1, 1, 6]), np.std([1, 1, 1, 6])
    assert fitted(found).apply(found)[0, 3, 0] == pytest.approx((value - mean) / std, abs=1e-6)


def test_infinity_is_refused_within_a_sample_and_not_looked_at_beyond_it() -> None:
    values = steps()
    values[0, 1] = np.inf
    assert of(read_arrays(arrays(X_a=values, len_a=LENGTHS))).kind == "sequence"
    values[9, 4] = np.inf
    with pytest.raises(InputError, match=r"row 9, step 4: .*2 infinite values"):
        read_arrays(arrays(X_a=values, len_a=LENGTHS))


def test_channels_are_standardised_over_the_real_steps_of_training_samples_alone() -> None:
    values = steps()
    values[np.arange(5) >= LENGTHS[:, None]] = 1e6
    modality = of(read_arrays(arrays(X_a=values, len_a=LENGTHS)))
    rows = np.arange(0, N, 2)
    preprocess = KINDS["sequence"].fit(modality, rows)
    made = preprocess.apply(modality)
    real = made[rows][np.arange(5) < LENGTHS[rows, None]]
    np.testing.assert_allclose(real.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(real.std(axis=0), 1, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(made).all(axis=2), np.arange(5) >= LENGTHS[:, None])


def test_lengths_said_and_lengths_seen_give_the_same_numbers() -> None:
    said_so = of(read_arrays(arrays(X_a=np.nan_to_num(ragged()), len_a=LENGTHS)))
    seen = of(read_arrays(arrays(X_a=ragged())))
    np.testing.assert_array_equal(fitted(said_so).apply(said_so), fitted(seen).apply(seen))


def test_what_was_fitted_is_the_same_after_a_file() -> None:
    modality = of(read_arrays(arrays(X_a=ragged())))
    preprocess = fitted(modality)
    again = type(preprocess).from_arrays(preprocess.to_arrays())
    assert again.shape == preprocess.shape == (5, 2)
    np.testing.assert_array_equal(again.apply(modality), preprocess.apply(modality))


def test_the_longest_sample_of_training_counts_not_the_longest_there_is() -> None:
    modality = of(read_arrays(arrays(X_a=ragged())))
    assert KINDS["sequence"].fit(modality, np.flatnonzero(LENGTHS <= 3)).shape == (3, 2)


def test_samples_longer_than_any_in_training_are_counted() -> None:
    preprocess = fitted(of(read_arrays(arrays(X_a=steps(3)), modalities=STATED)))
    assert preprocess.notes(of(read_arrays(arrays(X_a=steps(3)), modalities=STATED)), np.arange(N)) == ()
    longer = of(read_arrays(arrays(X_a=ragged(5))))
    (note,) = preprocess.notes(longer, np.arange(10, N))
    count = (LENGTHS[10:] > 3).sum()
    assert note == f"{count} samples are longer than any in training; `linear` and `mlp` read the first 3 steps"


SPEC = {"a": InputSpec("X_a", None, (), "sequence", "error", (5, 2), lengths="len_a")}


def test_new_samples_may_be_longer_or_shorter_but_not_of_other_channels() -> None:
    for longest in (2, 9):
        found = cut_arrays({"a": np.ones((4, longest, 2)), "len_a": np.full(4, longest)}, SPEC)
        assert found["a"].sample_shape == (longest, 2)
    with pytest.raises(InputError, match=r"another shape[\s\S]*\(5, 3\)[\s\S]*\(steps, 2\) a sample"):
        cut_arrays({"a": np.ones((4, 5, 3)), "len_a": np.full(4, 5)}, SPEC)


def test_lengths_that_training_had_are_asked_for() -> None:
    with pytest.raises(InputError, match="lengths 'len_a' of the modality 'a' are missing"):
        cut_arrays({"a": np.ones((4, 5, 2))}, SPEC)
    with pytest.raises(InputError, match="below 1"):
        cut_arrays({"a": np.ones((4, 5, 2)), "len_a": np.zeros(4, dtype=int)}, SPEC)


def test_lists_of_different_lengths_in_json_lines_are_sequences(tmp_path: Path) -> None:
    lines = [
        f'{{"y": {i % 2}, "tone": {[float(i)] * (1 + i % 4)}, "move": {[[1.0, i], [0.5, 2]] * (1 + i % 3)}}}'
        for i in range(30)
    ]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    found = read_file(tmp_path / "d.jsonl").modalities
    assert {name: (one.kind, one.sample_shape) for name, one in found.items()} == {
        "tone": ("sequence", (4, 1)),
        "move": ("sequence", (6, 2)),
    }
    np.testing.assert_array_equal(found["tone"].lengths, 1 + np.arange(30) % 4)
