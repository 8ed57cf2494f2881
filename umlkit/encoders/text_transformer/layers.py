"""A pre-norm transformer layer (Vaswani et al. 2017, arXiv 1706.03762; Xiong et al. 2020, arXiv 2002.04745).

    h = x + attention(norm(x)),    y = h + W_2 gelu(W_1 norm(h))

A layer ``blocks`` times as wide has as many times the heads, and norms each block by itself, so that the narrow network
is exactly its leading block.

Legend of shapes: B samples, T tokens, D width, H heads, E = D / H width of a head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDENING = 2
"""Hidden units of the second half over its width."""


class BlockNorm(nn.Module):
    """Layer norm over each of the blocks of D channels by itself."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.blocks = blocks
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        parts = x.view(*x.shape[:-1], self.blocks, -1)
        return functional.layer_norm(parts, parts.shape[-1:]).flatten(-2) * self.weight + self.bias


class Attention(nn.Module):
    """``softmax(q k^T / sqrt(E)) v`` in every head, over the real tokens alone."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, T, D), and (B, 1, 1, T) True where a token may be looked at -> (B, T, D)."""
        query, key, value = (self._split(part(x)) for part in (self.query, self.key, self.value))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        projected: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return projected

    def _split(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, H, T, E)."""
        return x.view(*x.shape[:-1], self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Attention, then two linear maps, each added to what comes in."""

    def __init__(self, width: int, *, heads: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.before_attention = BlockNorm(width, blocks)
        self.attention = Attention(width, heads)
        self.dropout = nn.Dropout(dropout)
        self.forth = nn.Sequential(
            BlockNorm(width, blocks),
            nn.Linear(width, WIDENING * width),
            nn.GELU(),
            nn.Linear(WIDENING * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, T, D), and what may be looked at -> (B, T, D)."""
        mixed = x + self.dropout(self.attention(self.before_attention(x), seen))
        result: Tensor = mixed + self.forth(mixed)
        return result
