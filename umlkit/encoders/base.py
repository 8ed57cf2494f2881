"""What an encoder is: a module from one modality's batch to a record of features.

Legend of shapes: B samples of a batch, D features, T tokens, W the width of a token, C classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn

from umlkit import registry
from umlkit.encoders.embedding import embed_leading_block
from umlkit.rows import Rows


class Encoded(NamedTuple):
    """What an encoder returns.

    Attributes:
        features: (B, D); late fusion reads these.
        tokens: (B, T, W) where the encoder has them, else None.
        mask: (B, T) True where a token is real, else None.
        maps: feature maps by stage, earliest first.
    """

    features: Tensor
    tokens: Tensor | None = None
    mask: Tensor | None = None
    maps: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class SampleSpec:
    """What an encoder is built for.

    Attributes:
        kind: of the modality.
        shape: what has to be known of a sample; by kind, see :mod:`umlkit.data.kinds.base`.
    """

    kind: str
    shape: tuple[int, ...]


class Labelled(NamedTuple):
    """Samples of one modality with their labels.

    Attributes:
        x: n rows (*sample_shape) float32; there may be more than memory holds, so take some at a time.
        y: (n,) int64.
        weights: (n,) >= 0 of mean 1, or None where every sample weighs 1; whatever is solved or chosen uses them.
    """

    x: Rows
    y: Tensor
    weights: Tensor | None = None


class Readout(NamedTuple):
    """A linear layer from features to logits.

    Attributes:
        weight: (C, D).
        bias: (C,).
    """

    weight: Tensor
    bias: Tensor


class Encoder(nn.Module, ABC):
    """Base of encoders: ``z_m = phi_m(x_m)``.

    A subclass takes ``(options, sample, scale)``: its resolved options, a :class:`SampleSpec`, and a width factor >= 1
    (a UMT student with room is ``scale`` times as wide). ``scale=1`` is the width that the options say.

    Attributes:
        features: D, the number of features it returns.
        weight_decay: decoupled weight decay of its weights; None takes the recipe's.
        lr_factor: its learning rate over the recipe's.
        slowness: how many times as long an operation of it takes as one of a large convolution; what ``auto`` can
            afford is counted by it.
        augments: whether :meth:`augment` changes anything in training.
    """

    features: int
    weight_decay: float | None = None
    lr_factor: float = 1.0
    slowness: float = 1.0
    augments: bool = False

    @abstractmethod
    def forward(self, x: Tensor) -> Encoded:
        """(B, *sample_shape) float32 -> features (B, D)."""

    def encode(self, x: Tensor) -> Encoded:
        """Typed call of the module."""
        result: Encoded = self(x)
        return result

    def augment(self, x: Tensor) -> Tensor:
        """A random view (B, *sample_shape) of a batch, for the training loss alone; ``x`` itself in eval mode.

        Draws from torch's global random stream, which the training loop seeds, so that a resumed training sees the
        views of an uninterrupted one.
        """
        return x

    def embed(self, narrow: Encoder) -> None:
        """Take a trained encoder of the same options and ``scale=1`` as the first part of this wider one.

        Afterwards the first ``narrow.features`` features are ``narrow``'s, exactly; the rest keeps its random weights.
        This is right wherever the narrow network is the leading block of every layer; an encoder built otherwise
        overrides it.
        """
        embed_leading_block(self, narrow)

    def warm_start(self, train: Labelled, select: Labelled, *, classes: int) -> Readout | None:  # noqa: ARG002
        """Take weights from a problem solved outright, where there is one; gradient descent goes on from there.

        Args:
            train: what is fitted.
            select: what chooses the regularisation.
            classes: C.

        Returns:
            The linear layer on the features that goes with the weights taken; None where nothing was changed.
        """
        return None


def build(name: str, options: dict[str, Any], sample: SampleSpec, *, scale: int = 1) -> Encoder:
    """A fresh encoder by registry name.

    Args:
        name: a registered encoder.
        options: its options, resolved (no ``auto``).
        sample: kind and shape of a sample.
        scale: width factor.

    Raises:
        InputError: unknown name.
        pydantic.ValidationError: an option it does not accept.
    """
    spec = registry.encoder(name)
    made: Encoder = registry.implementation(spec)(spec.options.model_validate(options), sample, scale)
    return made
