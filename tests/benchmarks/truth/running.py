"""Tasks in two processes, each result a line of a file; what the file holds is not done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.benchmarks.truth.designs import DESIGNS, Spec
from tests.benchmarks.truth.measuring import measure

PROCESSES = 2


def results(name: str, path: Path, *, tasks: int, budget: str, processes: int = PROCESSES) -> list[dict[str, Any]]:
    """The first ``tasks`` tasks of a design, those that the file lacks measured and written to it."""
    design, _ = DESIGNS[name]
    wanted = {(spec := design(number)).key: spec for number in range(tasks)}
    _drop_cut_line(path)
    done = {row["key"]: row for row in written(path) if row["key"] in wanted and row["budget"] == budget}
    missing = [spec for key, spec in wanted.items() if key not in done]
    for row in measured(missing, budget, processes):
        done[row["key"]] = row
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
    return [done[key] for key in wanted]


def measured(
    specs: list[Spec], budget: str, processes: int, *, one: Callable[[Spec, str], dict[str, Any]] | None = None
) -> Iterator[dict[str, Any]]:
    """Rows in the order in which they end; ``one`` makes a row, by default what the probe said of a task."""
    one = one or _one
    if processes == 1:
        yield from (one(spec, budget) for spec in specs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(one, spec, budget) for spec in specs]):
            yield future.result()


def written(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; a last line that a kill cut short is none."""
    if not path.is_file():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _drop_cut_line(path: Path) -> None:
    """Take out what a kill left half written, so that the next row does not stand behind it."""
    if path.is_file() and not (text := path.read_text()).endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1])


def _one(spec: Spec, budget: str) -> dict[str, Any]:
    return {**measure(spec, budget=budget), "budget": budget}
