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
gradient of sample i's loss by the pool's weights and H the Hessian of the mean loss (Takeuchi's criterion with a
variance that is robust to clusters; Cameron & Miller, J. Human Resources 50:317, 2015),

    D = tr(H^-1 sum_groups (sum_i g_i)(sum_i g_i)') / tr(H^-1 sum_i g_i g_i'),     at least 1

and 1 where intervals go over samples. *Measured* there, 500 samples in 5, 10 and 20 groups: with D 4, 7 and 2 false
alarms of 100 with two modalities, 10, 2 and 3 with three; without it, a quarter, 10, 12 and 4, and 15, 5 and 7.

Other floors were tried. *Measured* on 109 tasks (``tests/benchmarks/null_floor.py``, counts in the benchmarks'
README): re-pairing within class, every model trained anew, had the same power at twice the cost; an additive head or
the additive kernel in place of UME hides most suppressors and stops few false alarms; a kernel fitted to permuted
residuals takes no step in 76 of them, so that nothing is taken off. How much to take was settled on
tasks of ``tests/benchmarks/truth``, 304 without paired signal at budget `short` (1,050 at `quick`) and 192 with at
`quick`: nothing 15 (81) false alarms and 125 found, a quarter of M / n_select 7 (1) and 105, half 5 (0) and 100, the
whole 1 (0) and 96. On 746 further tasks at `short` a quarter had 23 false alarms, .031 (at most .043). With two
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


def null_floor(evidence: Evidence, units: Units) -> float:
    """Nats that multi-modal training may gain without paired signal; of several folds the mean."""
    return float(np.mean([_of_fold(evidence, held, grouped=units.groups is not None) for held in evidence.folds]))


def _of_fold(evidence: Evidence, held: HeldOut, *, grouped: bool) -> float:
    lost = 1.0
    if grouped and held.select_groups is not None:
        lost = float(np.mean([design_effect(*fitted, held, held.select_groups) for fitted in _pools(evidence, held)]))
    return (len(evidence.modalities) - 1) * lost / (2 * worth(held.select_labels, held.select_weights))


def _pools(evidence: Evidence, held: HeldOut) -> Iterator[tuple[Floats, Floats]]:
    """By seed what the fitted ensemble says of a fold's `select` samples, and what its modalities do: (n, M, C)."""
    said = {(one.rung, one.seed): one.select_logits for one in evidence.rungs if one.fold == held.fold}
    for seed in evidence.seeds:
        single = [said[f"unimodal:{name}", seed] for name in evidence.modalities]
        yield said.get((TUNED, seed), said[UME, seed]), np.stack(single, axis=1)


def design_effect(pooled: Floats, single: Floats, held: HeldOut, groups: Ints) -> float:
    """D, >= 1.

    Args:
        pooled: (n, C) the ensemble's log-probabilities, of every sample by a fit without its fold.
        single: (n, M, C) the uni-modal models' logits.
        held: labels, weights and class frequencies.
        groups: (n,) of the samples.
    """
    labels, samples = held.select_labels, np.arange(len(held.select_labels))
    priors = np.broadcast_to(log_prior(held), (len(labels), 1, pooled.shape[1]))
    terms = np.concatenate([priors, log_softmax(np.asarray(single, dtype=np.float64))], axis=1)
    likely = np.exp(log_softmax(np.asarray(pooled, dtype=np.float64)))
    expected = np.einsum("nc,nmc->nm", likely, terms)
    weights = np.ones(len(labels)) if held.select_weights is None else held.select_weights
    gradients = weights[:, None] * (expected - terms[samples, :, labels])
    hessian = np.einsum("n,nc,nmc,nkc->mk", weights, likely, terms, terms, optimize=True)
    hessian -= np.einsum("n,nm,nk->mk", weights, expected, expected)
    _, index = np.unique(groups, return_inverse=True)
    sums = np.zeros((int(index.max()) + 1, gradients.shape[1]))
    np.add.at(sums, index, gradients)
    inverse = np.linalg.pinv(hessian, rcond=1e-9, hermitian=True)
    apart, together = (_trace(inverse, by) for by in (gradients, sums))
    return max(1.0, together / apart) if apart > 0 else 1.0


def _trace(inverse: Values, gradients: Values) -> float:
    """tr(H^-1 sum g g')."""
    return float(np.einsum("mk,nm,nk->", inverse, gradients, gradients, optimize=True))
