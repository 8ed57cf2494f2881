"""The training loop: what it does to a module, when it ends, and what it refuses."""

import copy
import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from umlkit.data.records import Batch, Samples
from umlkit.encoders.base import Encoded, Encoder
from umlkit.errors import InputError, RunError
from umlkit.recipe.schema import Train
from umlkit.training import device
from umlkit.training.checkpoint import Workspace
from umlkit.training.loop import FitResult, evaluate, fit, shuffled, train_mode
from umlkit.training.optimiser import optimiser_for
from umlkit.training.schedule import FLOOR, learning_rate
from umlkit.training.seeds import derive, reseed, seeded

SHORT = Train(epochs=4, batch_size=16, lr=0.01)


def separable(n: int, seed: int, *, flips: float = 0.1) -> Samples:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 6, generator=generator)
    flipped = torch.rand(n, generator=generator) < flips
    return Samples({"x": x}, ((x[:, 0] > 0) ^ flipped).long())


TRAIN, SELECT = separable(150, 0), separable(80, 1)


def model(seed: int = 0) -> nn.Sequential:
    with seeded(seed):
        return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))


def train(module: nn.Module, *, loss=None, logits=None, settings: Train = SHORT, seed: int = 0, **more) -> FitResult:
    return fit(
        module,
        loss=loss or (lambda batch: cross_entropy(module(batch.inputs["x"]), batch.labels)),
        logits=logits or (lambda batch: module(batch.inputs["x"])),
        train=more.pop("on", TRAIN),
        select=SELECT,
        settings=settings,
        seed=seed,
        **more,
    )


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: values.clone() for name, values in module.state_dict().items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, second, other = model(), model(), model()
    results = [train(first), train(second), train(other, seed=1)]

    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(other))
    assert [e.select_loss for e in results[0].history] == [e.select_loss for e in results[1].history]


def test_random_numbers_drawn_before_do_not_matter_and_those_drawn_after_are_undisturbed() -> None:
    first, second = model(), model()
    torch.manual_seed(5)
    train(first)
    after = torch.rand(3)
    torch.manual_seed(6)
    train(second)

    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(3))
    assert same(weights(first), weights(second))


def test_module_ends_in_eval_mode_with_the_weights_of_its_best_epoch() -> None:
    module = model()

    result = train(module, settings=Train(epochs=30, batch_size=16, lr=0.05, patience_steps=0))

    assert not module.training
    assert result.best_loss == min(epoch.select_loss for epoch in result.history)
    assert result.history[result.best_epoch - 1].select_loss == result.best_loss
    assert evaluate(module, lambda batch: module(batch.inputs["x"]), SELECT)[0] == result.best_loss


def test_history_and_counts_agree() -> None:
    seen = []

    result = train(model(), on_epoch=seen.append)

    assert (result.epochs, result.steps, result.stopped_by) == (4, 4 * 10, "cap")
    assert [epoch.epoch for epoch in result.history] == [1, 2, 3, 4]
    assert tuple(seen) == result.history


def test_cap_of_the_caller_goes_before_that_of_the_recipe() -> None:
    assert train(model(), epochs=2).epochs == 2


def test_weights_before_the_first_step_are_kept_where_training_only_makes_them_worse() -> None:
    module = model()
    train(module, settings=Train(epochs=40, batch_size=16, lr=0.01))
    trained = weights(module)

    result = train(
        module,
        loss=lambda batch: -cross_entropy(module(batch.inputs["x"]), batch.labels),
        settings=Train(epochs=4, batch_size=16, lr=0.5, warmup=0.0),
        evaluate_start=True,
    )

    assert (result.best_epoch, result.history[0].epoch, result.history[0].train_loss) == (0, 0, None)
    assert same(weights(module), trained)


def scripted(losses: list[float], settings: Train) -> FitResult:
    """Train on a `select` loss that goes as ``losses`` say, 10 steps an epoch; the last one stays."""
    module = nn.Linear(6, 2)
    left = list(losses)

    def logits(batch: Batch) -> Tensor:
        loss = left.pop(0) if len(left) > 1 else left[0]
        margin = -math.log(math.expm1(loss))  # log(1 + exp(-margin)) = loss
        return nn.functional.one_hot(batch.labels, 2) * margin

    return train(module, logits=logits, settings=settings, loss=lambda batch: module(batch.inputs["x"]).sum() * 0)


