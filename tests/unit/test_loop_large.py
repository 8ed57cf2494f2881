"""Batches in parts, in 16 bits and by threads: what they compute, and that training resumes with them to the bit."""

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tests.kind_examples import fitted, modality
from umlkit.data.records import Batch, Samples
from umlkit.data.streamed import StreamedRows
from umlkit.errors import InputError, InterruptedRun
from umlkit.methods.base import Output
from umlkit.recipe.schema import Train
from umlkit.runs.interrupts import interrupts
from umlkit.training import precision
from umlkit.training.accumulation import parts_of
from umlkit.training.checkpoint import Checkpoints, Workspace
from umlkit.training.feed import direct, feeding
from umlkit.training.loop import FitResult, fit
from umlkit.training.precision import mixed, overflowed, scaler_for
from umlkit.training.progress import Progress
from umlkit.training.seeds import seeded

CPU = torch.device("cpu")
STEPS = 3 * 4


def settings(**more) -> Train:
    return Train(epochs=4, batch_size=16, lr=0.01, **more)


def streamed(n: int, seed: int) -> Samples:
    """Samples that are standardised as they are asked for."""
    made = modality("vector", "7", samples=n, seed=seed)
    labels = torch.from_numpy(made.values[:, 0] + made.values[:, 1] * made.values[:, 2] > 0).long()
    return Samples({"x": StreamedRows(made, np.arange(n), fitted("vector", "7"), "cpu")}, labels)


def network(dropout: float = 0.3, *, norm: bool = True) -> nn.Sequential:
    with seeded(0):
        return nn.Sequential(
            nn.Linear(7, 12), nn.BatchNorm1d(12) if norm else nn.Tanh(), nn.Dropout(dropout), nn.Linear(12, 2)
        )


def train(
    module: nn.Module,
    chosen: Train,
    *,
    workspace: Workspace | None = None,
    stop_at: int | None = None,
    workers: int = 0,
) -> FitResult:
    """Train on 48 samples, three steps an epoch; SIGTERM arrives in the loss that is computed as number ``stop_at``."""
    seen = 0

    def loss(batch: Batch) -> Tensor:
        nonlocal seen
        seen += 1
        if seen == stop_at:
            interrupts.request(15)
        return cross_entropy(module(batch.inputs["x"]), batch.labels)

    return fit(
        module,
        loss=loss,
        logits=lambda batch: module(batch.inputs["x"]),
        train=streamed(48, 0),
        select=streamed(40, 1),
        settings=chosen,
        seed=0,
        workspace=workspace,
        workers=workers,
    )


def assert_same(one: nn.Module, other: nn.Module) -> None:
    for name, values in one.state_dict().items():
        assert torch.equal(values, other.state_dict()[name]), name


WAYS = {
    "in parts": (settings(accumulate=4), 0),
    "bfloat16": (settings(precision="bfloat16"), 0),
    "two workers": (settings(), 2),
    "all of them": (settings(accumulate=3, precision="bfloat16"), 2),
}


@pytest.mark.parametrize("way", WAYS)
def test_training_interrupted_anywhere_resumes_to_identical_weights(way: str, tmp_path: Path) -> None:
    chosen, workers = WAYS[way]
    uninterrupted = network()
    expected = train(uninterrupted, chosen, workers=workers)
    for step in range(1, STEPS * chosen.accumulate + 1, 5):
        workspace = Workspace(tmp_path, f"stopped-{step}", warn=pytest.fail)
        with pytest.raises(InterruptedRun):
            train(network(), chosen, workspace=workspace, stop_at=step, workers=workers)
        resumed = network()

        result = train(resumed, chosen, workspace=workspace, workers=workers)

        assert_same(resumed, uninterrupted)
        assert [e.select_loss for e in result.history] == [e.select_loss for e in expected.history]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_change_no_bit(workers: int) -> None:
    alone, helped = network(), network()
    train(alone, settings())
    train(helped, settings(), workers=workers)

    assert_same(alone, helped)


def test_threads_end_with_the_training_however_it_ends() -> None:
    with pytest.raises(InterruptedRun):
        train(network(), settings(), stop_at=2, workers=2)

    assert [t.name for t in threading.enumerate() if "feed" in t.name] == []


def test_feed_keeps_the_order_and_stays_within_its_bound() -> None:
    asked: list[int] = []

    class Noting:
        def __len__(self) -> int:
            return 50

        def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
            asked.append(int(rows[0]))
            return rows[:, None].float()

    samples = Samples({"x": Noting()}, torch.arange(50))
    picks = [torch.tensor([i]) for i in range(50)]
    with feeding(2) as feed:
        batches = feed(samples, picks)
        first = next(batches)
        assert (first.labels.item(), len(asked) <= 5) == (0, True)
        assert [batch.labels.item() for batch in batches] == list(range(1, 50))


def test_error_while_reading_reaches_the_training() -> None:
    class Broken:
        def __len__(self) -> int:
            return 4

        def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
            raise OSError("the disk is gone")

    samples = Samples({"x": Broken()}, torch.zeros(4))
    with feeding(1) as feed, pytest.raises(OSError, match="the disk is gone"):
        list(feed(samples, [slice(0, 2), slice(2, 4)]))


