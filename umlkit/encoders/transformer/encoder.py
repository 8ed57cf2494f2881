"""A small transformer over time: layers of :mod:`umlkit.encoders.attention` with heads of width 8.

    patches of steps -> tokens with their places -> layers of attention and a perceptron
    -> means of parts of the length, and the maximum -> z = W p + b

Only real tokens are attended to and pooled, so that neither padding nor the other samples of a batch change anything.

`auto` leaves it out: it costs three to four times a step of ``conv1d`` on 100 steps (104 ms a batch of 64 on one core
against 23, ``gru`` 41), and on few samples was hardly ever better (*measured* on one split each: Italian power demand
.235, spoken vowels .166, where ``gru`` has .110 and .167; a third of the learning rate .335 and .178; one segment .176
and .179).

Legend of shapes: B samples, L steps of the longest, L' patches of it, C channels of a step, W width of a token,
D features.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from umlkit.encoders.attention import BlockNorm, Layer, waves
from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.steps import maximum, patches, real_steps, segment_means
from umlkit.encoders.transformer.options import TransformerOptions

HEAD = 8
"""Width of a head: fixed, so that the heads of a narrow network are the first of a wider one."""


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
        self.layers = nn.ModuleList(
            Layer(width, heads=width // HEAD, blocks=scale, dropout=options.layer_dropout)
            for _ in range(options.layers)
        )
        self.norm = BlockNorm(width, scale)
        self.readout = nn.Sequential(
            nn.Flatten(), nn.Dropout(options.dropout), nn.Linear(width * (self.segments + 1), self.features)
        )

    def forward(self, x: Tensor) -> Encoded:
        """(B, L, C) -> features (B, D) and tokens (B, L', W) with their mask."""
        steps, mask = patches(*real_steps(x), self.patch)
        tokens = self.tokens(steps)
        places = waves(tokens.shape[1], tokens.shape[2] // self.scale, device=tokens.device).repeat(1, self.scale)
        tokens = tokens + self.place * places
        for layer in self.layers:
            tokens = layer(tokens, mask)
        tokens = self.norm(tokens)
        pooled = torch.cat([segment_means(tokens, mask, self.segments), maximum(tokens, mask)[:, None]], dim=1)
        return Encoded(self.readout(pooled.transpose(1, 2)), tokens=tokens, mask=mask)
