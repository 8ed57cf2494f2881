"""``python -m tests.benchmarks.truth DESIGN``: measure what is missing, print the table."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks.truth import reports
from tests.benchmarks.truth.designs import DESIGNS
from tests.benchmarks.truth.running import PROCESSES, results


def main() -> None:
    """Run a design and report it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("design", choices=DESIGNS)
    parser.add_argument("--tasks", type=int, help="the first so many; default: all of the design")
    parser.add_argument("--budget", choices=("quick", "short", "full"), default="quick")
    parser.add_argument("--file", type=Path, help="default: truth-DESIGN.jsonl")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    arguments = parser.parse_args()
    tasks = arguments.tasks or DESIGNS[arguments.design][1]
    path = arguments.file or Path(f"truth-{arguments.design}.jsonl")
    rows = results(arguments.design, path, tasks=tasks, budget=arguments.budget, processes=arguments.processes)
    for line in reports.REPORTS[arguments.design](rows):
        print(line)


if __name__ == "__main__":
    main()
