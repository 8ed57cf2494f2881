"""What a method is: how it builds its model, how it trains it, and what it says of itself afterwards.

A method sees tensors and models only; files, fingerprints and reuse are the pipeline's. Legend of shapes: B samples,
D_m features of modality m, C classes, n samples of a role.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, Required, TypedDict, TypeVar, Unpack

from torch import Tensor, nn

from umlkit.data.records import Ints, Samples
from umlkit.encoders.base import SampleSpec
from umlkit.methods.folds import Fold, folds
from umlkit.recipe.schema import Train
from umlkit.registry import Options
from umlkit.rows import Rows
from umlkit.training.loop import FitResult, Logits, Loss


@dataclass(frozen=True)
class ModalityPlan:
    """One modality as a method builds it.

    Attributes:
        kind: of the modality.
        encoder: a registered encoder, or ``auto`` (only ``unimodal`` gets that, and resolves it).
        options: the encoder's options; may hold ``auto`` values only where ``unimodal`` gets them.
        sample_shape: what an encoder has to know of a sample; see :mod:`umlkit.data.kinds.base`.
    """

    kind: str
    encoder: str
    options: Mapping[str, Any]
    sample_shape: tuple[int, ...]

    @property
    def sample(self) -> SampleSpec:
        """Kind and shape, as encoders take them."""
        return SampleSpec(self.kind, self.sample_shape)


@dataclass(frozen=True)
class Blueprint:
    """What a model is built from, but for the method's own options: modalities in order, and the number of classes."""

    modalities: Mapping[str, ModalityPlan]
    classes: int


class Output(NamedTuple):
    """What a model returns for a batch.

    Attributes:
        logits: (B, C).
        features: modality -> (B, D_m), the features that the model's head reads; empty where it has none.
    """

    logits: Tensor
    features: Mapping[str, Tensor]


