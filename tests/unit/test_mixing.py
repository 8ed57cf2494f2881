"""Marginals of a model: means over references of what it says of samples put together from several."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from umlkit.methods import mixing
from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.mixing import crossed, grand_mean, marginal


class Product(MultiModalModel):
    """One logit, the product of the sums of two modalities of any shape; remembers how many rows it saw at once."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        first, second = (values.flatten(1).sum(dim=1) for values in inputs.values())
        self.most = max(self.most, len(first))
        return Output((first * second)[:, None], {})


def stream(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_marginal_is_the_mean_over_the_references() -> None:
    own = {"a": stream(5, 2), "b": stream(5, 3, 4, seed=1)}
    references = {"a": stream(7, 2, seed=2), "b": stream(7, 3, 4, seed=3)}
    found = marginal(Product(), own, references, keep=["b"])
    by_hand = own["b"].flatten(1).sum(dim=1) * references["a"].sum(dim=1).mean()
    assert found[:, 0].float() == pytest.approx(by_hand, rel=1e-4)


def test_what_is_kept_comes_from_the_sample_and_the_rest_from_one_reference_each() -> None:
    own, references = {"a": stream(4, 1), "b": stream(4, 1, seed=1)}, {"a": stream(3, 1, seed=2), "b": stream(3, 1)}
    found = torch.cat(list(crossed(Product(), own, references, keep=["a"])))
    assert found.shape == (4, 3, 1)
    assert found[:, :, 0].float() == pytest.approx(own["a"] * references["b"].T)


def test_the_marginal_of_nothing_is_the_mean_over_the_references_themselves() -> None:
    references = {"a": stream(6, 2), "b": stream(6, 2, seed=1)}
    assert grand_mean(Product(), references) == pytest.approx(
        (references["a"].sum(dim=1) * references["b"].sum(dim=1)).mean()[None], rel=1e-4
    )


def test_samples_that_are_padded_to_another_length_than_the_references_mix_all_the_same() -> None:
    own, references = {"a": stream(4, 9, 2), "b": stream(4, 3)}, {"a": stream(5, 6, 2), "b": stream(5, 3)}
    assert marginal(Product(), own, references, keep=["a"]).shape == (4, 1)


def test_no_more_rows_than_a_bound_are_passed_at_once() -> None:
    model = Product()
    marginal(model, {"a": stream(600, 1), "b": stream(600, 1)}, {"a": stream(32, 1), "b": stream(32, 1)}, keep=["a"])
    assert model.most <= mixing.PASSED
