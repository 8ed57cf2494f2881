"""Named arrays with text metadata as one safetensors file, written atomically; a damaged file is named.

Every array's checksum stands beside it (:mod:`umlkit.runs.checksums`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from umlkit.errors import InputError, Problem
from umlkit.runs import atomic, checksums
from umlkit.runs.tensor_file import METADATA, NAMES

AGAIN = "umlkit train RECIPE --method METHOD --force"
"""What makes a model's files anew; who knows the run and the method writes them in (:mod:`umlkit.pipeline.mending`)."""

Arrays = dict[str, npt.NDArray[Any]]
TYPES = {code: np.dtype(name) for name, code in NAMES.items()}
"""What may be mapped."""


class Mapped(NamedTuple):
    """A file whose arrays are read where they are looked at.

    Attributes:
        arrays: by name.
        metadata: beside them.
        sums: by name the checksum that :func:`check` compares; empty where an older umlkit wrote the file.
    """

    arrays: Arrays
    metadata: dict[str, str]
    sums: dict[str, str]


def save(path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write ``arrays`` (any shapes, 0-d too) and ``metadata`` to ``path``."""
    written = {
        name: np.require(values, values.dtype.newbyteorder("<"), requirements="C") for name, values in arrays.items()
    }
    sums = {name: checksums.checksum([values]) for name, values in written.items()}
    atomic.write_bytes(path, to_bytes(written, {METADATA: checksums.text_of(metadata, sums)}))


def load(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and metadata of ``path``.

    Raises:
        InputError: there is no such file, or it is not a whole safetensors file, or not the one that was written.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata, sums = checksums.read((file.metadata() or {}).get(METADATA))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- it is no mapping
    except (OSError, SafetensorError, ValueError) as error:
        raise _unusable(path, error) from error
    _compare(path, {name: checksums.checksum([values]) for name, values in arrays.items()}, sums)
    return arrays, metadata


def mapped(path: Path) -> Mapped:
    """The same, but the arrays stay in the file and are read where they are looked at; what is written to them is lost.

    The file may be replaced or removed meanwhile (not written into): what was mapped stays readable.

    Raises:
        InputError: there is no such file, or it is not a whole safetensors file.
    """
    try:
        with safe_open(path, framework="numpy") as file:  # checks that header and length fit
            metadata, sums = checksums.read((file.metadata() or {}).get(METADATA))
        with path.open("rb") as opened:
            start = 8 + int.from_bytes(opened.read(8), "little")
            header: dict[str, Any] = json.loads(opened.read(start - 8))
            # Copy on write: torch takes arrays that may be written alone, and nobody writes.
            whole = np.memmap(opened, dtype=np.uint8, mode="c").view(np.ndarray)[start:]
    except (OSError, SafetensorError, ValueError) as error:
        raise _unusable(path, error) from error
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    return Mapped({name: _array(whole, entry) for name, entry in entries.items()}, metadata, sums)


def check(path: Path, mapped: Mapped) -> None:
    """InputError where mapped arrays are not what was written, or hold NaN or infinity; a part is read at a time."""
    _compare(
        path,
        {name: checksums.checksum(_finite(path, name, values)) for name, values in mapped.arrays.items()},
        mapped.sums,
    )


def check_finite(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """InputError where one of these arrays of a file holds NaN or infinity."""
    for name, values in arrays.items():
        for _ in _finite(path, name, values):
            pass


def _finite(path: Path, name: str, values: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    for part in checksums.parts_of(values):
        if values.dtype.kind == "f" and not np.isfinite(part).all():
            raise unusable(path, found=f"NaN or infinity in {name}")
        yield part


def _compare(path: Path, found: Mapping[str, str], stated: Mapping[str, str]) -> None:
    """InputError where an array has another checksum than is stated."""
    for name, one in stated.items():
        if found.get(name) != one:
            raise unusable(path, found=f"other numbers in {name} than were written")


def unusable(path: Path, what: str = "is damaged", *, found: str | None = None, again: str = AGAIN) -> InputError:
    """The error of a file that has to be written anew."""
    return InputError(Problem(what, where=str(path), found=found, try_next=f"write it again: {again}"))


def _array(whole: npt.NDArray[np.uint8], entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    first, last = entry["data_offsets"]
    return whole[first:last].view(TYPES[entry["dtype"]]).reshape(entry["shape"])


def _unusable(path: Path, error: Exception) -> InputError:
    return unusable(path, "is missing" if isinstance(error, FileNotFoundError) else "is damaged", found=str(error))
