"""``python -m tests.benchmarks.truth DESIGN``: measure what is missing, print the table."""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.resuming import written
from tests.benchmarks.truth import reports
from tests.benchmarks.truth.designs import DESIGNS
from tests.benchmarks.truth.running import PROCESSES, merged, results


def main() -> None:
    """Run a design and report it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("design", choices=DESIGNS)
    parser.add_argument("--tasks", type=int, help="the first so many; default: all of the design")
    parser.add_argument("--budgets", nargs="+", choices=("quick", "short", "full"), default=["quick"])
    parser.add_argument("--file", type=Path, help="default: truth-DESIGN.jsonl")
    parser.add_argument("--known", type=Path, help="rows that are not measured again: tests/benchmarks/measured/...")
    parser.add_argument("--null", type=Path, help="rows of `nulls`; sets the level of the rivals of `power`")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    arguments = parser.parse_args()
    tasks = arguments.tasks or DESIGNS[arguments.design][1]
    path = arguments.file or Path(f"truth-{arguments.design}.jsonl")
    rows = results(
        arguments.design,
        path,
        tasks=tasks,
        budgets=arguments.budgets,
        processes=arguments.processes,
        known=arguments.known,
    )
    for budget in arguments.budgets:
        print(f"budget {budget}")
        more = {"null": null_rows(arguments.null, budget)} if arguments.design == "power" else {}
        for line in reports.REPORTS[arguments.design](rows, budget, **more):
            print(line)
    for one, other in pairwise(arguments.budgets):
        for line in reports.beside(rows, one, other):
            print(line)


def null_rows(path: Path | None, budget: str) -> list[reports.Row]:
    """The rows of ``nulls`` that were measured at a budget."""
    return [row for row in merged(written(path)).values() if budget in row["budgets"]]


if __name__ == "__main__":
    main()
