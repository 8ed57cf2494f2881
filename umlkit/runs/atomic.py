"""Writes that happen wholly or not at all: a reader, or a run after a crash, sees the old file or the new one.

The data go to a temporary file in the same folder, reach the disk, and take the name's place in one step; then the
folder itself reaches the disk. Where anything fails (disk full, read-only), the old file is untouched and the temporary
one gone.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

TEMPORARY = ".partial"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """An empty file that takes the name ``path`` when the block ends well.

    Raises OSError, which names ``path``, with the old content whole.
    """
    temporary = path.with_name(f".{path.name[:100]}.{uuid4().hex[:12]}{TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):  # it names the temporary file, or, on a full disk, none
            error.filename, error.filename2 = str(path), None
        raise
    _sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Make ``data`` the content of ``path``."""
    with writing(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Make ``text`` (UTF-8) the content of ``path``."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Make ``value`` the content of ``path``, as indented JSON with a newline at its end."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def append_line(path: Path, line: str) -> None:
    """Add a line to a file that only grows; lines of several processes do not mix, as each is one write."""
    data = line.encode() + b"\n"
    with path.open("ab", buffering=0) as file:
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, "only part of a line could be written", str(path))
        os.fsync(file.fileno())


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed process left in ``folder``. For the holder of the folder's lock alone."""
    for leftover in folder.glob(f".*{TEMPORARY}"):
        leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Let a rename reach the disk; where folders cannot be opened (Windows), the system sees to it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
