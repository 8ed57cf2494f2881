"""The residual networks: the published counts of ResNet-18, and which pictures each of the two is for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.support import make_samples
from umlkit import registry
from umlkit.encoders.base import Encoder, SampleSpec, build
from umlkit.methods.base import ModalityPlan
from umlkit.methods.unimodal import screening
from umlkit.methods.unimodal.screening import candidates


def resnet18(*shape: int) -> Encoder:
    return build("resnet18", {}, SampleSpec("image", shape))


def weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_resnet18_has_the_published_number_of_weights() -> None:
    """torchvision's documentation: resnet18, num_params 11689512, of which 513,000 are the layer to 1000 classes."""
    encoder = resnet18(3, 64, 64)
    assert weights(encoder) == 11_176_512
    assert weights(encoder) + weights(nn.Linear(encoder.features, 1000)) == 11_689_512


def test_resnet18_has_the_published_maps() -> None:
    """He et al. 2016, table 1: 112, 56, 28, 14 and 7 positions a side for a picture of 224."""
    with torch.inference_mode():
        encoded = resnet18(3, 224, 224).eval().encode(torch.randn(1, 3, 224, 224))
    assert [tuple(stage.shape[1:]) for stage in encoded.maps] == [
        (64, 112, 112),
        (64, 56, 56),
        (128, 28, 28),
        (256, 14, 14),
        (512, 7, 7),
    ]
    assert encoded.features.shape == (1, 512)


@pytest.mark.parametrize(
    ("shape", "last_side"), [((1, 8, 8), 4), ((1, 28, 28), 4), ((1, 100, 64), 4), ((3, 32, 32), 2), ((4, 64, 64), 2)]
)
def test_the_small_resnet_goes_down_to_four_positions_a_side_and_in_colour_to_two(
    shape: tuple[int, ...], last_side: int
) -> None:
    encoded = build("resnet", {}, SampleSpec("image", shape)).eval().encode(torch.randn(1, *shape))
    assert min(encoded.maps[-1].shape[2:]) == last_side


@pytest.mark.parametrize(("shape", "considered"), [((3, 63, 200), False), ((3, 64, 64), True), ((1, 200, 64), True)])
def test_auto_considers_resnet18_for_larger_pictures_alone(shape: tuple[int, ...], considered: bool) -> None:
    found = candidates(ModalityPlan("image", registry.AUTO, {}, shape))
    assert ("resnet18" in [plan.encoder for plan in found]) == considered


def test_resnet18_is_trained_on_any_picture_where_a_recipe_names_it() -> None:
    found = candidates(ModalityPlan("image", "resnet18", {}, (1, 8, 8)))
    assert {plan.encoder for plan in found} == {"resnet18"}


@pytest.mark.parametrize(("samples", "found"), [(10, ["linear", "resnet18"]), (100_000, ["linear"])])
def test_what_would_take_too_long_to_screen_is_left_out(samples: int, found: list[str]) -> None:
    plans = [ModalityPlan("image", name, {}, (1, 64, 64)) for name in ("linear", "resnet18")]
    one = make_samples({"eye": torch.zeros(1, 1, 64, 64)}, [0])
    kept = screening.affordable(plans, classes=2, samples=samples, epochs=300, select=one)
    assert [plan.encoder for plan in kept] == found


def test_the_cheapest_candidate_is_never_left_out() -> None:
    plans = [ModalityPlan("image", "resnet18", {"width": width}, (1, 64, 64)) for width in (16, 32)]
    one = make_samples({"eye": torch.zeros(1, 1, 64, 64)}, [0])
    assert screening.affordable(plans, classes=2, samples=10**9, epochs=300, select=one) == plans[:1]
