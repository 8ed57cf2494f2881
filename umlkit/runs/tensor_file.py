"""A safetensors file of known shapes, filled some rows at a time, so that its arrays never are in memory whole.

The layout is that of https://huggingface.co/docs/safetensors: the header's length as 8 bytes, the header as JSON, then
the arrays end to end. Every array's checksum stands in the header, which is written once more when all are there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from umlkit.runs import atomic, checksums

METADATA = "umlkit"
"""The one key under which metadata stand: safetensors writes several in no fixed order."""
NAMES = {"int64": "I64", "float32": "F32"}
"""What may be written, by numpy's name and the format's; the widest first, so that every array is aligned."""

Put = Callable[[str, int, npt.NDArray[Any]], None]
Shapes = Mapping[str, tuple[str, tuple[int, ...]]]


@contextmanager
def filling(path: Path, arrays: Shapes, metadata: Mapping[str, str]) -> Iterator[Put]:
    """Make ``path`` a file of these arrays; it takes its name when the block ends, wholly or not at all.

    Args:
        path: the file.
        arrays: name -> numpy's name of its type, and its shape.
        metadata: texts beside them.

    Yields:
        A function that takes an array's name, the first of the rows to write, and the rows.
    """
    ordered = sorted(arrays.items(), key=lambda named: list(NAMES).index(named[1][0]))
    entries: dict[str, Any] = {}
    begin = 0
    for name, (kind, shape) in ordered:
        end = begin + math.prod(shape) * np.dtype(kind).itemsize
        entries[name] = {"dtype": NAMES[kind], "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    header = _header(entries, metadata, dict.fromkeys(entries, checksums.NONE))

    with atomic.writing(path) as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + begin)

        def put(name: str, row: int, values: npt.NDArray[Any]) -> None:
            kind, shape = arrays[name]
            size = math.prod(shape[1:]) * np.dtype(kind).itemsize
            file.seek(8 + len(header) + entries[name]["data_offsets"][0] + row * size)
            file.write(np.ascontiguousarray(values, dtype=kind).data)

        yield put
        file.flush()
        with Path(file.name).open("rb") as written:
            sums = {
                name: checksums.checksum(
                    _parts(written, *(8 + len(header) + offset for offset in entry["data_offsets"]))
                )
                for name, entry in entries.items()
            }
        file.seek(8)
        file.write(_header(entries, metadata, sums))


def _header(entries: Mapping[str, Any], metadata: Mapping[str, str], sums: Mapping[str, str]) -> bytes:
    """The header, as long whatever the checksums are."""
    known = {"__metadata__": {METADATA: checksums.text_of(metadata, sums)}}
    header = json.dumps({**known, **entries}).encode()
    return header + b" " * (-len(header) % 8)


def _parts(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """The bytes of a file from one place to another, some at a time."""
    file.seek(begin)
    for start in range(begin, end, checksums.PART):
        yield file.read(min(checksums.PART, end - start))