class MultiModalModel(nn.Module, ABC):
    """Base of what a method trains: ``inputs -> Output``. Its parameters and buffers are finite once it is trained.

    Attributes:
        parts_are: what :meth:`parts` gives. ``inputs``: the inputs themselves, so that a fusion costs a whole pass;
            ``computed``: the result of a pass, after which a fusion is cheap; ``features``: the features of
            :class:`Output` and nothing else, so that stored ones will do.
    """

    parts_are: ClassVar[Literal["inputs", "computed", "features"]] = "inputs"

    @abstractmethod
    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and features."""

    def infer(self, inputs: Mapping[str, Tensor]) -> Output:
        """Typed call of the module."""
        result: Output = self(inputs)
        return result

    def parts(self, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """What every modality brings to the fusion, each from that modality alone: modality -> (B, ...).

        ``fuse(parts(x))`` are the logits of x. Whoever mixes modalities of different samples computes parts once a
        sample and fuses them in every combination. Here they are the inputs themselves, which is always right.
        """
        return inputs

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Logits (B, C) of parts, every modality's from whatever sample."""
        return self.infer(parts).logits

    def fuse_pairs(self, own: Mapping[str, Tensor], references: Mapping[str, Tensor]) -> Tensor:
        """Logits (b, K, C) of b samples with every one of K references, for who has a quicker way than every pair.

        Args:
            own: parts of the samples, of some modalities: (b, ...).
            references: parts of the references, of all the others: (K, ...).
        """
        b, count = (len(next(iter(parts.values()))) for parts in (own, references))
        pairs = {name: part.repeat_interleave(count, dim=0) for name, part in own.items()}
        pairs |= {name: part.repeat(b, *([1] * (part.ndim - 1))) for name, part in references.items()}
        return self.fuse(pairs).reshape(b, count, -1)

    def augmented(self, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """A random view of a batch, as the encoders say; for training losses alone, the batch itself in eval mode."""
        return inputs


class Fitting(TypedDict, total=False):
    """What a method asks of the training loop, as keywords; the rest of :func:`umlkit.training.loop.fit` is the run's.

    Attributes:
        loss: batch -> scalar, the (weighted) mean over the batch.
        logits: batch -> (B, C), whose `select` log-loss stops training.
        train: what is fitted.
        select: what stops it.
        epochs: cap; None takes the recipe's.
        evaluate_start: count the weights before the first step as a candidate for the best.
    """

    loss: Required[Loss]
    logits: Required[Logits]
    train: Required[Samples]
    select: Required[Samples]
    epochs: int | None
    evaluate_start: bool


class Fit(Protocol):
    """The training loop, bound by the pipeline to the run's settings, seed and work directory."""

    def __call__(self, name: str, module: nn.Module, **asked: Unpack[Fitting]) -> FitResult:
        """Train ``module`` in place; it holds its best weights afterwards.

        Args:
            name: names this training within the artifact: its checkpoint, metrics and random streams.
            module: what is trained; parameters with ``requires_grad=False`` are left alone.
            asked: see :class:`Fitting`.
        """


@dataclass(frozen=True)
class Expert:
    """A finished, frozen uni-modal model (in eval mode, without gradients) with its stored outputs.

    Attributes:
        model: the model of one modality.
        features: role -> n rows (D,), for ``train`` and ``select``; they may lie in files.
        logits: role -> n rows (C,).
    """

    model: MultiModalModel
    features: Mapping[str, Rows]
    logits: Mapping[str, Rows]

    @property
    def width(self) -> int:
        """D."""
        return self.features["train"][:1].shape[1]


@dataclass(frozen=True)
class Task:
    """What a method trains on.

    Attributes:
        blueprint: modalities and classes; encoders resolved, except for ``unimodal``.
        train, select: standardised samples of the two roles, on the device, with their weights where there are any.
        settings: the recipe's training section.
        seed: training seed; a method derives further streams with :func:`umlkit.training.seeds.derive`.
        fit: the training loop.
        experts: the finished uni-modal models by modality, where the method builds on ``unimodal``.
        built_on: finished models of the other methods that it builds on, by name, frozen.
        priors: (C,) class frequencies among the training samples, weighted where these have weights.
        select_groups: (n_select,) group index, or None.
    """

    blueprint: Blueprint
    train: Samples
    select: Samples
    settings: Train
    seed: int
    fit: Fit
    priors: Tensor
    experts: Mapping[str, Expert] = field(default_factory=dict)
    built_on: Mapping[str, MultiModalModel] = field(default_factory=dict)
    select_groups: Tensor | None = None

    @property
    def select_groups_array(self) -> Ints | None:
        """The groups (n_select,) of `select` as an array; None where there are none."""
        return None if self.select_groups is None else self.select_groups.cpu().numpy()

    def select_folds(self) -> list[Fold]:
        """The folds of `select` by which what is fitted on it is judged there."""
        return folds(self.select.labels.cpu().numpy(), groups=self.select_groups_array)


@dataclass(frozen=True)
class Trained:
    """What training a method gives.

    Attributes:
        model: in eval mode, with its best weights.
        blueprint: with every encoder resolved.
        resolved: what else is needed to build the same architecture again, JSON values only (a chosen weight, a room).
        fits: the trainings that led to it, by name, that of the model itself last.
        report: what a person wants to know (what was tried, what was chosen, weights), JSON values only.
        remark: what a person should know of how it was chosen, in words; mostly nothing.
        select_logits: (n_select, C) where the model was fitted on `select`: every sample's logits by a fit without its
            fold, so that what is fitted or chosen on them is not flattered; else None.
    """

    model: MultiModalModel
    blueprint: Blueprint
    resolved: Mapping[str, Any] = field(default_factory=dict)
    fits: Mapping[str, FitResult] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""
    select_logits: Tensor | None = None


OptionsT = TypeVar("OptionsT", bound=Options)


class Method(ABC, Generic[OptionsT]):
    """Base of methods. Constructed with its options, as the recipe resolved them."""

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    @abstractmethod
    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> MultiModalModel:
        """The architecture that :meth:`train` ended with, weights not yet loaded."""

    @abstractmethod
    def train(self, task: Task) -> Trained:
        """Train on ``task``."""
