"""What tests of encoders and methods share: small data with known structure, and a task bound to the training loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from umlkit import registry
from umlkit.data.records import Samples
from umlkit.methods.base import Blueprint, Expert, Fit, ModalityPlan, MultiModalModel, Task, Trained
from umlkit.recipe.schema import Train
from umlkit.training import loop
from umlkit.training.seeds import derive


def make_samples(inputs: Mapping[str, Any], labels: Any) -> Samples:
    """Arrays or tensors -> samples in memory; inputs become float32, labels int64."""
    return Samples(
        inputs={name: torch.as_tensor(np.asarray(values), dtype=torch.float32) for name, values in inputs.items()},
        labels=torch.as_tensor(np.asarray(labels), dtype=torch.int64),
    )


def plan_for(samples: Samples, modality: str, *, encoder: str = "mlp", **options: Any) -> ModalityPlan:
    """The plan of one modality of ``samples``; its kind goes by its shape.

    ``auto`` options become their first candidate unless the encoder itself is ``auto``.
    """
    shape = tuple(samples.inputs[modality][:1].shape[1:])
    if encoder != "auto":
        spec = registry.encoder(encoder)
        options = spec.candidates(spec.options.model_validate(options))[0].model_dump()
    return ModalityPlan("image" if len(shape) == 3 else "vector", encoder, options, shape)


def bound_fit(settings: Train, seed: int) -> Fit:
    """The training loop as the pipeline binds it, without a work directory."""

    def fit(name: str, module: torch.nn.Module, **arguments: Any) -> loop.FitResult:
        return loop.fit(module, settings=settings, seed=derive(seed, "fit", name), **arguments)

    return fit


def make_task(
    train: Samples,
    select: Samples,
    *,
    plans: Mapping[str, ModalityPlan] | None = None,
    classes: int | None = None,
    settings: Train | None = None,
    seed: int = 0,
    **more: Any,
) -> Task:
    """A task on these samples; every modality gets an mlp encoder unless ``plans`` says otherwise.

    ``more`` goes to :class:`Task` (experts, built_on, select_groups).
    """
    settings = settings or Train(epochs=60, patience=10)
    classes = classes or int(train.labels.max()) + 1
    plans = plans or {name: plan_for(train, name) for name in train.inputs}
    frequencies = torch.bincount(train.labels, minlength=classes) / len(train)
    return Task(
        blueprint=Blueprint(plans, classes),
        train=train,
        select=select,
        settings=settings,
        seed=seed,
        fit=bound_fit(settings, seed),
        priors=frequencies,
        **more,
    )


def one_modality(task: Task, modality: str) -> Task:
    """The task that ``unimodal`` gets for one modality of ``task``."""
    return make_task(
        task.train.only(modality),
        task.select.only(modality),
        plans={modality: task.blueprint.modalities[modality]},
        classes=task.blueprint.classes,
        settings=task.settings,
        seed=task.seed,
    )


def train_experts(task: Task) -> dict[str, Expert]:
    """Every modality's finished uni-modal model with its outputs, as the pipeline hands them to a method."""
    spec = registry.method("unimodal")
    method = registry.implementation(spec)(spec.options())
    return {name: expert_of(method.train(one_modality(task, name)), task) for name in task.blueprint.modalities}


def expert_of(trained: Trained, task: Task) -> Expert:
    """A finished uni-modal model, frozen, with its features and logits on train and select."""
    model = trained.model.eval().requires_grad_(False)
    (modality,) = trained.blueprint.modalities
    outputs = {role: infer(model, samples) for role, samples in (("train", task.train), ("select", task.select))}
    return Expert(
        model=model,
        features={role: features[modality] for role, (_, features) in outputs.items()},
        logits={role: logits for role, (logits, _) in outputs.items()},
    )


def infer(model: MultiModalModel, samples: Samples) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Logits (n, C) and features of all samples, without gradients."""
    with torch.no_grad():
        output = model.eval().infer(samples.batch(slice(None)).inputs)
    return output.logits, output.features


def blobs(
    n: int, *, classes: int = 3, modalities: int = 2, width: int = 6, strength: float = 1.5, seed: int = 0
) -> Samples:
    """Views independent given the label: x_m = strength * centre_m[y] + noise; nothing paired."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(classes, size=n)
    centres = np.random.default_rng(12345).normal(size=(modalities, classes, width))
    return make_samples(
        {f"m{m}": strength * centres[m][labels] + generator.normal(size=(n, width)) for m in range(modalities)},
        labels,
    )


def xor(n: int, *, width: int = 4, noise: float = 0.3, seed: int = 0) -> Samples:
    """Label = a xor b, modality m0 shows a and m1 shows b: all signal is paired."""
    generator = np.random.default_rng(seed)
    bits = generator.integers(2, size=(n, 2))
    directions = np.random.default_rng(54321).normal(size=(2, width))
    views = {
        f"m{m}": np.outer(2 * bits[:, m] - 1, directions[m]) + noise * generator.normal(size=(n, width))
        for m in range(2)
    }
    return make_samples(views, bits[:, 0] ^ bits[:, 1])
