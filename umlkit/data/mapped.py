"""Arrays that stay on disk: large ones are mapped, so that they fill no memory that the system cannot take back.

An array below :data:`LARGE` bytes is simply read: a map of it would gain nothing, and would break where somebody
writes over the file. What has to be made from a file (rows joined from several, columns of a Parquet file) lies in
:func:`scratch` space: a temporary file without a name, in the folder that ``TMPDIR`` names, gone with the process.
"""

from __future__ import annotations

import errno
import math
import os
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from umlkit.data.records import Array
from umlkit.errors import Problem, RunError

LARGE = 1 << 24
"""Bytes from which on an array is mapped."""
BLOCK = 1 << 22
"""Bytes that are read or copied at a time."""


def stored(path: Path, *, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int, fortran: bool = False) -> Array:
    """The array that lies in a file from byte ``offset`` on, in this machine's byte order.

    Args:
        path: the file; the caller has checked that it is long enough.
        dtype: as its header says.
        shape: as its header says.
        offset: of the first value.
        fortran: stored by columns.
    """
    order: Any = "F" if fortran else "C"
    if size_of(shape, dtype) >= LARGE:
        return _native(np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order=order))
    values = np.fromfile(path, dtype=dtype, count=math.prod(shape), offset=offset)
    return _native(values.reshape(shape, order=order))


def scratch(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Room for an array, its values unset: in memory, or from :data:`LARGE` bytes on in a mapped temporary file.

    Raises:
        RunError: the temporary folder has no room for it.
    """
    kind = np.dtype(dtype)
    size = size_of(shape, kind)
    if size < LARGE:
        return np.empty(shape, dtype=kind)
    try:
        with tempfile.TemporaryFile(prefix="umlkit-") as file:
            _reserve(file, size)
            return np.memmap(file, dtype=kind, mode="r+", shape=shape)
    except OSError as error:
        raise no_room(size, error) from error


def gathered(values: Array, rows: Array) -> Array:
    """``values[rows]``, by blocks in :func:`scratch` space; ``values`` themselves where that is all rows in order."""
    if len(rows) == len(values) and bool((rows == np.arange(len(rows))).all()):
        return values
    if values.dtype.hasobject:
        picked: Array = values[rows]
        return picked
    target = scratch((len(rows), *values.shape[1:]), values.dtype)
    step = max(1, BLOCK // max(1, values[:1].nbytes))
    for start in range(0, len(rows), step):
        target[start : start + step] = values[rows[start : start + step]]
    return target


def size_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Bytes of an array's values."""
    return dtype.itemsize * math.prod(shape)


def no_room(size: int, error: OSError) -> RunError:
    """The error of a temporary folder that cannot hold ``size`` bytes."""
    return RunError(
        Problem(
            "there is no room for temporary files",
            where=tempfile.gettempdir(),
            found=error.strerror or str(error),
            allowed=f"{size / 2**20:.0f} MiB",
            try_next="name another folder: TMPDIR=/somewhere/with/room umlkit ...",
        )
    )


def _reserve(file: IO[bytes], size: int) -> None:
    """Give the file its length on the disk: a full disk has to be told now, for a map it would end the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    zeros = bytes(BLOCK)
    for start in range(0, size, BLOCK):
        if file.write(zeros[: min(BLOCK, size - start)]) == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    file.flush()


def _native(values: Array) -> Array:
    """The same values in this machine's byte order."""
    if values.dtype.isnative:
        return values
    target = scratch(values.shape, values.dtype.newbyteorder("="))
    step = max(1, BLOCK // max(1, values[:1].nbytes)) if values.ndim else 1
    if not values.ndim:
        target[...] = values
    for start in range(0, len(values) if values.ndim else 0, step):
        target[start : start + step] = values[start : start + step]
    return target
