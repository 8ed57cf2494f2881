"""A small transformer over time (Vaswani et al., 2017, arXiv 1706.03762; norms first: Xiong et al., arXiv 2002.04745).

    patches of steps -> tokens with their places -> layers of attention and a perceptron
    -> means of parts of the length, and the maximum -> z = W p + b

    t <- t + mix(softmax(q k^T / sqrt(8) over real tokens) v),   t <- t + V gelu(U norm(t))

Only real tokens are attended to and pooled, so that neither padding nor the other samples of a batch change anything.

`auto` leaves it out: it costs three to four times a step of ``conv1d`` on 100 steps (104 ms a batch of 64 on one core
against 23, ``gru`` 41), and on few samples was hardly ever better (*measured* on one split each: Italian power demand
.235, spoken vowels .166, where ``gru`` has .110 and .167; a third of the learning rate .335 and .178; one segment .176
and .179).

Legend of shapes: B samples, L steps of the longest, L' patches of it, C channels of a step, W width of a token,
K = W / 8 heads, D features.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.steps import maximum, patches, real_steps, segment_means
from umlkit.encoders.transformer.options import TransformerOptions

HEAD = 8
"""Width of a head: fixed, so that the heads of a narrow network are the first of a wider one."""
LONGEST_WAVE = 10_000


class TransformerEncoder(Encoder):
    """Tokens, layers, pooling, features.

    A norm is taken over each block of W values of a network ``scale`` times as wide, so that the narrow network is
    exactly a part of the wide one.
    """

    def __init__(self, options: TransformerOptions, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        longest, channels = sample.shape
        width = options.width * scale
        self.features = options.features * scale
        self.weight_decay = options.weight_decay
        self.patch = math.ceil(longest / options.steps)
        self.segments = options.segments
        self.scale = scale
        self.tokens = nn.Linear(channels * self.patch, width)
        self.place = nn.Parameter(torch.full((width,), 0.5))
        self.layers = nn.ModuleList(Layer(width, scale, options.layer_dropout) for _ in range(options.layers))
        self.norm = BlockNorm(width, scale)
        self.readout = nn.Sequential(
            nn.Flatten(), nn.Dropout(options.dropout), nn.Linear(width * (self.segments + 1), self.features)
        )

    def forward(self, x: Tensor) -> Encoded:
        """(B, L, C) -> features (B, D) and tokens (B, L', W) with their mask."""
        steps, mask = patches(*real_steps(x), self.patch)
        tokens = self.tokens(steps)
        places = _waves(tokens.shape[1], tokens.shape[2] // self.scale, like=tokens).repeat(1, self.scale)
        tokens = tokens + self.place * places
        for layer in self.layers:
            tokens = layer(tokens, mask)
        tokens = self.norm(tokens)
        pooled = torch.cat([segment_means(tokens, mask, self.segments), maximum(tokens, mask)[:, None]], dim=1)
        return Encoded(self.readout(pooled.transpose(1, 2)), tokens=tokens, mask=mask)


class Layer(nn.Module):
    """Attention and a perceptron, each on normalised tokens and added to them."""

    def __init__(self, width: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.before_attention = BlockNorm(width, blocks)
        self.query, self.value, self.mix = (nn.Linear(width, width) for _ in range(3))
        self.key = nn.Linear(width, width, bias=False)  # the softmax would not feel one
        self.perceptron = nn.Sequential(
            BlockNorm(width, blocks), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, L', W), (B, L') -> (B, L', W)."""
        tokens = tokens + self.dropout(self.attention(self.before_attention(tokens), mask))
        added: Tensor = tokens + self.dropout(self.perceptron(tokens))
        return added

    def attention(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, L', W), (B, L') -> (B, L', W); written out: fused kernels may differ from run to run."""
        query, key, value = (_heads(part(tokens)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) / math.sqrt(HEAD)
        shares = scores.masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=3)
        mixed: Tensor = self.mix((shares @ value).transpose(1, 2).flatten(2))
        return mixed


class BlockNorm(nn.Module):
    """Layer norm over each of several blocks of a token."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(blocks, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, L', W) -> (B, L', W)."""
        normalised: Tensor = self.norm(tokens.flatten(0, 1))
        return normalised.view_as(tokens)


def _heads(tokens: Tensor) -> Tensor:
    """(B, L', W) -> (B, K, L', 8)."""
    return tokens.reshape(*tokens.shape[:2], -1, HEAD).transpose(1, 2)


def _waves(length: int, width: int, *, like: Tensor) -> Tensor:
    """(L', W): sines and cosines of a token's number, as in Vaswani et al., section 3.5; of any length."""
    at = torch.arange(length, device=like.device, dtype=like.dtype)[:, None]
    even = torch.arange(0, width, 2, device=like.device, dtype=like.dtype)
    angle = at * torch.exp(-math.log(LONGEST_WAVE) / width * even)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
