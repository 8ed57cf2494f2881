"""A convolution with channels last is one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from umlkit.encoders.convolution import Convolution


@pytest.mark.parametrize("channels", [1, 3, 8])
@pytest.mark.parametrize("bias", [True, False])
def test_it_says_what_a_convolution_says_and_learns_what_one_learns(channels: int, bias: bool) -> None:
    torch.manual_seed(0)
    ours, plain = (
        Convolution(channels, 8, 3, stride=2, padding=1, bias=bias),
        nn.Conv2d(channels, 8, 3, 2, 1, bias=bias),
    )
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(5, channels, 9, 7)
    weights = torch.randn(5, 8, 5, 4)
    for one in (ours, plain):
        (one(x) * weights).sum().backward()
    assert torch.allclose(ours(x), plain(x), atol=1e-5)
    for mine, theirs in zip(ours.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None and theirs.grad is not None
        assert torch.allclose(mine.grad, theirs.grad, atol=1e-4)
        assert mine.grad.is_contiguous()


def test_its_maps_have_channels_last_and_its_weights_are_stored_as_ever() -> None:
    one = Convolution(1, 8, 3)
    shown = one(torch.randn(2, 1, 6, 6))
    assert shown.is_contiguous(memory_format=torch.channels_last) and not shown.is_contiguous()
    assert one.weight.is_contiguous()
    assert list(one.state_dict()) == ["weight", "bias"]