def test_samples_in_memory_need_no_thread() -> None:
    samples = Samples({"x": torch.zeros(4, 1)}, torch.zeros(4))
    with feeding(3) as feed:
        list(feed(samples, [slice(0, 4)]))
        assert [t for t in threading.enumerate() if "feed" in t.name] == []
    with feeding(0) as feed:
        assert feed is direct


@pytest.mark.parametrize("parts", [2, 3, 8])
def test_step_in_parts_is_the_step_of_the_whole_batch_up_to_rounding(parts: int) -> None:
    whole, divided = (network(0.0, norm=False).double() for _ in range(2))
    inputs = {"x": torch.randn(32, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))}
    samples = Samples(inputs, (inputs["x"][:, 0] > 0).long())

    results = [
        fit(
            module,
            loss=lambda batch, module=module: cross_entropy(module(batch.inputs["x"]), batch.labels),
            logits=lambda batch, module=module: module(batch.inputs["x"]),
            train=samples,
            select=samples,
            settings=Train(epochs=5, batch_size=16, lr=0.01, accumulate=count),
            seed=0,
        )
        for module, count in ((whole, 1), (divided, parts))
    ]

    assert [result.steps for result in results] == [10, 10]
    for name, values in whole.state_dict().items():
        torch.testing.assert_close(divided.state_dict()[name], values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("size", "count", "sizes"), [(16, 1, [16]), (7, 3, [3, 2, 2]), (5, 4, [3, 2]), (1, 4, [1])])
def test_no_part_is_left_with_a_single_sample(size: int, count: int, sizes: list[int]) -> None:
    assert [len(part) for part in parts_of(torch.arange(size), count)] == sizes


class Two(nn.Module):
    """Returns a record, as models do."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.seen: list[torch.dtype] = []

    def forward(self, x: Tensor) -> Output:
        z = self.linear(x)
        self.seen.append(z.dtype)
        return Output(z, {"a": z})


def test_only_the_forward_pass_in_train_mode_is_in_16_bits_and_what_it_returns_is_not() -> None:
    module, x = Two(), torch.ones(2, 3)
    with mixed(module, "bfloat16", CPU):
        trained = module.train()(x)
        evaluated = module.eval()(x)
    outside = module.train()(x)

    assert module.seen == [torch.bfloat16, torch.float32, torch.float32]
    assert (trained.logits.dtype, trained.features["a"].dtype) == (torch.float32, torch.float32)
    assert isinstance(trained, Output)
    assert torch.equal(evaluated.logits, outside.logits)
    assert "forward" not in vars(module)


def test_bfloat16_trains_other_weights_about_as_well() -> None:
    exact, rounded = network(0.0), network(0.0)
    losses = [train(exact, settings()).best_loss, train(rounded, settings(precision="bfloat16")).best_loss]

    assert not torch.equal(exact[0].weight, rounded[0].weight)
    assert losses[1] == pytest.approx(losses[0], abs=0.02)
    assert all(p.dtype == torch.float32 for p in rounded.parameters())


def test_float16_is_refused_where_it_does_not_train() -> None:
    with pytest.raises(InputError, match=r"(?s)float16 on cpu.*bfloat16"):
        precision.check("float16", CPU)
    precision.check("float16", torch.device("cuda"))
    precision.check("bfloat16", CPU)


def test_gradients_that_overflow_are_forgiven_where_a_scaler_takes_care_of_them() -> None:
    loss, broken = torch.tensor(1.0), torch.tensor(float("nan"))

    assert not overflowed(scaler_for("bfloat16", CPU), loss)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    assert overflowed(scaler, loss)
    assert not overflowed(scaler, broken)
    assert not overflowed(torch.amp.GradScaler("cpu", init_scale=1.0), loss)


def test_scale_is_part_of_a_checkpoint(tmp_path: Path) -> None:
    module = network()
    optimiser = torch.optim.AdamW(module.parameters())
    workspace = Workspace(tmp_path, "scaled", warn=pytest.fail)
    lowered, fresh = (torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=7) for scale in (8.0, 64.0))
    Checkpoints(workspace, module, optimiser, CPU, lowered).save(Progress())

    Checkpoints(workspace, module, optimiser, CPU, fresh).resume()

    assert fresh.state_dict() == lowered.state_dict()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="float16 trains on CUDA alone")
def test_float16_trains_on_cuda_and_its_scale_survives_an_interruption(tmp_path: Path) -> None:
    device = torch.device("cuda")
    x = torch.randn(48, 7, generator=torch.Generator().manual_seed(0)).to(device)
    samples = Samples({"x": x}, (x[:, 0] > 0).long())

    def run(module: nn.Module, workspace: Workspace | None, stop_at: int | None = None) -> None:
        seen = 0

        def loss(batch: Batch) -> Tensor:
            nonlocal seen
            seen += 1
            if seen == stop_at:
                interrupts.request(15)
            return cross_entropy(module(batch.inputs["x"]), batch.labels)

        chosen = settings(precision="float16")
        fit(
            module,
            loss=loss,
            logits=lambda batch: module(batch.inputs["x"]),
            train=samples,
            select=samples,
            settings=chosen,
            seed=0,
            workspace=workspace,
        )

    uninterrupted, stopped, resumed = (network().to(device) for _ in range(3))
    run(uninterrupted, None)
    with pytest.raises(InterruptedRun):
        run(stopped, Workspace(tmp_path, "half"), stop_at=5)
    run(resumed, Workspace(tmp_path, "half", warn=pytest.fail))

    assert_same(resumed, uninterrupted)
