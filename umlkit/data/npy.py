"""Read ``.npy`` files, one array each, and folders of them: headers first, values mapped where they are large.

``audio.npy`` is the array ``audio``. A folder holds as many arrays as it has ``.npy`` files; nothing else in it is
read. Pickled objects are never loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np

from umlkit.data.mapped import size_of, stored
from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array
from umlkit.errors import InputError, Problem, listed
from umlkit.runs import files

ENDING = files.FOLDER_ENDING


@dataclass(frozen=True)
class Stored:
    """Where and how the values of an array lie in a file.

    Attributes:
        shape, dtype: of the array, in the file's byte order.
        fortran: stored by columns.
        start: bytes from the beginning of the header to the first value.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    start: int

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return size_of(self.shape, self.dtype)

    @property
    def header(self) -> Header:
        """Shape and type as they will be loaded."""
        return Header(self.shape, self.dtype.newbyteorder("="))


def open_npy(path: Path, *, name: str) -> Raw:
    """The one array of a file, named after it.

    Raises:
        InputError: truncated or damaged.
    """
    return _of_files({path.stem: path}, name=name, path=path)


def open_folder(path: Path, *, name: str) -> Raw:
    """The arrays of a folder: every ``NAME.npy`` in it is the array ``NAME``.

    Raises:
        InputError: no such file in it, or one that is truncated or damaged: all of these at once.
    """
    arrays = folder_files(path)
    if not arrays:
        inside = sorted(found.name for found in path.iterdir())
        raise InputError(
            Problem(
                "is a folder without .npy files",
                where=name,
                found=listed(inside, limit=6) or "nothing in it",
                allowed="one NAME.npy for every array, or a data file",
                try_next=f"{path / inside[0]}" if inside and "." in inside[0] else None,
            )
        )
    return _of_files(arrays, name=name, path=path)


def folder_files(path: Path) -> dict[str, Path]:
    """Array name -> file, sorted by name."""
    return {found.stem: found for found in files.single([path])}


def _of_files(found: dict[str, Path], *, name: str, path: Path) -> Raw:
    problems: list[Problem] = []
    arrays = {}
    for key, file in found.items():
        where = name if file == path else str(Path(name) / file.name)
        try:
            arrays[key] = header_of(file, where=where)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    headers = {key: array.header for key, array in arrays.items()}
    return Raw(name=name, headers=headers, load=lambda key: _load(found[key], arrays[key], name=name), path=path)


def header_of(path: Path, *, where: str) -> Stored:
    """How the array of a file lies in it.

    Raises:
        InputError: no header, or fewer or more values than it says.
    """
    try:
        with path.open("rb") as file:
            found = read_header(file)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(_damaged(where, str(error) or type(error).__name__)) from error
    values = path.stat().st_size - found.start
    if not found.dtype.hasobject and values != found.size:
        wanted = f"{found.size} bytes, for shape {found.shape} of {found.dtype}"
        raise InputError(_damaged(where, f"{values} bytes of values", wanted))
    return found


def read_header(file: IO[bytes]) -> Stored:
    """The header at the beginning of an open file.

    Raises:
        ValueError: no such header, or one that names fields in other than ASCII letters.
    """
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"array format {version} holds named fields, which are not plain numbers")
    try:
        shape, fortran, dtype = readers[version](file)
    except (SyntaxError, TokenError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"a header that cannot be parsed: {error}") from error
    return Stored(tuple(shape), dtype, fortran, file.tell())


def objects(key: str, where: str) -> InputError:
    """The error of an array of Python objects, which only a pickle can hold."""
    return InputError(
        Problem(
            f"the array {key!r} holds Python objects",
            where=where,
            allowed="numbers or text; umlkit reads no pickles",
            try_next=f"save it as text or numbers: numpy.array({key}, dtype=str)",
        )
    )


def _load(path: Path, array: Stored, *, name: str) -> Array:
    if array.dtype.hasobject:
        raise objects(path.stem, name)
    return stored(path, dtype=array.dtype, shape=array.shape, offset=array.start, fortran=array.fortran)


def _damaged(where: str, found: str, allowed: str | None = None) -> Problem:
    return Problem(
        "is truncated or damaged",
        where=where,
        found=found,
        allowed=allowed,
        try_next="copy or write the file once more: numpy.save(file, array)",
    )
