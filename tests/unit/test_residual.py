"""Residual training: it begins as the ensemble, keeps it where nothing is to be gained, and learns what is paired."""

from __future__ import annotations

from dataclasses import replace

import torch

from tests.support import blobs, infer, make_samples, make_task, train_experts, xor
from umlkit.data.records import Samples
from umlkit.methods.base import Task, Trained
from umlkit.methods.residual.method import Residual
from umlkit.methods.residual.options import ResidualOptions
from umlkit.methods.ume.method import Ume
from umlkit.methods.ume.options import UmeOptions
from umlkit.recipe.schema import Train


def with_ensemble(train: Samples, select: Samples, *, epochs: int = 40) -> Task:
    task = make_task(train, select, settings=Train(epochs=epochs, patience=20, patience_steps=1))
    task = replace(task, experts=train_experts(task))
    return replace(task, built_on={"ume": Ume(UmeOptions()).train(task).model})


def trained_on(task: Task) -> Trained:
    return Residual(ResidualOptions()).train(task)


def test_it_is_the_sum_of_the_ensembles_logits_and_the_networks() -> None:
    task = with_ensemble(blobs(100), blobs(100, seed=1), epochs=3)
    model = trained_on(task).model
    ensemble, residual = infer(task.built_on["ume"], task.select)[0], infer(model.network, task.select)[0]  # type: ignore[arg-type]
    torch.testing.assert_close(infer(model, task.select)[0], ensemble + residual)


def test_it_starts_near_the_ensemble_and_counts_that_start() -> None:
    task = with_ensemble(blobs(100), blobs(100, seed=1), epochs=3)
    (fitted,) = trained_on(task).fits.values()
    log_probs = infer(task.built_on["ume"], task.select)[0]
    ume_loss = -log_probs[torch.arange(100), task.select.labels].mean().item()
    assert fitted.history[0].epoch == 0
    assert abs(fitted.history[0].select_loss - ume_loss) < 0.05
    assert fitted.best_loss <= fitted.history[0].select_loss


def test_on_select_it_is_judged_with_pools_that_were_fitted_without_the_sample() -> None:
    task = with_ensemble(blobs(100), blobs(100, seed=1), epochs=3)
    trained = trained_on(task)
    judged = Ume(UmeOptions()).train(task).select_logits
    assert trained.select_logits is not None and judged is not None
    network = infer(trained.model.network, task.select)[0]  # type: ignore[arg-type]
    torch.testing.assert_close(trained.select_logits, judged.float() + network)


def test_where_it_keeps_the_ensemble_it_is_no_better_on_select() -> None:
    task = with_ensemble(blobs(100), blobs(100, seed=1), epochs=1)
    (fitted,) = trained_on(task).fits.values()
    judged = Ume(UmeOptions()).train(task).select_logits
    assert judged is not None
    ume_loss = -judged[torch.arange(100), task.select.labels].mean().item()
    assert abs(fitted.history[0].select_loss - ume_loss) < 0.005


def test_it_keeps_the_ensemble_where_labels_are_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    train, select = (
        make_samples({f"m{m}": torch.randn(150, 6, generator=generator) for m in range(2)}, torch.arange(150) % 2)
        for _ in range(2)
    )
    task = with_ensemble(train, select)
    trained = trained_on(task)
    assert min(fitted.best_loss for fitted in trained.fits.values()) < 0.72


def test_it_learns_exclusive_or() -> None:
    (fitted,) = trained_on(with_ensemble(xor(300), xor(200, seed=1), epochs=60)).fits.values()
    assert fitted.history[0].select_loss > 0.65
    assert fitted.best_loss < 0.2
