"""What is to be taken off A before it is called paired: candidates for a null floor, on tasks whose truth is known.

    python -m tests.benchmarks.null_floor [--null 63] [--paired 48] [--file null-floor.jsonl] [--processes 1]

Every task goes through the product's pipeline (the rungs of budget ``short`` that A is read from), and for each
candidate the adjusted 95% interval of A is formed. "present" is said where that lies above 0.

    nothing            A = risk(UME) - risk(r*), as it is
    c M / n_select     A less a constant, c = .25, .5, 1
    re-paired          A less the A of the same data, modalities re-paired at random within class, in `train`, `select`
                       and `probe` apart, every model trained anew; the two variances added
    additive head      in place of UME the better on `select` of UME and a joint network with a linear head
    additive kernel    in place of UME the better on `select` of UME and `kernel-additive`
    permuted residual  in place of UME the kernel rung fitted to residuals that are permuted among the training samples

The candidates that replace UME are paired with r* sample by sample. Null tasks are those of the design ``alarms``,
paired ones those of ``power`` at the sizes of ``alarms``. What is printed: false alarms with the one-sided 95%
Clopper-Pearson bound, power, and CPU seconds beside those of the plain measurement. Resumable: what the file holds is
not done again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from tests.benchmarks.resuming import append, made, written
from tests.benchmarks.truth.designs import SIZES, Spec, alarms, power
from tests.benchmarks.truth.floors import HEAD, KERNEL, PLAIN, RE_PAIRED, RESIDUAL, measure

Row = Mapping[str, Any]
FACTORS = (0.25, 0.5, 1.0)


def main() -> None:
    """Measure what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--null", type=int, default=63)
    parser.add_argument("--paired", type=int, default=48)
    parser.add_argument("--file", type=Path, default=Path("null-floor.jsonl"))
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    for line in report(rows(arguments.null, arguments.paired, arguments.file, arguments.processes)):
        print(line)


def rows(null: int, paired: int, path: Path, processes: int = 1, *, budget: str = "short") -> list[Row]:
    """The first so many tasks of either kind, those that the file lacks measured and written to it."""
    tasks = [*((i / null, alarms(i)) for i in range(null)), *((i / paired, task_of_power(i)) for i in range(paired))]
    wanted = {spec.key: spec for _, spec in sorted(tasks, key=lambda task: task[0])}  # both kinds in step
    done: dict[str, Row] = {row["key"]: row for row in written(path) if row["key"] in wanted}
    missing = [(spec, budget) for key, spec in wanted.items() if key not in done]
    for row in made(measure, missing, processes):
        done[row["key"]] = row
        append(path, row)
    return [done[key] for key in wanted]


def task_of_power(number: int) -> Spec:
    """A task of the design ``power``; of eight with one size every strength and both kinds."""
    spec, n = power(number), SIZES[(number // 8) % len(SIZES)]
    kind = spec.group.partition(" ")[0]
    return replace(spec, key=f"paired-{number}", n=n, group=kind)


def estimated(name: str) -> Callable[[Row], float]:
    """The lower end of the adjusted interval, nats."""
    return lambda row: float(row["estimates"][name][1])


def constant(factor: float) -> Callable[[Row], float]:
    """The lower end of A less ``factor * M / n_select``."""
    return lambda row: float(row["estimates"][PLAIN][1] - factor * row["modalities"] / row["select"])


CANDIDATES: Mapping[str, Callable[[Row], float]] = {
    PLAIN: estimated(PLAIN),
    **{f"{factor} M / n_select": constant(factor) for factor in FACTORS},
    **{name: estimated(name) for name in (RE_PAIRED, HEAD, KERNEL, RESIDUAL)},
}


def report(every: Sequence[Row]) -> Iterator[str]:
    """The table."""
    null = [row for row in every if row["d_ume"] == 0]
    paired = [row for row in every if row["d_ume"]]
    plain = float(np.mean([row["seconds"][PLAIN] for row in every]))
    yield f"{len(null)} null and {len(paired)} paired tasks; A alone {plain:.1f} s of CPU"
    for name, low in CANDIDATES.items():
        cost = float(np.mean([row["seconds"].get(name, 0.0) if name != PLAIN else 0.0 for row in every])) / plain
        yield f"{name:18s} alarms {_share(null, low)}  power {_count(paired, low)}  cost +{100 * cost:.0f}%"
    for title, part, key in (
        ("alarms", null, "group"),
        ("alarms", null, "n"),
        ("power", paired, "group"),
        ("power", paired, "n"),
    ):
        names = list(dict.fromkeys(row[key] for row in part))
        yield f"{title} by {key}: " + ", ".join(map(str, names))
        for name, low in CANDIDATES.items():
            cells = [_count([row for row in part if row[key] == one], low) for one in names]
            yield f"  {name:18s} " + "  ".join(f"{cell:>8s}" for cell in cells)


def _count(part: Sequence[Row], low: Callable[[Row], float]) -> str:
    return f"{sum(low(row) > 0 for row in part)} of {len(part)}"


def _share(part: Sequence[Row], low: Callable[[Row], float]) -> str:
    count, total = sum(low(row) > 0 for row in part), len(part)
    bound = float(beta.ppf(0.95, count + 1, total - count)) if count < total else 1.0
    return f"{count} of {total} (at most {bound:.3f})"


if __name__ == "__main__":
    main()
