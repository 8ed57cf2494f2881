"""From measured tasks to the counts of the claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import beta, spearmanr

Row = Mapping[str, Any]


def alarms(rows: Sequence[Row]) -> Iterator[str]:
    """False alarms: the verdict "present" where there is no paired signal; and how well A's interval covers."""
    null = [row for row in rows if row["truth"]["d_ume"]["nats"] == 0]
    yield f"{len(null)} tasks without paired signal"
    for name, part in grouped(null):
        yield f"  {name:14s} {shares(part)}"
    for n in sorted({row["n"] for row in null}):
        yield f"  n = {n:<10d} {shares([row for row in null if row['n'] == n])}"
    yield f"all: {shares(null)}; goal: bound <= .075, no family above .12"
    yield from coverage(null)


def coverage(rows: Sequence[Row]) -> Iterator[str]:
    """How often the interval of A holds the same models' risk difference on fresh samples."""
    held = [inside(row) for row in rows if row["probe"]["contribution"] is not None]
    yield f"95% interval of A_S holds the truth: {sum(held)} of {len(held)} ({np.mean(held):.3f}; goal .92 to .97)"


def power(rows: Sequence[Row]) -> Iterator[str]:
    """How often paired signal is found, a cell each."""
    for name, part in grouped(rows):
        bits = np.mean([row["truth"]["d_ume"]["nats"] for row in part])
        yield f"  {name:26s} true D_UME {bits:.3f} nats, present {shares(part)}"
    yield from coverage(rows)
    yield from kinds(rows)


def ranks(rows: Sequence[Row]) -> Iterator[str]:
    """Whether A orders tasks as the truth does."""
    paired = [row for row in rows if row["truth"]["d_ume"]["nats"] > 0]
    truth = [row["truth"]["d_ume"]["nats"] for row in paired]
    found = [row["probe"]["contribution"]["total"]["nats"]["value"] for row in paired]
    yield f"rank correlation of A with true D_UME: {spearmanr(truth, found).statistic:.3f} over {len(paired)} (goal .9)"
    for name, part in grouped(paired):
        order = spearmanr(
            [row["truth"]["d_ume"]["nats"] for row in part],
            [row["probe"]["contribution"]["total"]["nats"]["value"] for row in part],
        )
        yield f"  {name:14s} {order.statistic:.3f} over {len(part)}"
    yield from kinds(paired)


def kinds(rows: Sequence[Row]) -> Iterator[str]:
    """Whether paired signal that is called present is called of the kind that is the larger part of the truth."""
    called = [row for row in rows if present(row) and row["truth"]["d_ume"]["nats"] > 0]
    right = [row["probe"]["paired"]["kind"] == kind(row) for row in called]
    yield f"kind right: {sum(right)} of {len(right)} ({np.mean(right) if right else 0:.3f}; goal .9)"


def useless(rows: Sequence[Row]) -> Iterator[str]:
    """What is said of a modality that tells nothing, tells something, or is a partner."""
    for name, part in grouped(rows):
        said = [row["probe"]["modalities"][-1]["judged"]["verdict"] for row in part]
        yield f"  second modality {name:8s} named " + ", ".join(f"{v} {said.count(v)}" for v in sorted(set(said)))


REPORTS: Mapping[str, Callable[[Sequence[Row]], Iterator[str]]] = {
    "alarms": alarms,
    "power": power,
    "ranks": ranks,
    "useless": useless,
}


def present(row: Row) -> bool:
    """Whether the verdict is that there is paired signal."""
    return bool(row["probe"]["paired"] is not None and row["probe"]["paired"]["verdict"] == "present")


def kind(row: Row) -> str:
    """The larger part of the true D_UME."""
    return "interaction" if row["truth"]["d_add"]["nats"] >= row["truth"]["d_ume"]["nats"] / 2 else "additive"


def inside(row: Row) -> bool:
    """Whether A's interval holds the true difference of the two models' risks."""
    found = row["probe"]["contribution"]
    estimate = found["total"]["nats"]
    return bool(estimate["low"] <= row["risks"]["ume"] - row["risks"][found["rung"]] <= estimate["high"])


def shares(rows: Sequence[Row]) -> str:
    """How many are called present, with the one-sided 95% Clopper-Pearson bound."""
    count, total = sum(present(row) for row in rows), len(rows)
    bound = float(beta.ppf(0.95, count + 1, total - count)) if count < total else 1.0
    return f"{count} of {total} ({count / max(1, total):.3f}, at most {bound:.3f})"


def grouped(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows by group, in the order in which groups first occur."""
    for name in dict.fromkeys(row["group"] for row in rows):
        yield name, [row for row in rows if row["group"] == name]
