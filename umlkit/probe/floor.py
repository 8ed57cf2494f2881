"""The null floor: what multi-modal training gains where there is nothing paired.

    floor = (M - 1) D / (2 n_select)      nats

The ensemble's M + 1 weights and M temperatures are fitted on `select` where r* has one temperature; a parameter that is
fitted on n samples costs 1 / 2n nats on new ones (Akaike, *A new look at the statistical model identification*, 1974),
so UME starts up to M / n_select nats behind, its weights being shrunk by less. *Measured*, in thousandths of a nat,
against a rival that says the truth and fits nothing (``python -m tests.benchmarks.pool_cost``):

    M, n_select                     2, 200   2, 500   3, 200   3, 500   5, 200   5, 500
    cost                               3.5       .9      7.0      2.1     15.1      5.1
    floor                              2.5      1.0      5.0      2.0     10.0      4.0
    "present" of 100                     8        1        6        1        5        5
    with a quarter of M / n_select       8        1        6        5        9        9

D is what n_select samples lose by lying in groups, which shift what every modality says. With g_i (M + 1,) the
gradient of sample i's loss by the pool's weights and H the Hessian of the sum of losses (Takeuchi's criterion with a
variance that is robust to clusters; Cameron & Miller, J. Human Resources 50:317, 2015),

    D = tr(H^-1 sum_groups (sum_i g_i)(sum_i g_i)') / tr(H^-1 sum_i g_i g_i'),     at least 1

over `probe`, of whose groups the pool knows nothing (at its own samples the gradients add up to 0), numerator and
denominator summed over folds and seeds; and 1 where intervals go over samples. *Measured* there, 500 samples in 5, 10
and 20 groups, false alarms of 100: 6, 8 and 4 with two modalities, 10, 3 and 3 with three; with a quarter of M /
n_select and without D 10, 12 and 4, and 15, 5 and 7.

Other floors were tried. *Measured* on 109 tasks (``tests/benchmarks/null_floor.py``, counts in the benchmarks'
README): re-pairing within class, every model trained anew, had the same power at twice the cost; an additive head or
the additive kernel in place of UME hides most suppressors and stops few false alarms; a kernel fitted to permuted
residuals takes no step in 76 of them, so that nothing is taken off. How much to take was settled on tasks of
``tests/benchmarks/truth``, 304 without paired signal at budget `short` (1,050 at `quick`) and 192 with at `quick`:
nothing 15 (81) false alarms and 125 found, a quarter of M / n_select 7 (1) and 105, half 5 (0) and 100, the whole 1 (0)
and 96. On 746 further tasks at `short` a quarter had 23 false alarms, .031 (at most .043). With two
modalities a quarter is what is taken here.

Legend of shapes: n samples of `select` (n_select; of weighted ones as many equal ones as they are worth), M modalities,
C classes. Log-losses in nats.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from umlkit.methods.calibration import log_softmax
from umlkit.probe.contribution import TUNED, UME
from umlkit.probe.evidence import Evidence, Floats, HeldOut, Ints
from umlkit.probe.readings import log_prior
from umlkit.probe.units import Units, Values
from umlkit.probe.weighting import worth

CHUNK = 1024
"""Samples whose Hessians are added up at a time: of a thousand classes they take 100 MB."""


def null_floor(evidence: Evidence, units: Units) -> float:
    """Nats that multi-modal training may gain without paired signal; of several folds the mean."""
    lost = 1.0 if units.groups is None else design_effect(evidence, units.groups)
    n = [worth(held.select_labels, held.select_weights) for held in evidence.folds]
    return float(np.mean([(len(evidence.modalities) - 1) * lost / (2 * one) for one in n]))


def design_effect(evidence: Evidence, groups: Ints) -> float:
    """D, >= 1, of the `probe` samples of all folds, joined, in groups (n,)."""
    of_folds = np.split(groups, np.cumsum([len(held.probe_labels) for held in evidence.folds])[:-1])
    together, apart = np.sum(
        [
            _traces(*said, held, of_fold)
            for held, of_fold in zip(evidence.folds, of_folds, strict=True)
            for said in _pools(evidence, held)
        ],
        axis=0,
    )
    return max(1.0, float(together / apart)) if apart > 0 else 1.0


def _pools(evidence: Evidence, held: HeldOut) -> Iterator[tuple[Floats, Floats]]:
    """By seed what the fitted ensemble says of a fold's `probe` samples (n, C), and its modalities (n, M, C)."""
    said = {(one.rung, one.seed): one.probe_logits for one in evidence.rungs if one.fold == held.fold}
    for seed in evidence.seeds:
        single = [said[f"unimodal:{name}", seed] for name in evidence.modalities]
        yield said.get((TUNED, seed), said[UME, seed]), np.stack(single, axis=1)


def _traces(pooled: Floats, single: Floats, held: HeldOut, groups: Ints) -> tuple[float, float]:
    """``tr(H^-1 sum g g')`` of one pool, over groups and over samples.

    Args:
        pooled: (n, C) the ensemble's logits.
        single: (n, M, C) the uni-modal models'.
        held: labels, weights and class frequencies.
        groups: (n,).
    """
    labels, count = held.probe_labels, single.shape[1] + 1
    weights = np.ones(len(labels)) if held.probe_weights is None else held.probe_weights
    prior = np.tile(log_prior(held), (CHUNK, 1, 1))
    hessian, gradients = np.zeros((count, count)), np.empty((len(labels), count))
    for start in range(0, len(labels), CHUNK):
        here = slice(start, start + CHUNK)
        said, likely = (log_softmax(np.asarray(one[here], dtype=np.float64)) for one in (single, pooled))
        terms, likely = np.concatenate([prior[: len(said)], said], axis=1), np.exp(likely)
        terms -= np.einsum("nc,nmc->nm", likely, terms)[:, :, None]
        gradients[here] = -weights[here, None] * terms[np.arange(len(said)), :, labels[here]]
        root = terms * np.sqrt(weights[here, None] * likely)[:, None]
        hessian += np.tensordot(root, root, axes=((0, 2), (0, 2)))
    _, index = np.unique(groups, return_inverse=True)
    sums = np.zeros((int(index.max()) + 1, count))
    np.add.at(sums, index, gradients)
    inverse = np.linalg.pinv(hessian, rcond=1e-9, hermitian=True)
    return _trace(inverse, sums), _trace(inverse, gradients)


def _trace(inverse: Values, gradients: Values) -> float:
    return float(np.einsum("mk,nm,nk->", inverse, gradients, gradients, optimize=True))
