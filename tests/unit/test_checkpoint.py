"""A training that was cut off anywhere ends, resumed, with the weights of one that never was."""

import dataclasses
import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from umlkit.data.records import Batch, Samples
from umlkit.errors import InputError, InterruptedRun
from umlkit.recipe.schema import Train
from umlkit.runs import tensors
from umlkit.runs.interrupts import interrupts
from umlkit.training.checkpoint import Workspace
from umlkit.training.loop import FitResult, fit
from umlkit.training.seeds import seeded

SETTINGS = Train(epochs=4, batch_size=16, lr=0.01)
STEPS = 3 * 4


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data(n: int, seed: int) -> Samples:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 6, generator=generator)
    return Samples({"x": x}, (x[:, 0] + x[:, 1] * x[:, 2] > 0).long())


def model(width: int = 8) -> nn.Sequential:
    """Everything that has a state: weights, running statistics, random masks."""
    with seeded(0):
        return nn.Sequential(
            nn.Linear(6, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 2)
        )


class Training:
    """One training of a fresh module; with ``stop_at``, SIGTERM arrives during that step."""

    def __init__(self, workspace: Workspace | None, *, settings: Train = SETTINGS, stop_at: int | None = None) -> None:
        self.module = model()
        self.workspace, self.settings, self.stop_at = workspace, settings, stop_at
        self.steps = 0

    def loss(self, batch: Batch) -> Tensor:
        self.steps += 1
        if self.steps == self.stop_at:
            interrupts.request(signal.SIGTERM)
        return cross_entropy(self.module(batch.inputs["x"]), batch.labels)

    def run(self) -> FitResult:
        return fit(
            self.module,
            loss=self.loss,
            logits=lambda batch: self.module(batch.inputs["x"]),
            train=data(48, 0),
            select=data(40, 1),
            settings=self.settings,
            seed=0,
            workspace=self.workspace,
        )

    def weights(self) -> dict[str, Tensor]:
        return self.module.state_dict()


def but_for_times(result: FitResult) -> FitResult:
    history = tuple(dataclasses.replace(epoch, seconds=0.0) for epoch in result.history)
    return dataclasses.replace(result, seconds=0.0, history=history)


def assert_same(resumed: Training, result: FitResult, *, settings: Train = SETTINGS) -> None:
    uninterrupted = Training(None, settings=settings)
    expected = uninterrupted.run()
    assert but_for_times(result) == but_for_times(expected)
    for name, values in uninterrupted.weights().items():
        assert torch.equal(resumed.weights()[name], values), name


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    def refuse(message: str) -> None:
        pytest.fail(f"unexpected warning: {message}")

    return Workspace(tmp_path, "full", warn=refuse)


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_training_interrupted_at_any_step_resumes_to_identical_weights(workspace: Workspace, step: int) -> None:
    with pytest.raises(InterruptedRun):
        Training(workspace, stop_at=step).run()

    resumed = Training(workspace)
    result = resumed.run()

    assert resumed.steps == STEPS - step
    assert_same(resumed, result)


def test_training_interrupted_at_every_step_in_turn_resumes_to_identical_weights(workspace: Workspace) -> None:
    for _ in range(STEPS):
        with pytest.raises(InterruptedRun):
            Training(workspace, stop_at=1).run()

    resumed = Training(workspace)
    result = resumed.run()

    assert resumed.steps == 0
    assert_same(resumed, result)


@pytest.mark.parametrize("write", range(1, 6))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_training_killed_around_any_write_resumes_to_identical_weights(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, write: int, moment: str
) -> None:
    eager = dataclasses.replace(workspace, interval=0.0)
    writes = []
    real = Path.replace

    def replace(path: Path, to: Path) -> Path:
        writes.append(path)
        if len(writes) == write and moment == "before":
            raise SystemExit("killed")
        real(path, to)
        if len(writes) == write:
            raise SystemExit("killed")
        return to

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Path, "replace", replace)
        Training(eager).run()

    resumed = Training(eager)
    assert_same(resumed, resumed.run())


def test_finished_training_is_not_repeated(workspace: Workspace) -> None:
    first = Training(workspace).run()

    again = Training(workspace)
    result = again.run()

    assert again.steps == 0
    assert not again.module.training
    assert result == first
    assert_same(again, result)


def test_checkpoints_are_written_at_epoch_ends_and_no_more_often_than_the_interval(tmp_path: Path) -> None:
    times = iter(range(0, 1000, 10))
    written = []
    real = tensors.save

    def save(path: Path, *args: object) -> None:
        written.append(path)
        real(path, *args)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensors, "save", save)
        Training(Workspace(tmp_path, "full", interval=15.0, clock=lambda: next(times))).run()

    # Seconds 10, 20 (write, done at 30), 40, 50 (write), and the one at the end.
    assert written == [tmp_path / "full.checkpoint.safetensors"] * 3


def test_without_a_workspace_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    Training(None).run()

    assert list(tmp_path.iterdir()) == []


def test_failing_disk_ends_the_training_and_leaves_the_last_checkpoint_whole(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InterruptedRun):
        Training(workspace, stop_at=5).run()
    before = workspace.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("os.fsync", full)
        Training(workspace).run()

    assert {path: path.read_bytes() for path in workspace.directory.iterdir()} == {workspace.path: before}


