"""From measured tasks to the counts of the claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import beta, norm, spearmanr

Row = Mapping[str, Any]
Found = Mapping[str, Any]
LEVEL = 0.05
SAME = 1e-6
"""Nats between two models that are one: a head that found nothing is the ensemble, but for rounding."""


def alarms(rows: Sequence[Row], budget: str) -> Iterator[str]:
    """False alarms: the verdict "present" where there is no paired signal; and how well A's interval covers."""
    null = [row for row in rows if row["truth"]["d_ume"] == 0]
    yield f"{len(null)} tasks without paired signal"
    for name, part in grouped(null):
        yield f"  {name:14s} {shares(part, budget)}"
    for n in sorted({row["n"] for row in null}):
        yield f"  n = {n:<10d} {shares([row for row in null if row['n'] == n], budget)}"
    yield f"all: {shares(null, budget)}; goal: bound <= .075, no family above .12"
    yield from coverage(null, budget)
    verdicts = [row["budgets"][budget]["paired"]["verdict"] for row in null]
    yield "verdicts: " + ", ".join(f"{one} {verdicts.count(one)}" for one in sorted(set(verdicts)))


def coverage(rows: Sequence[Row], budget: str) -> Iterator[str]:
    """How often the interval of A holds the same models' risk difference on fresh samples."""
    held = [inside(row["budgets"][budget]) for row in rows if row["budgets"][budget]["a"] is not None]
    yield f"95% interval of A_S holds the truth: {sum(held)} of {len(held)} ({np.mean(held):.3f}; goal .92 to .97)"


def power(rows: Sequence[Row], budget: str, null: Sequence[Row] = ()) -> Iterator[str]:
    """How often paired signal is found, a cell each, beside the best rival at the level that it has on null tasks.

    Args:
        rows: of the design ``power``.
        budget: whose verdicts are counted.
        null: rows of ``nulls``, by which every rival's threshold is set, size by size; without them no rival.
    """
    found = _finding(rows, budget, null)
    best = max(found, key=lambda rival: sum(map(found[rival], rows)), default=None)
    for name, part in grouped(rows):
        nats = np.mean([row["truth"]["d_ume"] for row in part])
        ours = np.mean([present(row["budgets"][budget]) for row in part])
        line = f"  {name:26s} true D_UME {nats:.3f} nats, present {ours:.3f} of {len(part)}"
        if best is not None:
            lead, error = _lead(part, budget, found[best])
            line += f", {best} {ours - lead:.3f}, difference {lead:+.3f} +- {error:.3f}"
        yield line
    yield f"all: present {np.mean([present(row['budgets'][budget]) for row in rows]):.3f} of {len(rows)}"
    if best is not None:
        yield from _beside_rivals(rows, budget, null, {name: list(map(seen, rows)) for name, seen in found.items()})
        behind = _behind(rows, budget, found[best])
        yield f"cells in which ours is lower than {best} by over two standard errors: {behind} (goal 0)"
        eased = _finding(rows, budget, null, lower_by=1)[best]
        yield (
            f"were {best}'s thresholds a standard error lower: {np.mean(list(map(eased, rows))):.3f}, "
            f"ours lower in {_behind(rows, budget, eased)}"
        )
    yield from coverage(rows, budget)
    yield from kinds(rows, budget)


def _finding(
    rows: Sequence[Row], budget: str, null: Sequence[Row], *, lower_by: float = 0.0
) -> dict[str, Callable[[Row], bool]]:
    """Rival -> whether it finds paired signal in a task; ``lower_by`` as in :func:`critical`."""
    limits = {
        one: {n: critical(null, budget, one, n, lower_by=lower_by) for n in sizes(rows)} for one in rivals(null, budget)
    }

    def of(one: str) -> Callable[[Row], bool]:
        return lambda row: bool(row["budgets"][budget]["rivals"][one] > limits[one][row["n"]])

    return {one: of(one) for one in limits}


def _lead(part: Sequence[Row], budget: str, seen: Callable[[Row], bool]) -> tuple[float, float]:
    """How much oftener ours finds it than a rival, and the paired standard error of that."""
    lead = np.array([float(present(row["budgets"][budget])) - seen(row) for row in part])
    return float(lead.mean()), float(lead.std(ddof=1) / np.sqrt(len(lead))) if len(lead) > 1 else np.nan


def _behind(rows: Sequence[Row], budget: str, seen: Callable[[Row], bool]) -> str:
    """In how many cells ours finds it less often by over two standard errors."""
    leads = [_lead(part, budget, seen) for _, part in grouped(rows)]
    return f"{sum(lead < -2 * error for lead, error in leads)} of {len(leads)}"


def _beside_rivals(
    rows: Sequence[Row], budget: str, null: Sequence[Row], seen: Mapping[str, Sequence[bool]]
) -> Iterator[str]:
    """The level of ours and of every rival on the null tasks, and the rivals' power."""
    for n in sizes(rows):
        part = [row for row in null if row["n"] == n]
        said = ", ".join(
            f"{name} t {np.mean(_ts(part, budget, name)):+.2f} +- {np.std(_ts(part, budget, name), ddof=1):.2f}"
            for name in seen
        )
        yield f"nulls of n = {n}: present {shares(part, budget)}; {said}"
    yield f"rivals beyond mean + 1.645 sd of these t ({LEVEL:.0%}): " + ", ".join(
        f"{name} {np.mean(of_name):.3f}" for name, of_name in seen.items()
    )


def nulls(rows: Sequence[Row], budget: str) -> Iterator[str]:
    """What is called present of the tasks that set a rival's level."""
    for name, part in grouped(rows):
        yield f"  n = {name:6s} {shares(part, budget)}"


