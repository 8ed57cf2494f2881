"""What a measurement is made from: stored per-sample outputs of the trained models, as plain arrays.

A measurement has one or several *folds*, each with models, `select` and `probe` samples of its own. Not cross-fitted
there is one, called ``all``; cross-fitted there are ``fold-1``, ``fold-2`` ..., and a sample is a probe sample of one
of them alone. What is fitted on `select` is fitted fold by fold; then the folds' probe samples are joined, in the order
of :attr:`Evidence.folds`, and what follows knows no folds.

Legend of shapes: n_s samples of `select` and n_p of `probe` in one fold, C classes, D features of an encoder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from umlkit.data.weights import mean_one
from umlkit.probe.marginals import ModelMarginals
from umlkit.recipe.schema import Budget
from umlkit.runs.layout import ALL

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Number = TypeVar("Number", bound=np.generic)


class EncoderFeatures(NamedTuple):
    """Features of one encoder: (n_s, D) and (n_p, D)."""

    select: Floats
    probe: Floats


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """The samples that one fold's models are judged on.

    Attributes:
        fold: ``all``, or ``fold-1``, ``fold-2`` ... where the measurement is cross-fitted.
        select_labels: (n_s,) class index.
        probe_labels: (n_p,) class index.
        select_groups: (n_s,) group index, kept whole where something is cross-validated within `select`; or None.
        probe_groups: (n_p,) group index, the same numbers in every fold; or None where the data name no groups.
        select_weights, probe_weights: (n_s,) and (n_p,) weights of mean 1, or None where all samples count alike.
        mean_weight: the mean of the fold's probe weights before they were brought to 1, for joining them.
        rows: (n_p,) row numbers of the data set.
        prior: (C,) class frequencies among the training samples, weighted where these have weights.
    """

    fold: str = ALL
    select_labels: Ints
    probe_labels: Ints
    select_groups: Ints | None = None
    probe_groups: Ints | None = None
    select_weights: Weights | None = None
    probe_weights: Weights | None = None
    mean_weight: float = 1.0
    rows: Ints
    prior: Floats


@dataclass(frozen=True)
class RungOutputs:
    """One rung of the ladder trained with one seed in one fold, by its outputs; not yet temperature-scaled.

    Attributes:
        rung: ``unimodal:<modality>``, ``ume``, ``ume-tuned``, ``frozen-linear``, ``frozen-mlp``,
            ``kernel-additive``, ``kernel``, ``joint-additive``, ``joint``, ``residual`` or ``umt``; in
            :attr:`Evidence.paper` ``ume-prob-mean``, ``paper-train`` or ``paper-select``.
            The prior is no output: :attr:`HeldOut.prior` makes that rung. ``best-single`` may be given; it is a
            candidate and no rung of the ladder, being one of the uni-modal models.
        seed: training seed.
        additive: whether the logits are additive in the modalities, by architecture.
        candidate: the way of training that this rung is, where advice may name it; else None.
        select_logits: (n_s, C); where something was fitted on `select`, by what was fitted without the sample.
        probe_logits: (n_p, C).
        seconds: training time beyond the uni-modal models; for a uni-modal model its own.
        needs_unimodal: whether the uni-modal models have to be trained before it, so that their time is a cost of it.
        fold: the fold whose samples these are.
        predicted: whether the candidate itself is trained longer than this rung was.
    """

    rung: str
    seed: int
    additive: bool
    candidate: str | None
    select_logits: Floats
    probe_logits: Floats
    seconds: float
    needs_unimodal: bool = True
    fold: str = ALL
    predicted: bool = False


@dataclass(frozen=True)
class Pooling:
    """How an ensemble of the ladder makes one prediction of those of its uni-modal models.

    Attributes:
        rule: of :mod:`umlkit.methods.ume.rules`.
        weights: seed -> modality -> its weight, the mean over the folds.
    """

    rule: str = "auto"
    weights: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """Everything that :func:`umlkit.probe.measure.measure` reads. Test samples are no part of it.

    Attributes:
        name: the recipe's name.
        classes: C names.
        modalities: M names, in order.
        folds: what the models of every fold are judged on; one fold where nothing is cross-fitted.
        within_groups: intervals go over samples though the data name groups, as there are too few of these.
        rungs: every rung of the ladder but the prior, for every seed and fold.
        features: (owner, modality, seed, fold) -> features of that encoder; owner is ``unimodal`` or ``joint``.
        encoders: modality -> encoder, as resolved.
        paper: what the paper's guide compares, for every seed and fold.
        smallest_effect: nats that matter to the user.
        budget: how much was trained to measure.
        seeds: S training seeds.
        shifted: class frequencies in training surely differ from those of the samples held out.
        poolings: ``ume``, and ``ume-tuned`` where that stands beside it -> how it pools.
        constant: modalities that are the same in every sample of training and validation.
        pid: whether the recipe asks for the partial information decomposition.
        marginals: (rung, seed, fold) -> what that model says where it knows some modalities alone; of every multi-modal
            rung, or of none.
    """

    name: str
    classes: Sequence[str]
    modalities: Sequence[str]
    folds: Sequence[HeldOut]
    within_groups: bool
    rungs: Sequence[RungOutputs]
    features: Mapping[tuple[str, str, int, str], EncoderFeatures | tuple[Floats, Floats]]
    encoders: Mapping[str, str]
    paper: Sequence[RungOutputs] = ()
    smallest_effect: float = 0.02
    budget: Budget = "full"
    seeds: Sequence[int] = field(default=(0,))
    shifted: bool = False
    poolings: Mapping[str, Pooling] = field(default_factory=dict)
    constant: Collection[str] = ()
    pid: bool = False
    marginals: Mapping[tuple[str, int, str], ModelMarginals] = field(default_factory=dict)

    def pooling(self, ensemble: str) -> Pooling:
        """How ``ume`` or ``ume-tuned`` pools; as by default, with weights unknown, where that was not said."""
        return self.poolings.get(ensemble, Pooling())

    @cached_property
    def probe_labels(self) -> Ints:
        """Labels of all folds' probe samples, joined."""
        return np.concatenate([held.probe_labels for held in self.folds])

    @cached_property
    def probe_groups(self) -> Ints | None:
        """Groups of all folds' probe samples, joined; None where the data name none."""
        return _joined([held.probe_groups for held in self.folds])

    @cached_property
    def probe_weights(self) -> Weights | None:
        """Weights of all folds' probe samples, joined, of mean 1; None where all samples count alike."""
        if len(self.folds) == 1:
            return self.folds[0].probe_weights
        joined = _joined(
            [None if held.probe_weights is None else held.mean_weight * held.probe_weights for held in self.folds]
        )
        return None if joined is None else mean_one(joined)

    @cached_property
    def rows(self) -> Ints:
        """Row numbers of all folds' probe samples, joined."""
        return np.concatenate([held.rows for held in self.folds])


def _joined(parts: Sequence[npt.NDArray[Number] | None]) -> npt.NDArray[Number] | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None
