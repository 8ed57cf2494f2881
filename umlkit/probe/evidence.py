"""What a measurement is made from: stored per-sample outputs of the trained models, as plain arrays.

Legend of shapes: n_s samples of `select`, n_p of `probe`, C classes, D features of an encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]


class EncoderFeatures(NamedTuple):
    """Features of one encoder: (n_s, D) and (n_p, D)."""

    select: Floats
    probe: Floats


@dataclass(frozen=True)
class RungOutputs:
    """One rung of the ladder trained with one seed, by its outputs; not yet temperature-scaled.

    Attributes:
        rung: ``unimodal:<modality>``, ``ume``, ``frozen-linear``, ``frozen-mlp``, ``joint-additive``, ``joint``,
            ``residual`` or ``umt``; in :attr:`Evidence.paper` ``ume-prob-mean``, ``paper-train`` or ``paper-select``.
            The prior is no output: :attr:`Evidence.prior` makes that rung. ``best-single`` may be given; it is a
            candidate and no rung of the ladder, being one of the uni-modal models.
        seed: training seed.
        additive: whether the logits are additive in the modalities, by architecture.
        candidate: the way of training that this rung is, where advice may name it; else None.
        select_logits: (n_s, C).
        probe_logits: (n_p, C).
        select_loss: cross-validated `select` log-loss in nats where something of it was fitted on `select`, else None.
        seconds: training time beyond the uni-modal models; for a uni-modal model its own.
        needs_unimodal: whether the uni-modal models have to be trained before it, so that their time is a cost of it.
    """

    rung: str
    seed: int
    additive: bool
    candidate: str | None
    select_logits: Floats
    probe_logits: Floats
    select_loss: float | None
    seconds: float
    needs_unimodal: bool = True


@dataclass(frozen=True)
class Evidence:
    """Everything that :func:`umlkit.probe.measure.measure` reads. Test samples are no part of it.

    Attributes:
        name: the recipe's name.
        classes: C names.
        modalities: M names, in order.
        prior: (C,) class frequencies among the training samples, weighted where these have weights.
        select_labels: (n_s,) class index.
        probe_labels: (n_p,) class index.
        probe_groups: (n_p,) group index, or None where the data name no groups.
        within_groups: validation was divided by sample though the data name groups.
        rungs: every rung of the ladder but the prior, for every seed.
        features: (owner, modality, seed) -> features of that encoder; owner is ``unimodal`` or ``joint``.
        pool_weights: seed -> modality -> UME's weight.
        encoders: modality -> encoder, as resolved.
        paper: what the paper's guide compares, for every seed.
        smallest_effect: nats that matter to the user.
        seeds: S training seeds.
        select_weights, probe_weights: (n_s,) and (n_p,) weights of mean 1, or None where all samples count alike.
        select_groups: (n_s,) group index, kept whole where something is cross-validated within `select`; or None.
    """

    name: str
    classes: Sequence[str]
    modalities: Sequence[str]
    prior: Floats
    select_labels: Ints
    probe_labels: Ints
    probe_groups: Ints | None
    within_groups: bool
    rungs: Sequence[RungOutputs]
    features: Mapping[tuple[str, str, int], EncoderFeatures | tuple[Floats, Floats]]
    pool_weights: Mapping[int, Mapping[str, float]]
    encoders: Mapping[str, str]
    paper: Sequence[RungOutputs] = ()
    smallest_effect: float = 0.02
    seeds: Sequence[int] = field(default=(0,))
    select_groups: Ints | None = None
    select_weights: npt.NDArray[np.float64] | None = None
    probe_weights: npt.NDArray[np.float64] | None = None
