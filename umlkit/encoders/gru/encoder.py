"""Gated recurrent units over time (Cho et al., EMNLP 2014, arXiv 1406.1078), each layer read from both ends.

    patches of steps -> layers of GRUs -> means of parts of the length, the maximum, the state each direction ends in
    -> z = W p + b

A direction that starts at the front meets padding only after the end, and the one that starts at the end is given every
sample turned round within its own length, so that neither padding nor the other samples of a batch change anything.

What was compared (*measured* on one split of each set, held-out log-loss at the temperature of `select`; Italian power
demand, spoken vowels, gun point, as for ``conv1d``): mean and both ends pooled .113, .337, .425 (ten times the learning
rate), these with the maximum and four segments .110, .167, .131 (five times). Mean and maximum alone had .229 on the
first and .163 on the last.

Legend of shapes: B samples, L steps of the longest, L' patches of it, C channels of a step, H units, W = H times the
directions, D features.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.embedding import embed_leading_block
from umlkit.encoders.gru.options import GruOptions
from umlkit.encoders.steps import maximum, patches, real_steps, segment_means

GATES = 3
"""Weights of reset gate, update gate and new state are stacked in one tensor."""


class GruEncoder(Encoder):
    """Patches, layers, pooling, features."""

    lr_factor = 5.0

    def __init__(self, options: GruOptions, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        longest, channels = sample.shape
        hidden = options.hidden * scale
        directions = 2 if options.bidirectional else 1
        self.features = options.features * scale
        self.weight_decay = options.weight_decay
        self.segments = options.segments
        self.patch = math.ceil(longest / options.steps)
        widths = [channels * self.patch, *[hidden * directions] * (options.layers - 1)]
        self.layers = nn.ModuleList(GruLayer(width, hidden, directions) for width in widths)
        self.readout = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(options.dropout),
            nn.Linear(hidden * directions * (self.segments + 2), self.features),
        )

    def forward(self, x: Tensor) -> Encoded:
        """(B, L, C) -> features (B, D) and tokens (B, L', W) with their mask."""
        tokens, mask = patches(*real_steps(x), self.patch)
        for layer in self.layers:
            tokens, ends = layer(tokens, mask)
        pooled = torch.cat(
            [segment_means(tokens, mask, self.segments), maximum(tokens, mask)[:, None], ends[:, None]], dim=1
        )
        return Encoded(self.readout(pooled.transpose(1, 2)), tokens=tokens, mask=mask)

    def embed(self, narrow: Encoder) -> None:
        """As the leading block of every gate."""
        embed_leading_block(self, narrow, stacked=lambda name: GATES if name.startswith("layers.") else 1)


class GruLayer(nn.Module):
    """One GRU, or two that read from either end, their units side by side in turn."""

    def __init__(self, inputs: int, hidden: int, directions: int) -> None:
        super().__init__()
        self.forth = nn.GRU(inputs, hidden, batch_first=True)
        self.back = nn.GRU(inputs, hidden, batch_first=True) if directions == 2 else None

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L', *), (B, L') -> (B, L', W) and the state that each direction ends in (B, W)."""
        forth = self.forth(tokens)[0]
        last = mask.sum(dim=1) - 1
        end = forth.gather(1, last[:, None, None].expand(-1, 1, forth.shape[2]))[:, 0]
        if self.back is None:
            return forth, end
        back = _turned(self.back(_turned(tokens, mask))[0], mask)
        return torch.stack([forth, back], dim=3).flatten(2), torch.stack([end, back[:, 0]], dim=2).flatten(1)


def _turned(tokens: Tensor, mask: Tensor) -> Tensor:
    """(B, L', *) with every sample's real tokens in reverse order; what is beyond stays where it is."""
    at = torch.arange(tokens.shape[1], device=tokens.device)
    mirrored = mask.sum(dim=1, keepdim=True) - 1 - at
    order = torch.where(mirrored >= 0, mirrored, at)
    return tokens.gather(1, order[..., None].expand_as(tokens))
