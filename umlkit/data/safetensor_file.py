"""Read ``.safetensors`` files in place: the JSON header says where every tensor lies, and large ones are mapped there.

The format (https://github.com/huggingface/safetensors): eight bytes with the length of the header, little-endian; a
JSON object of name -> {dtype, shape, data_offsets}; the values. The library of that name copies a tensor into memory
when it hands it out, so the header is read here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from umlkit.data.mapped import BLOCK, scratch, stored
from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array
from umlkit.errors import InputError, Problem, listed

_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
    "BF16": "<u2",  # the upper half of a float32, made into one when it is loaded
}
_LONGEST_HEADER = 100_000_000  # the format's own limit


@dataclass(frozen=True)
class _Tensor:
    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def header(self) -> Header:
        kind = "<f4" if self.dtype == "BF16" else _TYPES.get(self.dtype, "V1")
        return Header(self.shape, np.dtype(kind))


def open_safetensors(path: Path, *, name: str) -> Raw:
    """The tensors of a file as arrays; ``BF16`` becomes float32, exactly.

    Raises:
        InputError: truncated or damaged, or without tensors. A type that numpy has not (``F8_E4M3``) is an error when
            it is loaded.
    """
    size = path.stat().st_size
    entries, begin = _header(path, size, name)
    problems: list[Problem] = []
    tensors = {}
    for key, entry in entries.items():
        if key != "__metadata__":
            tensor = _tensor(key, entry, begin=begin, size=size, name=name)
            if isinstance(tensor, Problem):
                problems.append(tensor)
            else:
                tensors[key] = tensor
    if not tensors and not problems:
        problems.append(Problem("holds no tensors", where=name, try_next="safetensors.numpy.save_file({...}, file)"))
    if problems:
        raise InputError(*problems)
    headers = {key: tensor.header for key, tensor in tensors.items()}
    halves = tuple(key for key, tensor in tensors.items() if tensor.dtype == "BF16")
    notes = (f"bfloat16 made into float32: {listed(halves)}",) if halves else ()
    return Raw(
        name=name, headers=headers, load=lambda key: _load(path, key, tensors[key], name), path=path, notes=notes
    )


def _header(path: Path, size: int, name: str) -> tuple[Mapping[str, Any], int]:
    """The entries, and where the values begin."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _LONGEST_HEADER):
            raise _damaged(name, f"a header of {length} bytes in a file of {size}")
        try:
            entries = json.loads(file.read(length).decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise _damaged(name, f"a header that is no JSON: {error}") from error
    if not isinstance(entries, dict):
        raise _damaged(name, "a header that is no JSON object")
    return entries, 8 + length


def _tensor(key: str, entry: Any, *, begin: int, size: int, name: str) -> _Tensor | Problem:
    try:
        dtype, shape = str(entry["dtype"]), tuple(int(side) for side in entry["shape"])
        first, last = (int(offset) for offset in entry["data_offsets"])
    except (TypeError, KeyError, ValueError):
        return _wrong(key, name, "an entry without dtype, shape and data_offsets")
    if not 0 <= first <= last <= size - begin or any(side < 0 for side in shape):
        return _wrong(key, name, f"bytes {first} to {last} of {size - begin}, shape {shape}")
    kind = _TYPES.get(dtype)
    wanted = None if kind is None else np.dtype(kind).itemsize * math.prod(shape)
    if wanted is not None and wanted != last - first:
        return _wrong(key, name, f"{last - first} bytes", f"{wanted} bytes, for shape {shape} of {dtype}")
    return _Tensor(dtype, shape, begin + first)


def _load(path: Path, key: str, tensor: _Tensor, name: str) -> Array:
    if tensor.dtype not in _TYPES:
        raise InputError(
            Problem(
                f"the tensor {key!r} has a type that umlkit does not read",
                where=name,
                found=tensor.dtype,
                allowed=listed(_TYPES, limit=20),
                try_next=f"save it as float32: {key}.to(torch.float32)",
            )
        )
    values = stored(path, dtype=np.dtype(_TYPES[tensor.dtype]), shape=tensor.shape, offset=tensor.start)
    return _widened(values) if tensor.dtype == "BF16" else values


def _widened(halves: Array) -> Array:
    """bfloat16 as float32: the same sign, exponent and leading bits, and zeros behind them."""
    flat = halves.reshape(-1)
    target = scratch(flat.shape, np.uint32)
    step = BLOCK // 4
    for start in range(0, len(flat), step):
        target[start : start + step] = flat[start : start + step].astype(np.uint32) << 16
    return target.view(np.float32).reshape(halves.shape)


def _damaged(name: str, found: str) -> InputError:
    return InputError(
        Problem(
            "cannot be read as a .safetensors file: truncated or damaged",
            where=name,
            found=found,
            try_next="copy or write the file once more",
        )
    )


def _wrong(key: str, name: str, found: str, allowed: str | None = None) -> Problem:
    return Problem(f"the tensor {key!r} is truncated or damaged", where=name, found=found, allowed=allowed)
