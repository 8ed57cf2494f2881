"""A teacher inside a wider student: exactly itself, whatever the rest of the student does."""

from __future__ import annotations

import pytest
import torch

from umlkit import registry
from umlkit.encoders.base import build

SHAPES = {"vector": (12,), "image": (1, 8, 8)}
CASES = [(name, kind) for name, spec in registry.encoders().items() for kind in sorted(spec.kinds)]


@pytest.mark.parametrize(("name", "kind"), CASES)
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_first_features_of_the_wide_encoder_are_the_narrow_ones(name: str, kind: str, scale: int) -> None:
    shape, spec = SHAPES[kind], registry.encoder(name)
    options = spec.candidates(spec.options())[0].model_dump()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        narrow, wide = build(name, options, shape), build(name, options, shape, scale=scale)
        x = torch.randn(16, *shape)
    with torch.no_grad():
        for parameter in narrow.parameters():
            parameter.mul_(1.3)
    wide.embed(narrow)
    taught, learned = narrow.eval().encode(x).features, wide.eval().encode(x).features
    torch.testing.assert_close(learned[:, : narrow.features], taught, rtol=1e-5, atol=1e-5)
    if scale > 1:
        assert learned[:, narrow.features :].std() > 0
