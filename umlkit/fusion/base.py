"""What a fusion head is: a module from every modality's features to logits.

Legend of shapes: B samples, D_m features of modality m, C classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from umlkit import registry


class Head(nn.Module, ABC):
    """Base of fusion heads: ``logits = head([z_1 .. z_M])``.

    A subclass takes ``(options, widths, classes)``: its options, D_m for every modality in order, and C.
    """

    @abstractmethod
    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """M tensors (B, D_m) -> logits (B, C)."""


def build(name: str, options: dict[str, Any], widths: Sequence[int], classes: int) -> Head:
    """A fresh head by registry name.

    Args:
        name: a registered head.
        options: its options.
        widths: D_m of every modality, in order.
        classes: C.

    Raises:
        InputError: unknown name.
        pydantic.ValidationError: an option it does not accept.
    """
    spec = registry.head(name)
    made: Head = registry.implementation(spec)(spec.options.model_validate(options), tuple(widths), classes)
    return made