class Unusable:
    """Ways in which a checkpoint cannot be gone on from, each with a word of the warning."""

    @staticmethod
    def truncated(path: Path) -> str:
        path.write_bytes(path.read_bytes()[:-7])
        return "damaged"

    @staticmethod
    def empty(path: Path) -> str:
        path.write_bytes(b"")
        return "damaged"

    @staticmethod
    def garbage(path: Path) -> str:
        path.write_bytes(b"\x80\x04garbage" * 20)
        return "damaged"

    @staticmethod
    def other_torch(path: Path) -> str:
        arrays, metadata = tensors.load(path)
        now = torch.__version__
        tensors.save(path, arrays, {**metadata, "environment": metadata["environment"].replace(now, "1.0")})
        return f"torch 1.0 (now {now})"

    @staticmethod
    def other_threads(path: Path) -> str:
        arrays, metadata = tensors.load(path)
        environment = metadata["environment"].replace('"threads": 1', '"threads": 8')
        tensors.save(path, arrays, {**metadata, "environment": environment})
        return "threads 8 (now 1)"

    @staticmethod
    def other_architecture(path: Path) -> str:
        arrays, metadata = tensors.load(path)
        tensors.save(path, {**arrays, "module/0.weight": np.zeros((2, 2), np.float32)}, metadata)
        return "another architecture"

    @staticmethod
    def other_file(path: Path) -> str:
        tensors.save(path, {"a": np.zeros(2)}, {})
        return "no checkpoint"

    @staticmethod
    def missing_part(path: Path) -> str:
        arrays, metadata = tensors.load(path)
        del arrays["losses"], metadata["history"]
        tensors.save(path, arrays, metadata)
        return "does not hold"

    @staticmethod
    def other_counters(path: Path) -> str:
        arrays, metadata = tensors.load(path)
        progress = metadata["progress"].replace('"steps"', '"iterations"')
        tensors.save(path, arrays, {**metadata, "progress": progress})
        return "does not hold"


@pytest.mark.parametrize("damage", [name for name in vars(Unusable) if not name.startswith("_")])
def test_checkpoint_that_cannot_be_gone_on_from_starts_anew_with_a_warning(workspace: Workspace, damage: str) -> None:
    with pytest.raises(InterruptedRun):
        Training(workspace, stop_at=5).run()
    word = getattr(Unusable, damage)(workspace.path)
    warnings: list[str] = []

    resumed = Training(dataclasses.replace(workspace, warn=warnings.append))
    result = resumed.run()

    assert resumed.steps == STEPS
    assert len(warnings) == 1
    assert word in warnings[0]
    assert_same(resumed, result)


def test_tensors_keep_values_shapes_and_text(tmp_path: Path) -> None:
    arrays = {"[/] a": np.arange(6.0).reshape(2, 3).T, "scalar": np.float32(2), "none": np.zeros((0, 3), np.int64)}

    tensors.save(tmp_path / "x.safetensors", arrays, {"note": "ü\n"})
    loaded, metadata = tensors.load(tmp_path / "x.safetensors")

    assert metadata == {"note": "ü\n"}
    for name, values in arrays.items():
        np.testing.assert_array_equal(loaded[name], values, strict=True)


def test_damaged_tensor_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")

    with pytest.raises(InputError, match=r"model\.safetensors: is damaged"):
        tensors.load(tmp_path / "model.safetensors")


def longer(epochs: int) -> Train:
    return Train(epochs=epochs, batch_size=16, lr=0.01, patience=epochs)


def train_in_this_process(folder: Path, epochs: int, killed_after: float | None) -> None:
    """What the killed processes run: a checkpoint at every epoch's end, and SIGKILL after so many seconds of it."""
    torch.set_num_threads(1)
    if killed_after is not None:
        timer = threading.Timer(killed_after, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
    Training(Workspace(folder, "full", interval=0.0), settings=longer(epochs)).run()


def killed_again_and_again(folder: Path, *, epochs: int, kills: int, seed: int) -> int:
    """Train in processes of their own, SIGKILLed at random moments until ``kills`` were; returns how many were.

    The moments go by what the whole training takes on this machine, so that it outlasts them all.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["umlkit.training.loop", "torch._dynamo"])  # torch's optimisers import the latter
    whole = Training(None, settings=longer(epochs)).run().seconds
    moments, killed = random.Random(seed), 0
    while True:
        after = moments.uniform(0, whole / 2 / kills) if killed < kills else None
        process = context.Process(target=train_in_this_process, args=(folder, epochs, after))
        process.start()
        process.join()
        if process.exitcode == 0:
            return killed
        assert process.exitcode == -signal.SIGKILL
        killed += 1


@pytest.mark.parametrize(
    ("kills", "epochs"),
    [pytest.param(4, 200, id="4 kills"), pytest.param(20, 1500, id="20 kills", marks=pytest.mark.slow)],
)
def test_training_killed_at_random_moments_resumes_to_identical_weights(
    tmp_path: Path, workspace: Workspace, kills: int, epochs: int
) -> None:
    killed = killed_again_and_again(tmp_path, epochs=epochs, kills=kills, seed=0)

    resumed = Training(workspace, settings=longer(epochs))
    result = resumed.run()

    assert killed == kills, "the training was too short for so many kills"
    assert resumed.steps == 0
    assert_same(resumed, result, settings=longer(epochs))
