"""Safetensors files that are filled row by row and read in place: the same file, never in memory whole."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from umlkit.errors import InputError
from umlkit.runs import checksums, tensors
from umlkit.runs.tensor_file import METADATA, filling

ROWS = np.arange(7, dtype=np.int64)
Z = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
SHAPES = {"z": ("float32", (7, 3)), "rows": ("int64", (7,)), "none": ("float32", (7, 0))}


def write(path: Path) -> None:
    with filling(path, SHAPES, {"about": "seven"}) as put:
        put("rows", 0, ROWS)
        put("z", 4, Z[4:])
        put("z", 0, Z[:4])


def test_file_filled_in_parts_is_what_others_read(tmp_path: Path) -> None:
    write(tmp_path / "a.safetensors")

    found = load_file(tmp_path / "a.safetensors")
    again, metadata = tensors.load(tmp_path / "a.safetensors")

    np.testing.assert_array_equal(found["z"], Z)
    np.testing.assert_array_equal(again["rows"], ROWS)
    assert (found["none"].shape, metadata) == ((7, 0), {"about": "seven"})


@pytest.mark.parametrize("way", ["filled", "saved"])
def test_mapped_arrays_lie_in_the_file_and_stay_when_it_is_replaced(tmp_path: Path, way: str) -> None:
    path = tmp_path / "a.safetensors"
    if way == "filled":
        write(path)
    else:
        tensors.save(path, {"z": Z, "rows": ROWS}, {"about": "seven"})

    found, metadata, _ = tensors.mapped(path)
    tensors.save(path, {"z": Z + 1}, {})

    np.testing.assert_array_equal(found["z"], Z)
    np.testing.assert_array_equal(found["rows"], ROWS)
    assert metadata == {"about": "seven"}
    assert not found["z"].flags.owndata


def test_what_is_written_to_a_mapped_array_does_not_reach_the_file(tmp_path: Path) -> None:
    write(tmp_path / "a.safetensors")
    tensors.mapped(tmp_path / "a.safetensors")[0]["z"][:] = 0

    np.testing.assert_array_equal(tensors.mapped(tmp_path / "a.safetensors")[0]["z"], Z)


@pytest.mark.parametrize("left", [0, 4, 50, -1])
def test_file_cut_short_is_named(tmp_path: Path, left: int) -> None:
    path = tmp_path / "a.safetensors"
    write(path)
    path.write_bytes(path.read_bytes()[:left])

    with pytest.raises(InputError, match=r"(?s)damaged.*--force"):
        tensors.mapped(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        tensors.mapped(tmp_path / "a.safetensors")


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 6])
def test_nan_in_a_file_is_named_with_its_array(tmp_path: Path, number: float, place: int, monkeypatch) -> None:
    monkeypatch.setattr(checksums, "PART", 24)  # two rows
    path = tmp_path / "a.safetensors"
    tensors.save(path, {"z": Z, "rows": ROWS, "none": Z[:0], "one": np.float32(1)}, {})
    tensors.check_finite(path, tensors.mapped(path)[0])
    broken = Z.copy()
    broken[place, 2] = number
    tensors.save(path, {"z": broken, "rows": ROWS}, {})

    with pytest.raises(InputError, match=r"(?s)a\.safetensors: is damaged.*NaN or infinity in z.*--force"):
        tensors.check_finite(path, tensors.mapped(path)[0])


@pytest.mark.parametrize("way", ["filled", "saved"])
@pytest.mark.parametrize("part", [24, 1 << 22])
def test_a_bit_that_changed_is_found_in_numbers_that_stay_finite(
    tmp_path: Path, way: str, part: int, monkeypatch
) -> None:
    monkeypatch.setattr(checksums, "PART", part)
    path = tmp_path / "a.safetensors"
    if way == "filled":
        write(path)
    else:
        tensors.save(path, {"z": Z, "rows": ROWS, "one": np.float32(1)}, {})
    tensors.check(path, tensors.mapped(path))
    tensors.load(path)
    content = bytearray(path.read_bytes())
    content[content.index(Z[3].tobytes())] ^= 1
    path.write_bytes(content)

    for looks in (lambda: tensors.check(path, tensors.mapped(path)), lambda: tensors.load(path)):
        with pytest.raises(InputError, match=r"(?s)a\.safetensors: is damaged.*other numbers in z than .*--force"):
            looks()


def test_a_bit_that_changed_in_the_header_is_damage_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write(path)
    whole = path.read_bytes()
    names, refused = {"z", "rows", "none"}, 0
    for bit in range(64, 8 * whole.rindex(b"}"), 3):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            found = tensors.mapped(path)
            tensors.check(path, found)
        except InputError:
            refused += 1
            continue
        assert found.arrays.keys() == names and found.metadata["about"] == "seven", bit
    assert refused > 500


@pytest.mark.parametrize("kind", [">f4", ">i8", "<f8", "<f4"])
def test_arrays_of_any_order_of_bytes_come_back(tmp_path: Path, kind: str) -> None:
    tensors.save(tmp_path / "a.safetensors", {"z": np.arange(3, dtype=kind)}, {})
    np.testing.assert_array_equal(tensors.load(tmp_path / "a.safetensors")[0]["z"], np.arange(3))


def test_a_file_without_checksums_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(to_bytes({"z": Z}, {METADATA: '{"about": "seven"}'}))

    found = tensors.mapped(path)
    tensors.check(path, found)

    assert (found.metadata, found.sums, tensors.load(path)[1]) == ({"about": "seven"}, {}, {"about": "seven"})


def test_nothing_is_left_of_a_file_whose_filling_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), filling(tmp_path / "a.safetensors", SHAPES, {}):
        _ = 1 / 0

    assert list(tmp_path.iterdir()) == []
