"""What every registered method promises; a new one is tested by being registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from tests.support import blobs, infer, make_task, plan_for, train_experts
from umlkit import registry
from umlkit.data.records import Samples
from umlkit.methods.base import Blueprint, Method, MultiModalModel, Task, Trained
from umlkit.recipe.schema import Train

QUICK = Train(epochs=4, patience=4, patience_steps=1, batch_size=32)
LONG = Train(epochs=400, patience=400, batch_size=32, lr=3e-3)
MULTI_MODAL = [name for name in registry.methods() if name != "unimodal"]


def variants() -> Iterator[Any]:
    """Every method with its defaults, and with every alternative that one of its options names."""
    for name, spec in registry.methods().items():
        yield pytest.param(name, {}, id=name)
        for option, schema in spec.options.model_json_schema().get("properties", {}).items():
            for value in words(schema):
                if value != schema.get("default"):
                    yield pytest.param(name, {option: value}, id=f"{name}-{option}-{value}")


def words(schema: dict[str, Any]) -> list[str]:
    """The words that an option accepts, from its JSON schema."""
    choices = [schema, *schema.get("anyOf", [])]
    return [
        *dict.fromkeys(word for c in choices for word in [*c.get("enum", []), *([c["const"]] if "const" in c else [])])
    ]


def method_of(name: str, options: dict[str, Any] | None = None) -> Method[Any]:
    spec = registry.method(name)
    method: Method[Any] = registry.implementation(spec)(spec.options.model_validate(options or {}))
    return method


def prepared(name: str, task: Task) -> Task:
    """The task with everything that the method builds on, trained."""
    spec = registry.method(name)
    if "unimodal" in spec.builds_on:
        task = replace(task, experts=train_experts(task))
    built_on = {
        need: method_of(need).train(prepared(need, task)).model.eval().requires_grad_(False)
        for need in spec.builds_on
        if need != "unimodal"
    }
    return replace(task, built_on=built_on)


@cache
def quick_task(name: str, modalities: int) -> Task:
    train, select = (blobs(n, modalities=modalities, seed=seed) for seed, n in ((0, 96), (1, 110)))
    return prepared(name, make_task(train, select, settings=QUICK))


@cache
def quickly_trained(name: str, options: tuple[tuple[str, Any], ...] = (), modalities: int = 2) -> Trained:
    return method_of(name, dict(options)).train(quick_task(name, modalities))


def counts(name: str) -> tuple[int, ...]:
    return (1,) if name == "unimodal" else (1, 2, 3)


def logits_of(model: MultiModalModel, samples: Samples) -> torch.Tensor:
    return infer(model, samples)[0]


@pytest.mark.parametrize(
    ("name", "modalities"), [(name, count) for name in registry.methods() for count in counts(name)]
)
def test_gives_logits_and_the_features_of_its_modalities(name: str, modalities: int) -> None:
    trained = quickly_trained(name, modalities=modalities)
    logits, features = infer(trained.model, blobs(7, modalities=modalities, seed=2))
    assert logits.shape == (7, 3)
    assert logits.dtype == torch.float32
    assert list(features) == list(trained.blueprint.modalities)
    assert all(z.ndim == 2 and len(z) == 7 for z in features.values())
    assert not trained.model.training


@pytest.mark.parametrize(("name", "options"), list(variants()))
def test_a_saved_model_gives_the_same_outputs_to_the_bit(name: str, options: dict[str, Any]) -> None:
    trained = quickly_trained(name, tuple(options.items()), modalities=counts(name)[-2:][0])
    state = {key: value.clone() for key, value in trained.model.state_dict().items()}
    with torch.random.fork_rng():
        torch.manual_seed(99)
        again = method_of(name, options).build(trained.blueprint, trained.resolved)
    again.load_state_dict(state)
    new = blobs(50, modalities=counts(name)[-2:][0], seed=3)
    assert torch.equal(logits_of(again, new), logits_of(trained.model, new))
