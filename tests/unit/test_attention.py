"""What the two transformers share."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from umlkit.encoders.attention import Attention, BlockNorm, waves

TOKENS = torch.randn(3, 7, 16, generator=torch.Generator().manual_seed(0))
MASK = torch.arange(7) < torch.tensor([7, 4, 1])[:, None]


def test_attention_is_torchs_own_over_the_real_tokens() -> None:
    attention = Attention(16, heads=4)

    def heads(part: torch.nn.Module) -> torch.Tensor:
        return part(TOKENS).view(3, 7, 4, 4).transpose(1, 2)

    query, key, value = heads(attention.query), heads(attention.key), heads(attention.value)
    mixed = scaled_dot_product_attention(query, key, value, attn_mask=MASK[:, None, None])

    expected = attention.mix(mixed.transpose(1, 2).flatten(2))
    torch.testing.assert_close(attention(TOKENS, MASK), expected)


def test_a_norm_of_two_blocks_is_a_layer_norm_of_each() -> None:
    expected = torch.cat([torch.nn.LayerNorm(8)(half) for half in TOKENS.chunk(2, dim=2)], dim=2)

    torch.testing.assert_close(BlockNorm(16, blocks=2)(TOKENS), expected)


def test_places_are_sines_and_cosines_told_apart_in_mixed_precision_too() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        places = waves(302, 4)

    assert places[301].tolist() == pytest.approx(
        [math.sin(301), math.cos(301), math.sin(3.01), math.cos(3.01)], abs=1e-4
    )
