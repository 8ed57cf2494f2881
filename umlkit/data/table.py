"""Read ``.csv`` and ``.tsv`` tables: a header line, then as many cells in every row; strict, with line numbers.

Cells stay text until a modality asks for numbers. Quoted cells may hold separators and newlines; a byte-order mark,
CRLF and empty lines are no matter; UTF-8 is the only encoding. The whole table is held in memory; a large one belongs
in Parquet.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from umlkit.data.raw import Header, Raw
from umlkit.data.records import Array
from umlkit.errors import InputError, Problem, listed

_LONGEST_CELL = 1 << 24
_SHOWN = 5
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class _Rows:
    names: list[str]
    cells: list[list[str]]
    lines: list[int]


def open_csv(path: Path, *, name: str) -> Raw:
    """The columns of a file with commas between the cells; see :func:`open_table`."""
    return open_table(path, name=name, separator=",")


def open_tsv(path: Path, *, name: str) -> Raw:
    """The columns of a file with tabs between the cells; see :func:`open_table`."""
    return open_table(path, name=name, separator="\t")


def open_table(path: Path, *, name: str, separator: str) -> Raw:
    """The columns of a table as text.

    Raises:
        InputError: another encoding, another delimiter, ragged rows, a header that repeats or lacks a name, no rows.
    """
    rows = _parse(decoded(path.read_bytes(), name), name, separator)
    problems = _header_problems(rows.names, name, separator) or _ragged(rows, name)
    if not rows.cells:
        problems.append(Problem("has a header and no rows", where=name, found=listed(map(repr, rows.names))))
    if problems:
        raise InputError(*problems)
    header = Header((len(rows.cells),), np.dtype(object))
    position = {column: i for i, column in enumerate(rows.names)}

    def load(column: str) -> Array:
        i = position[column]
        found = np.empty(len(rows.cells), dtype=object)
        found[:] = [cells[i] for cells in rows.cells]
        return found

    return Raw(name=name, headers=dict.fromkeys(rows.names, header), load=load, table=True, lines=rows.lines, path=path)


def decoded(data: bytes, name: str) -> str:
    """A text file's bytes as text; InputError with the line where they are not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            Problem(
                "is not UTF-8 text",
                where=f"{name}:{line}",
                found=f"byte 0x{data[error.start]:02x} at offset {error.start}",
                try_next=_reencode(data, name),
            )
        ) from error


def _reencode(data: bytes, name: str) -> str:
    encoding = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "LATIN1"
    return f"iconv -f {encoding} -t UTF-8 {name} > utf8{Path(name).suffix}"


def _parse(text: str, name: str, separator: str) -> _Rows:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(Problem("holds a null character: is it a text file?", where=f"{name}:{line}"))
    before = csv.field_size_limit(_LONGEST_CELL)
    # newline="" leaves CRLF and CR to the parser
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    cells: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                cells.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(_bad_quotes(name, start, reader.line_num, error)) from error
    finally:
        csv.field_size_limit(before)
    if not cells:
        raise InputError(Problem("holds no rows", where=name, found="blank lines only"))
    return _Rows([cell.strip() for cell in cells[0]], cells[1:], lines[1:])


def _bad_quotes(name: str, start: int, end: int, error: csv.Error) -> Problem:
    where = f"{name}:{start}"
    said = str(error)
    if "field larger" in said:
        return Problem("has a cell that is too long", where=where, allowed=f"{_LONGEST_CELL} characters a cell")
    return Problem(
        "has a quotation mark that is not closed, or one in the middle of a cell",
        where=where,
        found=f"{said}, in the row of lines {start} to {end}",
        try_next='quote the whole cell and double the marks in it: "say ""aah"""',
    )


def _header_problems(names: list[str], name: str, separator: str) -> list[Problem]:
    where = f"{name}:1"
    if all(_is_number(key) for key in names):
        what = "the first line holds numbers, not the names of columns"
        return [Problem(what, where=where, found=listed(names), try_next="write a line of names above it")]
    problems = []
    twice = [key for key, count in Counter(names).items() if count > 1 and key]
    if twice:
        found = listed(f"{key!r} ({names.count(key)} times)" for key in twice)
        problems.append(Problem("the header repeats a name", where=where, found=found))
    blank = [i + 1 for i, key in enumerate(names) if not key]
    if blank:
        columns = f"column {listed(map(str, blank))} of {len(names)}"
        fix = "an index that pandas wrote? to_csv(..., index=False)" if blank == [1] else "name every column"
        problems.append(Problem("the header has a column without a name", where=where, found=columns, try_next=fix))
    if len(names) == 1 and (mark := next((mark for mark in _SEPARATORS if mark in names[0]), None)):
        problems.append(_other_separator(names[0], mark, separator, name))
    return problems


def _other_separator(header: str, found: str, expected: str, name: str) -> Problem:
    ending = {",": ".csv", "\t": ".tsv"}.get(found)
    return Problem(
        f"is separated by {_SEPARATORS[found]}, not {_SEPARATORS[expected]}",
        where=f"{name}:1",
        found=repr(header[:60]),
        try_next=f"rename it to end in {ending}"
        if ending
        else f"pandas.read_csv({name!r}, sep={found!r}).to_csv('commas.csv', index=False)",
    )


def _ragged(rows: _Rows, name: str) -> list[Problem]:
    width = len(rows.names)
    wrong = [(line, len(cells)) for line, cells in zip(rows.lines, rows.cells, strict=True) if len(cells) != width]
    problems = [
        Problem(
            "a row has another number of cells than the header",
            where=f"{name}:{line}",
            found=f"{n} cells",
            allowed=f"{width} cells",
        )
        for line, n in wrong[:_SHOWN]
    ]
    if len(wrong) > _SHOWN:
        problems.append(Problem(f"{len(wrong) - _SHOWN} more rows have another number of cells", where=name))
    return problems


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
