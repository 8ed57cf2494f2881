"""How far a student's features are from its teacher's, in units of the teacher's own spread.

Legend of shapes: B samples, n training samples, D features of the teacher.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn.functional import cosine_similarity, l1_loss, mse_loss

from umlkit.rows import Rows, chunks
from umlkit.training.risk import reduced

Distance = Callable[[Tensor, Tensor], Tensor]

SMALLEST_VARIANCE = 1e-6


def _cosine(student: Tensor, teacher: Tensor) -> Tensor:
    return 1 - cosine_similarity(student, teacher, dim=1).mean()


def _mse_by_sample(student: Tensor, teacher: Tensor) -> Tensor:
    return mse_loss(student, teacher, reduction="none").mean(dim=1)


def _l1_by_sample(student: Tensor, teacher: Tensor) -> Tensor:
    return l1_loss(student, teacher, reduction="none").mean(dim=1)


def _cosine_by_sample(student: Tensor, teacher: Tensor) -> Tensor:
    return 1 - cosine_similarity(student, teacher, dim=1)


DISTANCES: Mapping[str, Distance] = {"mse": mse_loss, "l1": l1_loss, "cosine": _cosine}
BY_SAMPLE: Mapping[str, Distance] = {"mse": _mse_by_sample, "l1": _l1_by_sample, "cosine": _cosine_by_sample}
"""The same, (B,) before the mean over samples."""


def between(distance: str, student: Tensor, teacher: Tensor, weights: Tensor | None = None) -> Tensor:
    """The distance of features (B, D) from a teacher's (B, D), a scalar; weighted by (B,) where there are weights."""
    if weights is None:
        return DISTANCES[distance](student, teacher)
    return reduced(BY_SAMPLE[distance](student, teacher), weights)


def unit(distance: str, teacher: Rows) -> float:
    """What a distance is divided by, so that a weight means the same on every data set.

    Args:
        distance: a key of :data:`DISTANCES`.
        teacher: n rows (D,), the teacher's features of the training samples.

    Returns:
        The variance over samples and dimensions for ``mse``, its root for ``l1``, 1 for ``cosine``; floored.
    """
    variance = max(_variance(teacher), SMALLEST_VARIANCE)
    return {"mse": variance, "l1": math.sqrt(variance), "cosine": 1.0}[distance]


def _variance(features: Rows) -> float:
    """Over samples and dimensions, in two passes."""
    count = sum(part.numel() for part in chunks(features))
    mean = sum(float(part.cpu().double().sum()) for part in chunks(features)) / count
    return sum(float((part.cpu().double() - mean).square().sum()) for part in chunks(features)) / count
