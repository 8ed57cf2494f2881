"""Arrays on disk: ``.npy`` files and folders, ``.safetensors``, ``.npz``; mapped where large, never pickled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file as save_torch

from tests.unit.data_sets import N, arrays, read_file, said
from umlkit.data import mapped
from umlkit.data.mapped import scratch
from umlkit.data.sources import open_file
from umlkit.errors import InputError, RunError


def folder(path: Path, **more: np.ndarray) -> Path:
    path.mkdir()
    for name, values in arrays(**more).items():
        np.save(path / f"{name}.npy", values)
    return path


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of one byte and more are mapped."""
    for module in (mapped, *(__import__(f"umlkit.data.{name}", fromlist=["x"]) for name in ("npz", "strings"))):
        monkeypatch.setattr(module, "LARGE", 1)


def test_a_folder_of_npy_files_reads_like_an_archive_of_them(tmp_path: Path) -> None:
    folder(tmp_path / "mine")
    (tmp_path / "mine" / "notes.txt").write_text("not read")
    np.savez(tmp_path / "mine.npz", **arrays())
    one, other = read_file(tmp_path / "mine"), read_file(tmp_path / "mine.npz")
    assert list(one.modalities) == list(other.modalities) == ["a", "v"]
    np.testing.assert_array_equal(one.modalities["v"].values, other.modalities["v"].values)
    assert one.labels.tolist() == other.labels.tolist()


def test_a_single_npy_file_is_one_array_named_after_it(tmp_path: Path) -> None:
    np.save(tmp_path / "audio.npy", np.ones((3, 2)))
    raw = open_file(tmp_path / "audio.npy")
    assert {name: header.shape for name, header in raw.headers.items()} == {"audio": (3, 2)}


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("form", ["npy", "npz", "safetensors"])
def test_large_arrays_are_mapped_and_hold_what_was_saved(form: str, tmp_path: Path) -> None:
    held = {"a": np.arange(24.0).reshape(4, 3, 2), "b": np.arange(8, dtype=np.int32).reshape(4, 2)}
    if form == "npy":
        (tmp_path / "d.npy").mkdir()
        for name, values in held.items():
            np.save(tmp_path / "d.npy" / f"{name}.npy", np.asfortranarray(values))
    elif form == "npz":
        np.savez(tmp_path / "d.npz", **held)
    else:
        save_numpy(held, tmp_path / "d.safetensors")
    raw = open_file(tmp_path / f"d.{form}")
    for name, values in held.items():
        assert isinstance(raw.load(name), np.memmap)
        np.testing.assert_array_equal(raw.load(name), values)


