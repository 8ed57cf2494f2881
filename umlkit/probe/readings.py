"""Stored logits to per-sample losses: every rung is temperature-scaled on `select` and read on `probe` alone.

What is fitted on `select` is judged there by cross-validation: what a method fits there it brings as logits that were
made without the sample, and the temperature of every rung is fitted without the fold that it is judged on, so that all
`select` losses are on one scale. The temperature is that of the model as it is shipped
(:data:`~umlkit.methods.calibration.CAUTION`). Where the measurement has several folds, each is scaled on its own
`select` and read on its own probe samples, which are then joined; the `select` loss is the mean over the folds. The
prior has nothing to scale: it is the class frequencies of the training samples. Its log-loss on `probe` is H(Y) in

    I = H(Y) - log-loss

the usable information of Xu et al., *A Theory of Usable Information under Computational Constraints*, ICLR 2020 (the
loss of the best predictor that sees no input, fitted on the same training samples). The entropy of the probe labels
would be another choice; it is fitted to the very samples it is read on, which makes every I too small by about
(C-1)/2n nats, and it leaves no per-sample difference whose interval could be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from umlkit.errors import RunError
from umlkit.methods.calibration import CAUTION, log_loss, mean, temperature
from umlkit.methods.folds import folds, rows_of
from umlkit.probe.evidence import Evidence, Floats, HeldOut, RungOutputs
from umlkit.probe.units import Values
from umlkit.probe.weighting import balanced, weighted

PRIOR = "prior"
BEST_SINGLE = "best-single"
SMALLEST_SHARE = 1e-6


@dataclass(frozen=True)
class Reading:
    """One rung with one seed, read on `probe`.

    Attributes:
        rung: its name.
        seed: training seed; None for the prior.
        additive: logits additive in the modalities.
        temperature: what its logits were divided by; the geometric mean over the folds.
        select_loss: nats, cross-validated; the mean over the folds.
        seconds: training time beyond the uni-modal models; the mean over the folds.
        losses: (n_p,) nats, of the weighted risk (:mod:`umlkit.probe.weighting`) where samples have weights.
        correct: (n_p,) 1 where the class with the largest logit is the label, else 0; likewise.
        plain: (n_p,) nats, without any weights.
        right: (n_p,) correctness without any weights.
        balanced_accuracy: mean recall over the classes that occur in `probe`.
        balanced_log_loss: mean over these classes of their mean loss, nats.
    """

    rung: str
    seed: int | None
    additive: bool
    temperature: float
    select_loss: float
    seconds: float
    losses: Values
    correct: Values
    plain: Values
    right: Values
    balanced_accuracy: float
    balanced_log_loss: float


def read(outputs: Sequence[RungOutputs], evidence: Evidence, *, judged: bool = True) -> Reading:
    """One rung with one seed: its outputs of every fold, scaled, read, and joined in the order of the folds.

    Args:
        outputs: of the rung, one a fold.
        evidence: the labels.
        judged: whether its `select` loss is asked for; else that is NaN, and five temperatures are saved.

    Raises:
        RunError: a logit is NaN or infinite.
        ValueError: a fold's outputs are missing, or there twice.
    """
    by_fold = {one.fold: one for one in outputs}
    if len(by_fold) != len(outputs) or set(by_fold) != {held.fold for held in evidence.folds}:
        raise ValueError(f"{outputs[0].rung} needs outputs once for every fold, got {[one.fold for one in outputs]}")
    scaled = [_scaled(by_fold[held.fold], held, judged=judged) for held in evidence.folds]
    return Reading(
        rung=outputs[0].rung,
        seed=outputs[0].seed,
        additive=all(one.additive for one in outputs),
        temperature=float(np.exp(np.mean([np.log(one.temperature) for one in scaled]))),
        select_loss=float(np.mean([one.select_loss for one in scaled])),
        seconds=float(np.mean([one.seconds for one in outputs])),
        **vars(_on_probe(np.concatenate([one.logits for one in scaled]), evidence)),
    )


def read_prior(evidence: Evidence) -> Reading:
    """The training frequencies as a rung. A class that training lacks counts as one in a million."""
    scaled = [_prior(held) for held in evidence.folds]
    return Reading(
        rung=PRIOR,
        seed=None,
        additive=True,
        temperature=1.0,
        select_loss=float(np.mean([one.select_loss for one in scaled])),
        seconds=0.0,
        **vars(_on_probe(np.concatenate([one.logits for one in scaled]), evidence)),
    )


@dataclass(frozen=True)
class Readings:
    """All entries: the prior, then every rung with every seed, rungs in the ladder's order."""

    entries: Sequence[Reading]

    def rungs(self) -> list[str]:
        """Names of the ladder's rungs, in order. The best single modality is there under its own name."""
        return list(dict.fromkeys(entry.rung for entry in self.entries if entry.rung != BEST_SINGLE))

    def of(self, rung: str) -> list[Reading]:
        """The entries of one rung, a seed each."""
        return [entry for entry in self.entries if entry.rung == rung]

    def losses(self, rung: str) -> Values:
        """Per-sample losses (n_p,) of a rung, the mean over seeds."""
        return np.asarray(np.mean([entry.losses for entry in self.of(rung)], axis=0))

    def plain(self, rung: str) -> Values:
        """The same without any weights."""
        return np.asarray(np.mean([entry.plain for entry in self.of(rung)], axis=0))

    def correct(self, rung: str) -> Values:
        """Per-sample correctness (n_p,) of a rung, the mean over seeds."""
        return np.asarray(np.mean([entry.correct for entry in self.of(rung)], axis=0))

    def select_loss(self, rung: str) -> float:
        """`select` loss of a rung in nats, the mean over seeds."""
        return float(np.mean([entry.select_loss for entry in self.of(rung)]))

    def additive(self, rung: str) -> bool:
        """Whether a rung's logits are additive in the modalities with every seed."""
        return all(entry.additive for entry in self.of(rung))


