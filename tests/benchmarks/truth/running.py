"""The tasks of a design, measured in two processes; what the file holds is not done again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.benchmarks.resuming import Row, append, made, written
from tests.benchmarks.truth.designs import DESIGNS, Spec
from tests.benchmarks.truth.measuring import measure

PROCESSES = 2


def results(
    name: str,
    path: Path,
    *,
    tasks: int,
    budgets: Sequence[str],
    processes: int = PROCESSES,
    known: Path | None = None,
) -> list[Row]:
    """The first ``tasks`` tasks of a design, those that neither file has measured and written to the first."""
    design, _ = DESIGNS[name]
    wanted = {(spec := design(number)).key: spec for number in range(tasks)}
    done = merged([*written(known), *written(path)])
    lacking = {key: [b for b in budgets if b not in done.get(key, {"budgets": {}})["budgets"]] for key in wanted}
    missing = [(wanted[key], lacks) for key, lacks in lacking.items() if lacks]
    for row in made(_one, missing, processes):
        append(path, row)
        done = merged([*done.values(), row])
    return [done[key] for key in wanted]


def merged(rows: Iterable[Row]) -> dict[str, Row]:
    """Key -> row with the budgets of all its rows, the later ones over the earlier."""
    found: dict[str, Row] = {}
    for row in rows:
        before = found.get(row["key"], {"budgets": {}})
        found[row["key"]] = {**row, "budgets": {**before["budgets"], **row["budgets"]}}
    return found


def _one(spec: Spec, budgets: Sequence[str]) -> Row:
    return measure(spec, budgets=budgets)
