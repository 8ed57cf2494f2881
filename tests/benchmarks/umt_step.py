"""What distillation adds to a step: CPU time of a UMT step over that of a joint step of the same model.

Both sides train the same student (same width, head, batch, optimiser); UMT adds the projections and the distance to
teacher features that were computed once. Interleaved in one process on one thread; the ratio is that of the medians.

    python -m tests.benchmarks.umt_step        goals: small ResNet <= 1.10, tiny MLP <= 1.25
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from tests.support import make_task, plan_for, train_experts
from umlkit.data.records import Samples
from umlkit.methods import late_fusion
from umlkit.methods.late_fusion import cross_entropy_of
from umlkit.methods.umt.method import Umt, with_teachers
from umlkit.methods.umt.options import UmtOptions
from umlkit.recipe.schema import Train
from umlkit.training.loop import Loss
from umlkit.training.optimiser import optimiser_for

GOALS = {"tiny MLP": 1.25, "small ResNet": 1.10}
STEPS, BATCH = 400, 64


def samples_of(what: str) -> Samples:
    generator = torch.Generator().manual_seed(0)
    shape = (20,) if what == "tiny MLP" else (1, 8, 8)
    inputs = {f"m{m}": torch.randn(512, *shape, generator=generator) for m in range(2)}
    return Samples(inputs, torch.randint(4, (512,), generator=generator))


def stepper(module: torch.nn.Module, loss: Loss, samples: Samples, settings: Train) -> Callable[[torch.Tensor], None]:
    """One step of training as the loop does it."""
    optimiser = optimiser_for(module, settings)
    parameters = [p for p in module.parameters() if p.requires_grad]

    def step(rows: torch.Tensor) -> None:
        value = loss(samples.batch(rows))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, settings.clip)
        optimiser.step()

    return step


def compare(what: str) -> tuple[float, float]:
    """Median seconds of a UMT step and of a joint step."""
    samples = samples_of(what)
    encoder, options = ("mlp", {"hidden": 32, "features": 16}) if what == "tiny MLP" else ("resnet", {})
    plans = {name: plan_for(samples, name, encoder=encoder, **options) for name in samples.inputs}
    settings = Train(epochs=1, batch_size=BATCH)
    task = make_task(samples, samples, plans=plans, settings=settings)
    task = replace(task, experts=train_experts(task))
    umt = Umt(UmtOptions(weight=0.1, init="scratch"))
    student = umt.build(task.blueprint, {"targets": [e.features["train"].shape[1] for e in task.experts.values()]})
    joint = late_fusion.build(task.blueprint, head="mlp", scale=2)
    sides = {
        "umt": stepper(student, umt.loss(student, 0.1, task), with_teachers(task), settings),
        "joint": stepper(joint, cross_entropy_of(joint), samples, settings),
    }
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    generator = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        rows = torch.randperm(len(samples), generator=generator)[:BATCH]
        for side, step in sides.items():
            began = time.process_time()
            step(rows)
            seconds[side].append(time.process_time() - began)
    return statistics.median(seconds["umt"]), statistics.median(seconds["joint"])


def main() -> int:
    torch.set_num_threads(1)
    met = True
    for what, goal in GOALS.items():
        umt, joint = compare(what)
        met &= umt / joint <= goal
        print(
            f"{what}: UMT {umt * 1e3:.3f} ms, joint {joint * 1e3:.3f} ms a step, ratio {umt / joint:.3f} (goal {goal})"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
