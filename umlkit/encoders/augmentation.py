"""Random views of pictures and spectrograms, for training alone: shifted, mirrored, masked, erased.

All of it works on standardised samples, so 0 is the training mean, and draws from torch's global random stream, which
the training loop seeds anew every epoch. Nothing here knows which axis of a spectrogram is time: masks and shifts go
along both.

Legend of shapes: B samples, (C, H, W) one of them; every function takes and returns (B, C, H, W).
"""

from __future__ import annotations

import torch
from torch import Tensor

from umlkit.encoders.picture_options import PictureOptions

ERASED = (0.02, 0.4)
"""Smallest and largest share of a picture that is erased, and below the range of its height over its width: s_l, s_h,
r_1 and r_2 of Zhong et al."""
ERASED_RATIO = (0.3, 1 / 0.3)
WIDEST_MASK = 4
"""A mask is at most one in this many of its side wide."""


def augmented(x: Tensor, options: PictureOptions) -> Tensor:
    """A random view of every sample, as the options say."""
    if options.crop or options.flip:
        x = shifted(x, _pixels(options.crop, x), flip=options.flip)
    if options.masks:
        x = masked(x, options.masks)
    if options.erasing:
        x = erased(x, float(options.erasing))
    return x


def _pixels(crop: float | str, x: Tensor) -> tuple[int, int]:
    """By how many pixels samples are moved at most, by axis: as stated, or as a share of the side, a pixel at least."""
    if isinstance(crop, int):
        return crop, crop
    height, width = (max(1, round(float(crop) * side)) for side in x.shape[2:])
    return height, width


def shifted(x: Tensor, most: tuple[int, int], *, flip: bool = False) -> Tensor:
    """Pad by ``most`` on every side and cut a window of the old size anywhere, after mirroring half of the samples.

    He et al. (2016, section 4.2) pad with zeros; here the padding repeats the edge, which is the background wherever
    there is one.

    Args:
        x: (B, C, H, W).
        most: pixels by which a sample is moved at most, along each axis.
        flip: whether left and right change places with probability 1/2.
    """
    samples, _, height, width = x.shape
    down, across = (torch.randint(-by, by + 1, (samples, 1), device=x.device) for by in most)
    rows = (torch.arange(height, device=x.device) + down).clamp_(0, height - 1)
    columns = (torch.arange(width, device=x.device) + across).clamp_(0, width - 1)
    if flip:
        mirrored = torch.rand(samples, 1, device=x.device) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    which = torch.arange(samples, device=x.device)[:, None, None]
    return x.movedim(1, -1)[which, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


def masked(x: Tensor, count: int) -> Tensor:
    """Set ``count`` bands along each axis to the mean (SpecAugment, Park et al. 2019, arXiv 1904.08779, section 2).

    A band of a side of S bins is w ~ U{0 .. S / 4} wide and begins at s ~ U{0 .. S - w}. Without the time warping,
    which gained least there; a shift (:func:`shifted`) is the cheap part of it.
    """
    samples, _, height, width = x.shape
    for _ in range(count):
        rows, columns = _band(samples, height, x.device), _band(samples, width, x.device)
        x = x.masked_fill(rows[:, None, :, None] | columns[:, None, None, :], 0.0)
    return x


def erased(x: Tensor, probability: float) -> Tensor:
    """Put noise in place of one rectangle of a sample (Random Erasing, Zhong et al., arXiv 1708.04896).

    With ``probability`` a sample loses a share s ~ U(.02, .4) of itself in a rectangle of height over width
    r ~ U(.3, 1 / .3), at a random place; the noise is normal, as wide as the training pixels. A rectangle that is
    longer than its side is cut to it, where the paper draws again.
    """
    samples, _, height, width = x.shape
    u = torch.rand(5, samples, device=x.device)
    area = (ERASED[0] + (ERASED[1] - ERASED[0]) * u[0]) * height * width
    ratio = ERASED_RATIO[0] + (ERASED_RATIO[1] - ERASED_RATIO[0]) * u[1]
    high, wide = (area * ratio).sqrt().round().clamp_(max=height), (area / ratio).sqrt().round().clamp_(max=width)
    rows = _within(u[2], high, height)
    columns = _within(u[3], wide, width)
    inside = rows[:, :, None] & columns[:, None, :] & (u[4] < probability)[:, None, None]
    return torch.where(inside[:, None], torch.randn_like(x), x)


def _band(samples: int, side: int, device: torch.device) -> Tensor:
    """(B, side) True within one random band of every sample."""
    u = torch.rand(2, samples, device=device)
    return _within(u[0], (u[1] * (side // WIDEST_MASK + 1)).floor(), side)


def _within(start: Tensor, length: Tensor, side: int) -> Tensor:
    """(B, side) True on ``length`` positions from a place drawn with ``start`` (B,) in [0, 1)."""
    first = (start * (side - length + 1)).floor()[:, None]
    position = torch.arange(side, device=start.device)
    return (position >= first) & (position < first + length[:, None])
