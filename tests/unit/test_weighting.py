"""Sample weights in everything that is trained or fitted: a sample of weight 2 is a sample seen twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.support import blobs, make_task, one_modality, plan_for, train_experts
from umlkit import registry
from umlkit.data.records import Samples
from umlkit.encoders.linear import ridge_logistic
from umlkit.fusion.base import build as build_head
from umlkit.methods.calibration import calibrated_loss
from umlkit.methods.frozen import ridge
from umlkit.methods.ume import rules
from umlkit.methods.umt.distance import DISTANCES, between
from umlkit.recipe.schema import Train
from umlkit.training import loop
from umlkit.training.risk import cross_entropy, reduced

N = 60
WEIGHTS = np.where(np.arange(N) < 20, 2.0, 1.0)
TWICE = np.concatenate([np.arange(N), np.arange(20)])


def weighted(samples: Samples, weights: np.ndarray) -> Samples:
    """The samples with weights, normalised as the pipeline does it."""
    return replace(samples, weights=torch.as_tensor(weights / weights.mean(), dtype=torch.float32))


def rows(samples: Samples, index: np.ndarray) -> Samples:
    at = torch.as_tensor(index)
    return replace(samples, inputs={name: x[at] for name, x in samples.inputs.items()}, labels=samples.labels[at])


@pytest.fixture
def logits() -> np.ndarray:
    return np.random.default_rng(0).normal(scale=2, size=(N, 2, 3))


@pytest.fixture
def labels(logits: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).gumbel(size=(N, 3))
    return (logits.mean(axis=1) + noise).argmax(axis=1)


def test_the_weighted_risk_is_that_of_the_samples_repeated(logits: np.ndarray, labels: np.ndarray) -> None:
    scores, classes = torch.as_tensor(logits[:, 0]), torch.as_tensor(labels)

    risk = cross_entropy(scores, classes, torch.as_tensor(WEIGHTS / WEIGHTS.mean()))

    assert risk.item() == pytest.approx(functional.cross_entropy(scores[TWICE], classes[TWICE]).item(), rel=1e-12)


def test_the_sum_is_the_mean_times_the_samples(logits: np.ndarray, labels: np.ndarray) -> None:
    scores, classes, weights = torch.as_tensor(logits[:, 0]), torch.as_tensor(labels), torch.as_tensor(WEIGHTS)

    assert cross_entropy(scores, classes, weights, reduction="sum").item() == pytest.approx(
        N * cross_entropy(scores, classes, weights).item()
    )


def test_weights_of_one_change_nothing_and_without_weights_it_is_torchs_own_to_the_bit(
    logits: np.ndarray, labels: np.ndarray
) -> None:
    scores, classes = torch.as_tensor(logits[:, 0], dtype=torch.float32), torch.as_tensor(labels)

    assert torch.equal(cross_entropy(scores, classes), functional.cross_entropy(scores, classes))
    assert cross_entropy(scores, classes, torch.ones(N)).item() == pytest.approx(cross_entropy(scores, classes).item())


@pytest.mark.parametrize("name", DISTANCES)
def test_a_students_distance_weighs_samples_too(name: str) -> None:
    student, teacher = torch.randn(2, N, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    distance = between(name, student, teacher, torch.as_tensor(WEIGHTS / WEIGHTS.mean()))

    assert distance.item() == pytest.approx(DISTANCES[name](student[TWICE], teacher[TWICE]).item(), rel=1e-12)
    assert torch.equal(between(name, student, teacher), DISTANCES[name](student, teacher))


def test_the_loss_that_stops_training_is_weighted() -> None:
    samples = weighted(blobs(N), WEIGHTS)
    model = torch.nn.Linear(6, 3)

    loss, accuracy = loop.evaluate(model, lambda batch: model(batch.inputs["m0"]), samples)

    scores, classes = model(samples.inputs["m0"])[TWICE], samples.labels[TWICE]
    assert loss == pytest.approx(functional.cross_entropy(scores, classes).item(), rel=1e-5)
    assert accuracy == pytest.approx((scores.argmax(dim=1) == classes).double().mean().item(), rel=1e-5)


def test_a_batch_and_a_choice_of_modalities_keep_the_weights() -> None:
    samples = weighted(blobs(N), WEIGHTS).only("m0").with_extras({"extra": torch.zeros(N)})

    batch = samples.batch(torch.tensor([0, 59]))

    assert batch.weights is not None
    assert (batch.weights[0] / batch.weights[1]).item() == pytest.approx(2.0)


@pytest.mark.parametrize(("columns", "strength"), [(6, 0.3), (200, 0.05)], ids=["tall", "wide"])
def test_the_warm_start_of_weight_two_is_that_of_the_sample_twice(columns: int, strength: float) -> None:
    samples, select = blobs(N, width=columns, strength=strength), blobs(40, width=columns, strength=strength, seed=1)
    x, y = samples.inputs["m0"].double().numpy(), samples.labels.numpy()
    held_out = (select.inputs["m0"].double().numpy(), select.labels.numpy())

    by_weight = ridge_logistic.solve(x, y, *held_out, classes=3, weights=WEIGHTS)
    by_copy = ridge_logistic.solve(x[TWICE], y[TWICE], *held_out, classes=3)

    assert by_weight.strength == by_copy.strength
    assert by_weight.weight == pytest.approx(by_copy.weight, abs=2e-3 * np.abs(by_copy.weight).max())
    assert by_weight.loss == pytest.approx(by_copy.loss, abs=1e-4)


def test_the_warm_start_chooses_its_strength_by_the_weighted_select_loss() -> None:
    samples, select = blobs(N, strength=0.3), blobs(N, strength=0.3, seed=1)
    x, y = samples.inputs["m0"].double().numpy(), samples.labels.numpy()
    held_x, held_y = select.inputs["m0"].double().numpy(), select.labels.numpy()

    by_weight = ridge_logistic.solve(x, y, held_x, held_y, classes=3, select_weights=WEIGHTS)
    by_copy = ridge_logistic.solve(x, y, held_x[TWICE], held_y[TWICE], classes=3)

    assert (by_weight.strength, by_weight.loss) == pytest.approx((by_copy.strength, by_copy.loss), rel=1e-9)


@pytest.mark.parametrize("rule", rules.RULES)
def test_a_pool_fitted_with_weight_two_is_that_of_the_sample_twice(
    rule: str, logits: np.ndarray, labels: np.ndarray
) -> None:
    log_prior = np.log([0.3, 0.3, 0.4])

    by_weight = rules.RULES[rule](logits, labels, log_prior, weights=WEIGHTS)
    by_copy = rules.RULES[rule](logits[TWICE], labels[TWICE], log_prior)

    assert by_weight.weights == pytest.approx(by_copy.weights, abs=1e-3)
    assert by_weight.temperatures == pytest.approx(by_copy.temperatures, rel=1e-3)
    assert by_weight(logits) == pytest.approx(by_copy(logits), abs=5e-3)


def test_a_pool_of_samples_that_count_for_nothing_is_the_mean(logits: np.ndarray, labels: np.ndarray) -> None:
    pool = rules.log_linear(logits, labels, np.log([0.3, 0.3, 0.4]), weights=np.zeros(N))

    assert pool.weights == pytest.approx([0.5, 0.5])


def test_the_calibrated_loss_is_that_of_the_samples_repeated(logits: np.ndarray, labels: np.ndarray) -> None:
    scores = logits[:, 0]

    assert calibrated_loss(scores, labels, weights=WEIGHTS) == pytest.approx(
        calibrated_loss(scores[TWICE], labels[TWICE]), abs=1e-6
    )


def test_a_ridge_head_of_weight_two_is_that_of_the_sample_twice() -> None:
    samples = blobs(N, strength=0.5)
    features = tuple(x.double() for x in samples.inputs.values())
    head = build_head("linear", {}, [6, 6], 3).double()
    ridge.start_at_zero(head)
    data = ridge.HeadData(features, torch.zeros(N, 3).double(), samples.labels)
    copies = data.rows(TWICE)

    by_weight = ridge.fit(head, replace(data, weights=torch.as_tensor(WEIGHTS / WEIGHTS.mean())), ridge=0.1)
    by_copy = ridge.fit(head, copies, ridge=0.1)

    with torch.no_grad():
        assert torch.allclose(data.logits(by_weight), data.logits(by_copy), atol=1e-4)


@pytest.mark.parametrize("method", ["ume", "umt", "joint", "residual", "frozen"])
def test_a_sample_of_weight_zero_is_not_there(method: str) -> None:
    """Wrong labels that count for nothing do no harm, whatever the method: every part of it has to use the weights."""
    clean, select, fresh = blobs(300, strength=1.0), blobs(150, strength=1.0, seed=1), blobs(400, strength=1.0, seed=2)
    spoiled = {}
    for role, samples in (("train", clean), ("select", select)):
        wrong = torch.arange(len(samples)) % 3 == 0
        labels = torch.where(wrong, (samples.labels + 1) % 3, samples.labels)
        spoiled[role] = weighted(replace(samples, labels=labels), np.where(wrong.numpy(), 0.0, 1.0))
    task = make_task(spoiled["train"], spoiled["select"], settings=Train(epochs=25, patience=5, patience_steps=0))
    task = replace(task, experts=train_experts(task))
    if method in ("residual", "frozen"):
        ume = registry.method("ume")
        ensemble = registry.implementation(ume)(ume.options()).train(task).model
        task = replace(task, built_on={"ume": ensemble.requires_grad_(False).eval()})
    spec = registry.method(method)

    trained = registry.implementation(spec)(spec.options()).train(task)

    with torch.no_grad():
        scores = trained.model.eval().infer(fresh.inputs).logits.double().numpy()
    assert calibrated_loss(scores, fresh.labels.numpy()) < 0.35
    assert one_modality(task, "m0").train.weights is not None


def test_the_unimodal_warm_start_gets_the_weights() -> None:
    samples, select = blobs(N, strength=0.5), blobs(N, strength=0.5, seed=1)
    one = {"m0": plan_for(samples, "m0", encoder="linear")}
    settings = Train(epochs=1, lr=1e-9)
    spec = registry.method("unimodal")
    method = registry.implementation(spec)(spec.options())
    losses = {}
    for name, train in (("plain", samples), ("weighted", weighted(samples, np.where(samples.labels == 0, 20.0, 1.0)))):
        task = make_task(train.only("m0"), select.only("m0"), plans=one, settings=settings)
        model = method.train(task).model
        with torch.no_grad():
            scores = model.infer(select.inputs).logits
        losses[name] = functional.cross_entropy(scores[select.labels == 0], select.labels[select.labels == 0]).item()

    assert losses["weighted"] < losses["plain"]


def test_reduced_is_the_mean_of_weighted_values() -> None:
    values, weights = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 1.5])

    assert reduced(values).item() == 2.0
    assert reduced(values, weights).item() == 2.5
