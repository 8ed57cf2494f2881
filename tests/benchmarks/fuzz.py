"""Spoiled recipes, data, measurements and command lines: how many end as documented.

    python -m tests.benchmarks.fuzz [1000]

Goal: no traceback, no exit code but the documented one, nothing left behind where the input is refused, no hang. The
cases are the same each time; what fails is printed with the command line.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.fuzz.running import fuzz
from tests.fuzz.sources import sources


def main(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        tally = fuzz(count, Path(folder), models=sources())
    for case, verdict in tally.failed:
        print(*case.words, dict(case.environ), *verdict.faults, sep="\n  ")
    print(tally)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
