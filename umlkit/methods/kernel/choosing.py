"""Which of the functions fitted under several views is added to the ensemble, and how much of it: chosen on `select`.

Legend of shapes: n samples of `select`, L landmarks, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from umlkit.methods.base import Task
from umlkit.methods.calibration import log_loss, mean
from umlkit.methods.folds import folds, rows_of
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
        ridge: of the regression.
        function: of the kernel's values at the landmarks, (B, L) -> (B, C).
        on_select: (n_select, C).
    """

    seen: Seen
    kernel: Combination
    ridge: float
    function: Linear
    on_select: Floats


@dataclass(frozen=True)
class Select:
    """Labels, weights and groups (n,) of `select`."""

    labels: NDArray[np.int64]
    weights: Floats | None
    groups: NDArray[np.int64] | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """Those of a task."""
        groups = None if task.select_groups is None else task.select_groups.cpu().numpy()
        return cls(task.select.labels.cpu().numpy(), task.select.weights_array, groups)


def choose(
    directions: list[Direction], offset: Floats, select: Select, rows: NDArray[np.int64]
) -> tuple[Direction, float]:
    """The direction, and the step along it, with the lowest loss on some rows of `select`; the first on a tie."""
    labels, weights = select.labels[rows], rows_of(select.weights, rows)
    found = []
    for direction in directions:
        size = step(offset[rows], direction.on_select[rows], labels, weights=weights)
        found.append((mean(log_loss(offset[rows] + size * direction.on_select[rows], labels), weights), size))
    best = min(range(len(found)), key=lambda at: found[at][0])
    return directions[best], found[best][1]


def held_out(task: Task, ensemble: UmeModel, directions: list[Direction]) -> Floats:
    """Logits (n_select, C) of every sample by pool, direction and step that were fitted without its fold."""
    select = Select.of(task)
    logits = np.empty((len(select.labels), task.blueprint.classes))
    for fitted_on, scored in folds(select.labels, groups=select.groups):
        offset = refitted(ensemble, task, fitted_on)
        direction, size = choose(directions, offset, select, fitted_on)
        logits[scored] = offset[scored] + size * direction.on_select[scored]
    return logits
