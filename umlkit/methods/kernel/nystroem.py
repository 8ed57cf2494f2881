"""Gaussian kernels on several modalities, their combinations, and Nystroem features of these.

    k_m(x, x') = exp(-|x_m - x'_m|^2 / (width s_m)),   s_m the median squared distance among the landmarks
    sum        k = 1/M sum_m k_m                       functions that are additive in the modalities
    product    k = (prod_m (1 + k_m) - 1) / (2^M - 1)  the sum, and every product of several k_m beside it

the second being the ANOVA kernel (Durrande et al., *ANOVA kernels and RKHS of zero mean functions*, 2013, without their
centring). Both are 1 for x = x'. With L landmarks l_1 .. l_L among the samples, U diag(e) U' = k(l, l) and

    phi(x) = diag(e)^(-1/2) U' k(l, x),    phi(x) . phi(x') ~ k(x, x')

(Williams & Seeger, *Using the Nystroem method to speed up kernel machines*, NIPS 2000); exact where every sample is a
landmark. scikit-learn's `Nystroem` takes one array, not one an modality.

Legend of shapes: n samples, M modalities, D_m numbers of modality m, L landmarks, r <= L features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALLEST = 1e-6
"""Eigenvalues below this share of the largest are rounding and left out."""


def squared_distances(x: NDArray[np.floating], landmarks: NDArray[np.floating]) -> Floats:
    """(n, D) and (L, D) -> (n, L)."""
    squares = np.square(x).sum(1)[:, None] + np.square(landmarks).sum(1)[None]
    return np.asarray(np.maximum(squares - 2 * x @ landmarks.T, 0.0))


def typical(distances: Floats) -> float:
    """The median of what is off the diagonal of (L, L); 1 where all landmarks are the same."""
    median = float(np.median(distances[np.triu_indices(len(distances), 1)])) if len(distances) > 1 else 0.0
    return median if median > 0 else 1.0


@dataclass(frozen=True)
class Combination:
    """A kernel of several modalities.

    Attributes:
        interaction: product or sum, as above.
        scales: (M,) width times s_m.
    """

    interaction: bool
    scales: tuple[float, ...]

    def __call__(self, distances: Sequence[Floats]) -> Floats:
        """Squared distances (n, L) by modality -> the kernel (n, L)."""
        alone = [np.exp(-d / scale) for d, scale in zip(distances, self.scales, strict=True)]
        if not self.interaction:
            return np.asarray(np.mean(alone, axis=0))
        product = alone[0] + 1
        for one in alone[1:]:
            product *= 1 + one
        return np.asarray((product - 1) / (2 ** len(alone) - 1))


def features_of(among_landmarks: Floats) -> Floats:
    """The kernel (L, L) among the landmarks -> (L, r) by which a row k(x, l) is multiplied to give phi(x)."""
    eigenvalues, vectors = np.linalg.eigh(among_landmarks)
    kept = eigenvalues > SMALLEST * eigenvalues[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(eigenvalues[kept]))
