"""Paired signal is learned late and all at once: the default patience waits for it, and still ends training itself."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from umlkit.data.records import Samples
from umlkit.recipe.schema import Train
from umlkit.training.loop import FitResult, evaluate, fit
from umlkit.training.schedule import Course, course_of
from umlkit.training.seeds import seeded

LEVELS = 4
NUISANCE = 6


def noisy_code(levels: Tensor, generator: torch.Generator) -> Tensor:
    """(n,) levels -> (n, LEVELS + NUISANCE): a one-hot code with noise on it, beside columns that mean nothing."""
    n = len(levels)
    code = 1.5 * one_hot(levels, LEVELS) + 0.5 * torch.randn(n, LEVELS, generator=generator)
    return torch.cat([code, torch.randn(n, NUISANCE, generator=generator)], dim=1)


def xor(seed: int, n: int = 1000) -> tuple[Samples, Samples, Samples]:
    """y = parity(a) XOR parity(b), for a tenth of the samples a coin instead; neither modality alone says anything."""
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randint(LEVELS, (2, n), generator=generator)
    coin = torch.randint(2, (n,), generator=generator)
    y = torch.where(torch.rand(n, generator=generator) < 0.1, coin, (a + b) % 2)
    inputs = {"a": noisy_code(a, generator), "b": noisy_code(b, generator)}
    ends = (0, n * 6 // 10, n * 8 // 10, n)
    parts = [slice(*pair) for pair in pairwise(ends)]
    train, select, held_out = (Samples({m: x[part] for m, x in inputs.items()}, y[part]) for part in parts)
    return train, select, held_out


class Joint(nn.Module):
    """One MLP encoder per modality and an MLP on both."""

    def __init__(self) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({m: mlp(LEVELS + NUISANCE, 64, 32) for m in ("a", "b")})
        self.head = mlp(64, 64, 2)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.head(torch.cat([self.encoders[m](inputs[m]).relu() for m in ("a", "b")], dim=1))


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def trained(seed: int, settings: Train) -> tuple[FitResult, float, float]:
    """The training of a joint network on XOR, and its log-loss and accuracy on held-out samples."""
    train, select, held_out = xor(seed)
    with seeded(seed):
        model = Joint()
    result = fit(
        model,
        loss=lambda batch: cross_entropy(model(batch.inputs), batch.labels),
        logits=lambda batch: model(batch.inputs),
        train=train,
        select=select,
        settings=settings,
        seed=seed,
    )
    return result, *evaluate(model, lambda batch: model(batch.inputs), held_out)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_default_settings_find_the_signal_of_xor_and_patience_ends_training(seed: int) -> None:
    result, loss, accuracy = trained(seed, Train())

    assert result.stopped_by == "patience"
    assert loss < 0.5
    assert accuracy > 0.75


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_short_patience_would_have_ended_on_the_plateau(seed: int) -> None:
    result, loss, _ = trained(seed, Train(patience=2, patience_steps=0))

    assert result.stopped_by == "patience"
    assert loss > 0.65


@pytest.mark.parametrize(
    ("samples", "course"),
    [
        (28, Course(batch_size=64, steps=1, patience=300, epochs=3000)),
        (320, Course(batch_size=64, steps=5, patience=60, epochs=600)),
        (1400, Course(batch_size=64, steps=22, patience=30, epochs=300)),
        (8192, Course(batch_size=64, steps=128, patience=23, epochs=300)),
        (14_355, Course(batch_size=128, steps=113, patience=26, epochs=300)),
        (1_000_000, Course(batch_size=1024, steps=977, patience=8, epochs=300)),
    ],
)
def test_what_is_automatic_follows_the_number_of_samples(samples: int, course: Course) -> None:
    assert course_of(Train(), samples) == course


def test_what_is_stated_is_kept_but_for_patience_in_steps() -> None:
    stated = Train(epochs=7, patience=4, patience_steps=30, batch_size=10)
    assert course_of(stated, 1000) == Course(batch_size=10, steps=100, patience=4, epochs=7)
    assert course_of(stated, 50).patience == 6
