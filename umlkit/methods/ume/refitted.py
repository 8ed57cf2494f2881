"""The pool of a finished ensemble, fitted again to some of the `select` samples, for what is cross-validated there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umlkit.methods.base import Task
from umlkit.methods.experts import stacked_logits
from umlkit.methods.folds import rows_of
from umlkit.methods.ume import rules
from umlkit.methods.ume.model import UmeModel


def refitted(ensemble: UmeModel, task: Task, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log-probabilities (n_select, C) on all of `select` by the ensemble's rule, fitted to ``rows`` of it alone."""
    logits, labels = stacked_logits(task.experts, "select"), task.select.labels.cpu().numpy()
    pool = rules.RULES[ensemble.rule](
        logits[rows],
        labels[rows],
        ensemble.log_prior.cpu().double().numpy(),
        weights=rows_of(task.select.weights_array, rows),
    )
    return pool(logits)
