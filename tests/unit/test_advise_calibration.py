"""The stated probability is right as often as it says, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.test_advise_decide import probe_of
from umlkit.advise.posterior import Posterior


@pytest.mark.parametrize("n", [30, 300])
def test_the_probability_of_the_lower_risk_is_calibrated_under_a_flat_prior(n: int) -> None:
    stream = np.random.default_rng(n)
    stated, right = [], []
    for _ in range(1500):
        truth = stream.uniform(-0.3, 0.3)  # wide beside the standard error: as good as flat
        losses = np.stack([0.6 + 0.4 * stream.normal(size=n), 0.6 + truth + 0.4 * stream.normal(size=n)])
        mean, spread = losses.mean(axis=1), np.cov(losses)
        triangle = [[spread[0, 0]], [spread[1, 0], spread[1, 1]]]
        probe = probe_of({"ume": max(0, mean[0]), "umt": max(0, mean[1])}, n=n, loss_covariance=triangle)
        stated.append(Posterior(probe).compare("ume", "umt").probability)
        right.append(truth > 0)
    bins = np.digitize(stated, [0.2, 0.4, 0.6, 0.8])
    gaps = [abs(np.mean(np.array(right)[bins == b]) - np.mean(np.array(stated)[bins == b])) for b in range(5)]
    share = [np.mean(bins == b) for b in range(5)]
    assert np.dot(gaps, share) < 0.03
