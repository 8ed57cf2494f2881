"""Whether classes are as frequent among the samples held out as in training.

Of two rows of counts, classes in training and in `select`, Pearson's chi-square test of homogeneity (Pearson 1900),
over the classes that occur in either; weighted samples count as their weights, so many in all as equal ones they are
worth. Samples of one group are alike, so that of whole groups frequencies differ by more than of as many samples drawn
one by one. How much more is the design effect: with G groups of n_gc samples in both parts, n in all, C classes, p_c
the frequencies of both together and q_gc those of the part that g is in,

    d_c = G / (G - 2) sum_g (n_gc - n_g q_gc)^2 / (n p_c (1 - p_c)),     D = sum_c (1 - p_c) d_c / (C - 1), at least 1

Chi-square over D (C - 1) has about an F distribution with C - 1 and (C - 1)(G - 2) degrees of freedom (the first-order
correction of Rao & Scott, J. Am. Stat. Assoc. 76:221, 1981; F: Thomas & Rao, J. Am. Stat. Assoc. 82:630, 1987).

The risk that is measured is that of the frequencies held out. What is fitted on `select` sees them; what is trained on
`train` alone does not, and stands behind for that reason alone, not for what it can see of a sample. `probe` has no
part in the test, which decides what may be measured there.

Legend of shapes: n samples, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, chi2_contingency, entropy, f

from umlkit.probe.evidence import Ints, Weights
from umlkit.probe.weighting import effective

SURE = 1e-3
"""Probability of counts so unlike each other from the same frequencies, below which these are taken for different.

Of two classes and much training, a head that learns the frequencies gains g nats, which lies above 0 with its 95%
interval on as many samples where n g > 7.7. Chi-square is 2 n g, so 15 there, of a probability of a tenth of this."""
LEAST = 0.002
"""Nats that knowing the frequencies held out has to be worth."""


@dataclass(frozen=True)
class Part:
    """The samples of one part of the data.

    Attributes:
        labels: (n,) class index.
        groups: (n,) group index, none of which is in another part; None where samples are drawn one by one.
        weights: (n,) of mean 1; None where all count alike.
    """

    labels: Ints
    groups: Ints | None = None
    weights: Weights | None = None

    def by_group(self, classes: int) -> Weights:
        """Samples of every group and class (G, C), weighted ones as many in all as equal ones they are worth."""
        worth = 1.0 if self.weights is None else effective(self.weights) / len(self.weights)
        of_one = np.zeros(len(self.labels), dtype=np.int64)
        names, index = np.unique(of_one if self.groups is None else self.groups, return_inverse=True)
        table = np.zeros((len(names), classes))
        np.add.at(table, (index, self.labels), worth if self.weights is None else worth * self.weights)
        return table


def differ(train: Part, held_out: Part, *, classes: int) -> bool:
    """Whether two parts are of different class frequencies, surely and by so much that it matters.

    What it matters is sum_c q_c log(q_c / p_c) in nats, p the frequencies in training and q those held out.
    """
    tables = [part.by_group(classes) for part in (train, held_out)]
    counts = np.stack([table.sum(axis=0) for table in tables])
    some = counts.any(axis=0)
    if some.sum() < 2 or not counts.sum(axis=1).all():
        return False
    p, q = counts[:, some] / counts.sum(axis=1, keepdims=True)
    if entropy(q, p) <= LEAST:
        return False
    found = chi2_contingency(counts[:, some], correction=False)
    if train.groups is None or held_out.groups is None:
        return bool(chi2.sf(found.statistic, found.dof) < SURE)
    more = sum(map(len, tables)) - 2
    return bool(
        more > 0 and f.sf(found.statistic / design_effect(*tables) / found.dof, found.dof, found.dof * more) < SURE
    )


def design_effect(*tables: Weights) -> float:
    """D of the samples of every group and class, (G_1, C) and (G_2, C), three groups or more in all; at least 1."""
    many, counts = sum(map(len, tables)), sum(table.sum(axis=0) for table in tables)
    n = counts.sum()
    p = counts / n
    some = (p > 0) & (p < 1)
    apart = [(t - t.sum(axis=1, keepdims=True) * t.sum(axis=0) / t.sum())[:, some] for t in tables]
    squares = sum((one**2).sum(axis=0) for one in apart)
    by_class = many / (many - 2) * squares / (n * p[some] * (1 - p[some]))
    return max(1.0, float(np.average(by_class, weights=1 - p[some])))
