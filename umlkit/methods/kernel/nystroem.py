"""Gaussian kernels on several modalities, centred and combined, and Nystroem features of the combinations.

    g_m(x, x') = exp(-|x_m - x'_m|^2 / (width s_m)),   s_m the median squared distance among the landmarks l_1 .. l_L
    c_m(x, x') = g_m(x, x') - mean_l g_m(x, l) - mean_l g_m(l, x') + mean_ll' g_m(l, l')
    A = 1/M sum_m c_m / d_m                                     functions that are additive in the modalities
    k_m(x, x') = c_m(x, x') / sqrt(max(c_m(x, x), d_m) max(c_m(x', x'), d_m))
    B = (prod_m (1 + k_m) - 1 - sum_m k_m) / d                  functions of several modalities
    k = share A + (1 - share) B

d_m and d make the mean of A(l, l) and B(l, l) over the landmarks 1. Without the mean a function that hardly depends on
one modality takes no product with it, and products of several kernels leave to the sum what modalities that are
independent say one by one: the ANOVA kernel of Durrande et al., *ANOVA kernels and RKHS of zero mean functions*, 2013,
arXiv 1106.3571, its parts weighted by what the data say. In products a sample far from all others counts as one that
lies at the usual distance, or a few of them would be all there is where many modalities are multiplied. With the
features

    phi(x) = diag(e)^(-1/2) U' k(l, x),    phi(x) . phi(x') ~ k(x, x'),    U diag(e) U' = k(l, l)

(Williams & Seeger, *Using the Nystroem method to speed up kernel machines*, NIPS 2000) a ridge regression is one with
the kernel; exact where every sample is a landmark. scikit-learn's `Nystroem` takes one array, not one a modality.

Legend of shapes: n samples, M modalities, D_m numbers of modality m, L landmarks, r <= L features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALLEST = 1e-6
"""Eigenvalues below this share of the largest are rounding and left out."""
ROUNDING = 1e-4
"""A modality that hardly changes has a kernel of nothing, not one of rounding."""


def squared_distances(x: NDArray[np.floating], landmarks: NDArray[np.floating]) -> Floats:
    """(n, D) and (L, D) -> (n, L)."""
    x, landmarks = (np.asarray(one, dtype=np.float64) for one in (x, landmarks))
    squares = np.square(x).sum(1)[:, None] + np.square(landmarks).sum(1)[None]
    return np.asarray(np.maximum(squares - 2 * x @ landmarks.T, 0.0))


def typical(distances: Floats) -> float:
    """The median of what is off the diagonal of (L, L); 1 where all landmarks are the same."""
    median = float(np.median(distances[np.triu_indices(len(distances), 1)])) if len(distances) > 1 else 0.0
    return median if median > 0 else 1.0


@dataclass(frozen=True)
class Centred:
    """The kernels of several modalities at given landmarks.

    Attributes:
        scales: (M,) width times s_m.
        means: the mean of g_m(l, l') over l, (L,) by modality.
        sizes: (M,) d_m.
        mixed_size: d.
    """

    scales: tuple[float, ...]
    means: tuple[Floats, ...]
    sizes: tuple[float, ...]
    mixed_size: float

    @classmethod
    def at(cls, scales: Sequence[float], among: Sequence[Floats]) -> Centred:
        """At landmarks with these squared distances among them, (L, L) by modality."""
        means = [np.exp(-distances / scale).mean(axis=0) for distances, scale in zip(among, scales, strict=True)]
        squares = [1 - 2 * of_one + of_one.mean() for of_one in means]
        sizes = [max(float(of_one.mean()), ROUNDING) for of_one in squares]
        diagonals = [np.minimum(of_one / size, 1.0) for of_one, size in zip(squares, sizes, strict=True)]
        mixed = np.prod([1 + diagonal for diagonal in diagonals], axis=0) - 1 - np.sum(diagonals, axis=0)
        return cls(tuple(scales), tuple(means), tuple(sizes), max(float(mixed.mean()), ROUNDING))

    def __call__(self, distances: Sequence[Floats], *, mixed: bool = True) -> Parts:
        """Squared distances (n, L) by modality -> A and B, (n, L); A alone where ``mixed`` is false."""
        total, each = np.zeros_like(distances[0]), self._each(distances)
        if not mixed:
            for kernel, size, _, _ in each:
                total += kernel / size
            return Parts(total / len(distances), None)
        bounded, product = np.zeros_like(total), np.ones_like(total)
        for kernel, size, of_samples, of_landmarks in each:
            total += kernel / size
            kernel /= of_samples[:, None]
            kernel /= of_landmarks
            bounded += kernel
            kernel += 1
            product *= kernel
        product -= 1
        product -= bounded
        return Parts(total / len(distances), product / self.mixed_size)

    def _each(self, distances: Sequence[Floats]) -> Iterator[tuple[Floats, float, Floats, Floats]]:
        """By modality c_m (n, L), d_m, and what products divide it by: ``sqrt(max(c(x, x), d))`` (n,) and (L,)."""
        for squared, scale, means, size in zip(distances, self.scales, self.means, self.sizes, strict=True):
            kernel = np.exp(-squared / scale)
            own, level = kernel.mean(axis=1), means.mean()
            kernel -= own[:, None]
            kernel -= means - level
            of_samples, of_landmarks = (np.sqrt(np.maximum(1 - 2 * one + level, size)) for one in (own, means))
            yield kernel, size, of_samples, of_landmarks


@dataclass(frozen=True)
class Parts:
    """The additive and the mixed part of a kernel, both (n, L); the latter is None where nobody asked for it."""

    additive: Floats
    mixed: Floats | None

    def combined(self, share: float) -> Floats:
        """``share A + (1 - share) B``, (n, L).

        Raises:
            ValueError: B takes part, and nobody asked for it.
        """
        if share == 1:
            return self.additive
        if self.mixed is None:
            raise ValueError(f"a kernel of which {share} is additive has products")
        return np.asarray(share * self.additive + (1 - share) * self.mixed)


@dataclass(frozen=True)
class Combination:
    """One kernel of several modalities at given landmarks, a share of it additive: 1 all of it, 0 nothing."""

    centred: Centred
    share: float

    def __call__(self, distances: Sequence[Floats]) -> Floats:
        """Squared distances (n, L) by modality -> k (n, L)."""
        return self.centred(distances, mixed=self.share < 1).combined(self.share)


def features_of(among_landmarks: Floats) -> Floats:
    """The kernel (L, L) among the landmarks -> (L, r) by which a row k(x, l) is multiplied to give phi(x)."""
    eigenvalues, vectors = np.linalg.eigh(among_landmarks)
    kept = eigenvalues > SMALLEST * eigenvalues[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(eigenvalues[kept]))
