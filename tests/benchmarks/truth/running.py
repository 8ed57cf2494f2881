"""The tasks of a design, measured in two processes; what the file holds is not done again."""

from __future__ import annotations

from collections.abc import Sequence
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
    done = {
        row["key"]: row
        for row in (*written(known), *written(path))
        if row["key"] in wanted and set(budgets) <= set(row["budgets"])
    }
    missing = [(spec, budgets) for key, spec in wanted.items() if key not in done]
    for row in made(_one, missing, processes):
        done[row["key"]] = row
        append(path, row)
    return [done[key] for key in wanted]


def _one(spec: Spec, budgets: Sequence[str]) -> Row:
    return measure(spec, budgets=budgets)
