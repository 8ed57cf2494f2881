"""What every registered encoder has to do; a new one is tested by existing."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load, save
from torch.nn.functional import cross_entropy

from umlkit import registry
from umlkit.encoders.base import Encoder, Labelled, build
from umlkit.training.seeds import seeded

SHAPES = {"vector": [(1,), (7,)], "image": [(1, 8, 4), (3, 9, 13), (1, 64, 64)]}
CASES = [
    pytest.param(name, shape, id=f"{name}-{'x'.join(map(str, shape))}")
    for name, spec in registry.encoders().items()
    for kind in sorted(spec.kinds)
    for shape in SHAPES[kind]
]
NAMES = sorted(registry.encoders())
every_case = pytest.mark.parametrize(("name", "shape"), CASES)
every_encoder = pytest.mark.parametrize("name", NAMES)


def small_shape(name):
    return SHAPES["vector"][-1] if "vector" in registry.encoder(name).kinds else SHAPES["image"][0]


def settings(name):
    """What the default options stand for: nothing in them is left to be chosen."""
    spec = registry.encoder(name)
    return [setting.model_dump() for setting in spec.candidates(spec.options())]


def made(name, shape, *, seed=0, scale=1) -> Encoder:
    with seeded(seed):
        return build(name, settings(name)[0], shape, scale=scale)


def pictures(shape, *, samples=5, seed=1):
    return torch.randn(samples, *shape, generator=torch.Generator().manual_seed(seed))


@every_case
def test_features_have_the_declared_width_and_are_finite(name, shape):
    encoder = made(name, shape)

    encoded = encoder.encode(pictures(shape))

    assert encoded.features.shape == (5, encoder.features)
    assert encoded.features.dtype == torch.float32
    assert torch.isfinite(encoded.features).all()
    assert all(len(stage) == 5 for stage in encoded.maps)


@every_case
def test_gradients_reach_every_parameter(name, shape):
    encoder = made(name, shape).train()

    encoder.encode(pictures(shape, samples=16)).features.square().sum().backward()

    unreached = [key for key, p in encoder.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached == []


@every_case
def test_saved_and_loaded_weights_give_the_same_features_to_the_bit(name, shape):
    encoder, other = made(name, shape).eval(), made(name, shape, seed=9).eval()
    x = pictures(shape)

    other.load_state_dict(load(save(encoder.state_dict())))

    assert torch.equal(other.encode(x).features, encoder.encode(x).features)


@every_encoder
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name):
    shape = small_shape(name)

    first, again, other = (made(name, shape, seed=seed).state_dict() for seed in (3, 3, 4))

    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@every_encoder
def test_scale_widens_the_features_and_the_network(name):
    shape = small_shape(name)

    narrow, wide = made(name, shape), made(name, shape, scale=2)

    assert wide.features == 2 * narrow.features
    assert wide.encode(pictures(shape)).features.shape == (5, wide.features)
    assert sum(p.numel() for p in wide.parameters()) > sum(p.numel() for p in narrow.parameters())


@every_case
def test_a_narrow_encoder_is_exactly_the_first_part_of_a_wider_one(name, shape):
    narrow, wide = made(name, shape).eval(), made(name, shape, seed=5, scale=2).eval()
    x = pictures(shape)

    wide.embed(narrow)

    first = wide.encode(x).features[:, : narrow.features]
    torch.testing.assert_close(first, narrow.encode(x).features, rtol=1e-4, atol=1e-5)


@every_case
def test_in_eval_mode_a_sample_does_not_depend_on_the_others(name, shape):
    encoder = made(name, shape).eval()
    x = pictures(shape)

    alone = torch.cat([encoder.encode(one).features for one in x.split(1)])

    torch.testing.assert_close(alone, encoder.encode(x).features, rtol=1e-4, atol=1e-5)


@every_encoder
def test_a_batch_of_one_can_be_trained_on(name):
    encoder = made(name, small_shape(name)).train()

    features = encoder.encode(pictures(small_shape(name), samples=1)).features

    assert torch.isfinite(features).all()


@every_encoder
def test_it_overfits_32_samples_with_a_linear_layer_on_top(name):
    shape = (40,) if "vector" in registry.encoder(name).kinds else small_shape(name)
    x, y = pictures(shape, samples=32), torch.arange(32) % 4
    encoder = made(name, shape).eval()  # without dropout: this is about what the network can represent
    with seeded(0):
        head = torch.nn.Linear(encoder.features, 4)
    optimiser = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-2)

    for _ in range(120):
        loss = cross_entropy(head(encoder.encode(x).features), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    assert loss.item() < 0.01


@every_encoder
def test_a_warm_start_is_taken_by_the_encoder_or_leaves_it_alone(name):
    shape = small_shape(name)
    x, y = pictures(shape, samples=60), torch.arange(60) % 3
    encoder = made(name, shape).eval()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}

    readout = encoder.warm_start(Labelled(x[:40], y[:40]), Labelled(x[40:], y[40:]), classes=3)

    if readout is None:
        assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())
    else:
        assert readout.weight.shape == (3, encoder.features)
        logits = encoder.encode(x[40:]).features @ readout.weight.T + readout.bias
        assert cross_entropy(logits, y[40:]) < 1.15  # about log 3 on random labels: shrunk, not fitted


@every_encoder
def test_an_unknown_option_is_refused(name):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        build(name, {"no_such_option": 1}, small_shape(name))


@every_encoder
def test_options_are_resolved_by_candidates_that_differ(name):
    choices = settings(name)

    assert len(choices) >= 1
    assert all(value != "auto" for choice in choices for value in choice.values())
    assert all(choice not in choices[:index] for index, choice in enumerate(choices))


@every_encoder
def test_every_option_is_described_and_has_a_default(name):
    fields = registry.encoder(name).options.model_fields

    assert all(field.description and not field.is_required() for field in fields.values())
