"""Standardisation: of the training samples alone, stable, and the same for every sample that comes later."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.data_sets import dataset
from umlkit.data.kinds import KINDS
from umlkit.data.kinds.standardise import FURTHEST, Standardiser
from umlkit.data.records import Array, Floats, ModalityArray
from umlkit.data.samples import samples
from umlkit.errors import Problem

RNG = np.random.default_rng(0)
ROWS = np.arange(50)


class Fitted:
    """What a kind fits, given and giving plain arrays."""

    def __init__(self, values: Array, kind: str, rows: Array) -> None:
        self.kind = kind
        self.preprocess = KINDS[kind].fit(as_modality(values, kind), rows)

    def apply(self, values: Array) -> Floats:
        return self.preprocess.apply(as_modality(values, self.kind))

    @property
    def standardiser(self) -> Standardiser:
        parts = [getattr(part, "standardiser", part) for part in vars(self.preprocess).values()]
        return next(part for part in parts if isinstance(part, Standardiser))

    @property
    def mean(self) -> Array:
        return self.standardiser.mean

    @property
    def std(self) -> Array:
        return self.standardiser.std


def as_modality(values: Array, kind: str) -> ModalityArray:
    return ModalityArray(values=values, kind=kind, source="a", missing="impute-mean")


def fit(values: Array, *, kind: str = "vector", rows: Array = ROWS) -> Fitted:
    return Fitted(values, kind, rows)


def test_training_columns_get_mean_0_and_deviation_1() -> None:
    values = RNG.normal(5, 3, size=(80, 4))
    made = fit(values).apply(values[ROWS])
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(made.std(axis=0), 1, atol=1e-6)


def test_other_rows_do_not_enter() -> None:
    values = RNG.normal(size=(80, 4))
    other = values.copy()
    other[50:] = 1e6
    np.testing.assert_array_equal(fit(values).mean, fit(other).mean)
    np.testing.assert_array_equal(fit(values).std, fit(other).std)


def test_a_column_that_is_constant_in_training_becomes_0_for_good() -> None:
    values = np.full((50, 2), 0.1)
    values[:, 1] = RNG.normal(size=50)
    made = fit(values)
    assert made.std[0] == 0
    assert made.apply(np.array([[0.1, 0.0], [7.0, 0.0], [np.nan, 0.0]]))[:, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_scale_does_not_matter(scale: float) -> None:
    values = RNG.normal(size=(50, 3))
    np.testing.assert_allclose(fit(values * scale).apply(values * scale), fit(values).apply(values), atol=1e-5)


def test_a_small_spread_around_a_large_value_is_kept() -> None:
    values = 1e8 + RNG.normal(size=(50, 1))
    np.testing.assert_allclose(fit(values).std, values.std(axis=0), rtol=1e-6)


def test_what_lies_absurdly_far_out_is_cut_and_finite() -> None:
    made = fit(RNG.normal(size=(50, 1)))
    assert made.apply(np.array([[1e300], [-1e300]])).tolist() == [[FURTHEST], [-FURTHEST]]


@pytest.mark.parametrize(("shape", "expected"), [((6, 5), (1, 6, 5)), ((6, 5, 3), (3, 6, 5))])
def test_images_are_standardised_by_channel_and_have_channels_first(
    shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    pixels = RNG.integers(0, 256, size=(50, *shape), dtype=np.uint8)
    made = fit(pixels, kind="image")
    out = made.apply(pixels)
    assert made.preprocess.shape == expected and out.shape == (50, *expected)
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), 1, atol=1e-5)
    last = pixels.reshape(50, 6, 5, -1)[7, 2, 4, -1]
    np.testing.assert_allclose(out[7, -1, 2, 4], (float(last) - made.mean[-1]) / made.std[-1], rtol=1e-5)


def test_every_type_of_number_gives_the_same() -> None:
    whole = RNG.integers(0, 100, size=(50, 3))
    expected = fit(whole).apply(whole)
    for dtype in (np.uint8, np.int16, np.float32, ">f4", np.float16):
        np.testing.assert_array_equal(fit(whole.astype(dtype)).apply(whole.astype(dtype)), expected)


def test_it_is_stored_and_read_without_loss() -> None:
    values = RNG.normal(size=(50, 6, 5, 2))
    made = fit(values, kind="image")
    again = KINDS["image"].preprocess.from_arrays(made.preprocess.to_arrays())
    assert again.shape == made.preprocess.shape
    np.testing.assert_array_equal(again.apply(as_modality(values, "image")), made.apply(values))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = RNG.normal(size=(50, 3))
    whole = fit(values).apply(values)
    monkeypatch.setattr("umlkit.data.missing._BLOCK", 7)
    np.testing.assert_allclose(fit(values).apply(values), whole, rtol=1e-6)


def test_samples_are_tensors_of_the_rows_asked_for() -> None:
    data = dataset(np.arange(60) % 3)
    made = {"a": fit(data.modalities["a"].values).preprocess}
    rows = np.array([3, 5, 59])
    found = samples(data, rows, made, ["a"])
    assert found.labels.tolist() == [0, 2, 2]
    np.testing.assert_array_equal(found.inputs["a"].numpy(), made["a"].apply(data.modalities["a"].rows(rows)))


@pytest.mark.parametrize("axes", [(0, 1, 2), (0, 2, 1)])
def test_a_spectrogram_is_standardised_as_a_whole_whichever_axis_is_time(axes: tuple[int, ...]) -> None:
    values = RNG.normal(-5, 3, size=(60, 20, 16))
    made = fit(values.transpose(axes), kind="spectrogram").apply(values.transpose(axes)[ROWS])
    expected = (values[ROWS] - values[ROWS].mean()) / values[ROWS].std()
    np.testing.assert_allclose(made, expected.transpose(axes)[:, None], atol=1e-5)


@pytest.mark.parametrize("shape", [(60, 20), (60, 20, 16, 3)])
def test_a_spectrogram_without_two_sides_is_refused(shape: tuple[int, ...]) -> None:
    found = KINDS["spectrogram"].settle("a", as_modality(np.ones(shape), ""), where="a.npz")
    assert isinstance(found, Problem)
    assert found.found == f"shape {shape}"


def test_a_last_axis_of_one_is_dropped_from_a_spectrogram() -> None:
    found = KINDS["spectrogram"].settle("a", as_modality(np.ones((60, 20, 16, 1)), ""), where="a.npz")
    assert isinstance(found, ModalityArray)
    assert (found.kind, found.sample_shape) == ("spectrogram", (20, 16))


@pytest.mark.parametrize("kind", ["uint8", "int16", "float32"])
def test_pictures_are_standardised_alike_from_bytes_and_from_numbers(kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 9, 3)).astype(np.uint8)
    pixels[..., 2] = 7
    exact = pixels.astype(np.float64)
    expected = np.zeros((20, 3, 8, 9))
    for channel in range(2):
        column = exact[..., channel]
        expected[:, channel] = (column - column.mean()) / column.std()
    modality = ModalityArray(values=pixels.astype(kind), kind="image", source="a")

    found = KINDS["image"].fit(modality, np.arange(20)).apply(modality)

    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
