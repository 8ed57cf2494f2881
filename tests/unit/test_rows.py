"""Samples in memory, packed, streamed, spilled or in shards: the same rows to the bit, whatever the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.kind_examples import EXAMPLES, fitted, modality
from umlkit.data import samples as making
from umlkit.data.kinds.base import Packed, RaggedPreprocess
from umlkit.data.ragged import RaggedRows
from umlkit.data.records import Array, Dataset, ModalityArray, Samples
from umlkit.data.samples import rows_of, samples, standardised_bytes
from umlkit.data.sharded import ShardedRows
from umlkit.data.spilled import spilled
from umlkit.data.streamed import StreamedRows
from umlkit.errors import RunError
from umlkit.rows import Rows

CASES = [(kind, variant) for kind, variants in EXAMPLES.items() for variant in variants]
ROWS = np.array([1, 3, 4, 8, 9, 15, 20])
PICKS = [slice(0, 3), slice(2, 100), slice(None), torch.tensor([6, 0, 0, 3]), torch.tensor([5])]


class Steps(RaggedPreprocess):
    """Sample i has as many steps of two numbers as its first value says."""

    padding = float("nan")

    @property
    def shape(self) -> tuple[int, ...]:
        return (9, 2)

    def pack(self, modality: ModalityArray) -> Packed:
        lengths = modality.values[:, 0].astype(np.int64)
        flat = np.repeat(modality.values.astype(np.float32), lengths, axis=0)
        return Packed(flat, lengths)

    def to_arrays(self) -> dict[str, Array]:
        return {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Steps:
        return cls()


def steps(lengths: list[int]) -> ModalityArray:
    values = np.stack([np.array(lengths), np.arange(len(lengths))], axis=1)
    return ModalityArray(values=values, kind="vector", source="a")


def agree(one: Rows, other: Rows) -> None:
    assert len(one) == len(other)
    for pick in PICKS:
        torch.testing.assert_close(one[pick], other[pick], rtol=0, atol=0, equal_nan=True)
        assert one[pick].dtype == torch.float32


@pytest.mark.parametrize(("kind", "variant"), CASES)
def test_the_same_rows_come_from_memory_stream_and_temporary_file(kind: str, variant: str) -> None:
    made, preprocess = modality(kind, variant, samples=32), fitted(kind, variant)

    in_memory = rows_of(made, ROWS, preprocess, device="cpu", in_memory=True)

    agree(in_memory, StreamedRows(made, ROWS, preprocess, "cpu"))
    agree(in_memory, spilled(made, ROWS, preprocess, "cpu"))


def test_ragged_samples_are_padded_to_the_longest_of_the_batch_alone() -> None:
    made = steps([3, 1, 0, 2, 9, 1, 4])
    rows = rows_of(made, np.arange(7), Steps(), device="cpu", in_memory=True)

    batch = rows[torch.tensor([3, 1])]

    assert isinstance(rows, RaggedRows)
    nan = float("nan")
    expected = torch.tensor([[[2.0, 3.0], [2.0, 3.0]], [[1.0, 1.0], [nan, nan]]])
    torch.testing.assert_close(batch, expected, equal_nan=True)
    assert rows[torch.tensor([2])].isnan().all()
    assert rows[torch.tensor([2])].shape == (1, 1, 2)
    assert rows[0:0].shape == (0, 1, 2)


@pytest.mark.parametrize(("kind", "variant"), CASES)
@pytest.mark.parametrize("in_memory", [True, False])
def test_a_role_without_samples_has_no_rows(kind: str, variant: str, in_memory: bool) -> None:
    none = np.zeros(0, dtype=np.int64)
    rows = rows_of(modality(kind, variant, samples=8), none, fitted(kind, variant), device="cpu", in_memory=in_memory)
    assert len(rows) == 0 and len(rows[:]) == 0


def test_ragged_samples_are_the_same_streamed_and_spilled() -> None:
    lengths = np.random.default_rng(0).integers(0, 9, size=24).tolist()
    rows = rows_of(steps(lengths), ROWS, Steps(), device="cpu", in_memory=True)

    agree(rows, StreamedRows(steps(lengths), ROWS, Steps(), "cpu"))
    agree(rows, spilled(steps(lengths), ROWS, Steps(), "cpu"))


@pytest.mark.parametrize("cuts", [[], [3], [1, 2, 6], [0, 4]])
def test_shards_read_as_one_array(cuts: list[int]) -> None:
    whole = np.random.default_rng(0).normal(size=(7, 2, 3)).astype(np.float32)

    agree(torch.from_numpy(whole), ShardedRows(np.split(whole, cuts), device="cpu"))


def data(n: int) -> Dataset:
    made = modality("vector", "wide", samples=n)
    names = tuple(map(str, range(n)))
    return Dataset({"a": made}, np.arange(n) % 2, ("0", "1"), ("0", "1"), "y", names, None, None)


def test_a_small_set_is_kept_in_memory_and_a_larger_one_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    preprocess = {"a": fitted("vector", "wide")}

    def made() -> Samples:
        return samples(data(32), ROWS, preprocess, ["a"])

    assert isinstance(made().inputs["a"], torch.Tensor)
    monkeypatch.setattr(making, "BUDGET", 32 * 40 * 4)
    assert isinstance(made().inputs["a"], torch.Tensor)
    monkeypatch.setattr(making, "BUDGET", 32 * 40 * 4 - 1)
    assert isinstance(made().inputs["a"], StreamedRows)


def test_what_is_costly_to_preprocess_goes_through_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Steps, "costly", True)
    rows = rows_of(steps([2] * 30), ROWS, Steps(), device="cpu", in_memory=False)
    monkeypatch.setattr(Steps, "pack", lambda *_: pytest.fail("preprocessed again"))

    assert rows[torch.tensor([0, 2])].shape == (2, 2, 2)


def test_temporary_file_has_no_name_and_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rows = spilled(steps([2] * 30), ROWS, Steps(), "cpu")
    assert list(tmp_path.iterdir()) == []
    assert len(rows) == len(ROWS)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(RunError, match="no room for temporary files"):
        spilled(steps([2] * 30), ROWS, Steps(), "cpu")


def test_size_of_a_set_is_exact_where_samples_have_one_shape() -> None:
    assert (
        standardised_bytes(modality("image", "9x13x3", samples=500), fitted("image", "9x13x3")) == 500 * 9 * 13 * 3 * 4
    )
    assert standardised_bytes(dataclasses.replace(steps([]), values=np.zeros((0, 2))), Steps()) == 0
