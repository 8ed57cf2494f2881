"""The linear encoder: ``z = W x + b``; pictures and sequences are read as one long vector, tables one-hot.

Alone, it starts from logistic regression with an L2 penalty chosen on `select` (:mod:`ridge_logistic`), which is what
it has to reach where samples are few and columns many. Trained jointly it starts small, so that early stopping shrinks
it. The start costs .3 s on 900 x 32 with ten classes, .2 s on 300 x 2000 with two, 2.6 s on 10,000 x 1000 with six
(*measured* on one core). On five tables of numbers and categories it differs from scikit-learn's logistic regression on
one-hot columns, C by validation, by -.017 to +.0015 nats of held-out log-loss, never by more than 1.2 standard errors
to the worse (*measured*; see :mod:`umlkit.encoders.mlp.encoder` for the tables).

Legend of shapes: B samples, P inputs of one sample, D features, C classes.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from umlkit.encoders.base import Encoded, Encoder, Labelled, Readout, SampleSpec
from umlkit.encoders.linear import ridge_logistic
from umlkit.encoders.linear.factoring import factored
from umlkit.encoders.linear.options import LinearOptions
from umlkit.encoders.stems import stem_for
from umlkit.rows import chunks

LARGEST_EFFORT = 5 * 10**11
"""Multiply-adds above which there is no warm start: about half a minute on one core."""
LARGEST_PROBLEM = 2**24
"""Numbers in memory, training and `select` samples together, above which there is none: 128 MiB as float64.

*Measured* on 6,000 samples of 128 columns and five classes, strong and weak signal (test log-loss, mean of three):
started from all samples .7355 and 1.5289; from 1,500 of them .7445 and 1.5378; from 500 .7465 and 1.5408; not at all
.7460 and 1.5395. A part of the samples gains next to nothing, so above the bound it is left to gradient descent."""


class LinearEncoder(Encoder):
    """``z = W x + b`` with W (D, P)."""

    lr_factor = 3.0

    def __init__(self, options: LinearOptions, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        self.features = options.features * scale
        self.stem = stem_for(sample)
        self.linear = nn.Linear(self.stem.width, self.features)
        nn.init.normal_(self.linear.weight, std=0.1 / math.sqrt(self.linear.in_features))
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Encoded:
        """(B, *sample_shape) -> features (B, D)."""
        return Encoded(self.linear(self.stem(x)))

    def warm_start(self, train: Labelled, select: Labelled, *, classes: int) -> Readout | None:
        """Logistic regression, factored over the features; nothing where a class is missing or the effort too large."""
        n, inputs = len(train.y), self.linear.in_features
        complete = len(torch.unique(train.y)) == classes
        if not complete or ridge_logistic.effort(n, inputs, classes) > LARGEST_EFFORT:
            return None
        if (n + len(select.y)) * inputs > LARGEST_PROBLEM:
            return None
        solution = ridge_logistic.solve(
            *self._arrays(train),
            *self._arrays(select),
            classes=classes,
            weights=_weights(train),
            select_weights=_weights(select),
        )
        weight, bias = (torch.from_numpy(part).to(self.linear.weight) for part in (solution.weight, solution.bias))
        inner, readout = factored(weight, self.features)
        with torch.no_grad():
            self.linear.weight.copy_(inner)
        return Readout(readout, bias)

    @torch.no_grad()
    def _arrays(self, samples: Labelled) -> tuple[ridge_logistic.Floats, ridge_logistic.Ints]:
        x = np.concatenate([self.stem(part).cpu().double().numpy() for part in chunks(samples.x)])
        return x, samples.y.cpu().numpy()


def _weights(samples: Labelled) -> ridge_logistic.Floats | None:
    return None if samples.weights is None else samples.weights.cpu().double().numpy()
