"""Steps of samples that differ in length: which are real, and what they come to together.

Legend of shapes: B samples, L steps of the longest, C channels or values of a step, S segments.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def real_steps(x: Tensor) -> tuple[Tensor, Tensor]:
    """(B, L, C) with NaN beyond a sample's end -> the same with zeros there, and the mask (B, L) of real steps."""
    mask = ~x[..., 0].isnan()
    return x.nan_to_num(0.0), mask


def segment_means(steps: Tensor, mask: Tensor, segments: int) -> Tensor:
    """(B, L, C), (B, L) -> (B, S, C): means over S equal parts of every sample's own length.

    Part s of a sample of n steps are the steps from floor(s n / S) up to ceil((s + 1) n / S), so that parts overlap by
    a step rather than being empty where n is small.
    """
    if segments == 1:
        inside = mask[:, None]
    else:
        length = mask.sum(dim=1)[:, None, None]
        part = torch.arange(segments, device=steps.device)[None, :, None]
        at = torch.arange(steps.shape[1], device=steps.device)
        start = torch.div(part * length, segments, rounding_mode="floor")
        stop = -torch.div(-(part + 1) * length, segments, rounding_mode="floor")
        inside = (at >= start) & (at < stop)
    weights = inside.to(steps.dtype)
    return torch.bmm(weights / weights.sum(dim=2, keepdim=True), steps)


def maximum(steps: Tensor, mask: Tensor) -> Tensor:
    """(B, L, C), (B, L) -> (B, C): the largest real value of every channel."""
    return steps.masked_fill(~mask[..., None], -torch.inf).amax(dim=1)


def patches(steps: Tensor, mask: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(B, L, C), (B, L) -> (B, L / size, size C) and its mask: so many steps side by side, the last filled with zeros.

    A patch is real where its first step is.
    """
    if size == 1:
        return steps, mask
    lacking = -steps.shape[1] % size
    filled = functional.pad(steps, (0, 0, 0, lacking))
    return filled.reshape(len(steps), -1, size * steps.shape[2]), mask[:, ::size]
