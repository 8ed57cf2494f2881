"""Random views: what each of them does to a sample, who sees them, and that nobody sees them unasked."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tests.support import make_samples, make_task, one_modality, plan_for, train_experts
from umlkit import registry
from umlkit.data.records import Batch, Samples
from umlkit.encoders.augmentation import erased, masked, shifted
from umlkit.encoders.base import Encoder, SampleSpec, build
from umlkit.errors import InterruptedRun
from umlkit.methods.base import ModalityPlan, MultiModalModel, Task
from umlkit.methods.late_fusion import cross_entropy_of, logits_of
from umlkit.methods.residual import method as residual
from umlkit.methods.ume.method import Ume
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.options import UmeOptions
from umlkit.methods.umt.method import Umt, with_teachers
from umlkit.methods.umt.options import UmtOptions
from umlkit.methods.unimodal.model import UnimodalModel
from umlkit.recipe.schema import Train
from umlkit.runs.interrupts import interrupts
from umlkit.training.checkpoint import Workspace
from umlkit.training.loop import fit
from umlkit.training.seeds import seeded

EVERYTHING = {"crop": 2, "flip": True, "masks": 1, "erasing": 0.5}
PICTURE = SampleSpec("image", (1, 12, 10))
ENCODERS = [name for name, spec in registry.encoders().items() if "crop" in spec.options.model_fields]


def numbered(n: int) -> Tensor:
    """(n, 1, 12, 10), no two pixels alike, none 0."""
    return torch.arange(1.0, 121).reshape(1, 1, 12, 10).repeat(n, 1, 1, 1)


def encoder(name: str = "resnet", **options: Any) -> Encoder:
    with seeded(0):
        return build(name, {"width": 16, **options}, PICTURE)


# What each view is


def test_a_shifted_sample_is_a_window_of_the_sample_with_its_edge_repeated() -> None:
    with seeded(0):
        views = shifted(numbered(300), (2, 1))
    padded = nn.functional.pad(numbered(1), (1, 1, 2, 2), mode="replicate")[0, 0]
    windows = [padded[i : i + 12, j : j + 10] for i in range(5) for j in range(3)]
    found = [[bool(torch.equal(view[0], window)) for window in windows].index(True) for view in views]
    assert set(found) == set(range(15))


@pytest.mark.parametrize(("crop", "rows", "columns"), [(3, 3, 3), (0.25, 3, 2), (0.01, 1, 1)])
def test_a_crop_is_stated_in_pixels_or_as_a_share_of_the_side(crop: float, rows: int, columns: int) -> None:
    told = encoder(crop=crop, erasing=0.0).train()
    with seeded(0):
        views = told.augment(numbered(300))
    offsets = views[:, 0, 6, 5] - numbered(1)[0, 0, 6, 5]  # ten pixels a row
    down, across = ((offsets + 5) // 10).abs().max(), ((offsets + 5) % 10 - 5).abs().max()
    assert (down, across) == (rows, columns)


def test_a_flip_mirrors_left_and_right_in_half_of_the_samples() -> None:
    with seeded(0):
        views = shifted(numbered(300), (0, 0), flip=True)
    mirrored = [bool(torch.equal(view, numbered(1)[0].flip(-1))) for view in views]
    untouched = [bool(torch.equal(view, numbered(1)[0])) for view in views]
    assert sum(mirrored) + sum(untouched) == 300
    assert 120 < sum(mirrored) < 180


def test_a_mask_is_one_band_along_each_axis_of_at_most_a_quarter_of_the_side() -> None:
    with seeded(0):
        views = masked(numbered(300), 1)
    rows, columns = (views == 0).all(dim=3)[:, 0], (views == 0).all(dim=2)[:, 0]
    assert set(rows.sum(1).tolist()) == {0, 1, 2, 3}
    assert set(columns.sum(1).tolist()) == {0, 1, 2}
    assert all((band.int().diff() > 0).sum() <= 1 for band in rows)
    assert torch.equal(views == 0, rows[:, None, :, None] | columns[:, None, None, :])


def test_a_rectangle_of_the_stated_shares_is_erased_in_so_many_samples() -> None:
    with seeded(0):
        views = erased(numbered(600), 0.5)
    changed = (views != numbered(600))[:, 0]
    touched = changed[changed.flatten(1).any(1)]
    assert 250 < len(touched) < 350
    share = touched.flatten(1).float().mean(1)
    assert 0.0 < share.min() < 0.05
    assert 0.35 < share.max() < 0.45  # .4, its sides rounded to whole pixels
    assert all(torch.equal(one, one.any(1)[:, None] & one.any(0)[None]) for one in touched)


@pytest.mark.parametrize(
    "view", [lambda x: shifted(x, (3, 3), flip=True), lambda x: masked(x, 2), lambda x: erased(x, 1.0)]
)
def test_a_view_is_of_the_random_stream_and_leaves_the_sample_alone(view: Callable[[Tensor], Tensor]) -> None:
    x = numbered(8)
    with seeded(1):
        first, second = view(x), view(x)
    with seeded(1):
        again = view(x)
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert torch.equal(x, numbered(8))


# Who sees it


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_augments_in_training_where_it_was_told_to(name: str) -> None:
    told = encoder(name, **EVERYTHING)
    x = numbered(8)
    assert told.augments
    assert not torch.equal(told.train().augment(x), x)
    assert told.eval().augment(x) is x


@pytest.mark.parametrize("name", registry.encoders())
def test_nothing_is_ever_mirrored_by_itself(name: str) -> None:
    spec = registry.encoder(name)
    settings = spec.candidates(spec.options())
    assert not any(getattr(setting, "flip", False) for setting in settings)


@pytest.mark.parametrize("name", ENCODERS)
def test_auto_compares_none_with_a_shift_and_an_erased_rectangle(name: str) -> None:
    spec = registry.encoder(name)
    assert [setting.augments for setting in spec.candidates(spec.options())] == [False, True]
    assert len(spec.candidates(spec.options(crop=0, erasing=0.0))) == 1


def pictures(n: int, seed: int) -> Samples:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    x = torch.randn(n, 1, 12, 10, generator=generator)
    x[:, :, 3:6, 3:6] += labels[:, None, None, None] * 2.0
    table = torch.randn(n, 5, generator=generator) + labels[:, None]
    return make_samples({"eye": x, "table": table}, labels)


@pytest.fixture(scope="module")
def task() -> Task:
    train, select = pictures(64, 0), pictures(60, 1)
    plans = {
        "eye": plan_for(train, "eye", encoder="resnet", width=8, **EVERYTHING),
        "table": plan_for(train, "table"),
    }
    made = make_task(train, select, plans=plans, settings=Train(epochs=2, patience=2, patience_steps=1, batch_size=32))
    made = replace(made, experts=train_experts(made))
    return replace(made, built_on={"ume": Ume(UmeOptions()).train(made).model})


class Seen:
    """The inputs that the encoders of a model were given, and whether they were in training mode."""

    def __init__(self, model: nn.Module) -> None:
        self.inputs: list[Tensor] = []
        self.training: list[bool] = []
        for part in model.modules():
            if isinstance(part, Encoder):
                part.register_forward_pre_hook(self._saw)

    def _saw(self, module: nn.Module, inputs: tuple[Tensor]) -> None:
        self.inputs.append(inputs[0])
        self.training.append(module.training)


def student_of(task: Task, **options: Any) -> tuple[Umt, Any]:
    umt = Umt(UmtOptions.model_validate(options))
    targets = [expert.features["train"].shape[1] for expert in task.experts.values()]
    with seeded(0):
        return umt, umt.build(task.blueprint, {"targets": targets}).train()


def test_a_teacher_sees_the_view_of_its_student_forward_only_and_the_others_are_looked_up(task: Task) -> None:
    umt, student = student_of(task)
    for expert in task.experts.values():
        expert.model.zero_grad()  # of their own training
    watched = {name: Seen(expert.model) for name, expert in task.experts.items()}
    seen, batch = Seen(student), with_teachers(task).batch(slice(0, 16))
    umt.loss(student, 0.1, task)(batch).backward()
    (view,) = watched["eye"].inputs
    assert not torch.equal(view, batch.inputs["eye"])
    assert torch.equal(view, seen.inputs[0])
    assert watched["eye"].training == [False]
    assert watched["table"].inputs == []
    assert all(p.grad is None for expert in task.experts.values() for p in expert.model.parameters())


def test_the_distance_is_to_the_teachers_features_of_the_view(task: Task) -> None:
    umt, student = student_of(task, room="none")
    batch = with_teachers(task).batch(slice(0, 16))
    with seeded(5):
        found = umt.loss(student, 1e3, task)(batch)
    with seeded(5):
        view = student.augmented(batch.inputs)
        output = student.infer(view)
    expected = cross_entropy(output.logits, batch.labels)
    for name, expert in task.experts.items():
        taught, stored = expert.model.infer(view).features[name], expert.features["train"]
        expected = expected + 1e3 * (output.features[name] - taught).square().mean() / stored.var(correction=0)
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize(("options", "weight"), [({"view": "clean"}, 0.1), ({}, 0.0)])
def test_no_teacher_runs_where_its_features_of_the_view_are_not_wanted(
    task: Task, options: dict[str, Any], weight: float
) -> None:
    umt, student = student_of(task, **options)
    watched = [Seen(expert.model) for expert in task.experts.values()]
    seen, batch = Seen(student), with_teachers(task).batch(slice(0, 16))
    umt.loss(student, weight, task)(batch)
    assert all(seen.inputs == [] for seen in watched)
    assert not torch.equal(seen.inputs[0], batch.inputs["eye"])


def test_the_residual_network_is_trained_beside_what_the_ensemble_says_of_its_very_view(task: Task) -> None:
    ensemble = UmeModel.of(task.built_on["ume"])
    with seeded(0):
        network = residual.Residual(residual.ResidualOptions())._network(task.blueprint).train()
    batch = residual.with_offsets(task, ensemble).with_extras(residual._stored(task)).batch(slice(0, 16))
    with seeded(5):
        found = residual.training_loss(network, ensemble, task)(batch)
    with seeded(5):
        view = network.augmented(batch.inputs)
        expected = cross_entropy(ensemble.infer(view).logits + network.infer(view).logits, batch.labels)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("method", ["unimodal", "joint", "residual", "umt"])
def test_every_method_that_trains_encoders_trains_them_on_views_and_is_judged_on_the_samples(
    task: Task, method: str
) -> None:
    spec = registry.method(method)
    of_one = one_modality(task, "eye") if method == "unimodal" else task
    trained_on: list[bool] = []
    judged_on: list[bool] = []

    def watched(name: str, module: nn.Module, **arguments: Any) -> Any:
        eye = next(part for part in module.modules() if isinstance(part, Encoder) and part.augments)

        def saw(encoder: nn.Module, inputs: tuple[Tensor]) -> None:
            clean = any(
                torch.equal(inputs[0][0], row) for row in [*task.train.inputs["eye"], *task.select.inputs["eye"]]
            )
            (trained_on if encoder.training else judged_on).append(clean)

        eye.register_forward_pre_hook(saw)
        return task.fit(name, module, **arguments)

    registry.implementation(spec)(spec.options()).train(replace(of_one, fit=watched))
    assert trained_on and not any(trained_on)
    assert judged_on and all(judged_on)


def test_training_that_was_cut_off_sees_the_views_of_one_that_was_not(tmp_path: Path) -> None:
    def training(workspace: Workspace | None, stop_at: int | None = None) -> MultiModalModel:
        samples = pictures(48, 0).only("eye")
        options = {**plan_for(samples, "eye", encoder="resnet").options, **EVERYTHING, "width": 8}
        with seeded(0):
            model = UnimodalModel("eye", ModalityPlan("image", "resnet", options, (1, 12, 10)), 2)
        loss, steps = cross_entropy_of(model), iter(range(1, 100))

        def counted(batch: Batch) -> Tensor:
            if next(steps) == stop_at:
                interrupts.request(signal.SIGTERM)
            return loss(batch)

        fit(
            model,
            loss=counted,
            logits=logits_of(model),
            train=samples,
            select=samples,
            settings=Train(epochs=3, batch_size=16),
            seed=0,
            workspace=workspace,
        )
        return model

    workspace = Workspace(tmp_path, "full", warn=pytest.fail)
    for stop_at in (2, 3):
        with pytest.raises(InterruptedRun):
            training(workspace, stop_at)
    resumed, whole = training(workspace).state_dict(), training(None).state_dict()
    assert all(torch.equal(values, resumed[name]) for name, values in whole.items())


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