@dataclass(frozen=True)
class _Scaled:
    """One rung in one fold: scaled logits (n_p, C) of its probe samples."""

    temperature: float
    select_loss: float
    logits: Floats


def _scaled(outputs: RungOutputs, held: HeldOut, *, judged: bool) -> _Scaled:
    if not (np.isfinite(outputs.select_logits).all() and np.isfinite(outputs.probe_logits).all()):
        raise RunError(f"the outputs of {outputs.rung} with seed {outputs.seed} hold NaN or infinity")
    scale = temperature(outputs.select_logits, held.select_labels, weights=held.select_weights, caution=CAUTION)
    return _Scaled(
        temperature=scale,
        select_loss=_select_loss(outputs, held) if judged else float("nan"),
        logits=np.asarray(outputs.probe_logits, dtype=np.float64) / scale,
    )


def _select_loss(outputs: RungOutputs, held: HeldOut) -> float:
    labels, logits = held.select_labels, outputs.select_logits
    losses = np.empty(len(labels))
    for fitted, scored in folds(labels, groups=held.select_groups):
        weights = rows_of(held.select_weights, fitted)
        scale = temperature(logits[fitted], labels[fitted], weights=weights, caution=CAUTION)
        losses[scored] = log_loss(np.asarray(logits[scored], dtype=np.float64) / scale, labels[scored])
    return mean(losses, held.select_weights)


def log_prior(held: HeldOut) -> Values:
    """(C,) log class frequencies of the training samples; a class that they lack counts as one in a million."""
    shares = np.maximum(np.asarray(held.prior, dtype=np.float64), SMALLEST_SHARE)
    return np.asarray(np.log(shares / shares.sum()))


def _prior(held: HeldOut) -> _Scaled:
    logits = log_prior(held)
    on_select = np.tile(logits, (len(held.select_labels), 1))
    return _Scaled(
        temperature=1.0,
        select_loss=mean(log_loss(on_select, held.select_labels), held.select_weights),
        logits=np.tile(logits, (len(held.probe_labels), 1)),
    )


@dataclass(frozen=True)
class _OnProbe:
    """The part of a :class:`Reading` that is read off the probe samples."""

    losses: Values
    correct: Values
    plain: Values
    right: Values
    balanced_accuracy: float
    balanced_log_loss: float


def _on_probe(logits: Floats, evidence: Evidence) -> _OnProbe:
    """Scaled logits (n_p, C), read."""
    labels, weights = evidence.probe_labels, evidence.probe_weights
    losses = log_loss(logits, labels)
    right = np.asarray(logits.argmax(axis=1) == labels, dtype=np.float64)
    return _OnProbe(
        losses=weighted(losses, weights),
        correct=weighted(right, weights),
        plain=losses,
        right=right,
        balanced_accuracy=min(1.0, balanced(right, labels, weights)),
        balanced_log_loss=balanced(losses, labels, weights),
    )
