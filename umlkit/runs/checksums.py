"""Checksums of what stands in a file: what was damaged may still be arrays of finite numbers, and is told by these.

They stand in the file's own text, beside the metadata, which have one, too. CRC-32 (ISO 3309, that of zip and PNG)
finds every error within 32 bits in a row, and others but for one in 4 * 10**9.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

KEY = "crc32"
"""Under which the metadata hold them."""
METADATA = ""
"""The name of the metadata's own; arrays have longer ones."""
PART = 1 << 22
"""Bytes that are looked through at a time."""
NONE = "0" * 8


def parts_of(values: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """An array some rows at a time, so that of one that lies in a file little is in memory at once."""
    if values.ndim == 0:
        yield values
        return
    rows = max(1, PART // max(1, values[:1].nbytes))
    yield from (values[start : start + rows] for start in range(0, len(values), rows))


def checksum(parts: Iterable[npt.NDArray[Any] | bytes]) -> str:
    """Eight hexadecimal digits of what lies end to end."""
    crc = 0
    for part in parts:
        crc = zlib.crc32(part if isinstance(part, bytes) else np.ascontiguousarray(part).data, crc)
    return f"{crc:08x}"


def text_of(metadata: Mapping[str, str], checksums: Mapping[str, str]) -> str:
    """Metadata with the checksum of every array, as a file holds them."""
    known = {**checksums, METADATA: _of(metadata)}
    return json.dumps({**metadata, KEY: json.dumps(known, sort_keys=True)}, sort_keys=True)


def read(text: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """Metadata and checksums of such a text; no checksums where an older umlkit wrote it.

    Raises:
        ValueError: there is none, or it is not what was written.
    """
    if text is None:
        raise ValueError("its metadata are gone")
    metadata: dict[str, str] = json.loads(text)
    checksums: dict[str, str] = json.loads(metadata.pop(KEY, "{}"))
    if checksums.pop(METADATA, _of(metadata)) != _of(metadata):
        raise ValueError("its metadata are others than were written")
    return metadata, checksums


def _of(metadata: Mapping[str, str]) -> str:
    return checksum([json.dumps(dict(metadata), sort_keys=True).encode()])
