"""A model's logits on samples put together from several: some modalities of one sample, the rest of another.

    f_S(x) = 1/K sum_k f(x_S, r_k)        r_k: the other modalities of the k-th reference sample

the marginal of the modalities S: what the model says where it knows S of a sample and nothing of the rest. Setting the
rest to zero instead shows the model samples that cannot occur, and what it says of them is no mean of anything.

Legend of shapes: B samples, K references, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from umlkit.methods.base import MultiModalModel

FUSED = 8192
"""Rows fused at once where a fusion is cheap."""
PASSED = 256
"""Rows at once where every one is a whole pass."""


def marginal(
    model: MultiModalModel, own: Mapping[str, Tensor], references: Mapping[str, Tensor], *, keep: Sequence[str]
) -> Tensor:
    """``f_S`` (B, C) in float64 on the CPU.

    Args:
        model: in eval mode.
        own: modality -> (B, ...) the samples' parts; only those of ``keep`` are looked at.
        references: modality -> (K, ...) parts; the k-th of all modalities make up one reference.
        keep: S, the modalities that stay those of the sample; not empty.
    """
    return torch.cat([part.mean(dim=1) for part in crossed(model, own, references, keep=keep)])


def crossed(
    model: MultiModalModel, own: Mapping[str, Tensor], references: Mapping[str, Tensor], *, keep: Sequence[str]
) -> Iterator[Tensor]:
    """``f(x_S, r_k)`` of every sample with every reference, some samples at a time: (b, K, C) in float64 on the CPU."""
    count = len(next(iter(references.values())))
    at_once = max(1, (PASSED if model.parts_are == "inputs" else FUSED) // count)
    for start in range(0, len(own[keep[0]]), at_once):
        some = {name: own[name][start : start + at_once] for name in keep}
        rest = {name: of_references for name, of_references in references.items() if name not in keep}
        with torch.inference_mode():
            logits = model.fuse_pairs(some, rest) if rest else model.fuse(some)[:, None].expand(-1, count, -1)
        yield logits.cpu().double()


def grand_mean(model: MultiModalModel, references: Mapping[str, Tensor]) -> Tensor:
    """The marginal of no modality at all, (C,): the mean over the references themselves."""
    with torch.inference_mode():
        return model.fuse(references).cpu().double().mean(dim=0)
