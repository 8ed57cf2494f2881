"""Overhead of the training loop: seconds of umlkit's `fit` over those of the same training in a bare torch loop.

Both sides see the same batches, optimiser, clipping, schedule, evaluation and early stopping, run interleaved in one
process on one thread, and have to end with the same weights; the ratio is the median over the repetitions.

    python tests/benchmarks/loop_overhead.py        goals: tiny MLP <= 1.25, small ResNet <= 1.05
"""

import argparse
import copy
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from umlkit.data.records import Samples
from umlkit.recipe.schema import Train
from umlkit.training.checkpoint import Workspace
from umlkit.training.loop import fit
from umlkit.training.seeds import derive

GOALS = {"tiny MLP": 1.25, "small ResNet": 1.05}


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.body(x))


def tiny_mlp() -> tuple[nn.Module, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 4))
    return model, torch.randn(1280, 20, generator=generator)


def small_resnet() -> tuple[nn.Module, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    stem = (nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
    model = nn.Sequential(*stem, Residual(16), Residual(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))
    return model, torch.randn(640, 1, 8, 8, generator=generator)


def umlkit_loop(model: nn.Module, train: Samples, select: Samples, settings: Train, folder: Path) -> None:
    fit(
        model,
        loss=lambda batch: cross_entropy(model(batch.inputs["x"]), batch.labels),
        logits=lambda batch: model(batch.inputs["x"]),
        train=train,
        select=select,
        settings=settings,
        seed=0,
        workspace=Workspace(folder, "full"),
    )


def bare_loop(model: nn.Module, train: Samples, select: Samples, settings: Train) -> None:
    x, y, x_select, y_select = train.inputs["x"], train.labels, select.inputs["x"], select.labels
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=settings.lr,
        fused=True,
    )
    per_epoch = math.ceil(len(x) / settings.batch_size)
    total, rising = settings.epochs * per_epoch, math.ceil(settings.warmup * settings.epochs * per_epoch)
    best_loss, best, waited, step = math.inf, {}, 0, 0
    for epoch in range(1, settings.epochs + 1):
        model.train()
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(derive(0, "order", epoch)))
        torch.manual_seed(derive(0, "noise", epoch))
        for rows in order.tensor_split(per_epoch):
            t = (step - rising) / (total - rising)
            lr = settings.lr * ((step + 1) / rising if step < rising else 0.1 + 0.9 * (1 + math.cos(math.pi * t)) / 2)
            for group in optimiser.param_groups:
                group["lr"] = lr
            loss = cross_entropy(model(x[rows]), y[rows])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimiser.step()
            step += 1
        model.eval()
        with torch.inference_mode():
            select_loss = cross_entropy(model(x_select), y_select).item()
        waited += 1
        if select_loss < best_loss:
            best_loss, waited = select_loss, 0
            best = copy.deepcopy(model.state_dict())
        if waited >= settings.patience:
            break
    model.load_state_dict(best)


def measure(name: str, repetitions: int, epochs: int) -> float:
    model, x = {"tiny MLP": tiny_mlp, "small ResNet": small_resnet}[name]()
    flat = x.flatten(1)
    labels = 2 * (flat[:, 0] > 0).long() + (flat[:, 1] > 0).long()
    half = len(x) * 4 // 5
    train, select = Samples({"x": x[:half]}, labels[:half]), Samples({"x": x[half:]}, labels[half:])
    settings = Train(epochs=epochs, patience=epochs)
    seconds: dict[str, list[float]] = {"umlkit": [], "bare": []}
    for repetition in range(repetitions + 1):
        sides = {side: copy.deepcopy(model) for side in seconds}
        with tempfile.TemporaryDirectory() as folder:
            for side in list(seconds)[:: 1 if repetition % 2 else -1]:
                began = time.perf_counter()
                if side == "umlkit":
                    umlkit_loop(sides[side], train, select, settings, Path(folder))
                else:
                    bare_loop(sides[side], train, select, settings)
                seconds[side].append(time.perf_counter() - began)
        bare = sides["bare"].state_dict()
        for key, ours in sides["umlkit"].state_dict().items():
            assert torch.allclose(ours, bare[key], atol=1e-5), f"the two sides trained differently: {key}"
    del seconds["umlkit"][0], seconds["bare"][0]  # the first round warms up
    ratio = statistics.median(ours / bare for ours, bare in zip(seconds["umlkit"], seconds["bare"], strict=True))
    medians = {side: statistics.median(values) for side, values in seconds.items()}
    sides_shown = "   ".join(f"{side} {median:7.3f} s" for side, median in medians.items())
    print(f"{name:14s} {sides_shown}   ratio {ratio:.3f}   goal {GOALS[name]}")
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=15)
    repetitions = parser.parse_args().repetitions
    torch.set_num_threads(1)
    ratios = {
        "tiny MLP": measure("tiny MLP", repetitions, 40),
        "small ResNet": measure("small ResNet", repetitions, 10),
    }
    return int(any(ratio > GOALS[name] for name, ratio in ratios.items()))


if __name__ == "__main__":
    sys.exit(main())
