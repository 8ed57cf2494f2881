"""A teacher inside a wider student: exactly itself, whatever the rest of the student does."""

from __future__ import annotations

import pytest
import torch

from tests.kind_examples import cases, inputs
from umlkit import registry
from umlkit.encoders.base import build


@pytest.mark.parametrize(("name", "kind", "variant"), cases(registry.encoders()))
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_first_features_of_the_wide_encoder_are_the_narrow_ones(
    name: str, kind: str, variant: str, scale: int
) -> None:
    spec = registry.encoder(name)
    sample, x = inputs(kind, variant, samples=16)
    options = spec.candidates(spec.options())[0].model_dump()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        narrow, wide = build(name, options, sample), build(name, options, sample, scale=scale)
    with torch.no_grad():
        for parameter in narrow.parameters():
            parameter.mul_(1.3)
    wide.embed(narrow)
    taught, learned = narrow.eval().encode(x).features, wide.eval().encode(x).features
    torch.testing.assert_close(learned[:, : narrow.features], taught, rtol=1e-5, atol=1e-5)
    if scale > 1:
        assert learned[:, narrow.features :].std() > 0