@pytest.mark.usefixtures("everything_is_large")
def test_a_damaged_value_in_a_mapped_archive_is_found_by_its_checksum(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", a=np.zeros((50, 20)))
    content = bytearray((tmp_path / "d.npz").read_bytes())
    content[2000] ^= 1
    (tmp_path / "d.npz").write_bytes(content)
    with pytest.raises(InputError, match="truncated or damaged"):
        open_file(tmp_path / "d.npz").load("a")


@pytest.mark.usefixtures("everything_is_large")
def test_a_compressed_archive_is_unpacked(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "d.npz", a=np.arange(12.0))
    found = open_file(tmp_path / "d.npz").load("a")
    assert not isinstance(found, np.memmap) and found.tolist() == list(range(12))


@pytest.mark.parametrize("large", [False, True])
def test_the_other_byte_order_is_turned_round(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "LARGE", 1 if large else 1 << 24)
    np.save(tmp_path / "a.npy", np.arange(6, dtype=">f4").reshape(3, 2))
    found = open_file(tmp_path / "a.npy").load("a")
    assert found.dtype == np.dtype("float32") and found.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_bfloat16_becomes_the_same_numbers_as_torch_makes_of_it(tmp_path: Path) -> None:
    values = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    save_torch({"a": values, "y": torch.arange(5)}, tmp_path / "a.safetensors")
    raw = open_file(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(raw.load("a"), values.float().numpy())
    assert raw.headers["a"].dtype == np.float32 and raw.notes == ("bfloat16 made into float32: a",)


def test_a_type_that_numpy_has_not_is_refused_by_name_and_only_when_it_is_used(tmp_path: Path) -> None:
    held = {"X_a": torch.zeros(6, 2), "X_b": torch.zeros(6, 2).to(torch.float8_e4m3fn), "y": torch.arange(6) % 2}
    save_torch(held, tmp_path / "a.safetensors")
    with pytest.raises(InputError, match=r"'X_b'(.|\n)*F8_E4M3(.|\n)*float32"):
        open_file(tmp_path / "a.safetensors").load("X_b")
    assert read_file(tmp_path / "a.safetensors", modalities={"a": {}}).modalities["a"].sample_shape == (2,)


def tensors(entries: dict[str, object], values: bytes = b"") -> bytes:
    header = json.dumps(entries).encode()
    return len(header).to_bytes(8, "little") + header + values


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TENSOR_FILES = {
    "short": (b"\x01\x02", ["a header of 513 bytes in a file of 2"]),
    "header longer than the file": ((1 << 40).to_bytes(8, "little") + b"{}", [f"{1 << 40} bytes in a file of 10"]),
    "no JSON": ((4).to_bytes(8, "little") + b"oops", ["no JSON"]),
    "a list": (tensors([]), ["no JSON object"]),  # type: ignore[arg-type]
    "values cut": (tensors({"a": F32}, b"1234"), ["'a' is truncated", "bytes 0 to 8 of 4"]),
    "offsets outside": (tensors({"a": {**F32, "data_offsets": [-8, 0]}}, b"12345678"), ["bytes -8 to 0"]),
    "another size": (tensors({"a": {**F32, "shape": [3]}}, b"12345678"), ["8 bytes", "12 bytes, for shape (3,)"]),
    "no entry": (tensors({"a": 3}), ["without dtype, shape and data_offsets"]),
    "nothing": (tensors({}), ["holds no tensors"]),
}


@pytest.mark.parametrize("case", TENSOR_FILES)
def test_a_damaged_safetensors_file_is_refused_in_words(case: str, tmp_path: Path) -> None:
    content, words = TENSOR_FILES[case]
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_file(tmp_path / "a.safetensors")
    assert [word for word in words if word not in said(caught.value)] == []


@pytest.mark.parametrize("left", [0, 5, 60, 130])
def test_a_truncated_npy_file_is_refused_by_name(left: int, tmp_path: Path) -> None:
    folder(tmp_path / "mine")
    whole = (tmp_path / "mine" / "X_a.npy").read_bytes()
    (tmp_path / "mine" / "X_a.npy").write_bytes(whole[:left])
    with pytest.raises(InputError, match=r"X_a\.npy: is truncated or damaged"):
        open_file(tmp_path / "mine")


BAD_ARRAYS = {
    "objects": (np.array([{}] * N, dtype=object), "holds Python objects"),
    "complex": (np.ones((N, 2), dtype=complex), "complex numbers"),
    "empty": (np.empty((N, 0)), "is empty"),
    "no rows": (np.empty((0, 3)), "is empty"),
    "records": (np.zeros(N, dtype=[("a", "f4")]), "records"),
    "dates": (np.zeros(N, dtype="M8[s]"), "dates"),
    "another length": (np.ones((N + 1, 2)), "differ in length"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_an_array_that_can_be_no_modality_is_refused(case: str, tmp_path: Path) -> None:
    values, words = BAD_ARRAYS[case]
    (tmp_path / "mine").mkdir()
    for name, held in arrays(X_v=values).items():
        np.save(tmp_path / "mine" / f"{name}.npy", held, allow_pickle=True)
    with pytest.raises(InputError, match=words):
        read_file(tmp_path / "mine")


def test_scratch_space_is_a_map_of_a_file_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(mapped, "LARGE", 1000)
    room = scratch((50, 5), np.float64)
    room[:] = 1
    assert isinstance(room, np.memmap) and room.sum() == 250 and list(tmp_path.iterdir()) == []
    assert not isinstance(scratch((5, 5), np.float64), np.memmap)


def test_a_temporary_folder_without_room_is_told_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(RunError, match=r"no room for temporary files(.|\n)*No space left(.|\n)*TMPDIR"):
        scratch((mapped.LARGE,), np.uint8)