def ranks(rows: Sequence[Row], budget: str) -> Iterator[str]:
    """Whether A orders tasks as the truth does."""
    paired = [row for row in rows if row["truth"]["d_ume"] > 0]
    yield f"rank correlation of A with true D_UME: {_order(paired, budget):.3f} over {len(paired)} (goal .9)"
    for name, part in grouped(paired):
        yield f"  {name:14s} {_order(part, budget):.3f} over {len(part)}"
    yield from kinds(paired, budget)


def kinds(rows: Sequence[Row], budget: str) -> Iterator[str]:
    """Whether paired signal that is called present is called of the kind that is the larger part of the truth."""
    called = [row for row in rows if present(row["budgets"][budget]) and row["truth"]["d_ume"] > 0]
    right = [row["budgets"][budget]["paired"]["kind"] == kind(row) for row in called]
    yield f"kind right: {sum(right)} of {len(right)} ({np.mean(right) if right else 0:.3f}; goal .9)"
    for one in ("interaction", "additive"):
        of_kind = [is_right for is_right, row in zip(right, called, strict=True) if kind(row) == one]
        yield f"  {one:14s} {sum(of_kind)} of {len(of_kind)}"


def useless(rows: Sequence[Row], budget: str) -> Iterator[str]:
    """What is said of a modality that tells nothing, tells something, or is a partner."""
    for name, part in grouped(rows):
        said = [list(row["budgets"][budget]["modalities"].values())[-1] for row in part]
        yield f"  second modality {name:8s} named " + ", ".join(f"{v} {said.count(v)}" for v in sorted(set(said)))
        if name == "useful":
            enough = [list(row["truth"]["alone"].values())[-1] >= 0.05 for row in part]
            wrong = sum(v == "useless" for v, counts in zip(said, enough, strict=True) if counts)
            yield f"    of which {sum(enough)} tell .05 bit alone or more, {wrong} named useless"


def beside(rows: Sequence[Row], one: str, other: str) -> Iterator[str]:
    """A cheap budget beside a dear one, on the same tasks: the order of their A, and their power."""
    values = [[_a(row, budget) for row in rows] for budget in (one, other)]
    order = spearmanr(*values).statistic
    yield f"A at {one} and at {other}: rank correlation {order:.3f} over {len(rows)} tasks (goal .8)"
    found = [np.mean([present(row["budgets"][budget]) for row in rows]) for budget in (one, other)]
    share = found[0] / found[1] if found[1] else np.nan
    yield f"present {found[0]:.3f} and {found[1]:.3f}: {share:.3f} of it (goal .7)"


Report = Callable[..., Iterator[str]]
REPORTS: Mapping[str, Report] = {
    "alarms": alarms,
    "power": power,
    "nulls": nulls,
    "ranks": ranks,
    "useless": useless,
}


def present(found: Found) -> bool:
    """Whether the verdict is that there is paired signal."""
    return bool(found["paired"] is not None and found["paired"]["verdict"] == "present")


def kind(row: Row) -> str:
    """The larger part of the true D_UME."""
    return "interaction" if row["truth"]["d_add"] >= row["truth"]["d_ume"] / 2 else "additive"


def inside(found: Found) -> bool:
    """Whether A's interval holds the true difference of the two models' risks."""
    estimate = found["a"]["total"]
    truth = found["risks"]["ume"] - found["risks"][found["a"]["rung"]]
    return bool(estimate["low"] - SAME <= truth <= estimate["high"] + SAME)


def rivals(rows: Sequence[Row], budget: str) -> list[str]:
    """Heads that every one of the tasks has been judged by."""
    every = [set(row["budgets"][budget]["rivals"]) for row in rows]
    return sorted(set.intersection(*every)) if every else []


def critical(null: Sequence[Row], budget: str, rival: str, n: int, *, lower_by: float = 0.0) -> float:
    """The t that a rival exceeds in :data:`LEVEL` of the null tasks of this size, as if they were normal.

    ``lower_by`` of its own standard errors lower, s sqrt(1 / k + z^2 / (2 (k - 1))) of k tasks.
    """
    found = _ts([row for row in null if row["n"] == n], budget, rival)
    z, spread = norm.ppf(1 - LEVEL), np.std(found, ddof=1)
    error = spread * np.sqrt(1 / len(found) + z**2 / (2 * (len(found) - 1)))
    return float(np.mean(found) + z * spread - lower_by * error)


def sizes(rows: Sequence[Row]) -> list[int]:
    """The numbers of samples that occur."""
    return sorted({row["n"] for row in rows})


def _ts(rows: Sequence[Row], budget: str, rival: str) -> list[float]:
    return [row["budgets"][budget]["rivals"][rival] for row in rows]


def shares(rows: Sequence[Row], budget: str) -> str:
    """How many are called present, with the one-sided 95% Clopper-Pearson bound."""
    count, total = sum(present(row["budgets"][budget]) for row in rows), len(rows)
    bound = float(beta.ppf(0.95, count + 1, total - count)) if count < total else 1.0
    return f"{count} of {total} ({count / max(1, total):.3f}, at most {bound:.3f})"


def grouped(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows by group, in the order in which groups first occur."""
    for name in dict.fromkeys(row["group"] for row in rows):
        yield name, [row for row in rows if row["group"] == name]


def _a(row: Row, budget: str) -> float:
    return float(row["budgets"][budget]["a"]["total"]["value"])


def _order(rows: Sequence[Row], budget: str) -> float:
    truth = [row["truth"]["d_ume"] for row in rows]
    return float(spearmanr(truth, [_a(row, budget) for row in rows]).statistic)
