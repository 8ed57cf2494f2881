"""Pre-norm transformer layers (Vaswani et al. 2017, arXiv 1706.03762; Xiong et al. 2020, arXiv 2002.04745).

    h = t + attention(norm(t)),    t <- h + V gelu(U norm(h)),    attention(t) = mix(softmax(q k^T / sqrt(E)) v)

A layer ``blocks`` times as wide has as many times the heads, and norms each block by itself, so that the narrow network
is exactly its leading block.

Legend of shapes: B samples, T tokens, W width of a token, K heads, E = W / K width of a head.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDENING = 2
"""Hidden units of the perceptron over a token's width."""
LONGEST_WAVE = 10_000


class BlockNorm(nn.Module):
    """Layer norm over each of several blocks of a token by itself."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.blocks = blocks
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, W) -> (B, T, W)."""
        parts = tokens.reshape(*tokens.shape[:-1], self.blocks, -1)
        return functional.layer_norm(parts, parts.shape[-1:]).flatten(-2) * self.weight + self.bias


class Attention(nn.Module):
    """``mix(softmax(q k^T / sqrt(E)) v)`` in every head; written out: fused kernels may differ from run to run."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.value, self.mix = (nn.Linear(width, width) for _ in range(3))
        self.key = nn.Linear(width, width, bias=False)  # the softmax would not feel one

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, W), and (B, T) True where a token may be looked at, at least one a sample -> (B, T, W)."""
        query, key, value = (self._split(part(tokens)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        shares = scores.masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=3)
        mixed: Tensor = self.mix((shares @ value).transpose(1, 2).flatten(2))
        return mixed

    def _split(self, tokens: Tensor) -> Tensor:
        """(B, T, W) -> (B, K, T, E)."""
        return tokens.reshape(*tokens.shape[:-1], self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Attention and a perceptron, each on normalised tokens and added to them."""

    def __init__(self, width: int, *, heads: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.before_attention = BlockNorm(width, blocks)
        self.attention = Attention(width, heads)
        self.perceptron = nn.Sequential(
            BlockNorm(width, blocks), nn.Linear(width, WIDENING * width), nn.GELU(), nn.Linear(WIDENING * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, W), and (B, T) True where a token may be looked at -> (B, T, W)."""
        tokens = tokens + self.dropout(self.attention(self.before_attention(tokens), mask))
        added: Tensor = tokens + self.dropout(self.perceptron(tokens))
        return added


def waves(length: int, width: int, *, device: torch.device | None = None) -> Tensor:
    """(T, W) float32: sines and cosines of a token's number (Vaswani et al., section 3.5), of variance 1/2.

    Their lengths go from 2 pi to 10,000 times that. Never in 16 bits, which tell no two numbers above 256 apart.
    """
    at = torch.arange(length, device=device, dtype=torch.float32)[:, None]
    even = torch.arange(0, width, 2, device=device, dtype=torch.float32)
    angle = at * torch.exp(-math.log(LONGEST_WAVE) / width * even)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
