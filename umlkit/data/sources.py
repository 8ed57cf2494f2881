"""From a path or a source's name to its arrays or columns: which reader it takes, and what is wrong when none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from umlkit.data import jsonl, npy, npz, parquet, safetensor_file, shipped, table
from umlkit.data.joined import put_together
from umlkit.data.raw import Raw
from umlkit.errors import InputError, Problem, closest
from umlkit.recipe.data_schema import Data

_MAGIC = {
    b"PK\x03\x04": ".npz",
    b"PK\x05\x06": ".npz",
    b"\x93NUMPY": ".npy",
    b"PAR1": ".parquet",
    b"PARE": ".parquet",
    b"ARROW1": ".arrow",
    b"\x1f\x8b": ".gz",
    b"\x89HDF": ".h5",
    b"\x89PNG": ".png",
    b"%PDF": ".pdf",
    b"\x80\x04": ".pkl",
    b"\x80\x05": ".pkl",
    b"SQLite": ".sqlite",
}
_READERS = {
    ".npz": npz.open_npz,
    ".npy": npy.open_npy,
    ".safetensors": safetensor_file.open_safetensors,
    ".csv": table.open_csv,
    ".tsv": table.open_tsv,
    ".jsonl": jsonl.open_jsonl,
    ".parquet": parquet.open_parquet,
}
_BINARY = (".npz", ".npy", ".parquet")
"""Formats that are told by their first bytes."""
_ARROW = "pyarrow.parquet.write_table(pyarrow.feather.read_table(file), 'data.parquet')"
_INSTEAD = {
    ".pkl": "umlkit reads no pickles; save arrays with numpy.savez",
    ".pt": "umlkit reads no pickles; save tensors with safetensors.torch.save_file",
    ".pth": "umlkit reads no pickles; save tensors with safetensors.torch.save_file",
    ".xlsx": "save the sheet as .csv (UTF-8)",
    ".xls": "save the sheet as .csv (UTF-8)",
    ".json": "one object a line: pandas.read_json(file).to_json('data.jsonl', orient='records', lines=True)",
    ".ndjson": "rename it to end in .jsonl",
    ".txt": "rename it to end in .csv or .tsv, if it is a table",
    ".arrow": _ARROW,
    ".feather": _ARROW,
    ".h5": "numpy.savez(file, **{name: h5[name][:] for name in h5}), with h5py",
    ".hdf5": "numpy.savez(file, **{name: h5[name][:] for name in h5}), with h5py",
    ".mat": "numpy.savez(file, **{name: mat[name] for name in names}), with scipy.io.loadmat",
    ".gz": "unpack it: gunzip file",
}
_ALLOWED = "arrays (.npz, .npy, .safetensors) or a table (.csv, .tsv, .jsonl, .parquet)"


def open_data(files: Mapping[str, Path], data: Data) -> Raw:
    """What a recipe's section ``data`` names: a shipped set, a file or folder, or several put together.

    Args:
        files: the files by name, in the recipe's order; none for a shipped set.
        data: says by what they are joined.

    Raises:
        InputError: nothing there, or nothing that can be read or joined: all that is wrong with the files at once.
    """
    if len(files) < 2:
        return open_source(path=next(iter(files.values()), None), source=data.source)
    return put_together(_opened(files), id=data.id, join=data.join)


def open_new(path: Path, *, id: str | None) -> Raw:
    """New samples in the form of any data: a file, a folder of ``.npy`` files, or a folder of other data files.

    The files of such a folder are put together as a recipe's are, each called by its name without the ending; one that
    is alone is read as it is.

    Args:
        path: the file or folder.
        id: joins the files of a folder.
    """
    files = files_of(path)
    if len(files) > 1:
        return put_together(_opened(files), id=id, join="inner")
    return open_file(next(iter(files.values()), path))


def files_of(folder: Path) -> dict[str, Path]:
    """The data files by name of a folder that holds no arrays of its own; none of what is no folder."""
    if not folder.is_dir():
        return {}
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _READERS and path.is_file())
    return {} if any(path.suffix.lower() == npy.ENDING for path in files) else {path.stem: path for path in files}


def _opened(files: Mapping[str, Path]) -> dict[str, Raw]:
    problems: list[Problem] = []
    found = {}
    for key, path in files.items():
        try:
            found[key] = _called(key, open_file(path))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    return found


def _called(key: str, raw: Raw) -> Raw:
    """A single array under the name that the recipe gives its file; anything else as it is."""
    if raw.table or len(raw.headers) != 1 or raw.path is None or raw.path.suffix.lower() != npy.ENDING:
        return raw
    (own, header), *_ = raw.headers.items()
    return replace(raw, headers={key: header}, load=lambda _: raw.load(own))


def open_source(*, path: Path | None, source: str | None) -> Raw:
    """The arrays or columns of a file or folder, or of a set that has no file (:mod:`umlkit.data.shipped`).

    Raises:
        InputError: nothing there, or nothing that can be read.
    """
    return shipped.open_source(source or "") if path is None else open_file(path)


def open_file(path: Path) -> Raw:
    """The arrays or columns of a file by its ending, or of a folder of ``.npy`` files.

    Raises:
        InputError: no such file, empty, another format, or not what its ending says.
    """
    name = str(path)
    if path.is_dir():
        return npy.open_folder(path, name=name)
    start = _start(path, name)
    ending = path.suffix.lower()
    content = _sniff(start)
    if ending not in _READERS:
        raise InputError(_wrong_format(name, ending or "no ending", content))
    if content != ending and (content or ending in _BINARY):
        raise InputError(_not_its_ending(name, ending, content, start))
    return _READERS[ending](path, name=name)


def _start(path: Path, name: str) -> bytes:
    if path.exists() and not path.is_file():
        raise InputError(Problem("is a pipe or a device, not a data file", where=name, allowed=_ALLOWED))
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
        allowed=_ALLOWED,
        try_next=_INSTEAD.get(ending)
        or (f"rename it to end in {content}" if content in _READERS else _INSTEAD.get(content or "")),
    )


def _not_its_ending(name: str, ending: str, content: str | None, start: bytes) -> Problem:
    looks = f"the content of {content}" if content else f"{start[:16]!r}"
    return Problem(
        f"is not what its ending says, {ending}",
        where=name,
        found=f"it begins with {looks}",
        try_next=f"rename it to end in {content}" if content in _READERS else _INSTEAD.get(content or ""),
    )
