"""What fitting UME's pool costs beside a rival that has nothing to fit, the floor that is taken off, and false alarms.

    python -m tests.benchmarks.pool_cost [tasks a row]

No network is trained: the uni-modal models say the exact log-likelihood ratio of two classes, seen through unit noise
at a distance of .3 to 1.2 from either side of 0, and the rival their sum, which is the truth, so that D_UME = 0. It is
as if there were training samples without end: the most that UME can lose by its pool. In groups every modality is
louder or softer by exp(N(0, .5)) and shifted by N(0, 1), each group by its own. Printed, in thousandths of a nat:

- ``cost``: risk(UME) - risk(rival) on 40,000 fresh samples (of 400 groups);
- ``floor``: what ``probe`` takes off, the mean;
- ``nothing``, ``quarter``, ``present``: verdicts "present" with nothing taken off, a quarter of M / n_select (the
  floor up to rules 5), and by ``probe``; as many samples in `probe` as in `select`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from umlkit.methods.calibration import CAUTION, log_loss, temperature
from umlkit.methods.ume import rules
from umlkit.probe.evidence import Evidence, HeldOut, RungOutputs
from umlkit.probe.floor import null_floor
from umlkit.probe.measure import units_of
from umlkit.runs.records.common import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROWS = (
    *((modalities, n, None) for modalities in (2, 3, 5) for n in (200, 500)),
    *((modalities, 500, groups) for modalities in (2, 3) for groups in (5, 10, 20)),
)
FRESH, FRESH_GROUPS = 40_000, 400
UME, RIVAL = "ume", "joint-additive"


@dataclass(frozen=True)
class Drawn:
    """Samples as the uni-modal models see them: logits (n, M, 2), labels (n,), groups (n,) or None."""

    logits: Floats
    labels: Ints
    groups: Ints | None


def main(tasks: int = 100) -> None:
    with threadpool_limits(1):
        for modalities, n, groups in ROWS:
            found = [measured(modalities, n, groups, seed) for seed in range(tasks)]
            costs, floors = (1000 * np.array([one[i] for one in found]) for i in range(2))
            lows = [one[2].low for one in found]
            present = {
                "nothing": sum(low > 0 for low in lows),
                "quarter": sum(low > 0.25 * modalities / n for low in lows),
                "present": sum(one[2].low > one[1] for one in found),
            }
            where = "samples" if groups is None else f"{groups} groups"
            print(
                f"M = {modalities}, n = {n}, {where:9s}  cost {costs.mean():5.1f} +- {costs.std() / tasks**0.5:.1f}  "
                f"floor {floors.mean():4.1f}  " + "  ".join(f"{name} {count}" for name, count in present.items()),
                f"of {tasks}",
            )


def measured(modalities: int, n: int, groups: int | None, seed: int) -> tuple[float, float, Estimate]:
    """The cost in truth, the floor, and A with its interval as ``probe`` reads it."""
    rng = np.random.default_rng([modalities, n, groups or 0, seed])
    distances = rng.uniform(0.3, 1.2, modalities)
    select, probe = (draw(rng, n, distances, groups) for _ in range(2))
    fresh = draw(rng, FRESH, distances, groups and FRESH_GROUPS)
    log_prior = np.log([0.5, 0.5])
    choice = rules.choose("auto", select.logits, select.labels, log_prior, groups=select.groups)
    assert choice.held_out is not None
    pool = rules.RULES[choice.name](select.logits, select.labels, log_prior)
    scales = [
        temperature(said, select.labels, caution=CAUTION) for said in (choice.held_out, select.logits.sum(axis=1))
    ]

    def gains(of: Drawn) -> Floats:
        said = (pool(of.logits), of.logits.sum(axis=1))
        ume, rival = (log_loss(one / scale, of.labels) for one, scale in zip(said, scales, strict=True))
        return ume - rival

    evidence = evidence_of(select, probe, choice.held_out, pool(probe.logits))
    units = units_of(evidence)
    return float(gains(fresh).mean()), null_floor(evidence, units), units.estimate(gains(probe))


def draw(rng: np.random.Generator, n: int, distances: Floats, groups: int | None) -> Drawn:
    """``distances`` (M,) of either class from 0."""
    labels = rng.integers(2, size=n)
    ratios = 2 * distances * ((2 * labels - 1)[:, None] * distances + rng.normal(size=(n, len(distances))))
    of = None if groups is None else np.arange(n) % groups
    if groups is not None and of is not None:
        scales, shifts = np.exp(rng.normal(0, 0.5, (groups, len(distances)))), rng.normal(size=(groups, len(distances)))
        ratios = ratios * scales[of] + shifts[of]
    return Drawn(np.stack([-ratios / 2, ratios / 2], axis=2), labels, of)


def evidence_of(select: Drawn, probe: Drawn, held_out: Floats, pooled: Floats) -> Evidence:
    """What ``probe`` would be given."""
    names = tuple(f"m{m}" for m in range(select.logits.shape[1]))
    held = HeldOut(
        select_labels=select.labels,
        probe_labels=probe.labels,
        select_groups=select.groups,
        probe_groups=probe.groups,
        rows=np.arange(len(probe.labels)),
        prior=np.array([0.5, 0.5]),
    )
    said = {
        UME: (held_out, pooled),
        RIVAL: (select.logits.sum(axis=1), probe.logits.sum(axis=1)),
        **{f"unimodal:{name}": (select.logits[:, m], probe.logits[:, m]) for m, name in enumerate(names)},
    }
    return Evidence(
        name="pool",
        classes=("a", "b"),
        modalities=names,
        folds=[held],
        within_groups=False,
        rungs=[RungOutputs(rung, 0, True, None, *logits, seconds=0.0) for rung, logits in said.items()],
        features={},
        encoders=dict.fromkeys(names, "linear"),
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
