"""How often the 95% intervals hold: of A_S, with few samples, over groups, cross-fitted, and of A_inf.

    python -m tests.benchmarks.coverage                       every section, 400 tasks each, A_inf 200
    python -m tests.benchmarks.coverage --section cross-fitted --tasks 100 --out coverage.jsonl

Every task is of known families (``umlkit.synth``), its models logistic regressions and umlkit's own pool
(:mod:`tests.benchmarks.cheap_fits`), its interval that of ``probe``; the truth is the same models' difference on fresh
samples, 20,000 or more and at least a hundred for each held-out one: for A_inf the mean over 20 further seeds. Each
task is a line of the file; a task that it holds is not done again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from tests.benchmarks.cheap_fits import Part, evidence, fit, gained
from tests.benchmarks.resuming import append, made, written
from umlkit import synth
from umlkit.data.crossfit import FOLDS
from umlkit.data.division import divide
from umlkit.probe.measure import measure

Row = dict[str, Any]
FURTHER_SEEDS = 20
GOAL = (0.92, 0.97)


def a_s(number: int, *, family: str, probe: int | None = None, train: int | None = None) -> Row:
    """The plain case: one division into train, select and probe; one seed or two."""
    rng = np.random.default_rng([number, len(family)])
    sizes = (train or int(rng.choice([300, 600, 1200])), 200, probe or int(rng.choice([200, 400])))
    knobs = draw_knobs(family, rng)
    fresh = max(20_000, 100 * sizes[2])
    train_part, select, held, new = drawn(knobs, number, (*sizes, fresh))
    folds = [{"train": train_part, "select": select, "probe": held, "fresh": new}]
    return read(folds, knobs["classes"], seeds=[0])


def grouped(number: int) -> Row:
    """Groups shift what every modality shows; intervals go over the 5 to 40 groups of probe."""
    rng = np.random.default_rng([number, 90])
    knobs = draw_knobs(("null", "paired")[number % 2], rng)
    count, shift = int(rng.choice([5, 7, 10, 15, 20, 40])), float(rng.uniform(0.2, 0.8))
    sizes = {"train": 600, "select": 200, "probe": 240, "fresh": 40_000}
    parts = dict(zip(sizes, drawn(knobs, number, tuple(sizes.values())), strict=True))
    spread = {"train": 30, "select": count, "probe": count, "fresh": 4000}
    folds = [{role: shifted(part, spread[role], shift, rng, even=role == "fresh") for role, part in parts.items()}]
    return {**read(folds, knobs["classes"], seeds=[0]), "groups": count}


def cross_fitted(number: int) -> Row:
    """60 to 400 samples in five folds, as umlkit divides them; the truth is the mean over the fold models."""
    rng = np.random.default_rng([number, 91])
    knobs = draw_knobs(("null", "paired")[number % 2], rng)
    n = int(rng.choice([60, 100, 200, 400]))
    every, new = drawn(knobs, number, (n, 40_000))
    dealt = divide(every.labels, None, shares=[1 / FOLDS] * FOLDS, seed=number)
    folds = []
    for k, held in enumerate(dealt):
        rest = np.delete(np.arange(n), held)
        train, select = divide(every.labels[rest], None, shares=(0.8, 0.2), seed=number + k)
        rows = {"train": rest[train], "select": rest[select], "probe": held}
        folds.append({**{role: every.rows(these) for role, these in rows.items()}, "fresh": new})
    return {**read(folds, knobs["classes"], seeds=[0]), "n": n}


def a_inf(number: int) -> Row:
    """Three or five seeds of models whose seed matters; the truth is the mean over further seeds."""
    rng = np.random.default_rng([number, 92])
    knobs = draw_knobs(("null", "paired")[number % 2], rng)
    sizes = (int(rng.choice([300, 600])), 200, int(rng.choice([200, 400])), 20_000)
    parts = dict(zip(("train", "select", "probe", "fresh"), drawn(knobs, number, sizes), strict=True))
    count, width = int(rng.choice([3, 5])), int(rng.choice([6, 10, 16]))
    return {**read([parts], knobs["classes"], seeds=list(range(count)), width=width, further=FURTHER_SEEDS)}


def read(
    folds: Sequence[Mapping[str, Part]],
    classes: int,
    *,
    seeds: Sequence[int],
    width: int | None = None,
    further: int = 0,
) -> Row:
    """The interval of a measurement and the truth that it is of."""
    fits = {(s, k): fit(parts, classes=classes, seed=s, width=width) for s in seeds for k, parts in enumerate(folds)}
    found = measure(evidence(folds, fits, classes=classes)).contribution
    if found is None:
        raise RuntimeError("no contribution was measured")
    if further:
        if found.another_seed is None:
            raise RuntimeError("too few seeds for A_inf")
        more = [(fit(folds[0], classes=classes, seed=1000 + s, width=width), folds[0]) for s in range(further)]
        interval = found.another_seed.total.nats
    else:
        more = [(fitted, folds[k]) for (_, k), fitted in fits.items()]
        interval = found.total.nats
    truth = float(np.mean([gained(fitted, parts, found.rung) for fitted, parts in more]))
    alone = found.total.nats
    return {
        "low": interval.low,
        "high": interval.high,
        "value": interval.value,
        "truth": truth,
        "rung": found.rung,
        "items_alone": [alone.low, alone.high],
    }


def draw_knobs(family: str, rng: np.random.Generator) -> dict[str, Any]:
    """A family with knobs, for :func:`umlkit.synth.task`."""
    strengths = tuple(float(s) for s in rng.uniform(0.2, 0.8, 2))
    knobs: dict[str, Any] = {"classes": int(rng.choice([2, 3])), "noise_dims": int(rng.choice([0, 4]))}
    if family == "null":
        name = str(rng.choice(["independent", "copies"]))
        return {"family": name, "strengths": strengths, **knobs}
    kind = str(rng.choice(["interaction", "suppressor"]))
    return {"family": "mixed", "strengths": strengths, kind: float(rng.uniform(0.2, 0.9)), **knobs}


def drawn(knobs: Mapping[str, Any], number: int, sizes: tuple[int, ...]) -> list[Part]:
    """Independent parts of a task of so many samples."""
    sample = synth.task(seed=number, **knobs).draw(sum(sizes), number)
    ends = np.cumsum((0, *sizes))
    views = [np.asarray(view, dtype=np.float64) for view in sample.x.values()]
    return [Part([view[a:b] for view in views], sample.y[a:b]) for a, b in pairwise(ends)]


def shifted(part: Part, count: int, shift: float, rng: np.random.Generator, *, even: bool) -> Part:
    """The samples in groups, of unequal size unless ``even``, each of which moves every modality."""
    shares = np.full(count, 1 / count) if even else rng.dirichlet(np.full(count, 5.0))
    groups = np.r_[np.arange(count), rng.choice(count, len(part.labels) - count, p=shares)]
    views = [view + shift * view.std(axis=0) * rng.normal(size=(count, view.shape[1]))[groups] for view in part.views]
    return Part(views, part.labels, groups)


SECTIONS: Mapping[str, tuple[Callable[[int], Row], int]] = {
    "A_S null": (lambda number: a_s(number, family="null"), 400),
    "A_S paired": (lambda number: a_s(number, family="paired"), 400),
    "n_probe = 100": (
        lambda number: a_s(number, family=("null", "paired")[number % 2], probe=100, train=400),
        400,
    ),
    "grouped": (grouped, 400),
    "cross-fitted": (cross_fitted, 400),
    "A_inf": (a_inf, 200),
}


def one(section: str, number: int) -> Row:
    """One task, with what names it, on one thread: several spend their time waiting for each other here."""
    with threadpool_limits(1):
        return {"section": section, "task": number, **SECTIONS[section][0](number)}


def rows(section: str, tasks: int, path: Path | None, processes: int) -> list[Row]:
    """The rows of the first tasks of a section, those that the file lacks computed and added to it."""
    done = {row["task"]: row for row in written(path) if row["section"] == section and row["task"] < tasks}
    for row in made(one, [(section, number) for number in range(tasks) if number not in done], processes):
        done[row["task"]] = row
        append(path, row)
    return [done[number] for number in range(tasks)]


def report(section: str, found: Sequence[Row]) -> str:
    """Coverage with its 95% Clopper-Pearson bounds, and the bias in standard errors."""
    held, n = sum(row["low"] <= row["truth"] <= row["high"] for row in found), len(found)
    below = sum(row["truth"] < row["low"] for row in found)
    low, high = beta.ppf(0.025, held, n - held + 1), beta.ppf(0.975, held + 1, n - held)
    alone = sum(row["items_alone"][0] <= row["truth"] <= row["items_alone"][1] for row in found)
    beside = f"; over items alone {alone / n:.3f}" if section == "A_inf" else ""
    ok = "ok" if GOAL[0] <= held / n <= GOAL[1] else "MISSED"
    return (
        f"{section:14} {held:4} of {n:4} = {held / n:.3f} ({low:.3f} to {high:.3f}), truth below {below}, "
        f"above {n - held - below}: {ok}{beside}"
    )


def main() -> None:
    """Print the coverage of every section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", choices=[*SECTIONS], action="append")
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    for section in chosen.section or SECTIONS:
        found = rows(section, chosen.tasks or SECTIONS[section][1], chosen.out, chosen.processes)
        print(report(section, found), flush=True)


if __name__ == "__main__":
    main()
