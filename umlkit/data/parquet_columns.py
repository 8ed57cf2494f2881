"""Columns of a Parquet file to arrays: what a column's type can become, and the values, block by block."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from umlkit.data.lists import padded
from umlkit.data.mapped import LARGE, no_room, scratch, size_of
from umlkit.data.records import Array
from umlkit.data.strings import StringArray, in_memory
from umlkit.errors import InputError, Problem, listed

_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Kind:
    """What a column becomes.

    Attributes:
        dtype: of the array: of numbers where they have no gaps, ``object`` for text, ``M``, ``m`` or ``V`` for what is
            refused.
        is_lists: whether it is one of lists of numbers.
    """

    dtype: np.dtype[Any]
    is_lists: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is a column of text."""
        return self.dtype.hasobject

    @property
    def refused(self) -> bool:
        """Whether nothing can be made of it."""
        return self.dtype.kind in "MmV"


def is_index(name: str) -> bool:
    """Whether a column is the row numbers that pandas writes beside a table; they are no part of the data."""
    return _PANDAS_INDEX.fullmatch(name) is not None


def kind_of(type_: Any) -> Kind:
    """What a column of a pyarrow type becomes."""
    from pyarrow import types

    if types.is_dictionary(type_):
        return kind_of(type_.value_type)
    if types.is_boolean(type_) or types.is_integer(type_) or types.is_floating(type_):
        return Kind(np.dtype(type_.to_pandas_dtype()))
    if types.is_decimal(type_) or types.is_null(type_):
        return Kind(np.dtype(np.float64))
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return Kind(np.dtype(object))
    if _is_list(type_):
        inner = kind_of(type_.value_type)
        return _REFUSED if inner.refused or inner.is_text else Kind(inner.dtype, is_lists=True)
    if types.is_temporal(type_):
        return Kind(np.dtype("m8[ns]" if types.is_duration(type_) else "M8[ns]"))
    return _REFUSED


_REFUSED = Kind(np.dtype("V1"))


def _is_list(type_: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_))


def numbers(blocks: Iterable[Any], dtype: np.dtype[Any], rows: int) -> Array:
    """(rows,) numbers of this type, NaN for ``null``."""
    target, start = scratch((rows,), dtype), 0
    for block in blocks:
        target[start : start + len(block)] = _values(block)
        start += len(block)
    return target


def text(blocks: Iterable[Any], rows: int) -> Array | StringArray:
    """(rows,) texts, empty for ``null``: an object array, or where they are large a string array in a mapped file."""
    offsets, start = scratch((rows + 1,), np.int64), 0
    offsets[0] = 0
    with tempfile.TemporaryFile(prefix="umlkit-") as file:
        for block in blocks:
            content, ends = _bytes(block)
            _write(file, content)
            offsets[start + 1 : start + 1 + len(block)] = offsets[start] + ends
            start += len(block)
        size = int(offsets[rows])
        found = StringArray(_kept(file, size), offsets)
    return found[:] if in_memory(found.nbytes, rows) < LARGE else found


def lists(blocks: Iterable[Any], dtype: np.dtype[Any], key: str, name: str) -> Array:
    """(N, T, ...) numbers of a column of lists, padded at the end with NaN where the lists differ in length.

    Raises:
        InputError: lists that are ragged within.
    """
    lengths: list[Array] = []
    inner: tuple[int, ...] | None = None
    rows = 0
    with tempfile.TemporaryFile(prefix="umlkit-") as file:
        for block in blocks:
            where = f"{name}, rows {rows} to {rows + len(block) - 1}"
            steps, own = _steps(block, key, where)
            if len(steps) and inner not in (None, steps.shape[1:]):
                raise _ragged(key, where, f"steps of shape {inner}, then {steps.shape[1:]}")
            if len(steps):
                inner = steps.shape[1:]
                _write(file, np.ascontiguousarray(steps, dtype=dtype).view(np.uint8).data)
            lengths.append(own)
            rows += len(block)
        counts = np.concatenate(lengths)
        shape = (int(counts.sum()), *(inner or ()))
        flat = _kept(file, size_of(shape, dtype))
    return padded(flat.view(dtype).reshape(shape), counts)


def _steps(block: Any, key: str, where: str) -> tuple[Array, Array]:
    """The steps of a block's lists end to end, and how many each list has; ``null`` is a list without any."""
    from pyarrow import compute

    counts = compute.list_value_length(block).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    inner: list[int] = []
    flat = block.flatten()
    while _is_list(flat.type) and len(flat):
        sides = compute.unique(compute.list_value_length(flat)).to_pylist()
        if len(sides) != 1 or not sides[0]:
            raise _ragged(key, where, f"steps of lengths {listed(map(str, sides), limit=5)}")
        inner.append(sides[0])
        flat = flat.flatten()
    return (_values(flat).reshape(-1, *inner) if len(flat) else np.empty(0)), counts


def _values(block: Any) -> Array:
    """Numbers of a block, NaN for ``null``."""
    from pyarrow import types

    if types.is_dictionary(block.type):
        return _values(block.dictionary_decode())
    if types.is_null(block.type):
        return np.full(len(block), np.nan)
    if types.is_decimal(block.type) or (types.is_boolean(block.type) and block.null_count):
        block = block.cast("float64")
    values: Array = block.to_numpy(zero_copy_only=False)
    return values


def _bytes(block: Any) -> tuple[Any, Array]:
    """A block of text as UTF-8 bytes end to end, and where each text ends in them."""
    from pyarrow import types

    if types.is_dictionary(block.type):
        block = block.dictionary_decode()
    block = block.cast("large_string").fill_null("")
    _, offsets, content = block.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[block.offset : block.offset + len(block) + 1]
    first, last = int(bounds[0]), int(bounds[-1])
    return (memoryview(content)[first:last] if last > first else b""), bounds[1:] - first


def _write(file: IO[bytes], content: Any) -> None:
    try:
        file.write(content)
    except OSError as error:
        raise no_room(len(content), error) from error


def _kept(file: IO[bytes], size: int) -> Array:
    """The bytes written to a temporary file: in memory where they are few, else mapped."""
    try:
        file.flush()
    except OSError as error:
        raise no_room(size, error) from error
    if size >= LARGE:
        return np.memmap(file, dtype=np.uint8, mode="r", shape=(size,))
    file.seek(0)
    return np.frombuffer(file.read(), dtype=np.uint8)


def _ragged(key: str, where: str, found: str) -> InputError:
    return InputError(
        Problem(
            f"the column {key!r} holds lists that are ragged within",
            where=where,
            found=found,
            allowed="lists may differ in length; what they hold is of one shape: [[1, 2], [3, 4], [5, 6]]",
        )
    )
