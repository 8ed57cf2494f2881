"""Read ``.npz`` archives: headers first, arrays on demand, pickles never.

The header of every member says its shape and type, so object arrays, truncated members and lengths that differ are
found without loading anything.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array
from umlkit.errors import InputError, Problem, listed

_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError, KeyError, OSError)


def open_npz(path: Path, *, name: str) -> Raw:
    """The arrays of an archive.

    Raises:
        InputError: the archive or one of its members is damaged, or it holds no arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist() if _is_array(info)}
            headers = {key: _header(archive, info, name=name) for key, info in members.items()}
            everything = archive.namelist()
    except _BROKEN as error:
        raise _damaged(name, error) from error
    if not headers:
        raise InputError(
            Problem(
                "the archive holds no arrays",
                where=name,
                found=listed(everything) or "an empty archive",
                allowed="members that end in .npy",
                try_next="write it with numpy.savez(file, X_first=..., X_second=..., y=...)",
            )
        )
    return Raw(name=name, headers=headers, load=lambda key: _load(path, members[key], name=name), path=path)


def _is_array(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(".npy")


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, name: str) -> Header:
    with archive.open(info) as member:
        header = _read_header(member)
        start = member.tell()
    size = header.dtype.itemsize * math.prod(header.shape)
    if not header.dtype.hasobject and start + size != info.file_size:
        key = info.filename.removesuffix(".npy")
        raise InputError(
            Problem(
                f"the array {key!r} is truncated or damaged",
                where=name,
                found=f"{info.file_size - start} bytes of values",
                allowed=f"{size} bytes, for shape {header.shape} of {header.dtype}",
            )
        )
    return header


def _read_header(member: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(member)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"array format {version} holds named fields, which are not plain numbers")
    shape, _, dtype = readers[version](member)
    return Header(tuple(shape), dtype)


def _load(path: Path, info: zipfile.ZipInfo, *, name: str) -> Array:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as member:
            values: Array = np.lib.format.read_array(member, allow_pickle=False)
    except _BROKEN as error:
        raise _damaged(name, error) from error
    return values


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(
        Problem(
            "cannot be read as an .npz archive: truncated or damaged",
            where=name,
            found=str(error) or type(error).__name__,
            try_next="copy or write the file once more",
        )
    )
