"""How much better a network looks on the samples that stopped it, and what that does to who is taken for the best.

    python -m tests.benchmarks.stopped_on_select [training samples] [select samples] [draws of every task]

The tasks are those of ``kernel_rungs.py``. `joint` and `residual` are trained for at most 50 epochs, as a probe at
budget `short` does, and keep the epoch with the lowest log-loss on `select`. Printed, means over tasks in nats:

- ``cross-validated``: by how much the loss on `select` rises where every fifth of it is read at the epoch that the
  other four would have kept;
- ``true``: by how much the loss on 8,000 fresh samples lies above that on `select`, with one standard error;
- what is gained over UME on the fresh samples by whoever of UME, `kernel`, `joint` and `residual` has the lowest loss
  on `select`, as it is and with the networks' losses cross-validated, and by who is best in truth.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.benchmarks.kernel_rungs import KINDS, TASKS, classes_of, roles_of
from tests.contract.test_methods import method_of, with_experts
from tests.support import infer, make_task
from umlkit.data.records import Samples
from umlkit.methods.base import MultiModalModel, Task
from umlkit.methods.calibration import log_loss
from umlkit.methods.ume.model import UmeModel
from umlkit.methods.ume.refitted import refitted
from umlkit.recipe.schema import Train
from umlkit.training import loop

Floats = NDArray[np.float64]
Evaluate = Callable[..., tuple[float, float]]
EPOCHS, FRESH = 50, 8000
NETWORKS = ("joint", "residual")


@dataclass(frozen=True)
class Looks:
    """Log-losses of one way of training: on `select`, what cross-validation of the epoch adds, on fresh samples."""

    on_select: float
    added: float
    risk: float


def main(n: int = 700, n_select: int = 150, draws: int = 3) -> None:
    torch.set_num_threads(1)
    found: dict[str, list[Looks]] = defaultdict(list)
    gains: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for name in TASKS:
        for seed in range(draws):
            looks = looked_at(*drawn(name, n, n_select, seed))
            for network in NETWORKS:
                found[network].append(looks[network])
            gains[KINDS.get(name, "null")].append(gained(looks))
            print(name, seed, " ".join(f"{k} {v.on_select:.3f} {v.added:.3f} {v.risk:.3f}" for k, v in looks.items()))
    for network, looks_of in found.items():
        true = np.array([one.risk - one.on_select for one in looks_of])
        added = np.mean([one.added for one in looks_of])
        print(f"{network}: cross-validated {added:.4f}, true {true.mean():.4f} +- {true.std() / len(true) ** 0.5:.4f}")
    for kind, of_kind in gains.items():
        as_is, cross_validated, best = np.mean(of_kind, axis=0)
        print(f"gain, {kind}: as it is {as_is:.4f}, cross-validated {cross_validated:.4f}, the best {best:.4f}")


def drawn(name: str, n: int, n_select: int, seed: int) -> tuple[Task, Samples]:
    """A task with its finished ensemble, and fresh samples."""
    roles = roles_of(name, train=n, select=n_select, fresh=FRESH, seed=seed)
    settings = Train(epochs=EPOCHS)
    made = make_task(roles["train"], roles["select"], settings=settings, seed=seed, classes=classes_of(name))
    task = with_experts(made)
    ensemble = method_of("ume").train(task).model.eval().requires_grad_(False)
    return replace(task, built_on={"ume": ensemble}), roles["fresh"]


def looked_at(task: Task, fresh: Samples) -> dict[str, Looks]:
    """Everyone's losses."""
    labels = task.select.labels.numpy()
    ensemble = UmeModel.of(task.built_on["ume"])
    pooled = np.empty((len(labels), task.blueprint.classes))
    for fitted_on, scored in task.select_folds():
        pooled[scored] = refitted(ensemble, task, fitted_on)[scored]
    found = {"ume": Looks(float(log_loss(pooled, labels).mean()), 0.0, risk(ensemble, fresh))}
    kernel = method_of("kernel").train(task)
    assert kernel.select_logits is not None
    on_select = float(log_loss(kernel.select_logits.double().numpy(), labels).mean())
    found["kernel"] = Looks(on_select, 0.0, risk(kernel.model, fresh))
    for name in NETWORKS:
        epochs: list[Floats] = []
        with mock.patch.object(loop, "evaluate", remembering(epochs, loop.evaluate)):
            model = method_of(name).train(task).model
        losses = np.stack(epochs)
        lowest = float(losses.mean(axis=1).min())
        held_out = np.concatenate(
            [losses[losses[:, fitted_on].mean(axis=1).argmin(), scored] for fitted_on, scored in task.select_folds()]
        )
        found[name] = Looks(lowest, float(held_out.mean()) - lowest, risk(model, fresh))
    return found


def remembering(epochs: list[Floats], evaluate: Evaluate) -> Evaluate:
    """The loop's evaluation, which leaves every sample's loss behind."""

    def evaluated(
        module: nn.Module, logits: loop.Logits, samples: Samples, feed: loop.Feed = loop.direct
    ) -> tuple[float, float]:
        found = evaluate(module, logits, samples, feed)
        with torch.inference_mode():
            predicted: Tensor = logits(samples.batch(slice(None)))
        epochs.append(log_loss(predicted.double().numpy(), samples.labels.numpy()))
        return found

    return evaluated


def risk(model: MultiModalModel, fresh: Samples) -> float:
    return float(log_loss(infer(model, fresh)[0].double().numpy(), fresh.labels.numpy()).mean())


def gained(looks: Mapping[str, Looks]) -> tuple[float, float, float]:
    """Over UME on fresh samples: by the lowest loss on `select`, by the same cross-validated, by the best."""
    by = (
        min(looks, key=lambda one: looks[one].on_select),
        min(looks, key=lambda one: looks[one].on_select + looks[one].added),
        min(looks, key=lambda one: looks[one].risk),
    )
    as_is, cross_validated, best = (looks["ume"].risk - looks[name].risk for name in by)
    return as_is, cross_validated, best


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
