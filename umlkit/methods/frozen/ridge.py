"""A small head fitted to few samples on top of an offset: ridge penalty, L-BFGS, the ridge by cross-validation.

    min  mean_i CE(offset_i + head(z_i), y_i) + ridge / 2 |weights of head|^2

The last layer starts at zero, so shrinkage goes to the offset; no head at all (an infinite ridge) is among what is
compared.

Legend of shapes: n samples, D_m features of modality m, C classes. Log-losses in nats.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from umlkit.fusion.base import Head

Floats = NDArray[np.float64]

RIDGES = (math.inf, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
ITERATIONS = 100
HOPELESS = 0.02


@dataclass(frozen=True)
class HeadData:
    """What a head is fitted to.

    Attributes:
        features: M tensors (n, D_m), float64, standardised.
        offset: (n, C) float64, what the head's logits are added to.
        labels: (n,) int64.
    """

    features: tuple[Tensor, ...]
    offset: Tensor
    labels: Tensor

    def rows(self, rows: NDArray[np.int64]) -> HeadData:
        """The samples at these row numbers."""
        index = torch.from_numpy(rows).to(self.labels.device)
        return HeadData(tuple(z[index] for z in self.features), self.offset[index], self.labels[index])

    def loss(self, head: Head) -> Tensor:
        """Mean log-loss of offset plus head."""
        return cross_entropy(self.offset + head(self.features), self.labels)


def start_at_zero(head: Head) -> None:
    """Set the last linear layer to zero."""
    last = [module for module in head.modules() if isinstance(module, nn.Linear)][-1]
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)


def fit(head: Head, data: HeadData, *, ridge: float) -> Head:
    """A copy of ``head`` (float64, in eval mode) fitted to ``data``; the copy itself where the ridge is infinite."""
    fitted = copy.deepcopy(head)
    if math.isinf(ridge):
        return fitted
    parameters = list(fitted.parameters())

    def risk(flat: Floats) -> tuple[float, Floats]:
        vector_to_parameters(torch.from_numpy(flat).to(data.offset), parameters)
        penalty = torch.stack([p.square().sum() for p in parameters if p.ndim > 1]).sum()
        value = data.loss(fitted) + ridge / 2 * penalty
        slopes = torch.autograd.grad(value, parameters)
        return value.item(), parameters_to_vector(list(slopes)).cpu().numpy()

    start = parameters_to_vector(parameters).detach().cpu().numpy()
    found = minimize(risk, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    vector_to_parameters(torch.from_numpy(found.x).to(data.offset), parameters)
    return fitted


def cross_validated(head: Head, parts: Sequence[tuple[HeadData, HeadData]]) -> dict[float, float]:
    """Ridge -> mean log-loss over all samples, each scored by a head that was fitted without its fold.

    The ridges are gone through from the largest down, until the loss is :data:`HOPELESS` above the lowest so far.

    Args:
        head: where every fit starts.
        parts: for every fold, what to fit on and what to score.
    """
    losses: dict[float, float] = {}
    for ridge in RIDGES:
        losses[ridge] = _held_out_loss(head, parts, ridge)
        if losses[ridge] > min(losses.values()) + HOPELESS:
            break
    return losses


def _held_out_loss(head: Head, parts: Sequence[tuple[HeadData, HeadData]], ridge: float) -> float:
    losses = [scored.loss(fit(head, fitted_on, ridge=ridge)).item() for fitted_on, scored in parts]
    return float(np.average(losses, weights=[len(scored.labels) for _, scored in parts]))
