"""The kernel residual: closed forms against brute force, and what it finds where and where not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.contract.test_methods import method_of, with_experts
from tests.support import blobs, infer, make_samples, make_task, xor
from umlkit.data.records import Samples
from umlkit.methods.base import ModalityPlan, MultiModalModel, Task, Trained
from umlkit.methods.calibration import log_loss
from umlkit.methods.kernel.nystroem import Centred, Combination, features_of, squared_distances
from umlkit.methods.kernel.ridge import Ridge
from umlkit.methods.kernel.step import step
from umlkit.methods.kernel.views import choice
from umlkit.methods.kernel.views.smoothed import SmoothedView
from umlkit.recipe.schema import Train

SETTINGS = Train(epochs=60, patience=15, batch_size=64)


def task_of(train: Samples, select: Samples) -> Task:
    task = with_experts(make_task(train, select, settings=SETTINGS))
    return replace(task, built_on={"ume": method_of("ume").train(task).model.eval().requires_grad_(False)})


def fitted(task: Task, **options: Any) -> Trained:
    return method_of("kernel", options).train(task)


def gain(task: Task, trained: Trained, fresh: Samples) -> float:
    """Nats by which the loss of the ensemble alone is higher, on fresh samples."""
    labels = fresh.labels.numpy()
    losses = [
        log_loss(infer(model, fresh)[0].double().numpy(), labels).mean()
        for model in (task.built_on["ume"], trained.model)
    ]
    return float(losses[0] - losses[1])


@pytest.fixture(scope="module")
def exclusive_or() -> Task:
    return task_of(xor(300, seed=0), xor(200, seed=1))


@pytest.fixture(scope="module")
def independent() -> Task:
    return task_of(blobs(300, strength=0.6, seed=0), blobs(200, strength=0.6, seed=1))


def test_what_a_fit_without_a_sample_says_of_it_is_known_without_fitting_it() -> None:
    stream = np.random.default_rng(0)
    x, t, w = stream.normal(size=(30, 5)), stream.normal(size=(30, 2)), stream.random(30) + 0.2
    left_out = Ridge(x, t, w).left_out(0.1)
    for i in range(30):
        kept = np.arange(30) != i
        again = Ridge(x[kept], t[kept], w[kept]).fit(0.1 * 30 / 29)  # the ridge counts samples
        assert left_out[i] == pytest.approx(again(x[[i]])[0], abs=1e-8)


def test_a_sample_of_weight_two_counts_as_two() -> None:
    stream = np.random.default_rng(1)
    x, t = stream.normal(size=(20, 3)), stream.normal(size=(20, 1))
    twice = Ridge(np.vstack([x, x[:5]]), np.vstack([t, t[:5]])).fit(0.1 * 20 / 25)
    weighted = Ridge(x, t, np.where(np.arange(20) < 5, 2.0, 1.0)).fit(0.1)
    assert weighted(x) == pytest.approx(twice(x), abs=1e-8)


def kernel_of_three() -> tuple[Centred, list[Any]]:
    stream = np.random.default_rng(2)
    distances = [squared_distances(x, x) for x in (stream.normal(size=(15, width)) for width in (2, 3, 1))]
    return Centred.at((2.0, 3.0, 1.0), distances), distances


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_features_give_the_kernel_back_where_every_sample_is_a_landmark(share: float) -> None:
    centred, distances = kernel_of_three()
    kernel = Combination(centred, share)(distances)
    features = kernel @ features_of(kernel)
    assert np.diag(kernel).mean() == pytest.approx(1.0)
    assert features @ features.T == pytest.approx(kernel, abs=1e-5)


def test_the_sum_mixes_nothing_and_products_leave_nearly_all_else_to_it() -> None:
    """Over a grid of all combinations of what the modalities show."""
    centred, distances = kernel_of_three()
    grid = np.meshgrid(*(np.arange(15),) * 3, indexing="ij")
    parts = centred([one[at.ravel()] for one, at in zip(distances, grid, strict=True)])
    mixed, additive = (part.reshape(15, 15, 15, -1) for part in (parts.mixed, parts.additive))
    for axes in ((0, 1), (0, 2), (1, 2)):
        assert mixed.mean(axis=axes).var() < 0.05 * mixed.var()
    interaction = additive[1, 1, 0] - additive[1, 0, 0] - additive[0, 1, 0] + additive[0, 0, 0]
    assert interaction == pytest.approx(0, abs=1e-10)


def test_a_sample_far_from_all_others_does_not_weigh_more_than_all_of_them() -> None:
    stream = np.random.default_rng(5)
    rows = [np.vstack([stream.normal(size=(40, 2)), np.full((1, 2), 100.0)]) for _ in range(6)]
    distances = [squared_distances(x, x) for x in rows]
    kernel = Combination(Centred.at((30.0,) * 6, distances), 0.0)(distances)
    assert np.abs(kernel).max() < 10  # the mean of the diagonal is 1; without a bound it is all of it, 41


def test_a_modality_that_never_changes_has_a_kernel_of_nothing() -> None:
    distances = [squared_distances(x, x) for x in (np.ones((9, 2)), np.arange(9.0)[:, None])]
    parts = Centred.at((1.0, 20.0), distances)(distances)
    assert parts.mixed == pytest.approx(0, abs=1e-10)
    assert np.diag(parts.additive).mean() == pytest.approx(0.5)


def test_no_step_is_taken_along_noise_and_a_whole_one_along_the_truth() -> None:
    stream = np.random.default_rng(3)
    truth = 2 * stream.normal(size=(2000, 3))
    labels = np.array([stream.choice(3, p=p / p.sum()) for p in np.exp(truth)])
    assert step(np.zeros_like(truth), truth, labels) == pytest.approx(1.0, abs=0.1)
    noise = [step(truth, stream.normal(size=truth.shape), labels) for _ in range(20)]
    assert np.median(noise) == 0
    assert max(noise) < 0.1


def test_a_product_of_kernels_finds_what_no_modality_tells_alone_and_a_sum_does_not(exclusive_or: Task) -> None:
    fresh = xor(1000, seed=2)
    assert gain(exclusive_or, fitted(exclusive_or), fresh) > 0.4
    assert abs(gain(exclusive_or, fitted(exclusive_or, interaction=False), fresh)) < 0.01


@pytest.mark.parametrize("interaction", [True, False])
def test_where_nothing_is_paired_it_stays_at_the_ensemble(independent: Task, interaction: bool) -> None:
    assert (
        abs(gain(independent, fitted(independent, interaction=interaction), blobs(2000, strength=0.6, seed=2))) < 0.01
    )


def test_an_ensemble_that_knows_its_training_samples_by_heart_hides_nothing() -> None:
    train, select = xor(200, width=30, noise=1.0, seed=0), xor(200, width=30, noise=1.0, seed=1)
    task = task_of(train, select)
    certain = 20 * torch.nn.functional.one_hot(train.labels, 2).float()
    known = {name: replace(e, logits={**e.logits, "train": certain}) for name, e in task.experts.items()}
    found = [fitted(replace(task, experts=experts)) for experts in (task.experts, known)]
    assert torch.equal(*(trained.model.state_dict()["weight"] for trained in found))
    assert found[0].report["step"] > 0


def test_the_stored_select_logits_are_of_choices_without_the_sample(exclusive_or: Task) -> None:
    trained = fitted(exclusive_or)
    assert trained.select_logits is not None
    seen = infer(trained.model, exclusive_or.select)[0].double()
    assert not torch.allclose(trained.select_logits, seen, atol=1e-6)
    labels = exclusive_or.select.labels.numpy()
    held_out = log_loss(trained.select_logits.numpy(), labels).mean()
    assert held_out == pytest.approx(log_loss(seen.numpy(), labels).mean(), abs=0.05)


def test_the_stored_select_logits_of_a_sample_do_not_know_its_label(exclusive_or: Task) -> None:
    """Neither by the pool that is refitted nor by the direction or the step; groups, so that folds stay as they are."""
    task = replace(exclusive_or, select_groups=torch.arange(200) % 5)
    _, scored = task.select_folds()[0]
    found = []
    for labels in (task.select.labels, task.select.labels.clone()):
        if found:
            labels[scored] = 1 - labels[scored]
        trained = fitted(replace(task, select=replace(task.select, labels=labels)))
        assert trained.select_logits is not None
        found.append(trained.select_logits)
    assert torch.equal(found[0][scored], found[1][scored])
    assert not torch.equal(found[0], found[1])


def test_samples_without_weight_have_no_part() -> None:
    train, select = xor(200, seed=0), xor(200, seed=1)
    spoilt = make_samples(
        {name: torch.cat([rows[:], 5 + rows[:100]]) for name, rows in train.inputs.items()},
        torch.cat([train.labels, 1 - train.labels[:100]]),
    )
    weights = torch.cat([torch.full((200,), 1.5), torch.zeros(100)])
    fresh = xor(1000, seed=2)
    task = task_of(replace(spoilt, weights=weights), select)
    assert gain(task, fitted(task), fresh) > 0.4


def test_parts_of_different_samples_are_fused_as_their_sum_where_the_kernel_is_one(independent: Task) -> None:
    model: Any = fitted(independent, interaction=False).model
    with torch.no_grad():
        one, other = (model.parts(blobs(20, seed=seed).batch(slice(None)).inputs) for seed in (2, 3))
        assert torch.equal(model.fuse(one), infer(model, blobs(20, seed=2))[0])
        corners = [
            model.fuse({"m0": a["m0"], "m1": b["m1"]}).log_softmax(1) for a in (one, other) for b in (one, other)
        ]
    mixed = corners[0] - corners[1] - corners[2] + corners[3]
    assert (mixed - mixed.mean(1, keepdim=True)).abs().max() < 1e-4


@pytest.mark.parametrize(("dims", "paired", "landmarks"), [(20, True, 1024), (20, False, 512), (1, True, 512)])
def test_landmarks_are_doubled_while_that_explains_more(dims: int, paired: bool, landmarks: int) -> None:
    """Of a product of many-dimensional numbers; for few dimensions, or where there is nothing, the fewest will do."""
    stream = np.random.default_rng(0)
    numbers = stream.normal(size=(2, 1400, dims)).astype(np.float32)
    labels = numbers.mean(axis=2).prod(axis=0) > 0 if paired else stream.random(1400) < 0.5

    def part(rows: slice) -> Samples:
        shown = {f"m{at}": torch.from_numpy(one[rows]) for at, one in enumerate(numbers)}
        return make_samples(shown, torch.from_numpy(labels[rows]).long())

    assert fitted(task_of(part(slice(1200)), part(slice(1200, 1400)))).resolved["landmarks"] == landmarks


def test_what_a_kernel_sees_follows_from_the_kind() -> None:
    def shown(kind: str, shape: tuple[int, ...]) -> tuple[str, ...]:
        return choice.possible(ModalityPlan(kind, "mlp", {}, shape))

    assert shown("vector", (9000,)) == ("inputs",)
    assert shown("table", (3, 8, 4)) == ("inputs",)
    assert shown("image", (1, 28, 28)) == ("smoothed", "inputs", "features")
    assert shown("image", (3, 96, 96)) == ("smoothed", "features")
    assert shown("sequence", (40, 3)) == ("filtered", "segments", "features")
    assert shown("text", (100, 50, 20)) == ("words", "features")


PICTURE = ModalityPlan("image", "mlp", {}, (1, 28, 28))
LARGE = ModalityPlan("image", "resnet", {}, (3, 96, 96))
COLUMN = ModalityPlan("vector", "mlp", {}, (3,))
WORDS = ModalityPlan("text", "ngrams", {}, (100, 50, 20))
STEPS = ModalityPlan("sequence", "conv1d", {}, (40, 3))


@pytest.mark.parametrize(
    ("plans", "choices"),
    [
        pytest.param(
            (PICTURE, COLUMN, WORDS),
            [("smoothed", "inputs", "words"), ("inputs", "inputs", "words"), ("features", "inputs", "features")],
            id="several modalities, side by side",
        ),
        pytest.param(
            (WORDS, STEPS, LARGE),
            [
                ("words", "filtered", "smoothed"),
                ("words", "segments", "smoothed"),
                ("features", "features", "features"),
            ],
            id="every view of a sequence beside the words of a text and the smoothed picture",
        ),
        pytest.param((COLUMN, COLUMN), [("inputs", "inputs")], id="where a place always means the same there is one"),
    ],
)
def test_views_that_are_compared(plans: tuple[ModalityPlan, ...], choices: list[tuple[str, ...]]) -> None:
    names = [f"m{at}" for at in range(len(plans))]
    compared = choice.choices(dict(zip(names, plans, strict=True)))
    assert compared == [dict(zip(names, views, strict=True)) for views in choices]


def test_a_smoothed_picture_is_little_changed_by_a_shift_or_another_exposure() -> None:
    points = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0)) ** 8
    shifted = points.roll(1, dims=3)
    seen, moved, brighter = (SmoothedView()(x, torch.empty(4, 0)) for x in (points, shifted, 3 * points + 1))
    assert seen.shape == (4, 100)
    assert torch.allclose(seen, brighter, atol=1e-5)
    among_pixels = torch.cosine_similarity(
        *(x.flatten(1) - x.flatten(1).mean(1, keepdim=True) for x in (points, shifted))
    )
    assert (torch.cosine_similarity(seen, moved) > among_pixels + 0.2).all()


def test_a_smoothed_view_takes_spectrograms_small_pictures_and_blank_ones() -> None:
    assert SmoothedView()(torch.randn(2, 40, 26), torch.empty(2, 0)).shape == (2, 100)
    assert SmoothedView()(torch.randn(2, 3, 8, 4), torch.empty(2, 0)).shape == (2, 96)
    assert SmoothedView()(torch.ones(2, 3, 32, 32), torch.empty(2, 0)).abs().max() < 0.01


@pytest.mark.parametrize("interaction", [True, False])
@pytest.mark.parametrize("keep", [["m0"], ["m2"], ["m0", "m1"]])
def test_all_pairs_at_once_are_as_pair_by_pair(interaction: bool, keep: list[str]) -> None:
    task = task_of(blobs(80, modalities=3, seed=0), blobs(60, modalities=3, seed=1))
    model: Any = fitted(task, interaction=interaction).model
    model.weight += torch.randn(model.weight.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        one, other = (model.parts(blobs(n, modalities=3, seed=n).batch(slice(None)).inputs) for n in (4, 5))
        sides = {n: p for n, p in one.items() if n in keep}, {n: p for n, p in other.items() if n not in keep}
        at_once, pair_by_pair = model.fuse_pairs(*sides), MultiModalModel.fuse_pairs(model, *sides)
    assert at_once.numpy() == pytest.approx(pair_by_pair.numpy(), abs=1e-4)
