"""Read ``.npz`` archives: headers first, arrays on demand, pickles never.

The header of every member says its shape and type, so object arrays, truncated members and lengths that differ are
found without loading anything. A large member that ``numpy.savez`` stored as it is stays in the archive and is mapped
there, after one pass that checks its checksum; what ``savez_compressed`` wrote has to be unpacked into memory.
"""

from __future__ import annotations

import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

from umlkit.data.mapped import BLOCK, LARGE, stored
from umlkit.data.npy import ENDING, Stored, objects, read_header
from umlkit.data.raw import Raw
from umlkit.data.records import Array
from umlkit.errors import InputError, Problem, listed

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    EOFError,
    NotImplementedError,  # what zipfile says of a compression that it lacks
    RuntimeError,
    KeyError,
    OSError,
    struct.error,
)
_LOCAL_HEADER = struct.Struct("<26xHH")  # lengths of the name and of the extra field, which the member follows


def open_npz(path: Path, *, name: str) -> Raw:
    """The arrays of an archive.

    Raises:
        InputError: the archive or one of its members is damaged, or it holds no arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(ENDING): info for info in archive.infolist() if _is_array(info)}
            arrays = {key: _header(archive, info, name=name) for key, info in members.items()}
            everything = archive.namelist()
    except _BROKEN as error:
        raise _damaged(name, error) from error
    if not arrays:
        raise InputError(
            Problem(
                "the archive holds no arrays",
                where=name,
                found=listed(everything) or "an empty archive",
                allowed="members that end in .npy",
                try_next="write it with numpy.savez(file, X_first=..., X_second=..., y=...)",
            )
        )
    headers = {key: array.header for key, array in arrays.items()}
    return Raw(name=name, headers=headers, load=lambda key: _load(path, members[key], arrays[key], name), path=path)


def _is_array(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(ENDING)


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, name: str) -> Stored:
    with archive.open(info) as member:
        found = read_header(member)
    if not found.dtype.hasobject and found.start + found.size != info.file_size:
        key = info.filename.removesuffix(ENDING)
        raise InputError(
            Problem(
                f"the array {key!r} is truncated or damaged",
                where=name,
                found=f"{info.file_size - found.start} bytes of values",
                allowed=f"{found.size} bytes, for shape {found.shape} of {found.dtype}",
            )
        )
    return found


def _load(path: Path, info: zipfile.ZipInfo, array: Stored, name: str) -> Array:
    if array.dtype.hasobject:
        raise objects(info.filename.removesuffix(ENDING), name)
    try:
        if info.compress_type == zipfile.ZIP_STORED and array.size >= LARGE:
            return _in_place(path, info, array)
        _check_fits(info, array, name)
        with zipfile.ZipFile(path) as archive, archive.open(info) as member:
            values: Array = np.lib.format.read_array(member, allow_pickle=False)
    except _BROKEN as error:
        raise _damaged(name, error) from error
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _check_fits(info: zipfile.ZipInfo, array: Stored, name: str) -> None:
    """InputError before an array is unpacked that this machine's memory cannot hold, whatever packed size it has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else sys.maxsize
    if array.size > memory:
        raise InputError(
            Problem(
                f"the array {info.filename.removesuffix(ENDING)!r} does not fit into memory once unpacked",
                where=name,
                found=f"{array.size / 1e9:,.1f} GB, packed into {info.compress_size:,} bytes",
                allowed=f"{memory / 1e9:,.1f} GB",
                try_next="write it with numpy.savez, which does not compress: then it is read in place",
            )
        )


def _in_place(path: Path, info: zipfile.ZipInfo, array: Stored) -> Array:
    """The values where they lie in the archive."""
    with zipfile.ZipFile(path) as archive, archive.open(info) as member:
        while member.read(BLOCK):  # zipfile compares the checksum at the end
            pass
    with path.open("rb") as file:
        file.seek(info.header_offset)
        lengths = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    offset = info.header_offset + _LOCAL_HEADER.size + sum(lengths) + array.start
    return stored(path, dtype=array.dtype, shape=array.shape, offset=offset, fortran=array.fortran)


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(
        Problem(
            "cannot be read as an .npz archive: truncated or damaged",
            where=name,
            found=str(error) or type(error).__name__,
            try_next="copy or write the file once more",
        )
    )
