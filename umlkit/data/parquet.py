"""Read ``.parquet`` tables through pyarrow: the schema first, columns on demand, block by block.

Parquet packs its values, so a large column cannot be mapped where it lies. It is unpacked a block at a time into a
temporary file without a name (in ``TMPDIR``), and that is mapped: numbers as an array, text as a
:class:`~umlkit.data.strings.StringArray`. So a large file takes as much room again on the disk, and little memory.
Columns of lists are unpacked when the file is opened, because their shape is not in the schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from umlkit.data import parquet_columns as columns
from umlkit.data.extras import brought
from umlkit.data.mapped import BLOCK
from umlkit.data.raw import Header, Raw
from umlkit.errors import InputError, Problem, listed

_FEWEST, _MOST = 1, 1 << 16


@dataclass(frozen=True)
class _File:
    """An opened file: pyarrow's handle of it, and what messages call it."""

    handle: Any
    name: str

    @property
    def rows(self) -> int:
        return int(self.handle.metadata.num_rows)

    def chunks(self, key: str) -> list[Any]:
        """What the file's end says of the chunks of a column."""
        metadata = self.handle.metadata
        leaves = [i for i in range(metadata.num_columns) if _top(metadata.schema.column(i).path, key)]
        groups = range(metadata.num_row_groups)
        return [metadata.row_group(group).column(leaf) for group in groups for leaf in leaves]

    def blocks(self, key: str) -> Iterator[Any]:
        """The column as pyarrow arrays of a few MiB each.

        Raises:
            InputError: the file is damaged.
        """
        size = sum(chunk.total_uncompressed_size for chunk in self.chunks(key))
        step = max(_FEWEST, min(_MOST, BLOCK * self.rows // max(1, size)))
        try:
            for batch in self.handle.iter_batches(batch_size=step, columns=[key]):
                column = batch.column(0)
                column.validate(full=True)
                yield column
        except (OSError, ValueError) as error:  # pyarrow's own errors are among these
            raise _damaged(self.name, error, f" in the column {key!r}") from error
        finally:
            brought("pyarrow", extra="parquet", for_=self.name).default_memory_pool().release_unused()


def open_parquet(path: Path, *, name: str) -> Raw:
    """The columns of a file. ``null`` is a missing value: NaN among numbers, empty text among texts.

    Raises:
        InputError: pyarrow is not installed, the file is cut short or damaged, repeats a column, or has no rows. A
            column of times, records or the like is an error when it is loaded.
    """
    parquet = brought("pyarrow.parquet", extra="parquet", for_=name)
    try:
        handle = parquet.ParquetFile(path, memory_map=True)
    except (OSError, ValueError) as error:
        raise _damaged(name, error) from error
    file, schema = _File(handle, name), handle.schema_arrow
    problems = _problems(file, schema.names)
    if problems:
        raise InputError(*problems)
    kinds = {field.name: columns.kind_of(field.type) for field in schema if not columns.is_index(field.name)}
    types = {key: _type(file, key, kind) for key, kind in kinds.items()}
    lists = {
        key: columns.lists(file.blocks(key), types[key], key, name) for key, kind in kinds.items() if kind.is_lists
    }
    scalars = {key: Header((file.rows,), dtype) for key, dtype in types.items()}
    headers = {**scalars, **{key: Header(values.shape, values.dtype) for key, values in lists.items()}}

    def load(key: str) -> Any:
        if key in lists:
            return lists[key]
        if kinds[key].refused:
            raise InputError(_refused(key, str(schema.field(key).type), kinds[key], name))
        if kinds[key].is_text:
            return columns.text(file.blocks(key), file.rows)
        return columns.numbers(file.blocks(key), headers[key].dtype, file.rows)

    return Raw(name=name, headers=headers, load=load, table=True, path=path)


def _top(path: str, key: str) -> bool:
    return path == key or path.startswith(f"{key}.")


def _problems(file: _File, names: list[str]) -> list[Problem]:
    twice = [f"{key!r} ({count} times)" for key, count in Counter(names).items() if count > 1]
    problems = []
    if twice:
        problems.append(Problem("repeats the name of a column", where=file.name, found=listed(twice)))
    if not names or not file.rows:
        problems.append(Problem("has no rows", where=file.name, found=listed(map(repr, names)) or "no columns either"))
    return problems


def _type(file: _File, key: str, kind: columns.Kind) -> np.dtype[Any]:
    """Of the array that a column becomes: whole numbers and truth values with gaps are floats."""
    gaps = kind.dtype.kind in "biu" and _has_gaps(file, key)
    return np.dtype(np.float64) if gaps else kind.dtype


def _has_gaps(file: _File, key: str) -> bool:
    """Whether a column has missing values, by what the file says of its chunks, else by looking."""
    said = [None if chunk.statistics is None else chunk.statistics.null_count for chunk in file.chunks(key)]
    if all(count is not None for count in said):
        return any(said)
    return any(_gaps(block) for block in file.blocks(key))


def _gaps(block: Any) -> bool:
    if block.null_count:
        return True
    return hasattr(block, "flatten") and len(block.flatten()) > 0 and _gaps(block.flatten())


def _refused(key: str, found: str, kind: columns.Kind, name: str) -> Problem:
    times = kind.dtype.kind in "Mm"
    return Problem(
        f"the column {key!r} holds {'times, which are neither numbers nor classes' if times else 'no plain values'}",
        where=name,
        found=found,
        allowed="numbers, truth values, text, categories, or lists of numbers",
        try_next="write what matters of it as a number: hours, weekday, seconds since the first"
        if times
        else "leave it out by listing the others under data.modalities in a recipe (umlkit init writes one)",
    )


def _damaged(name: str, error: Exception, place: str = "") -> InputError:
    return InputError(
        Problem(
            f"cannot be read as a .parquet file: cut short or damaged{place}",
            where=name,
            found=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
            try_next="copy or write the file once more",
        )
    )
