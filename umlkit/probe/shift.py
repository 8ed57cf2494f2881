"""Whether classes are as frequent among the samples held out as in training.

Of two rows of counts, classes in training and in `select`, Pearson's chi-square test of homogeneity (Pearson 1900),
over the classes that occur in either. Samples of one group are alike, so that of whole groups frequencies differ by
more than of as many samples drawn one by one. How much more is the design effect, with p the frequencies of both parts
together, G groups of n_gc samples in both, and C classes,

    d_c = G / (G - 2) sum_g (n_gc - n_g p_c)^2 / (n p_c (1 - p_c)),      D = sum_c (1 - p_c) d_c / (C - 1), at least 1

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

from umlkit.probe.evidence import Ints

SURE = 1e-3
"""Probability of counts so unlike each other from the same frequencies, below which these are taken for different.

A head that learns the frequencies gains g nats, and that lies above 0 with its 95% interval on as many samples where
n g > 7.7. Chi-square is 2 n g, so 15 there, of a probability of about a tenth of this."""
LEAST = 0.002
"""Nats that knowing the frequencies held out has to be worth."""


@dataclass(frozen=True)
class Part:
    """The samples of one part of the data.

    Attributes:
        labels: (n,) class index.
        groups: (n,) group index, none of which is in another part; None where samples are drawn one by one.
    """

    labels: Ints
    groups: Ints | None = None


def differ(train: Part, held_out: Part, *, classes: int) -> bool:
    """Whether two parts are of different class frequencies, surely and by so much that it matters.

    What it matters is sum_c q_c log(q_c / p_c) in nats, p the frequencies in training and q those held out.
    """
    counts = np.stack([np.bincount(part.labels, minlength=classes) for part in (train, held_out)])
    counts = counts[:, counts.any(axis=0)]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return False
    p, q = counts / counts.sum(axis=1, keepdims=True)
    found = chi2_contingency(counts, correction=False)
    chance = _chance(found.statistic, found.dof, train, held_out, classes=classes)
    return bool(entropy(q, p) > LEAST and chance < SURE)


def _chance(statistic: float, dof: int, train: Part, held_out: Part, *, classes: int) -> float:
    """The probability of so large a chi-square where frequencies are the same."""
    if train.groups is None or held_out.groups is None:
        return float(chi2.sf(statistic, dof))
    table = np.concatenate(
        [
            _by_group(train.labels, train.groups, classes=classes),
            _by_group(held_out.labels, held_out.groups, classes=classes),
        ]
    )
    if len(table) < 3:
        return 1.0
    return float(f.sf(statistic / design_effect(table) / dof, dof, dof * (len(table) - 2)))


def _by_group(labels: Ints, groups: Ints, *, classes: int) -> Ints:
    """Samples of every group and class, (G, C)."""
    names, index = np.unique(groups, return_inverse=True)
    table = np.zeros((len(names), classes), dtype=np.int64)
    np.add.at(table, (index, labels), 1)
    return table


def design_effect(table: Ints) -> float:
    """D of samples of every group and class (G, C), G >= 3 in two parts; at least 1."""
    many, n = len(table), table.sum()
    p = table.sum(axis=0) / n
    some = (p > 0) & (p < 1)
    if not some.any():
        return 1.0
    apart = (table - table.sum(axis=1, keepdims=True) * p)[:, some]
    by_class = many / (many - 2) * (apart**2).sum(axis=0) / (n * p[some] * (1 - p[some]))
    return max(1.0, float(np.average(by_class, weights=1 - p[some])))
