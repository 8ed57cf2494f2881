"""The ensemble as a method, and the best single modality."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch

from tests.support import blobs, infer, make_samples, make_task, train_experts
from umlkit.methods.base import Task
from umlkit.methods.best_single.method import BestSingle
from umlkit.methods.best_single.options import BestSingleOptions
from umlkit.methods.experts import stacked_logits
from umlkit.methods.ume import rules
from umlkit.methods.ume.method import Ume
from umlkit.methods.ume.options import UmeOptions
from umlkit.recipe.schema import Train


def with_noise(n: int, seed: int) -> Task:
    made = blobs(n, modalities=2, seed=seed)
    noise = torch.randn(n, 6, generator=torch.Generator().manual_seed(seed))
    return make_samples({**made.inputs, "noise": noise}, made.labels)


@pytest.fixture(scope="module")
def task() -> Task:
    made = make_task(with_noise(200, 0), with_noise(200, 1), settings=Train(epochs=15, patience=8, patience_steps=1))
    return replace(made, experts=train_experts(made))


@pytest.mark.parametrize("pool", ["log-linear", "prob-mean", "logit-mean"])
def test_the_model_pools_as_the_fitted_pool_does(
    task: Task, pool: Literal["log-linear", "prob-mean", "logit-mean"]
) -> None:
    model = Ume(UmeOptions(pool=pool)).train(task).model
    logits, labels = stacked_logits(task.experts, "select"), task.select.labels.numpy()
    expected = rules.RULES[pool](logits, labels, np.log(task.priors.double().numpy()))(logits)
    np.testing.assert_allclose(infer(model, task.select)[0].numpy(), expected, atol=2e-4)


def test_pure_noise_gets_no_weight(task: Task) -> None:
    weights = Ume(UmeOptions()).train(task).report["weights"]
    assert weights["noise"] == 0
    assert min(weights["m0"], weights["m1"]) > 0.3


def test_a_class_without_training_samples_is_no_obstacle(task: Task) -> None:
    unseen = replace(task, priors=torch.tensor([0.5, 0.5, 0.0]))
    assert torch.isfinite(infer(Ume(UmeOptions()).train(unseen).model, task.select)[0]).all()


def test_best_single_is_the_modality_with_the_lowest_calibrated_select_loss(task: Task) -> None:
    trained = BestSingle(BestSingleOptions()).train(task)
    best = trained.report["modality"]
    assert best != "noise"
    assert list(trained.blueprint.modalities) == [best]
    assert torch.equal(infer(trained.model, task.select)[0], task.experts[best].logits["select"])
    losses = trained.report["select_losses"]
    assert losses[best] == min(losses.values())
