"""Named arrays with text metadata as one safetensors file, written atomically; a damaged file is named.

Every array's checksum stands beside it (:mod:`umlkit.runs.checksums`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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


def save(path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write ``arrays`` (any shapes, 0-d too) and ``metadata`` to ``path``."""
    contiguous = {name: np.require(values, requirements="C") for name, values in arrays.items()}
    sums = {name: checksums.checksum([values]) for name, values in contiguous.items()}
    known = {**metadata, checksums.KEY: checksums.text_of(sums)}
    atomic.write_bytes(path, to_bytes(contiguous, {METADATA: json.dumps(known, sort_keys=True)}))


def load(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and metadata of ``path``.

    Raises:
        InputError: there is no such file, or it is not a whole safetensors file, or not the one that was written.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = json.loads((file.metadata() or {}).get(METADATA, "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- it is no mapping
    except (OSError, SafetensorError, ValueError) as error:
        raise _unusable(path, error) from error
    _compare(path, {name: checksums.checksum([values]) for name, values in arrays.items()}, metadata)
    metadata.pop(checksums.KEY, None)
    return arrays, metadata


def mapped(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The same, but the arrays stay in the file and are read where they are looked at; what is written to them is lost.

    The metadata hold the checksums, which :func:`check` compares. The file may be replaced or removed meanwhile (not
    written into): what was mapped stays readable.

    Raises:
        InputError: there is no such file, or it is not a whole safetensors file.
    """
    try:
        with safe_open(path, framework="numpy") as file:  # checks that header and length fit
            metadata: dict[str, str] = json.loads((file.metadata() or {}).get(METADATA, "{}"))
        with path.open("rb") as opened:
            start = 8 + int.from_bytes(opened.read(8), "little")
            header: dict[str, Any] = json.loads(opened.read(start - 8))
            # Copy on write: torch takes arrays that may be written alone, and nobody writes.
            whole = np.memmap(opened, dtype=np.uint8, mode="c").view(np.ndarray)[start:]
    except (OSError, SafetensorError, ValueError) as error:
        raise _unusable(path, error) from error
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    return {name: _array(whole, entry) for name, entry in entries.items()}, metadata


def check(path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """InputError where :func:`mapped` arrays are not what was written, or hold NaN or infinity.

    A part is read at a time. ``metadata`` are those of the file.
    """
    sums = {name: checksums.checksum(_finite(path, name, values)) for name, values in arrays.items()}
    _compare(path, sums, metadata)


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


def _compare(path: Path, sums: Mapping[str, str], metadata: Mapping[str, str]) -> None:
    """InputError where an array has another checksum than the metadata say."""
    try:
        stated = checksums.stated(metadata)
    except ValueError as error:
        raise _unusable(path, error) from error
    for name, one in stated.items():
        if sums.get(name) != one:
            raise unusable(path, found=f"other numbers in {name} than were written")


def unusable(path: Path, what: str = "is damaged", *, found: str | None = None, again: str = AGAIN) -> InputError:
    """The error of a file that has to be written anew."""
    return InputError(Problem(what, where=str(path), found=found, try_next=f"write it again: {again}"))


def _array(whole: npt.NDArray[np.uint8], entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    first, last = entry["data_offsets"]
    return whole[first:last].view(TYPES[entry["dtype"]]).reshape(entry["shape"])


def _unusable(path: Path, error: Exception) -> InputError:
    return unusable(path, "is missing" if isinstance(error, FileNotFoundError) else "is damaged", found=str(error))
