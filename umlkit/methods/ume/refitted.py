"""The pool of a finished ensemble, fitted again to some of the `select` samples, for what is cross-validated there."""

from __future__ import annotations

import numpy as np
import torch
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


def as_fitted(ensemble: UmeModel, task: Task) -> torch.Tensor:
    """Log-probabilities (n_select, C) by the ensemble as it is, fitted to all of `select`."""
    return ensemble.pool({name: expert.logits["select"][:] for name, expert in task.experts.items()})


def left_out(ensemble: UmeModel, task: Task) -> torch.Tensor:
    """Log-probabilities (n_select, C) float32 of every sample by the ensemble's rule, fitted without its fold.

    What the ensemble itself says of these samples is too good: its pool was fitted to them. The rule was chosen with
    them all the same, by the lower of two cross-validated losses, where they are few. A single sample leaves nothing to
    fit to, so that it gets what the ensemble says.
    """
    if len(task.select) < 2:
        return as_fitted(ensemble, task)
    pooled = np.empty((len(task.select), task.blueprint.classes))
    for fitted, scored in task.select_folds():
        pooled[scored] = refitted(ensemble, task, fitted)[scored]
    return torch.from_numpy(pooled).float().to(task.select.labels.device)
