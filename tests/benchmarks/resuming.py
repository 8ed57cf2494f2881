"""Rows that are made one by one, each a line of a file: what the file holds is not made again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def written(path: Path | None) -> list[Row]:
    """The rows of a file; a last line that a kill cut short is taken out, so that no row stands behind it."""
    if path is None or not path.is_file():
        return []
    if path.suffix == ".gz":  # packed once it was complete
        with gzip.open(path, "rt") as packed:
            return [json.loads(line) for line in packed]
    lines = path.read_text().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]))
    return [json.loads(line) for line in lines if line.endswith("\n")]


def append(path: Path | None, row: Row) -> None:
    """Write a row behind the others."""
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def made(make: Callable[..., Row], arguments: Sequence[tuple[Any, ...]], processes: int) -> Iterator[Row]:
    """``make(*one)`` for every one of the arguments; of several processes in the order in which they end."""
    if processes == 1:
        yield from (make(*one) for one in arguments)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(make, *one) for one in arguments]):
            yield future.result()
