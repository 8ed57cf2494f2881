"""How much better a network looks on the samples that stopped it, and what that does to who is taken for the best.

    python -m tests.benchmarks.stopped_on_select [training samples] [select samples] [draws of every task]

The tasks are those of ``kernel_rungs.py``. `joint` and `residual` are trained for at most 50 epochs, as a probe at
budget `short` does, and keep the epoch with the lowest log-loss on `select`. An epoch is cross-validated by reading
every fifth of `select` at the epoch that the other four would have kept. Printed, means over tasks in nats:

- ``cross-validated``: by how much the loss on `select` rises by that; of UME, where the pool is cross-validated in
  any case, by how much it rises where its uni-modal models' logits are read so too;
- ``true``: by how much the loss on 8,000 fresh samples lies above that on `select`, with one standard error;
- ``scaled by it``, ``pooled by it``: by how much the loss on the fresh samples rises where the temperature of `joint`
  and `residual`, the pool of UME, are fitted on `select` logits that are read so, in place of those of the model
  that is kept;
- what is gained over UME on the fresh samples by whoever of UME, `kernel`, `joint` and `residual` has the lowest loss
  on `select`, as it is, with the networks' losses cross-validated, with UME's also, and by who is best in truth.
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
from tests.contract.test_methods import method_of
from tests.support import expert_of, infer, make_task, one_modality
from umlkit.data.records import Samples
from umlkit.methods.base import MultiModalModel, Task, Trained
from umlkit.methods.calibration import CAUTION, log_loss, temperature
from umlkit.methods.ume import refitted
from umlkit.methods.ume.model import UmeModel
from umlkit.recipe.schema import Train
from umlkit.training import loop

Floats = NDArray[np.float64]
Evaluate = Callable[..., tuple[float, float]]
EPOCHS, FRESH = 50, 8000
NETWORKS = ("joint", "residual")


@dataclass(frozen=True)
class Looks:
    """Log-losses of one way of training.

    Attributes:
        on_select: as it is.
        added: what cross-validation of the epoch adds to it.
        risk: on fresh samples.
        fitted_by_it: what it adds there to fit the temperature, or the pool, on what is so cross-validated.
    """

    on_select: float
    added: float
    risk: float
    fitted_by_it: float = 0.0


def main(n: int = 700, n_select: int = 150, draws: int = 3) -> None:
    torch.set_num_threads(1)
    found: dict[str, list[Looks]] = defaultdict(list)
    gains: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for name in TASKS:
        for seed in range(draws):
            looks = looked_at(name, n, n_select, seed)
            for one, seen in looks.items():
                found[one].append(seen)
            gains[KINDS.get(name, "null")].append(gained(looks))
            print(name, seed, " ".join(f"{k} {v.on_select:.3f} {v.added:.3f} {v.risk:.3f}" for k, v in looks.items()))
    for one in ("ume", *NETWORKS):
        true = np.array([seen.risk - seen.on_select for seen in found[one]])
        added = np.mean([seen.added for seen in found[one]])
        by_it = np.array([seen.fitted_by_it for seen in found[one]])
        print(
            f"{one}: cross-validated {added:.4f}, true {error(true)}, "
            f"{'pooled' if one == 'ume' else 'scaled'} by it {error(by_it)}"
        )
    for kind, of_kind in gains.items():
        as_is, networks, everyone, best = np.mean(of_kind, axis=0)
        print(f"gain, {kind}: as it is {as_is:.4f}, networks cross-validated {networks:.4f}, ", end="")
        print(f"everyone {everyone:.4f}, the best {best:.4f}")


def error(values: Floats) -> str:
    """The mean with its standard error."""
    return f"{values.mean():.4f} +- {values.std() / len(values) ** 0.5:.4f}"


def looked_at(name: str, n: int, n_select: int, seed: int) -> dict[str, Looks]:
    """Everyone's losses on a task."""
    roles = roles_of(name, train=n, select=n_select, fresh=FRESH, seed=seed)
    settings = Train(epochs=EPOCHS)
    bare = make_task(roles["train"], roles["select"], settings=settings, seed=seed, classes=classes_of(name))
    task, held_out = experts_of(bare)
    ensemble, labels, fresh = pooled(task), task.select.labels.numpy(), roles["fresh"]
    plain, honest = mean_loss(left_out(ensemble, task), labels), mean_loss(left_out(ensemble, held_out), labels)
    own = risk(ensemble, fresh)
    found = {"ume": Looks(plain, honest - plain, own, risk(pooled(held_out), fresh) - own)}
    task = replace(task, built_on={"ume": ensemble})
    kernel = method_of("kernel").train(task)
    assert kernel.select_logits is not None
    on_select = mean_loss(kernel.select_logits.double().numpy(), labels)
    found["kernel"] = Looks(on_select, 0.0, risk(kernel.model, fresh))
    for network in NETWORKS:
        trained, scores = remembered(network, task)
        losses = np.stack([log_loss(epoch, labels) for epoch in scores])
        read, kept = at_others_epochs(scores, losses, task), int(losses.mean(axis=1).argmin())
        lowest = float(losses[kept].mean())
        fresh_scores = infer(trained.model, fresh)[0].double().numpy()
        of_kept, of_read = (
            mean_loss(fresh_scores / temperature(by, labels, caution=CAUTION), fresh.labels.numpy())
            for by in (scores[kept], read)
        )
        found[network] = Looks(lowest, mean_loss(read, labels) - lowest, risk(trained.model, fresh), of_read - of_kept)
    return found


