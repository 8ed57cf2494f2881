"""How UMT should choose its weight: grid or schedule, from scratch or from the teacher, on tasks of known structure.

    python -m tests.benchmarks.umt_weight [tasks per family] [samples]

s and t: students from scratch and from their teachers, and the weight; ``s.3>0`` falls to 0 over 1000 steps as half a
cosine; several: the one with the lowest `select` log-loss. Settings of the pair chosen for ``auto``: ``s.03 t0``.

    n = 1000, 5 tasks a family: mean test log-loss; thousandths of a nat above the task's best, mean (worst)
    ume          null 0.803    9.3 ( 15.4)   suppressor 0.557  155.5 (222.1)   xor 0.682  152.0 (299.0)     0.1 s
    joint        null 0.798    4.3 ( 11.6)   suppressor 0.414   11.8 ( 27.8)   xor 0.534    3.3 (  6.4)     1.9 s
    residual     null 0.801    7.3 ( 15.2)   suppressor 0.440   38.6 ( 89.4)   xor 0.548   17.1 ( 77.5)     1.8 s
    s.03         null 0.798    4.3 (  9.9)   suppressor 0.441   39.1 (145.3)   xor 0.556   25.5 ( 69.8)     2.3 s
    s.1          null 0.799    5.4 ( 11.8)   suppressor 0.471   69.0 (148.8)   xor 0.566   36.1 ( 77.7)     2.4 s
    s1           null 0.800    5.8 ( 10.3)   suppressor 0.503  100.8 (183.0)   xor 0.565   34.1 ( 84.3)     2.4 s
    t0           null 0.796    1.7 (  4.7)   suppressor 0.478   76.3 (176.4)   xor 0.553   22.9 ( 56.0)     2.3 s
    t.1          null 0.802    8.0 ( 20.2)   suppressor 0.504  102.3 (206.4)   xor 0.557   26.4 ( 67.9)     2.3 s
    t1           null 0.799    5.2 ( 16.5)   suppressor 0.526  123.8 (208.3)   xor 0.573   42.3 ( 95.4)     2.3 s
    s.3>0        null 0.802    8.2 ( 12.7)   suppressor 0.503  101.7 (179.8)   xor 0.569   38.3 ( 90.7)     2.4 s
    s.1 t0       null 0.798    4.4 ( 11.8)   suppressor 0.440   37.8 (113.5)   xor 0.558   27.3 ( 77.7)     4.7 s
    s.1 t.1      null 0.800    6.2 ( 20.2)   suppressor 0.447   45.6 (148.8)   xor 0.565   35.1 ( 77.7)     4.7 s
    s.03 t0      null 0.798    3.6 (  9.9)   suppressor 0.412   10.0 ( 34.4)   xor 0.557   26.5 ( 69.8)     4.7 s
    s.1 s1 t0    null 0.798    3.8 ( 10.3)   suppressor 0.436   34.6 (106.2)   xor 0.558   27.3 ( 77.7)     7.1 s
    s.03 s1 t0   null 0.797    3.4 ( 10.3)   suppressor 0.412   10.2 ( 34.4)   xor 0.557   26.5 ( 69.8)     7.0 s
    s.03 s.1 t0  null 0.797    2.7 (  9.9)   suppressor 0.413   10.9 ( 34.4)   xor 0.557   26.5 ( 69.8)     7.0 s
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch

from tests.support import infer, make_samples, make_task, train_experts
from umlkit import registry
from umlkit.data.records import Batch, Samples
from umlkit.methods.base import MultiModalModel, Task
from umlkit.methods.calibration import log_loss, temperature
from umlkit.methods.umt.method import Umt
from umlkit.recipe.schema import Train

Levels = tuple[np.ndarray, np.ndarray, np.ndarray]
NUISANCE = 16
CODE = 1.5


def null(rng: np.random.Generator, n: int, strength: float) -> Levels:
    """Views independent given y: each shows the class, or anything."""
    y = rng.integers(3, size=n)
    shown = [np.where(rng.random(n) < 0.3 + 0.5 * strength, y, rng.integers(3, size=n)) for _ in range(2)]
    return y, shown[0], shown[1]


def suppressor(rng: np.random.Generator, n: int, strength: float) -> Levels:
    """The first view shows y + v, the second v, or anything."""
    y, v = rng.integers(2, size=n), rng.integers(3, size=n)
    second = np.where(rng.random(n) < 0.6 + 0.4 * strength, v, rng.integers(3, size=n))
    return y, y + v, second


def exclusive_or(rng: np.random.Generator, n: int, strength: float) -> Levels:
    """Each view shows a bit and a vote; the label goes by the votes and by whether the bits differ."""
    bits, votes = rng.integers(2, size=(n, 2)), rng.integers(2, size=(n, 2))
    score = (2 * votes - 1).sum(1) * 0.8 + (1 + 3 * strength) * (2 * (bits[:, 0] ^ bits[:, 1]) - 1)
    y = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int)
    return y, 2 * bits[:, 0] + votes[:, 0], 2 * bits[:, 1] + votes[:, 1]


FAMILIES = {"null": null, "suppressor": suppressor, "xor": exclusive_or}


def draw(family: str, seed: int, sizes: tuple[int, ...]) -> list[Samples]:
    """Samples of several roles of one task: codes of the levels, mixed with nuisance by a random invertible map."""
    rng = np.random.default_rng(seed)
    strength = rng.random()
    y, *levels = FAMILIES[family](rng, sum(sizes), strength)
    views = {}
    for m, level in enumerate(levels):
        code = CODE * np.eye(4)[level] + 0.3 * rng.normal(size=(len(y), 4))
        mixed = (
            np.hstack([code, rng.normal(size=(len(y), NUISANCE))])
            @ np.linalg.qr(rng.normal(size=(4 + NUISANCE, 4 + NUISANCE)))[0]
        )
        views[f"m{m}"] = (mixed - mixed.mean(0)) / mixed.std(0)
    ends = np.cumsum((0, *sizes))
    return [make_samples({k: v[a:b] for k, v in views.items()}, y[a:b]) for a, b in pairwise(ends)]


def method(name: str, **options: object) -> Callable[[Task], tuple[MultiModalModel, float]]:
    def train(task: Task) -> tuple[MultiModalModel, float]:
        spec = registry.method(name)
        trained = registry.implementation(spec)(spec.options.model_validate(options)).train(task)
        return trained.model, min((f.best_loss for f in trained.fits.values()), default=math.nan)

    return train


def umt(start: str, weight: float, steps: int | None = None) -> Callable[[Task], tuple[MultiModalModel, float]]:
    """UMT with one weight; with ``steps``, the weight falls to 0 over so many steps as half a cosine."""

    class Scheduled(Umt):
        def loss(self, student, weight, task):  # type: ignore[no-untyped-def]
            count = [0]

            def loss(batch: Batch) -> torch.Tensor:
                share = 1.0 if steps is None else 0.5 * (1 + math.cos(math.pi * min(1.0, count[0] / steps)))
                count[0] += 1
                return Umt.loss(self, student, weight * share, task)(batch)

            return loss

    def train(task: Task) -> tuple[MultiModalModel, float]:
        made = Scheduled(registry.method("umt").options.model_validate({"weight": weight, "init": start}))
        trained = made.train(task)
        return trained.model, next(iter(trained.fits.values())).best_loss

    return train


REFERENCES = {"ume": method("ume"), "joint": method("joint"), "residual": method("residual")}
SETTINGS = {
    "s.03": umt("scratch", 0.03),
    "s.1": umt("scratch", 0.1),
    "s1": umt("scratch", 1.0),
    "t0": umt("teacher", 0.0),
    "t.1": umt("teacher", 0.1),
    "t1": umt("teacher", 1.0),
    "s.3>0": umt("scratch", 0.3, steps=1000),
}
CHOICES = (
    ("s.1", "t0"),
    ("s.1", "t.1"),
    ("s.03", "t0"),
    ("s.1", "s1", "t0"),
    ("s.03", "s1", "t0"),
    ("s.03", "s.1", "t0"),
)


@dataclass(frozen=True)
class Measured:
    """Test log-loss (temperature from select), select log-loss, seconds of CPU."""

    test: float
    select: float
    seconds: float


def score(model: MultiModalModel, select: Samples, test: Samples) -> float:
    """Test log-loss of a model at the temperature that `select` asks for."""
    logits = infer(model, select)[0].double().numpy()
    t = temperature(logits, select.labels.numpy())
    return float(log_loss(infer(model, test)[0].double().numpy() / t, test.labels.numpy()).mean())


def measure(family: str, seed: int, n: int) -> dict[str, Measured]:
    """Every variant on one task, and every choice among settings by `select` log-loss."""
    train, select, test = draw(family, seed, (n, max(100, n // 3), 5000))
    task = make_task(train, select, settings=Train(), seed=seed)
    task = replace(task, experts=train_experts(task))
    task = replace(task, built_on={"ume": method("ume")(task)[0]})
    found = {}
    for name, variant in {**REFERENCES, **SETTINGS}.items():
        began = time.process_time()
        model, select_loss = variant(task)
        found[name] = Measured(score(model, select, test), select_loss, time.process_time() - began)
    for names in CHOICES:
        best = min((found[name] for name in names), key=lambda m: m.select)
        found[" ".join(names)] = replace(best, seconds=sum(found[name].seconds for name in names))
    return found


def main(tasks: int = 6, n: int = 1000) -> None:
    torch.set_num_threads(1)
    rows = {family: [measure(family, 1000 + seed, n) for seed in range(tasks)] for family in FAMILIES}
    print(
        f"n = {n}, {tasks} tasks a family: mean test log-loss; thousandths of a nat above the task's best, mean (worst)"
    )
    for name in rows["null"][0]:
        cells = []
        for family in FAMILIES:
            excess = [1000 * (row[name].test - min(m.test for m in row.values())) for row in rows[family]]
            level = np.mean([row[name].test for row in rows[family]])
            cells.append(f"{family} {level:.3f} {np.mean(excess):6.1f} ({max(excess):5.1f})")
        seconds = np.mean([row[name].seconds for family in FAMILIES for row in rows[family]])
        print(f"{name:12s} {'   '.join(cells)}   {seconds:5.1f} s", flush=True)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
