"""What every registered fusion head has to do; a new one is tested by existing."""

from __future__ import annotations

import itertools

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load, save
from torch.nn.functional import cross_entropy

from umlkit import registry
from umlkit.fusion.base import Head, build
from umlkit.training.seeds import seeded

NAMES = sorted(registry.heads())
WIDTHS = [(5,), (5, 3), (5, 3, 8)]
CLASSES = 4
every_head = pytest.mark.parametrize("name", NAMES)
every_number_of_modalities = pytest.mark.parametrize("widths", WIDTHS, ids=lambda widths: f"{len(widths)}-modalities")


def made(name, widths, *, seed=0, classes=CLASSES) -> Head:
    with seeded(seed):
        return build(name, {}, widths, classes)


def features(widths, *, samples=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(samples, width, generator=generator) for width in widths]


@every_head
@every_number_of_modalities
def test_logits_have_one_column_per_class(name, widths):
    logits = made(name, widths)(features(widths))

    assert logits.shape == (6, CLASSES)
    assert torch.isfinite(logits).all()


@every_head
@every_number_of_modalities
def test_gradients_reach_every_parameter_and_every_modality(name, widths):
    head, z = made(name, widths).train(), [one.requires_grad_() for one in features(widths)]

    cross_entropy(head(z), torch.arange(6) % CLASSES).backward()

    unreached = [key for key, p in head.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached == []
    assert all(one.grad is not None and one.grad.any() for one in z)


@every_head
@every_number_of_modalities
def test_saved_and_loaded_weights_give_the_same_logits_to_the_bit(name, widths):
    head, other = made(name, widths).eval(), made(name, widths, seed=9).eval()
    z = features(widths)

    other.load_state_dict(load(save(head.state_dict())))

    assert torch.equal(other(z), head(z))


@every_head
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name):
    first, again, other = (made(name, (5, 3), seed=seed).state_dict() for seed in (3, 3, 4))

    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@every_head
@pytest.mark.parametrize("widths", WIDTHS[1:], ids=lambda widths: f"{len(widths)}-modalities")
def test_it_is_additive_in_the_modalities_exactly_when_it_says_so(name, widths):
    head = made(name, widths).eval().double()
    first, second = ([one.double() for one in features(widths, seed=seed)] for seed in (1, 2))

    with torch.no_grad():
        # The mixed second difference over the first two modalities is zero for all inputs where the logits are a sum.
        corners = {
            (a, b): head([(first, second)[a][0], (first, second)[b][1], *first[2:]])
            for a, b in itertools.product((0, 1), repeat=2)
        }
    mixed = corners[0, 0] - corners[0, 1] - corners[1, 0] + corners[1, 1]

    assert (mixed.abs().max().item() < 1e-12) == registry.head(name).additive


@every_head
def test_it_overfits_32_samples(name):
    z, y = features((20, 20), samples=32), torch.arange(32) % CLASSES
    head = made(name, (20, 20)).eval()
    optimiser = torch.optim.Adam(head.parameters(), lr=0.05)

    for _ in range(200):
        loss = cross_entropy(head(z), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    assert loss.item() < 0.01


@every_head
def test_an_unknown_option_is_refused(name):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        build(name, {"no_such_option": 1}, (5, 3), CLASSES)


@every_head
def test_every_option_is_described_and_has_a_default(name):
    fields = registry.head(name).options.model_fields

    assert all(field.description and not field.is_required() for field in fields.values())


def test_a_head_that_can_represent_interactions_is_among_them():
    assert any(not spec.additive for spec in registry.heads().values())
