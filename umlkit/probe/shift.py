"""Whether classes are as frequent among the samples held out as in training.

Of two rows of counts, classes in training and in `select` and `probe` together, Pearson's chi-square test of
homogeneity (Pearson 1900), over the classes that occur in either. Samples of one group are alike, so that of whole
groups frequencies differ by more than of as many samples drawn one by one. How much more is the design effect

    d_c = var(p_c over groups) / (p_c (1 - p_c) / n),      var(p_c) = G / (G - 1) sum_g (n_gc - n_g p_c)^2 / n^2

of class c, its mean over classes D, no less than 1. Of two parts it is (D_1 / n_1 + D_2 / n_2) / (1 / n_1 + 1 / n_2);
chi-square divided by it is what is tested (the first-order correction of Rao & Scott, J. Am. Stat. Assoc. 76:221,
1981). A part with one group has the D of the other.

The risk that is measured is that of the frequencies held out. What is fitted on `select` sees them; what is trained on
`train` alone does not, and stands behind for that reason alone, not for what it can see of a sample.

Legend of shapes: n samples, C classes, G groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, chi2_contingency, entropy

from umlkit.probe.evidence import Ints

SURE = 1e-4
"""Probability of counts so unlike each other from the same frequencies, below which these are taken for different."""
LEAST = 0.002
"""Nats that knowing the frequencies held out has to be worth."""


@dataclass(frozen=True)
class Part:
    """The samples of one part of the data.

    Attributes:
        labels: (n,) class index.
        groups: (n,) group index, or None where the data name no groups.
    """

    labels: Ints
    groups: Ints | None = None

    def counts(self, classes: int) -> Ints:
        """(C,) samples of every class."""
        return np.bincount(self.labels, minlength=classes)


def differ(train: Part, held_out: Part, *, classes: int) -> bool:
    """Whether two parts are of different class frequencies, surely and by so much that it matters.

    What it matters is sum_c q_c log(q_c / p_c) in nats, p the frequencies in training and q those held out.
    """
    counts = np.stack([part.counts(classes) for part in (train, held_out)])
    counts = counts[:, counts.any(axis=0)]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return False
    p, q = counts / counts.sum(axis=1, keepdims=True)
    found = chi2_contingency(counts, correction=False)
    design = _of_both(
        design_effect(train, classes=classes), design_effect(held_out, classes=classes), counts.sum(axis=1)
    )
    return bool(entropy(q, p) > LEAST and chi2.sf(found.statistic / design, found.dof) < SURE)


def _of_both(first: float | None, second: float | None, n: Ints) -> float:
    """The design effect of a difference; 1 where neither part has its own."""
    if first is None or second is None:
        return first or second or 1.0
    return float(first * n[1] + second * n[0]) / float(n.sum())


def design_effect(part: Part, *, classes: int) -> float | None:
    """D, how many times as much frequencies vary as those of samples without groups; None where one group is all.

    1 where the data name no groups.
    """
    if part.groups is None:
        return 1.0
    _, groups = np.unique(part.groups, return_inverse=True)
    n, many = len(part.labels), int(groups.max(initial=0)) + 1
    if many < 2:
        return None
    counts = np.zeros((many, classes))
    np.add.at(counts, (groups, part.labels), 1)
    p = counts.sum(axis=0) / n
    some = (p > 0) & (p < 1)
    if not some.any():
        return 1.0
    apart = counts - counts.sum(axis=1, keepdims=True) * p
    variance = many / (many - 1) * (apart[:, some] ** 2).sum(axis=0) / n**2
    return max(1.0, float(np.mean(variance / (p[some] * (1 - p[some]) / n))))
