"""What a modality of pure noise does to the ensemble: test log-loss with it less test log-loss without it.

100 seeded tasks: 2 to 10 classes, balanced or not, two informative views (independent given y, or sharing their noise)
and a third of pure noise; uni-modal models trained as the product trains them; test log-loss over 5,000 fresh samples.

    python -m tests.benchmarks.noise_modality [tasks]      goals, mean of |change|: select 200 <= .002, select 30 <= .01
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import torch

from tests.support import infer, make_samples, make_task, train_experts
from umlkit import registry
from umlkit.data.records import Samples
from umlkit.methods.base import Task
from umlkit.methods.calibration import log_loss

GOALS = {200: 0.002, 30: 0.01}
TRAIN, TEST, WIDTH = 400, 5000, 8


def draw(seed: int, select: int) -> tuple[Samples, Samples, Samples]:
    """Train, select and test samples of one task."""
    rng = np.random.default_rng(seed)
    classes = (2, 4, 10)[seed % 3]
    shares = rng.dirichlet(np.full(classes, 20.0 if seed % 2 else 2.0)) * 0.8 + 0.2 / classes
    n = TRAIN + select + TEST
    y = np.concatenate([np.arange(classes), rng.choice(classes, size=n - classes, p=shares)])
    shared = rng.normal(size=(n, WIDTH)) * rng.integers(2)
    views = {}
    for m in range(2):
        centres = rng.uniform(0.3, 1.5) * rng.normal(size=(classes, WIDTH))
        views[f"view{m}"] = centres[y] + 0.7 * shared + rng.normal(size=(n, WIDTH))
    views["noise"] = rng.normal(size=(n, WIDTH))
    cuts = (slice(0, TRAIN), slice(TRAIN, TRAIN + select), slice(TRAIN + select, n))
    train, chosen, test = (make_samples({k: v[cut] for k, v in views.items()}, y[cut]) for cut in cuts)
    return train, chosen, test


def test_loss(task: Task, test: Samples, *modalities: str) -> float:
    """Test log-loss in nats of the ensemble of these modalities."""
    spec = registry.method("ume")
    part = replace(
        task,
        blueprint=replace(task.blueprint, modalities={m: task.blueprint.modalities[m] for m in modalities}),
        experts={m: task.experts[m] for m in modalities},
    )
    model = registry.implementation(spec)(spec.options()).train(part).model
    return float(log_loss(infer(model, test)[0].numpy(), test.labels.numpy()).mean())


def change(seed: int, select: int) -> float:
    """Nats that the noise modality adds to the test log-loss of one task."""
    train, chosen, test = draw(seed, select)
    task = make_task(train, chosen, seed=seed)
    task = replace(task, experts=train_experts(task))
    return test_loss(task, test, "view0", "view1", "noise") - test_loss(task, test, "view0", "view1")


def main(tasks: int = 100) -> int:
    torch.set_num_threads(1)
    met = True
    for select, goal in GOALS.items():
        changes = np.array([change(seed, select) for seed in range(tasks)])
        size = np.abs(changes)
        met &= bool(size.mean() <= goal)
        print(
            f"select {select:4d}: mean change {changes.mean():+.5f}, mean |change| {size.mean():.5f} (goal {goal}), "
            f"95th percentile {np.quantile(size, 0.95):.5f}, largest {size.max():.5f}, {tasks} tasks"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*(int(a) for a in sys.argv[1:])))
