"""The measurement on three splits of real sets: A, its verdict and kind, and whether the intervals held each other.

    python -m tests.benchmarks.real_splits path/to/set.npz ... [--budget short] [--run] [--file real-splits.jsonl]

Every set is divided three times anew, without its test rows: train and validation, groups whole, a fifth of them held
out, which `umlkit probe` does not look at (``divisions.py``). The recipe is what ``umlkit init`` writes; in the first
split encoders are chosen (``auto``), in the others they are those of the first, so that only the samples differ, and
its time is the only one that contains the choosing. Printed

- a split: A of these models in nats with its 95% interval, the verdict, the kind, r*, the probe samples (and groups,
  where intervals go over them), seconds of wall and CPU, trainings;
- a set: the mean of A over splits with the corrected interval of Nadeau and Bengio (``umlkit/probe/resampled.py``),
  and how many of the splits' intervals held another split's A;
- with ``--run``: the time of ``umlkit run`` on the first split with encoders fixed, goal 480 s; nothing of its test.

reviews_dept is cut to 3,000 training rows. What a file holds already is not measured again.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import permutations
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.commands import chosen_encoders, fix_encoders, trainings, umlkit
from tests.benchmarks.divisions import divided
from tests.benchmarks.resuming import append, written
from umlkit.probe.resampled import corrected_t
from umlkit.runs.records.probe import ProbeRecord

SPLITS = 3
MOST_TRAIN = {"reviews_dept": 3000}
GOAL = 480.0  # seconds of a run


@dataclass(frozen=True)
class Job:
    """What to do with one set."""

    path: Path
    file: Path
    budget: str
    splits: int
    run: bool


def main() -> None:
    """Measure what is missing, print the lines of every set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", type=Path, help=".npz files")
    parser.add_argument("--budget", choices=("quick", "short", "full"), default="short")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--run", action="store_true", help="time umlkit run as well")
    parser.add_argument("--file", type=Path, default=Path("real-splits.jsonl"))
    parser.add_argument("--processes", type=int, choices=(1, 2), default=2)
    arguments = parser.parse_args()
    jobs = [Job(p, arguments.file, arguments.budget, arguments.splits, arguments.run) for p in arguments.sets]
    for rows in measured(jobs, processes=arguments.processes):
        for line in report(rows):
            print(line, flush=True)