def test_patience_ends_training_that_many_epochs_after_the_last_improvement() -> None:
    result = scripted([0.7, 0.6, 0.5, 0.9], Train(epochs=100, batch_size=16, patience=5, patience_steps=0))

    assert (result.stopped_by, result.epochs, result.best_epoch) == ("patience", 8, 3)


def test_patience_lasts_its_steps_where_epochs_are_short() -> None:
    result = scripted([0.5, 0.9], Train(epochs=100, batch_size=16, patience=5, patience_steps=200))

    assert (result.stopped_by, result.epochs) == ("patience", 21)


def test_loss_that_creeps_down_is_kept_but_does_not_renew_patience() -> None:
    creeping = [0.6 - 1e-5 * epoch for epoch in range(100)]

    result = scripted(creeping, Train(epochs=100, batch_size=16, patience=10, patience_steps=0))

    assert (result.stopped_by, result.epochs, result.best_epoch) == ("patience", 11, 11)


@pytest.mark.parametrize("samples", [1, 2, 15, 16, 17, 33, 49])
def test_epoch_sees_every_sample_once_in_batches_of_about_one_size(samples: int) -> None:
    batches = shuffled(samples, math.ceil(samples / 16), 0)

    sizes = [len(rows) for rows in batches]
    assert sorted(torch.cat(batches).tolist()) == list(range(samples))
    assert max(sizes) <= 16
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) > 1 or samples == 1


def test_set_that_leaves_one_sample_over_trains_with_batch_normalisation() -> None:
    assert train(model(), on=separable(17, 0)).epochs == 4


class Doubling(nn.Module):
    """A frozen expert with batch normalisation and dropout, and a trained part on top."""

    def __init__(self) -> None:
        super().__init__()
        self.expert = model(1).requires_grad_(False)
        self.own = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.own(self.expert(x))


def test_frozen_parts_keep_weights_and_running_statistics_and_stay_in_eval_mode() -> None:
    module = Doubling()
    before = weights(module.expert)
    modes = []

    def loss(batch: Batch) -> Tensor:
        modes.append((module.own.training, module.expert.training, module.expert[3].training))
        return cross_entropy(module(batch.inputs["x"]), batch.labels)

    train(module, loss=loss)

    assert same(weights(module.expert), before)
    assert set(modes) == {(True, False, False)}


def test_part_that_is_only_partly_frozen_trains() -> None:
    module = model()
    module[0].requires_grad_(False)

    train_mode(module)

    assert (module.training, module[0].training, module[1].training, module[3].training) == (True, False, True, True)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_loss_that_is_not_finite_is_an_error_with_place_and_advice(bad: float, tmp_path) -> None:
    module = model()
    steps = []

    def loss(batch: Batch) -> Tensor:
        steps.append(batch)
        value = cross_entropy(module(batch.inputs["x"]), batch.labels)
        return value * bad if len(steps) == 13 else value

    with pytest.raises(RunError, match=rf"full: epoch 2, step 3: the loss is {bad}") as failure:
        train(module, loss=loss, workspace=Workspace(tmp_path, "full"))

    assert "train.lr=0.001" in str(failure.value)


def test_gradient_that_is_not_finite_is_an_error() -> None:
    module = model()

    def loss(batch: Batch) -> Tensor:
        return torch.sqrt(module[0].weight.sum() * 0)  # the square root's slope at 0 is infinite

    with pytest.raises(RunError, match="epoch 1, step 1: the gradient norm is nan"):
        train(module, loss=loss)


def test_select_loss_that_is_not_finite_is_an_error() -> None:
    module = model()

    with pytest.raises(RunError, match="epoch 1, step 10: the `select` log-loss is nan"):
        train(module, logits=lambda batch: module(batch.inputs["x"]) * math.nan)


