"""Fingerprints of what an artifact is made from, and of a file's bytes: same content, same characters, anywhere."""

from __future__ import annotations

import json
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

# Raised when artifacts of the same parts are stored or computed differently, so that old ones are not reused.
FORMAT = 1


def fingerprint(parts: Any) -> str:
    """Eight hex characters of the BLAKE2b hash of ``parts`` as canonical JSON, the format version included.

    Args:
        parts: anything that JSON holds; the order of keys does not matter, the order of lists does.

    Raises:
        TypeError: ``parts`` is not made of JSON values.
        ValueError: it holds NaN or an infinity.
    """
    canonical = json.dumps(
        {"format": FORMAT, "parts": parts},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return blake2b(canonical.encode(), digest_size=4).hexdigest()


def of_file(path: Path) -> str:
    """32 hex characters of the BLAKE2b hash of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
