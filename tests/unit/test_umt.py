"""UMT: the distance to the teacher, where students start, and what the options stand for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.support import blobs, make_task, train_experts, xor
from umlkit.methods.base import Task
from umlkit.methods.experts import encoder_of
from umlkit.methods.umt.distance import DISTANCES, unit
from umlkit.methods.umt.method import Trial, Umt, with_teachers
from umlkit.methods.umt.options import UmtOptions
from umlkit.methods.umt.student import Student
from umlkit.recipe.schema import Train


@pytest.fixture(scope="module")
def task() -> Task:
    made = make_task(blobs(128), blobs(100, seed=1), settings=Train(epochs=5, patience=5, patience_steps=1))
    return replace(made, experts=train_experts(made))


def student_of(task: Task, **options: object) -> tuple[Umt, Student]:
    umt = Umt(UmtOptions.model_validate(options))
    targets = [expert.features["train"].shape[1] for expert in task.experts.values()]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return umt, umt.build(task.blueprint, {"targets": targets})


def test_the_loss_is_cross_entropy_plus_the_weighted_distances_in_units_of_the_teachers_variance(task: Task) -> None:
    umt, student = student_of(task, room="none")
    batch = with_teachers(task).batch(slice(0, 32))
    output = student.eval().infer(batch.inputs)
    expected = cross_entropy(output.logits, batch.labels)
    for name, expert in task.experts.items():
        teacher = expert.features["train"]
        expected = expected + 0.7 * (output.features[name] - teacher[:32]).square().mean() / teacher.var(correction=0)
    assert umt.loss(student, 0.7, task)(batch).item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_weight_means_the_same_however_the_features_are_scaled(distance: str) -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 50, 8, generator=generator)
    small, large = (
        DISTANCES[distance](scale * student, scale * teacher).item() / unit(distance, scale * teacher)
        for scale in (0.1, 30.0)
    )
    assert small == pytest.approx(large, rel=1e-5)


def test_constant_teacher_features_do_not_divide_by_zero() -> None:
    assert all(unit(distance, torch.ones(10, 3)) > 0 for distance in DISTANCES)


@pytest.mark.parametrize("room", [2, 3, "none"])
def test_a_student_that_starts_from_its_teacher_matches_it_at_once(task: Task, room: int | str) -> None:
    _, student = student_of(task, room=room)
    student.start_from({name: encoder_of(expert) for name, expert in task.experts.items()})
    projected = student.project(student.eval().infer(task.train.inputs).features)
    for name, expert in task.experts.items():
        torch.testing.assert_close(projected[name], expert.features["train"], rtol=1e-4, atol=1e-5)


def test_a_student_with_room_is_wider_and_only_training_reads_its_projections(task: Task) -> None:
    _, student = student_of(task, room=2)
    output = student.eval().infer(task.train.inputs)
    for name, expert in task.experts.items():
        assert output.features[name].shape[1] == 2 * expert.features["train"].shape[1]
    with torch.no_grad():
        for parameter in student.projections.parameters():
            parameter.zero_()
    assert torch.equal(student.infer(task.train.inputs).logits, output.logits)


def test_what_is_stated_is_not_searched() -> None:
    assert Umt(UmtOptions(weight=0.3, init="scratch")).trials() == [Trial("scratch", 0.3)]
    assert {trial.start for trial in Umt(UmtOptions(weight=0.3)).trials()} == {"scratch", "teacher"}
    assert {trial.start for trial in Umt(UmtOptions(init="teacher")).trials()} == {"teacher"}


@pytest.mark.parametrize("init", ["auto", "scratch", "teacher"])
def test_an_automatic_weight_is_chosen_among_several(init: str) -> None:
    assert len({trial.weight for trial in Umt(UmtOptions(init=init)).trials()}) == 2


@pytest.mark.parametrize("options", [UmtOptions(), UmtOptions(init="scratch"), UmtOptions(weight=0)])
def test_no_automatic_trial_is_joint_training(options: UmtOptions) -> None:
    trials = Umt(options).trials()
    assert trials
    assert Trial("scratch", 0.0) not in trials


def test_the_training_of_the_model_itself_is_told_last(task: Task) -> None:
    trained = Umt(UmtOptions(init="scratch")).train(task)
    first, second = trained.report["trials"]
    assert first["select_loss"] < second["select_loss"]
    assert list(trained.fits.values())[-1].best_loss == first["select_loss"]


def test_umt_with_room_learns_paired_signal_that_no_teacher_has() -> None:
    made = make_task(xor(300), xor(200, seed=1), settings=Train(epochs=60, patience=30))
    trained = Umt(UmtOptions(weight=0.1, init="scratch")).train(replace(made, experts=train_experts(made)))
    assert min(fitted.best_loss for fitted in trained.fits.values()) < 0.2