def test_evaluation_in_chunks_equals_one_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    module = model().eval()
    predicted = module(SELECT.inputs["x"])
    monkeypatch.setattr("umlkit.training.loop.EVALUATION_CHUNK", 7)

    loss, accuracy = evaluate(module, lambda batch: module(batch.inputs["x"]), SELECT)

    assert loss == pytest.approx(cross_entropy(predicted, SELECT.labels).item(), abs=1e-6)
    assert accuracy == pytest.approx((predicted.argmax(1) == SELECT.labels).float().mean().item())


class OwnSettings(Encoder):
    features = 3
    weight_decay = 0.5
    lr_factor = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Encoded:
        return Encoded(self.linear(x))


def test_every_parameter_gets_the_decay_and_the_rate_that_apply_to_it() -> None:
    module = nn.ModuleDict({"encoder": OwnSettings(), "norm": nn.BatchNorm1d(3), "head": nn.Linear(3, 2)})
    module["frozen"] = nn.Linear(2, 2).requires_grad_(False)

    groups = optimiser_for(module, Train(weight_decay=0.01)).param_groups

    found = {p: (group["weight_decay"], group["lr_factor"]) for group in groups for p in group["params"]}
    assert {name: found.get(p) for name, p in module.named_parameters()} == {
        "encoder.linear.weight": (0.5, 0.1),
        "encoder.linear.bias": (0.0, 0.1),
        "norm.weight": (0.0, 1.0),
        "norm.bias": (0.0, 1.0),
        "head.weight": (0.01, 1.0),
        "head.bias": (0.0, 1.0),
        "frozen.weight": None,
        "frozen.bias": None,
    }


def test_factor_of_a_learning_rate_reaches_the_steps() -> None:
    slow, module = OwnSettings(), None
    module = nn.Sequential(nn.Identity(), nn.Linear(3, 2))
    both = nn.ModuleDict({"encoder": slow, "head": module})
    frozen_by_factor = copy.deepcopy(weights(slow))
    slow.lr_factor = 0.0

    train(
        both,
        loss=lambda batch: cross_entropy(module(slow.encode(batch.inputs["x"]).features), batch.labels),
        logits=lambda batch: module(slow.encode(batch.inputs["x"]).features),
    )

    assert same(weights(slow), frozen_by_factor)


def test_schedule_rises_linearly_falls_as_a_cosine_and_stays_at_its_floor() -> None:
    rates = [learning_rate(step, peak=1.0, total=100, warmup=0.1) for step in (0, 4, 9, 10, 55, 100, 500)]

    assert rates == pytest.approx([0.1, 0.5, 1.0, 1.0, (1 + FLOOR) / 2, FLOOR, FLOOR])
    assert learning_rate(0, peak=1.0, total=1, warmup=0.0) == 1.0


def test_streams_differ_by_purpose_and_depend_on_nothing_else() -> None:
    """Golden: the first eight bytes of BLAKE2b-64 of "(0, 'order', 1)", without their last bit."""
    assert derive(0, "order", 1) == 0xC2E5552BF08B9137 >> 1
    streams = {derive(0), derive(1), derive(0, "order"), derive(0, "order", 1), derive(0, "order", "1")}
    assert len(streams) == 5
    assert all(0 <= stream < 2**63 for stream in streams)


def test_device_by_name() -> None:
    assert device.resolve("cpu") == torch.device("cpu")
    assert device.resolve("auto").type == device.available()[0]


def test_device_that_is_not_here_is_an_input_error() -> None:
    missing = next(name for name in ("cuda", "mps") if name not in device.available())

    with pytest.raises(InputError, match=f"(?s)no such device.*{missing}.*cpu"):
        device.resolve(missing)


def test_deterministic_kernels_are_asked_for_and_memory_is_not_filled_for_nothing() -> None:
    before = torch.are_deterministic_algorithms_enabled(), torch.utils.deterministic.fill_uninitialized_memory
    try:
        device.deterministic()
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.utils.deterministic.fill_uninitialized_memory
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.utils.deterministic.fill_uninitialized_memory = before[1]


def test_reseeding_gives_the_stream_of_torchs_own_seeding() -> None:
    reseed(7)
    ours = torch.rand(5)
    torch.manual_seed(7)
    assert torch.equal(ours, torch.rand(5))
