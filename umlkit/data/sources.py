"""From a path or a source's name to its arrays or columns: which reader it takes, and what is wrong when none does."""

from __future__ import annotations

from pathlib import Path

from umlkit.data import npz, sklearn_sets, table
from umlkit.data.raw import Raw
from umlkit.errors import InputError, Problem, closest

_MAGIC = {
    b"PK\x03\x04": ".npz",
    b"PK\x05\x06": ".npz",
    b"\x93NUMPY": ".npy",
    b"PAR1": ".parquet",
    b"\x1f\x8b": ".gz",
    b"\x89HDF": ".h5",
    b"\x89PNG": ".png",
    b"%PDF": ".pdf",
    b"\x80\x04": ".pkl",
    b"\x80\x05": ".pkl",
    b"SQLite": ".sqlite",
}
_READERS = {".npz": npz.open_npz, ".csv": table.open_table}
_INSTEAD = {
    ".npy": "several arrays go in one file: numpy.savez(file, X_first=..., X_second=..., y=...)",
    ".tsv": "write it with commas between the cells, as .csv",
    ".parquet": "write it as .csv, or its columns as arrays with numpy.savez",
    ".pkl": "umlkit reads no pickles; save arrays with numpy.savez",
}


def open_source(*, path: Path | None, source: str | None) -> Raw:
    """The arrays or columns of a file, or of a set that scikit-learn ships.

    Raises:
        InputError: nothing there, or nothing that can be read.
    """
    return sklearn_sets.open_set(source or "") if path is None else open_file(path)


def open_file(path: Path) -> Raw:
    """The arrays of an ``.npz`` or the columns of a ``.csv`` file.

    Raises:
        InputError: no such file, a folder, empty, another format, or not what its ending says.
    """
    name = str(path)
    start = _start(path, name)
    ending = path.suffix.lower()
    if ending not in _READERS:
        raise InputError(_wrong_format(name, ending or "no ending", _sniff(start)))
    content = _sniff(start)
    if content != ending and (content or ending == ".npz"):
        raise InputError(_not_its_ending(name, ending, content, start))
    return _READERS[ending](path, name=name)


def _start(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise InputError(Problem("is a folder, not a data file", where=name, allowed="an .npz or .csv file"))
    if path.exists() and not path.is_file():
        raise InputError(Problem("is a pipe or a device, not a data file", where=name, allowed="an .npz or .csv file"))
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError as error:
        raise InputError(_not_there(path, name)) from error
    except (OSError, ValueError) as error:
        raise InputError(Problem("cannot be opened", where=name, found=getattr(error, "strerror", None))) from error
    if not start:
        raise InputError(Problem("is empty", where=name, found="0 bytes", try_next="write the file once more"))
    return start


def _not_there(path: Path, name: str) -> Problem:
    folder = path.parent
    try:
        neighbours = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    except OSError:
        neighbours = []
    like = closest(path.name, neighbours)
    return Problem(
        "no such file" if folder.is_dir() else f"no such file: the folder {str(folder)!r} does not exist",
        where=name,
        closest=str(folder / like) if like else None,
    )


def _sniff(start: bytes) -> str | None:
    return next((ending for magic, ending in _MAGIC.items() if start.startswith(magic)), None)


def _wrong_format(name: str, ending: str, content: str | None) -> Problem:
    looks = f"{ending}, and the content is that of {content}" if content and content != ending else ending
    return Problem(
        "is not a format that umlkit reads",
        where=name,
        found=looks,
        allowed=".npz (arrays) or .csv (a table)",
        try_next=f"rename it to end in {content}" if content in _READERS else _INSTEAD.get(content or ending),
    )


def _not_its_ending(name: str, ending: str, content: str | None, start: bytes) -> Problem:
    looks = f"the content of {content}" if content else f"{start[:16]!r}"
    return Problem(
        f"is not what its ending says, {ending}",
        where=name,
        found=f"it begins with {looks}",
        try_next=f"rename it to end in {content}" if content in _READERS else _INSTEAD.get(content or ""),
    )
