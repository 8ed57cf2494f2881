"""Encoders of sequences: padding changes nothing, time matters, and samples of any length are taken."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.kind_examples import inputs
from umlkit import registry
from umlkit.encoders.base import Encoder, SampleSpec, build
from umlkit.encoders.steps import maximum, patches, real_steps, segment_means
from umlkit.training.seeds import seeded

SEQUENCE = sorted(name for name, spec in registry.encoders().items() if "sequence" in spec.kinds)
DEEP = sorted(set(SEQUENCE) - {"linear", "mlp"})
every_encoder = pytest.mark.parametrize("name", SEQUENCE)
every_deep_encoder = pytest.mark.parametrize("name", DEEP)
T, C = 150, 2


def made(name: str, *, seed: int = 0) -> Encoder:
    spec = registry.encoder(name)
    options = spec.candidates(spec.options())[0].model_dump()
    with seeded(seed):
        return build(name, options, SampleSpec("sequence", (T, C))).eval()


def batch(lengths: list[int], *, padded_to: int = T, seed: int = 0) -> Tensor:
    """(B, padded_to, C) with NaN beyond the lengths."""
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(len(lengths), padded_to, C)).astype(np.float32))
    x[torch.arange(padded_to) >= torch.tensor(lengths)[:, None]] = torch.nan
    return x


@every_encoder
@pytest.mark.parametrize("lengths", [[1], [2, 3], [9, 17, 16], [150, 149, 1, 75, 64, 33]])
def test_padding_changes_nothing(name: str, lengths: list[int]) -> None:
    encoder, x = made(name), batch(lengths)
    together = encoder.encode(x).features
    alone = torch.cat([encoder.encode(one[None, :length]).features for one, length in zip(x, lengths, strict=True)])
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)
    wider = torch.cat([x, torch.full((len(x), 40, C), torch.nan)], dim=1)
    torch.testing.assert_close(encoder.encode(wider).features, together, rtol=1e-4, atol=1e-5)


@every_encoder
def test_gradients_of_padded_samples_are_finite(name: str) -> None:
    encoder = made(name).train()
    encoder.encode(batch([1, 150, 2, 31])).features.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in encoder.parameters() if p.grad is not None)


@every_encoder
def test_the_same_batch_gives_the_same_features_and_gradients_to_the_bit(name: str) -> None:
    found = []
    for _ in range(2):
        encoder, x = made(name), batch([150, 31, 8])
        features = encoder.encode(x).features
        features.square().sum().backward()
        found.append([features, *(p.grad for p in encoder.parameters() if p.grad is not None)])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@every_deep_encoder
def test_samples_longer_than_any_in_training_are_read_to_their_end(name: str) -> None:
    encoder, x = made(name), batch([400], padded_to=400)
    other = x.clone()
    other[:, 390:] += 3.0
    assert not torch.allclose(encoder.encode(x).features, encoder.encode(other).features)


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_flat_encoders_read_the_steps_that_training_had(name: str) -> None:
    encoder, x = made(name), batch([400], padded_to=400)
    torch.testing.assert_close(encoder.encode(x).features, encoder.encode(x[:, :T]).features)


@every_deep_encoder
def test_the_order_of_steps_matters(name: str) -> None:
    encoder, x = made(name), batch([T])
    assert not torch.allclose(encoder.encode(x).features, encoder.encode(x.flip(1)).features, atol=1e-3)


@every_deep_encoder
def test_tokens_come_with_a_mask_that_is_true_up_to_each_samples_end(name: str) -> None:
    encoded = made(name).encode(batch([150, 40]))
    assert encoded.tokens is not None and encoded.mask is not None
    assert encoded.tokens.shape[:2] == encoded.mask.shape
    real = encoded.mask.sum(dim=1)
    assert encoded.mask.shape[1] == real[0] > real[1] >= 1
    assert bool((encoded.mask[:, 1:] <= encoded.mask[:, :-1]).all())


def test_segments_are_equal_parts_of_each_samples_own_length() -> None:
    x = batch([8, 6, 3], padded_to=8)
    steps, mask = real_steps(x)
    found = segment_means(steps, mask, 4)
    torch.testing.assert_close(found[0], steps[0].view(4, 2, C).mean(dim=1))
    expected = [steps[1, 0:2], steps[1, 1:3], steps[1, 3:5], steps[1, 4:6]]
    torch.testing.assert_close(found[1], torch.stack([part.mean(dim=0) for part in expected]))
    torch.testing.assert_close(found[2], steps[2, [0, 0, 1, 2]] / 2 + steps[2, [0, 1, 2, 2]] / 2)
    torch.testing.assert_close(segment_means(steps, mask, 1)[2, 0], steps[2, :3].mean(dim=0))


def test_segments_agree_with_adaptive_pooling() -> None:
    steps, mask = real_steps(batch([13] * 3, padded_to=13))
    expected = torch.nn.functional.adaptive_avg_pool1d(steps.transpose(1, 2), 5).transpose(1, 2)
    torch.testing.assert_close(segment_means(steps, mask, 5), expected)


def test_the_maximum_is_over_real_steps() -> None:
    steps, mask = real_steps(batch([4, 2], padded_to=4) - 9)
    torch.testing.assert_close(maximum(steps, mask)[1], steps[1, :2].amax(dim=0))


def test_patches_are_steps_side_by_side() -> None:
    steps, mask = real_steps(batch([7, 3], padded_to=7))
    found, real = patches(steps, mask, 3)
    assert found.shape == (2, 3, 3 * C)
    torch.testing.assert_close(found[0, 2, :C], steps[0, 6])
    assert not found[0, 2, C:].any()
    assert real.tolist() == [[True, True, True], [True, False, False]]


def test_what_the_kind_prepares_is_what_encoders_read() -> None:
    sample, x = inputs("sequence", "ragged", samples=6)
    assert sample.shape == (21, 3)
    assert (~real_steps(x)[1]).sum() > 0
