"""What an ensemble would say of the training samples if it had not seen them, from kernel machines alone.

The uni-modal networks have seen every training sample, and one that knows them all by heart leaves no residual to learn
from. To train them anew without a fold is too dear for a cheap measurement. A kernel machine on one modality says in
closed form what it would say of a sample without it; pooled as UME pools, that stands for what is known of a training
sample from its modalities one by one. *Measured*: tests/benchmarks/kernel_rungs.py.

Legend of shapes: n samples, M modalities, L landmarks, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from umlkit.methods.calibration import log_softmax
from umlkit.methods.kernel.nystroem import Centred, Floats, features_of, typical
from umlkit.methods.kernel.ridge import Ridge
from umlkit.methods.ume.pool import fit_weights, floored

WIDTH = 4.0
RIDGES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
LANDMARKS = 256
SMALLEST = 1e-3
"""What a regression calls impossible is held to be this probable."""


def left_out_ensemble(
    distances: Sequence[Floats],
    among_landmarks: Sequence[Floats],
    targets: Floats,
    *,
    log_prior: Floats,
    weights: Floats | None,
) -> Floats:
    """Log-probabilities (n, C) of every sample by a pool of uni-modal kernel machines fitted without it.

    Args:
        distances: squared, (n, L) by modality.
        among_landmarks: squared, (L, L) by modality.
        targets: (n, C) the labels, one-hot.
        log_prior: (C,) log class frequencies.
        weights: (n,) of the samples, or None.
    """
    alone = np.stack(
        [
            _left_out(of_samples, of_landmarks, targets, weights)
            for of_samples, of_landmarks in zip(distances, among_landmarks, strict=True)
        ],
        axis=1,
    )
    prior_weight, pool = fit_weights(alone, targets.argmax(axis=1), log_prior, weights=weights)
    return log_softmax(prior_weight * floored(log_prior) + np.einsum("m,nmc->nc", pool, alone))


def _left_out(distances: Floats, among_landmarks: Floats, targets: Floats, weights: Floats | None) -> Floats:
    """The same of one modality."""
    few = min(LANDMARKS, len(among_landmarks))
    among = [among_landmarks[:few, :few]]
    kernel = Centred.at([WIDTH * typical(among_landmarks)], among)
    features = kernel([distances[:, :few]]).additive @ features_of(kernel(among).additive)
    fitted = Ridge(features, targets, weights)
    shares = fitted.left_out(min(RIDGES, key=fitted.left_out_error))
    return log_softmax(np.log(np.clip(shares, SMALLEST, 1.0)))
