"""Whether classes are as frequent among the samples held out as in training.

Of two rows of counts, classes in training and in `select` and `probe` together, Pearson's chi-square test of
homogeneity (Pearson 1900), over the classes that occur in either. The risk that is measured is that of the frequencies
held out. What is fitted on `select` sees them; what is trained on `train` alone does not, and stands behind for that
reason alone, not for what it can see of a sample.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2_contingency, entropy

from umlkit.probe.evidence import Ints

SURE = 1e-4
"""Probability of counts so unlike each other from the same frequencies, below which these are taken for different."""
LEAST = 0.002
"""Nats that knowing the frequencies held out has to be worth."""


def differ(train: Ints, held_out: Ints) -> bool:
    """Whether counts (C,) of two sets of samples are of different frequencies, surely and by so much that it matters.

    What it matters is sum_c q_c log(q_c / p_c) in nats, p the frequencies in training and q those held out.
    """
    counts = np.stack([train, held_out])[:, (train + held_out) > 0]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return False
    p, q = counts / counts.sum(axis=1, keepdims=True)
    return bool(entropy(q, p) > LEAST and chi2_contingency(counts, correction=False).pvalue < SURE)
