"""Heads on frozen features: where they start, what they find, and that their loss is held out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.support import blobs, infer, make_samples, make_task, train_experts
from umlkit.data.records import Samples
from umlkit.methods.base import Task, Trained
from umlkit.methods.frozen import ridge
from umlkit.methods.frozen.method import Frozen
from umlkit.methods.frozen.options import FrozenOptions
from umlkit.methods.ume.method import Ume
from umlkit.methods.ume.options import UmeOptions
from umlkit.recipe.schema import Train


def with_ensemble(train: Samples, select: Samples) -> Task:
    task = make_task(train, select, settings=Train(epochs=20, patience=10, patience_steps=1))
    task = replace(task, experts=train_experts(task))
    return replace(task, built_on={"ume": Ume(UmeOptions()).train(task).model})


@pytest.fixture(scope="module")
def task() -> Task:
    return with_ensemble(blobs(200), blobs(150, seed=1))


def parity_kept_by_the_features(n: int, seed: int) -> Samples:
    """Each view carries its bit in a feature that its own label prediction has no use for."""
    generator = torch.Generator().manual_seed(seed)
    bits = torch.randint(2, (n, 2), generator=generator)
    views = {f"m{m}": torch.randn(n, 4, generator=generator) * 0.2 + (2.0 * bits[:, [m]] - 1) for m in range(2)}
    return make_samples(views, bits[:, 0] ^ bits[:, 1])


def held_out_loss(trained: Trained, task: Task) -> float:
    """The log-loss of the cross-validated `select` logits."""
    assert trained.select_logits is not None
    return cross_entropy(trained.select_logits, task.select.labels).item()


def test_held_out_logits_are_not_those_of_the_head_that_saw_the_samples() -> None:
    task = with_ensemble(parity_kept_by_the_features(100, 0), parity_kept_by_the_features(300, 1))
    trained = Frozen(FrozenOptions(head="mlp")).train(task)
    seen = cross_entropy(infer(trained.model, task.select)[0], task.select.labels).item()
    assert seen < held_out_loss(trained, task)


def test_where_nothing_is_paired_the_ensemble_stays_and_the_loss_is_its_own(task: Task) -> None:
    ume = Ume(UmeOptions()).train(task)
    trained = Frozen(FrozenOptions()).train(task)
    assert held_out_loss(trained, task) <= held_out_loss(ume, task) + 1e-6
    assert held_out_loss(trained, task) == pytest.approx(held_out_loss(ume, task), abs=0.02)


def test_an_infinite_ridge_is_the_ensemble(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ridge, "RIDGES", (math.inf,))
    trained = Frozen(FrozenOptions(head="mlp")).train(task)
    assert trained.report["ridge"] == "infinite"
    assert held_out_loss(trained, task) == pytest.approx(held_out_loss(Ume(UmeOptions()).train(task), task), abs=1e-9)
    torch.testing.assert_close(infer(trained.model, task.select)[0], infer(task.built_on["ume"], task.select)[0])


def test_an_mlp_head_finds_parity_in_the_features_and_a_linear_one_cannot() -> None:
    task = with_ensemble(parity_kept_by_the_features(100, 0), parity_kept_by_the_features(300, 1))
    trained = {head: Frozen(FrozenOptions(head=head)).train(task) for head in ("linear", "mlp")}
    losses = {head: held_out_loss(one, task) for head, one in trained.items()}
    assert losses["linear"] == pytest.approx(0.693, abs=0.03)
    assert losses["mlp"] < 0.2


def test_a_head_fitted_on_training_features_has_no_offset_and_no_cross_validated_loss(task: Task) -> None:
    trained = Frozen(FrozenOptions(fit_on="train")).train(task)
    assert trained.select_logits is None
    assert list(trained.fits) == ["head"]
    logits, features = infer(trained.model, task.select)
    with torch.no_grad():
        torch.testing.assert_close(trained.model.head(list(features.values())), logits)


def test_groups_are_kept_whole_when_the_ridge_is_chosen(task: Task) -> None:
    grouped = replace(task, select_groups=torch.arange(150) % 3)
    assert Frozen(FrozenOptions()).train(grouped).select_logits is not None
