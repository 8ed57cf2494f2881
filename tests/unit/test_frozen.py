"""Heads on frozen features: where they start, what they find, and that their loss is held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import cross_entropy

from tests.support import blobs, infer, make_samples, make_task, train_experts
from umlkit.data.records import Samples
from umlkit.fusion.base import Head, build
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


def head_at_zero(width: int, classes: int) -> Head:
    head = build("linear", {}, [width], classes).double().eval()
    ridge.start_at_zero(head)
    return head


def drawn(n: int, *, width: int, classes: int, sureness: float) -> ridge.HeadData:
    """Standardised features (n, width) of which the first ones tell the label; the offset does too, nearly always."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % classes
    features = torch.randn(n, width, generator=generator, dtype=torch.float64)
    features[:, :classes] += torch.nn.functional.one_hot(labels, classes)
    said = torch.where(torch.arange(n) % 20 < 2, 0, labels)
    offset = sureness * torch.nn.functional.one_hot(said, classes).double()
    standardised = (features - features.mean(dim=0)) / features.std(dim=0, correction=0)
    return ridge.HeadData((standardised,), offset.log_softmax(dim=1), labels)


def visited(losses: Sequence[float], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many ridges are tried where each has this held-out loss."""
    coming = iter(losses)
    monkeypatch.setattr(ridge, "_held_out", lambda *_: ridge.Scores(np.array([next(coming)]), torch.empty(0)))
    return len(ridge.cross_validated(head_at_zero(2, 2), drawn(10, width=2, classes=2, sureness=0), []))


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
    assert held_out_loss(trained, task) == pytest.approx(held_out_loss(ume, task), abs=0.02)


def scores_of(losses: dict[float, list[float]]) -> dict[float, ridge.Scores]:
    """Ridge -> scores; the logits of a ridge are its name everywhere."""
    return {
        one: ridge.Scores(np.array(of), torch.full((len(of), 2), one, dtype=torch.float64))
        for one, of in losses.items()
    }


def test_no_head_is_best_unless_one_is_surely_better() -> None:
    none = [1.0] * 8
    surely, hardly = [0.9] * 4 + [1.0] * 4, [0.2] + [1.1] * 7
    assert ridge.best(scores_of({math.inf: none, 1.0: surely})) == 1.0
    assert ridge.best(scores_of({math.inf: none, 1.0: hardly})) == math.inf
    assert ridge.best(scores_of({math.inf: none, 1.0: hardly}), np.array([0])) == math.inf  # one sample is no evidence


def test_a_sample_has_no_part_in_the_choice_of_its_own_ridge() -> None:
    folds = [(np.arange(4, 8), np.arange(4)), (np.arange(4), np.arange(4, 8))]
    scores = scores_of({math.inf: [1.0] * 8, 1.0: [0.5] * 4 + [2.0] * 4})
    logits = ridge.held_out(scores, folds)
    assert logits[:, 0].tolist() == [math.inf] * 4 + [1.0] * 4


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


@pytest.mark.parametrize("strength", [3.0, 0.1, 0.003])
def test_a_linear_head_is_the_ridge_logistic_regression(strength: float) -> None:
    data = drawn(300, width=6, classes=3, sureness=0)
    fitted = ridge.fit(head_at_zero(6, 3), data, ridge=strength)
    x, labels = data.features[0].numpy(), data.labels.numpy()
    expected = LogisticRegression(C=1 / (strength * 300), tol=1e-10, max_iter=5000).fit(x, labels)
    with torch.no_grad():
        found = data.logits(fitted).softmax(dim=1).numpy()
    assert found == pytest.approx(expected.predict_proba(x), abs=1e-3)


@pytest.mark.parametrize("sureness", [0.0, 2.0, 4.0])
def test_a_large_ridge_takes_few_steps_however_sure_the_ensemble_is(
    sureness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        found = minimise(*arguments, **options)
        steps.append(found.nfev)
        return found

    minimise = ridge.minimize
    monkeypatch.setattr(ridge, "minimize", counted)
    ridge.fit(head_at_zero(20, 10), drawn(200, width=20, classes=10, sureness=sureness), ridge=3.0)
    assert steps[0] <= 12


@pytest.mark.parametrize(
    ("losses", "tried"),
    [
        pytest.param([0.5, 0.501, 0.504, 0.506, 0.4], 4, id="rising past what may be lost"),
        pytest.param([0.5, 0.501, 0.502, 0.503, 0.504, 0.48, 0.47, 0.46], 8, id="rising by less than that"),
        pytest.param([0.5, 0.52, 0.515, 0.51, 0.49, 0.48, 0.47, 0.46], 8, id="falling back from the price of biases"),
        pytest.param([0.5, 0.52, 0.53, 0.4], 3, id="rising further from there"),
        pytest.param([0.5, 0.45, 0.40, 0.42, 0.3], 4, id="rising after a fall"),
    ],
)
def test_smaller_ridges_are_tried_until_they_overfit(
    losses: list[float], tried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visited(losses, monkeypatch) == tried


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
