"""What distillation adds to a step: CPU time of a UMT step over that of a joint step of the same model.

Both sides train the same student (same width, head, batch, optimiser); UMT adds the projections and the distance to
teacher features that were computed once, or, where the inputs are augmented, the teachers' forward pass on the view
that the student sees. Interleaved in one process on one thread; the ratio is that of the medians.

    python -m tests.benchmarks.umt_step        goals: small ResNet <= 1.10, augmented <= 1.40, tiny MLP <= 1.25
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

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

STILL = {"crop": 0, "erasing": 0.0}
AUGMENTED = {"crop": 2, "masks": 1, "erasing": 0.5}


@dataclass(frozen=True)
class Case:
    """What both sides train, and the goal."""

    encoder: str
    options: Mapping[str, Any]
    shape: tuple[int, ...]
    goal: float
    steps: int = 400


CASES = {
    "tiny MLP": Case("mlp", {"hidden": 32, "features": 16}, (20,), 1.25),
    "small ResNet": Case("resnet", STILL, (1, 8, 8), 1.10),
    "small ResNet, augmented": Case("resnet", AUGMENTED, (1, 8, 8), 1.40),
    "small ResNet, 28x28, augmented": Case("resnet", AUGMENTED, (1, 28, 28), 1.40, steps=60),
}
BATCH = 64


def samples_of(case: Case) -> Samples:
    generator = torch.Generator().manual_seed(0)
    inputs = {f"m{m}": torch.randn(512, *case.shape, generator=generator) for m in range(2)}
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


def compare(case: Case) -> tuple[float, float]:
    """Median seconds of a UMT step and of a joint step."""
    samples = samples_of(case)
    plans = {name: plan_for(samples, name, encoder=case.encoder, **case.options) for name in samples.inputs}
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
    for _ in range(case.steps):
        rows = torch.randperm(len(samples), generator=generator)[:BATCH]
        for side, step in sides.items():
            began = time.process_time()
            step(rows)
            seconds[side].append(time.process_time() - began)
    return statistics.median(seconds["umt"]), statistics.median(seconds["joint"])


def main() -> int:
    torch.set_num_threads(1)
    met = True
    for what, case in CASES.items():
        umt, joint = compare(case)
        ratio = umt / joint
        met &= ratio <= case.goal
        print(
            f"{what}: UMT {umt * 1e3:.3f} ms, joint {joint * 1e3:.3f} ms a step, ratio {ratio:.3f} (goal {case.goal})"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