def measured(jobs: list[Job], *, processes: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of every set, a set in a process."""
    if processes == 1:
        yield from map(rows_of, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(rows_of, jobs)


def rows_of(job: Job) -> list[dict[str, Any]]:
    """The set's rows, one a split and, where asked for, one of a run; written one by one."""
    wanted = [*range(job.splits), *(["run"] if job.run else [])]
    done = {
        row["split"]: row for row in written(job.file) if (row["set"], row["budget"]) == (job.path.stem, job.budget)
    }
    for split in wanted:
        if split not in done:
            encoders = done[0]["encoders"] if done else {}
            done[split] = timed_run(job, encoders) if split == "run" else one_split(job, split, encoders)
            append(job.file, {"set": job.path.stem, "budget": job.budget, **done[split]})
    return [{"set": job.path.stem, "budget": job.budget, **done[split]} for split in wanted]


def one_split(job: Job, split: int, encoders: dict[str, Any]) -> dict[str, Any]:
    """Divide, measure; where no encoders are given they are chosen, and part of the row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = prepare(job, split, encoders, folder)
        spent = umlkit(*words("probe", job.budget), folder=folder)
        record = ProbeRecord.read(folder / "run" / "probe.json")
        found = {
            "split": split,
            "encoders": encoders or chosen_encoders(folder / "run"),
            "trainings": trainings(folder / "run"),
            "wall": spent.wall,
            "cpu": spent.cpu,
            "test_over_train": record.n_probe / (trained + record.n_select),
        }
        return found | said(record)


def timed_run(job: Job, encoders: dict[str, Any]) -> dict[str, Any]:
    """What ``umlkit run`` takes on the first split; nothing else of it is read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(job, 0, encoders, folder)
        spent = umlkit(*words("run", job.budget), folder=folder)
        return {"split": "run", "trainings": trainings(folder / "run"), "wall": spent.wall, "cpu": spent.cpu}


def prepare(job: Job, split: int, encoders: dict[str, Any], folder: Path) -> int:
    """Write the divided set and its recipe; the number of training samples."""
    held = divided(job.path, development=split, most=MOST_TRAIN.get(job.path.stem))
    np.savez(folder / job.path.name, **held.arrays)
    umlkit("init", job.path.name, "--label", "y", "--to", "recipe.yaml", folder=folder)
    fix_encoders(folder / "recipe.yaml", encoders)
    return len(held.train)


def words(command: str, budget: str) -> list[str]:
    """A command on the prepared recipe, in one thread."""
    return [command, "recipe.yaml", "--out", "run", "--budget", budget, "--threads", "1", "--json"]


def said(record: ProbeRecord) -> dict[str, Any]:
    """What a row keeps of a measurement."""
    if record.contribution is None or record.paired is None:
        return {"measured": record.measured, "reason": record.reason, "needed": record.needed}
    return {
        "measured": True,
        "a": record.contribution.total.nats.model_dump(),
        "adjusted": record.paired.adjusted.model_dump(),
        "rung": record.contribution.rung,
        "verdict": record.paired.verdict,
        "kind": record.paired.kind,
        "lost": record.paired.lost_by_projection,
        "n_select": record.n_select,
        "n_probe": record.n_probe,
        "folds": record.folds,
        "groups": record.groups if record.unit == "groups" else None,
        "within_groups": record.within_groups,
    }


def report(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The lines of one set."""
    for row in rows:
        name = f"{row['set']} ({row['budget']})"
        took = f"{row['wall']:.0f} s, {row['cpu']:.0f} s of CPU, {row['trainings']} trainings"
        if row["split"] == "run":
            yield f"{name} run: {took}; goal {GOAL:.0f} s {'reached' if row['wall'] <= GOAL else 'MISSED'}"
        elif not row["measured"]:
            yield f"{name} split {row['split']}: {row['reason']}, {took}"
        else:
            yield f"{name} split {row['split']}: A {interval(row['a'])}, {verdict(row)}, {took}"
    yield from over_splits([row for row in rows if row.get("measured")])


def verdict(row: dict[str, Any]) -> str:
    """The verdict in words, with what it rests on."""
    kind = f": {row['kind']}" if row["kind"] else ""
    groups = f", {row['groups']} groups" if row["groups"] else ", within these groups" if row["within_groups"] else ""
    folds = f", {row['folds']} folds" if row["folds"] > 1 else ""
    return f"{row['verdict']}{kind} (r* {row['rung']}), n_probe {row['n_probe']}{groups}{folds}"


def over_splits(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The mean with its corrected interval, and how often an interval held another split's value."""
    if len(rows) < 2:
        return
    ratio = float(np.mean([row["test_over_train"] for row in rows]))
    mean = corrected_t([row["a"]["value"] for row in rows], test_over_train=ratio).estimate.model_dump()
    held, pairs = mutually_held([row["a"] for row in rows])
    name = f"{rows[0]['set']} ({rows[0]['budget']})"
    yield f"{name}: mean A {interval(mean)}; {held} of {pairs} intervals held another's A"


def mutually_held(estimates: Iterable[dict[str, float]]) -> tuple[int, int]:
    """(held, pairs): ordered pairs of splits of which the first one's interval holds the second one's value."""
    pairs = list(permutations(estimates, 2))
    return sum(one["low"] <= other["value"] <= one["high"] for one, other in pairs), len(pairs)


def interval(estimate: dict[str, float]) -> str:
    """``value (low to high)`` in nats."""
    return f"{estimate['value']:+.4f} ({estimate['low']:+.4f} to {estimate['high']:+.4f})"


if __name__ == "__main__":
    main()
