"""A small transformer over a text's words and punctuation, in their order.

    z = mean over real tokens of norm(layers(embedding(tokens) + positions))

Positions are sines and cosines, so that no length is special. In training a share of the tokens is replaced by the
unknown one, which so gets examples, and no word is all that a text stands on. Padding is neither looked at nor counted;
a text without tokens gives zeros.

Legend of shapes: B texts, L steps, T tokens of the longest, D features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from umlkit.encoders.attention import BlockNorm, Layer, waves
from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.embedding import columns_kept
from umlkit.encoders.text_transformer.options import TextTransformerOptions

UNKNOWN = 1
"""The number of a token outside the vocabulary; see :mod:`umlkit.data.kinds.tokens`."""
TOKENS = 2
"""The column of a step that holds its token."""


class TextTransformer(Encoder):
    """Embedding, layers, mean."""

    slowness = 10.0  # measured on one core: half a millisecond a step and text of 20 tokens, 6e9 operations a second

    def __init__(self, options: TextTransformerOptions, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        _, vocabulary, self.longest = sample.shape
        self.features = width = options.features * scale
        self.weight_decay = options.weight_decay
        self.token_dropout = options.token_dropout
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.register_buffer("positions", waves(self.longest, options.features).repeat(1, scale), persistent=False)
        self.layers = nn.ModuleList(
            Layer(width, heads=options.heads * scale, blocks=scale, dropout=options.dropout)
            for _ in range(options.layers)
        )
        self.norm = BlockNorm(width, scale)

    def forward(self, x: Tensor) -> Encoded:
        """(B, L, 3) of n-grams, weights and tokens -> features (B, D), and the tokens (B, T, D) with their mask."""
        numbers = self._numbers(x)
        mask = numbers > 0
        if self.training and self.token_dropout:
            dropped = torch.rand(numbers.shape, device=numbers.device) < self.token_dropout
            numbers = numbers.masked_fill(dropped & mask, UNKNOWN)
        states = self.embedding(numbers) + self.get_buffer("positions")[: numbers.shape[1]]
        # Where there is no token at all the first, which is padding, is looked at: a softmax over nothing is no number.
        seen = mask | (torch.arange(mask.shape[1], device=mask.device) == 0)
        for layer in self.layers:
            states = layer(states, seen)
        tokens = self.norm(states) * mask.unsqueeze(-1)
        return Encoded(tokens.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1), tokens, mask)

    @torch.no_grad()
    def embed(self, narrow: Encoder) -> None:
        """As in every encoder; a token's vector is a row here, so the narrow ones are the leading columns."""
        with columns_kept(self.embedding.weight, beyond=narrow.features):
            super().embed(narrow)

    def _numbers(self, x: Tensor) -> Tensor:
        """(B, L, 3) -> (B, T) whole numbers; a batch is only as long as its longest text."""
        numbers = x[:, : self.longest, TOKENS].long()
        longest = max(1, int((numbers > 0).sum(dim=1).max())) if len(numbers) else 1
        return numbers[:, :longest]
