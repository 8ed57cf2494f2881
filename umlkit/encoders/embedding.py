"""A narrow network as the leading block of a wide one of the same make: its weights copied, nothing else let in.

Legend of shapes: (O, I, ...) a weight from I inputs to O outputs; (o, i, ...) the same of the narrow network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@torch.no_grad()
def embed_leading_block(
    wide: nn.Module,
    narrow: nn.Module,
    *,
    stacked: Callable[[str], int] = lambda name: 1,  # noqa: ARG005
) -> None:
    """Copy every tensor of ``narrow`` into the leading block of ``wide``'s tensor of the same name.

    Connections from the other inputs into the block become zero, so that the block computes what ``narrow`` does.
    Weights into the other outputs stay as they are.

    Args:
        wide: of the same make as ``narrow``.
        narrow: what is copied.
        stacked: name of a tensor -> how many layers' outputs are stacked in it, each with a leading block of its own.
    """
    narrow_state = narrow.state_dict()
    for name, tensor in wide.state_dict().items():
        parts = stacked(name)
        for wide_part, narrow_part in zip(_split(tensor, parts), _split(narrow_state[name], parts), strict=True):
            _embed(wide_part, narrow_part)


def _split(tensor: Tensor, parts: int) -> tuple[Tensor, ...]:
    """Views of the parts."""
    return (tensor,) if parts == 1 else tensor.chunk(parts)


@contextmanager
def columns_kept(table: Tensor, *, beyond: int) -> Iterator[None]:
    """Keep the columns from ``beyond`` on of an embedding table (V, O), whose rows are its inputs, as they are."""
    before = table[:, beyond:].clone()
    yield
    table[:, beyond:] = before


def _embed(wide: Tensor, narrow: Tensor) -> None:
    if wide.ndim == 0:
        wide.copy_(narrow)
        return
    outputs = len(narrow)
    wide[:outputs] = 0
    wide[tuple(slice(size) for size in narrow.shape)] = narrow