def experts_of(task: Task) -> tuple[Task, Task]:
    """The task with its finished uni-modal models: with their `select` logits, and with those of others' epochs."""
    plain, read = {}, {}
    for modality in task.blueprint.modalities:
        trained, scores = remembered("unimodal", one_modality(task, modality))
        expert = plain[modality] = expert_of(trained, task)
        losses = np.stack([log_loss(epoch, task.select.labels.numpy()) for epoch in scores])
        logits = torch.from_numpy(at_others_epochs(scores, losses, task)).float()
        read[modality] = replace(expert, logits={**expert.logits, "select": logits})
    return replace(task, experts=plain), replace(task, experts=read)


def pooled(task: Task) -> UmeModel:
    """The finished ensemble."""
    return UmeModel.of(method_of("ume").train(task).model.eval().requires_grad_(False))


def left_out(ensemble: UmeModel, task: Task) -> Floats:
    """(n_select, C) by pools that were fitted without the sample's fold."""
    return np.asarray(refitted.left_out(ensemble, task).double().numpy())


def at_others_epochs(scores: Floats, losses: Floats, task: Task) -> Floats:
    """(n_select, C): every fold at the epoch that the others would have kept.

    Args:
        scores: (epochs, n_select, C).
        losses: (epochs, n_select).
        task: whose folds.
    """
    read = np.empty_like(scores[0])
    for fitted_on, scored in task.select_folds():
        read[scored] = scores[losses[:, fitted_on].mean(axis=1).argmin(), scored]
    return read


def remembered(method: str, task: Task) -> tuple[Trained, Floats]:
    """What a method trains, and the `select` logits (epochs, n_select, C) that led to its choice of an epoch."""
    epochs: list[Floats] = []
    with mock.patch.object(loop, "evaluate", remembering(epochs, loop.evaluate)):
        trained = method_of(method).train(task)
    return trained, np.stack(epochs)


def remembering(epochs: list[Floats], evaluate: Evaluate) -> Evaluate:
    """The loop's evaluation, which leaves every sample's logits behind."""

    def evaluated(
        module: nn.Module, logits: loop.Logits, samples: Samples, feed: loop.Feed = loop.direct
    ) -> tuple[float, float]:
        found = evaluate(module, logits, samples, feed)
        with torch.inference_mode():
            predicted: Tensor = logits(samples.batch(slice(None)))
        epochs.append(predicted.double().numpy())
        return found

    return evaluated


def risk(model: MultiModalModel, fresh: Samples) -> float:
    return mean_loss(infer(model, fresh)[0].double().numpy(), fresh.labels.numpy())


def mean_loss(logits: Floats, labels: NDArray[np.int64]) -> float:
    return float(log_loss(logits, labels).mean())


def gained(looks: Mapping[str, Looks]) -> tuple[float, ...]:
    """Over UME on fresh samples: by the lowest loss on `select`, by two ways of cross-validating it, by the best."""
    by = (
        min(looks, key=lambda one: looks[one].on_select),
        min(looks, key=lambda one: looks[one].on_select + (looks[one].added if one in NETWORKS else 0.0)),
        min(looks, key=lambda one: looks[one].on_select + (looks["ume" if one == "kernel" else one].added)),
        min(looks, key=lambda one: looks[one].risk),
    )
    return tuple(looks["ume"].risk - looks[name].risk for name in by)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
