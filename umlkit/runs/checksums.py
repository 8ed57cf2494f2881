"""Checksums of a file's arrays: what was damaged may still be whole arrays of finite numbers, and is told by these.

CRC-32 (ISO 3309, that of zip and PNG) finds every error within 32 bits in a row, and others but for one in 4 * 10**9.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

KEY = "crc32"
"""Of the metadata that hold them."""
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


def text_of(checksums: Mapping[str, str]) -> str:
    """Array -> checksum, as metadata hold them."""
    return json.dumps(dict(checksums), sort_keys=True)


def stated(metadata: Mapping[str, str]) -> dict[str, str]:
    """The same of metadata; nothing where an older umlkit wrote them."""
    found: dict[str, str] = json.loads(metadata.get(KEY, "{}"))
    return found
