"""The files that data lie in: whether they are what they were, at a glance by size, time and inode, or by their bytes.

Data may be one file, several, or a folder of ``.npy`` files, which stands for these. No path enters: the same bytes
elsewhere are the same data.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from umlkit.runs.fingerprint import of_file

FOLDER_ENDING = ".npy"
"""Of the files of a folder that are data, one array each; nothing else in it is."""


def single(paths: Iterable[Path]) -> list[Path]:
    """The files themselves: in the place of a folder its ``.npy`` files, sorted by name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [file for file in inside if file == path or (file.suffix.lower() == FOLDER_ENDING and file.is_file())]
    return found


def stamp(paths: Iterable[Path]) -> dict[str, Any] | None:
    """Size, time and inode of every file; None where one is gone."""
    try:
        found = [path.stat() for path in single(paths)]
    except OSError:
        return None
    return {"files": [[one.st_size, one.st_mtime_ns, one.st_ino] for one in found]}


def content(paths: Iterable[Path]) -> str:
    """32 hex characters over the bytes of all files in their order, and the names of those that lie in a folder.

    Raises:
        OSError: one cannot be read.
    """
    given = list(paths)
    files = single(given)
    if files == given and len(files) == 1:
        return of_file(files[0])
    digest = blake2b(digest_size=16)
    for file in files:
        name = "" if file in given else file.name
        digest.update(f"{len(name)}:{name}{of_file(file)}".encode())
    return digest.hexdigest()
