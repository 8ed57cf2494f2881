"""What every registered encoder has to do; a new one is tested by existing."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load, save
from torch.nn.functional import cross_entropy

from tests.kind_examples import EXAMPLES, cases, inputs
from umlkit import registry
from umlkit.encoders.base import Encoder, Labelled, build
from umlkit.training.seeds import seeded

CASES = [pytest.param(*case, id="-".join(case)) for case in cases(registry.encoders())]
NAMES = sorted(registry.encoders())
every_case = pytest.mark.parametrize(("name", "kind", "variant"), CASES)
every_encoder = pytest.mark.parametrize("name", NAMES)


def first_case(name):
    """A kind that the encoder reads, and the small variant of it."""
    kind = sorted(registry.encoder(name).kinds)[-1]
    return kind, next(iter(EXAMPLES[kind]))


def settings(name):
    """What the default options stand for: nothing in them is left to be chosen."""
    spec = registry.encoder(name)
    return [setting.model_dump() for setting in spec.candidates(spec.options())]


NARROW = {"resnet18": {"width": 16}}
"""What is true of a network at any width is shown at one that is quick."""


def made(name, sample, *, seed=0, scale=1) -> Encoder:
    with seeded(seed):
        return build(name, {**settings(name)[0], **NARROW.get(name, {})}, sample, scale=scale)


@every_case
def test_features_have_the_declared_width_and_are_finite(name, kind, variant):
    sample, x = inputs(kind, variant, samples=5)
    encoder = made(name, sample)

    encoded = encoder.encode(x)

    assert encoded.features.shape == (5, encoder.features)
    assert encoded.features.dtype == torch.float32
    assert torch.isfinite(encoded.features).all()
    assert all(len(stage) == 5 for stage in encoded.maps)


@every_case
def test_gradients_reach_every_parameter(name, kind, variant):
    sample, x = inputs(kind, variant, samples=16)
    encoder = made(name, sample).train()

    encoder.encode(x).features.square().sum().backward()

    unreached = [key for key, p in encoder.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached == []


@every_case
def test_saved_and_loaded_weights_give_the_same_features_to_the_bit(name, kind, variant):
    sample, x = inputs(kind, variant, samples=5)
    encoder, other = made(name, sample).eval(), made(name, sample, seed=9).eval()

    other.load_state_dict(load(save(encoder.state_dict())))

    assert torch.equal(other.encode(x).features, encoder.encode(x).features)


@every_encoder
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name):
    sample, _ = inputs(*first_case(name), samples=1)

    first, again, other = (made(name, sample, seed=seed).state_dict() for seed in (3, 3, 4))

    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@every_encoder
def test_scale_widens_the_features_and_the_network(name):
    sample, x = inputs(*first_case(name), samples=5)

    narrow, wide = made(name, sample), made(name, sample, scale=2)

    assert wide.features == 2 * narrow.features
    assert wide.encode(x).features.shape == (5, wide.features)
    assert sum(p.numel() for p in wide.parameters()) > sum(p.numel() for p in narrow.parameters())


@every_case
def test_a_narrow_encoder_is_exactly_the_first_part_of_a_wider_one(name, kind, variant):
    sample, x = inputs(kind, variant, samples=5)
    narrow, wide = made(name, sample).eval(), made(name, sample, seed=5, scale=2).eval()

    wide.embed(narrow)

    first = wide.encode(x).features[:, : narrow.features]
    torch.testing.assert_close(first, narrow.encode(x).features, rtol=1e-4, atol=1e-5)


@every_case
def test_in_eval_mode_a_sample_does_not_depend_on_the_others(name, kind, variant):
    sample, x = inputs(kind, variant, samples=5)
    encoder = made(name, sample).eval()

    alone = torch.cat([encoder.encode(one).features for one in x.split(1)])

    torch.testing.assert_close(alone, encoder.encode(x).features, rtol=1e-4, atol=1e-5)


@every_encoder
def test_a_batch_of_one_can_be_trained_on(name):
    sample, x = inputs(*first_case(name), samples=1)
    encoder = made(name, sample).train()

    features = encoder.encode(x).features

    assert torch.isfinite(features).all()


@every_encoder
def test_it_overfits_32_samples_with_a_linear_layer_on_top(name):
    (sample, x), y = inputs(*first_case(name), samples=32), torch.arange(32) % 4
    encoder = made(name, sample).eval()  # without dropout: this is about what the network can represent
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
    (sample, x), y = inputs(*first_case(name), samples=60), torch.arange(60) % 3
    encoder = made(name, sample).eval()
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
        build(name, {"no_such_option": 1}, inputs(*first_case(name), samples=1)[0])


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
