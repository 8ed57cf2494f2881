"""Missing values in columns of numbers: filled by what training says, marked, counted where they are new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from tests.unit.data_sets import arrays, read_arrays, read_file, said
from umlkit.data.kinds import KINDS
from umlkit.data.kinds.quantiles import quantiles
from umlkit.data.records import Array, ModalityArray
from umlkit.errors import InputError
from umlkit.recipe.data_schema import Modality

TRAIN = np.arange(50)
NAN = float("nan")


def modality(values: Array, **more: Any) -> ModalityArray:
    return ModalityArray(values=values, kind="vector", source="a", **{"missing": "impute-mean", **more})


def with_holes(seed: int = 0) -> Array:
    """Three skewed columns of 80 samples; the first two miss some values among the first 50."""
    rng = np.random.default_rng(seed)
    values = rng.exponential(3, size=(80, 3))
    values[::7, 0] = values[3::11, 1] = NAN
    return values


@pytest.mark.parametrize(
    ("missing", "imputer"),
    [
        ("impute-mean", SimpleImputer(strategy="mean")),
        ("impute-median", SimpleImputer(strategy="median")),
        ("impute-constant", SimpleImputer(strategy="constant", fill_value=-1.5)),
    ],
)
def test_gaps_are_filled_as_scikit_learn_fills_them_in_training_samples(missing: str, imputer: Any) -> None:
    values = with_holes()
    fitted = KINDS["vector"].fit(modality(values, missing=missing, fill=-1.5), TRAIN)
    mean, std = np.nanmean(values[TRAIN], axis=0), np.nanstd(values[TRAIN], axis=0)

    made = fitted.apply(modality(values))[:, :3]

    np.testing.assert_allclose(made, (imputer.fit(values[TRAIN]).transform(values) - mean) / std, rtol=1e-5, atol=1e-6)


def test_a_column_with_gaps_in_training_gets_an_indicator_of_0_and_1() -> None:
    values = with_holes()
    fitted = KINDS["vector"].fit(modality(values), TRAIN)
    assert fitted.shape == (5,)
    np.testing.assert_array_equal(fitted.apply(modality(values))[:, 3:], np.isnan(values[:, :2]))


def test_without_gaps_there_is_no_indicator() -> None:
    assert KINDS["vector"].fit(modality(with_holes()[:, 2:]), TRAIN).shape == (1,)


def test_other_samples_do_not_enter() -> None:
    values, other = with_holes(), with_holes()
    other[50:] = NAN
    for missing in sorted(KINDS["vector"].imputes):
        first, second = (KINDS["vector"].fit(modality(v, missing=missing), TRAIN) for v in (values, other))
        np.testing.assert_array_equal(first.apply(modality(values)), second.apply(modality(values)))


@pytest.mark.parametrize("missing", sorted(KINDS["vector"].imputes))
def test_a_column_that_is_missing_throughout_training_is_0_and_has_no_indicator(missing: str) -> None:
    fitted = KINDS["vector"].fit(modality(np.full((50, 1), NAN), missing=missing, fill=3.0), TRAIN)
    assert fitted.apply(modality(np.array([[1.0], [NAN]]))).tolist() == [[0.0], [0.0]]


def test_a_gap_that_training_never_saw_is_filled_and_counted() -> None:
    fitted = KINDS["vector"].fit(modality(np.linspace(0, 1, 100).reshape(50, 2), missing="impute-median"), TRAIN)
    new = modality(np.array([[NAN, 0.5], [NAN, NAN]]), columns=("age", "weight"))

    assert fitted.apply(new).shape == (2, 2) and np.isfinite(fitted.apply(new)).all()
    assert [note.split(",")[0] for note in fitted.notes(new, np.arange(len(new)))] == [
        "2 missing values in column 'age'",
        "1 missing value in column 'weight'",
    ]
    assert fitted.notes(modality(np.zeros((3, 2))), np.arange(3)) == ()


def test_a_gap_that_training_knew_is_no_news() -> None:
    values = with_holes()
    assert KINDS["vector"].fit(modality(values), TRAIN).notes(modality(values), np.arange(50, len(values))) == ()


def test_what_was_fitted_is_stored_and_read_without_loss() -> None:
    values = with_holes()
    fitted = KINDS["vector"].fit(modality(values, missing="impute-median"), TRAIN)
    again = KINDS["vector"].preprocess.from_arrays(fitted.to_arrays())
    assert again.shape == fitted.shape
    np.testing.assert_array_equal(again.apply(modality(values)), fitted.apply(modality(values)))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = with_holes()
    whole = KINDS["vector"].fit(modality(values, missing="impute-median"), TRAIN).apply(modality(values))
    for module in ("kinds.quantiles", "missing"):
        monkeypatch.setattr(f"umlkit.data.{module}._BLOCK", 7)
    parts = KINDS["vector"].fit(modality(values, missing="impute-median"), TRAIN).apply(modality(values))
    np.testing.assert_allclose(parts, whole, rtol=1e-6, atol=1e-7)


def test_quantiles_of_many_samples_are_close_and_missing_values_do_not_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umlkit.data.kinds.quantiles.ENOUGH", 2000)
    values = np.random.default_rng(1).normal(size=(20_000, 2))
    values[::3, 0] = NAN
    found = quantiles(values, np.arange(20_000), (0.1, 0.5, 0.9))
    np.testing.assert_allclose(found, np.array([[-1.2816, 0, 1.2816]] * 2).T, atol=0.12)  # of the normal distribution


def test_missing_cells_of_data_without_a_recipe_say_what_writes_one(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("age,y\n" + "".join(f"{i % 9 or ''},{'ab'[i % 2]}\n" for i in range(60)))
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / "a b.csv")
    line = "data.modalities.table.missing: impute-mean, in a recipe"
    assert f"{line}; `umlkit init '{tmp_path}/a b.csv'`, with the label by --label, writes one that says so" in said(
        caught.value
    )


def test_a_kind_that_cannot_fill_in_this_way_says_so() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, size=(60, 9, 9)).astype(np.uint8)
    with pytest.raises(InputError) as caught:
        read_arrays(arrays(X_a=pictures), modalities={"a": {"missing": "impute-median"}})
    assert "kind image" in said(caught.value) and "impute-mean" in said(caught.value)


def test_a_fill_that_nothing_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="only missing: impute-constant reads"):
        Modality.model_validate({"missing": "impute-mean", "fill": 1.0})
    assert Modality.model_validate({"missing": "impute-constant", "fill": 1}).fill == 1.0


def test_how_gaps_are_filled_reaches_the_data_set() -> None:
    values = np.where(np.arange(240).reshape(60, 4) % 9 == 0, NAN, 1.0)
    stated = {"a": {"missing": "impute-constant", "fill": 2.5}, "v": {}}
    found = read_arrays(arrays(X_a=values), modalities=stated).modalities["a"]
    assert (found.missing, found.fill) == ("impute-constant", 2.5)
