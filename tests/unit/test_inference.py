"""Outputs of a model, chunk by chunk."""

from __future__ import annotations

import torch

from tests.support import blobs, plan_for
from umlkit.methods import inference
from umlkit.methods.unimodal.model import UnimodalModel
from umlkit.rows import CHUNK


def test_gradients_may_be_taken_between_two_chunks() -> None:
    samples = blobs(CHUNK + 1, modalities=1)
    weight = torch.ones(1, requires_grad=True)

    made = inference.outputs(UnimodalModel("m0", plan_for(samples, "m0"), 3), samples.inputs)
    next(made)
    (weight * 2).backward()

    assert weight.grad == 2
    assert len(next(made).logits) == 1
