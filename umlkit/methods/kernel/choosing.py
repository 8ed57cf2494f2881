"""Which of the functions fitted under several views is added to the ensemble, and how much of it: chosen on `select`.

Legend of shapes: n samples of `select`, L landmarks, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umlkit.data.records import Samples
from umlkit.methods.base import Task
from umlkit.methods.calibration import log_loss, mean
from umlkit.methods.folds import rows_of
from umlkit.methods.kernel.nystroem import Combination, Floats
from umlkit.methods.kernel.ridge import Linear
from umlkit.methods.kernel.seeing import Seen
from umlkit.methods.kernel.step import step
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.refitted import refitted


@dataclass(frozen=True)
class Direction:
    """A function fitted on `train`, by what it says on `select`.

    Attributes:
        seen: what its kernels see.
        kernel: the combination of kernels.
        landmarks: L, so many of the samples seen.
        ridge: of the regression.
        function: of the kernel's values at the landmarks, (B, L) -> (B, C).
        on_select: (n_select, C).
    """

    seen: Seen
    kernel: Combination
    landmarks: int
    ridge: float
    function: Linear
    on_select: Floats


def choose(
    directions: list[Direction], offset: Floats, select: Samples, rows: NDArray[np.int64]
) -> tuple[Direction, float]:
    """The direction, and the step along it, with the lowest loss on some rows of `select`; the first on a tie."""
    labels, weights = select.labels.cpu().numpy()[rows], rows_of(select.weights_array, rows)
    found = []
    for direction in directions:
        size = step(offset[rows], direction.on_select[rows], labels, weights=weights)
        found.append((mean(log_loss(offset[rows] + size * direction.on_select[rows], labels), weights), size))
    best = min(range(len(found)), key=lambda at: found[at][0])
    return directions[best], found[best][1]


def held_out(task: Task, ensemble: UmeModel, directions: list[Direction]) -> Floats:
    """Logits (n_select, C) of every sample by pool, direction and step that were fitted without its fold."""
    logits = np.empty((len(task.select), task.blueprint.classes))
    for fitted_on, scored in task.select_folds():
        offset = refitted(ensemble, task, fitted_on)
        direction, size = choose(directions, offset, task.select, fitted_on)
        logits[scored] = offset[scored] + size * direction.on_select[scored]
    return logits
