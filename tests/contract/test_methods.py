"""What every registered method promises; a new one is tested by being registered."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from tests.support import blobs, bound_fit, infer, make_task, train_experts
from umlkit import registry
from umlkit.data.records import Batch, Samples
from umlkit.methods.base import Method, MultiModalModel, Task, Trained
from umlkit.methods.experts import FrozenExperts
from umlkit.methods.mixing import grand_mean, marginal
from umlkit.recipe.schema import Train
from umlkit.training.loop import FitResult, Loss

QUICK = Train(epochs=4, patience=4, patience_steps=1, batch_size=32)
LONG = Train(epochs=120, patience=120, batch_size=32, lr=3e-3)
ALONE = ("unimodal", "best-single")
"""Methods whose model reads one modality: nothing to mix."""
ON_TEACHERS = [name for name in registry.methods() if "unimodal" in registry.method(name).builds_on]


def variants() -> Iterator[Any]:
    """Every method with its defaults, and with every alternative that one of its options names."""
    for name, spec in registry.methods().items():
        yield pytest.param(name, {}, id=name)
        for option, schema in spec.options.model_json_schema().get("properties", {}).items():
            for value in (True, False) if schema.get("type") == "boolean" else words(schema):
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
    """The task with everything that the method builds on; its experts are there already."""
    spec = registry.method(name)
    built_on = {
        need: method_of(need).train(prepared(need, task)).model.eval().requires_grad_(False)
        for need in spec.builds_on
        if need != "unimodal"
    }
    return replace(task, experts=task.experts if "unimodal" in spec.builds_on else {}, built_on=built_on)


def with_experts(task: Task) -> Task:
    return replace(task, experts=train_experts(task))


@cache
def small_task(modalities: int) -> Task:
    train, select = (blobs(n, modalities=modalities, seed=seed) for seed, n in ((0, 96), (1, 110)))
    return with_experts(make_task(train, select, settings=QUICK))


@cache
def memorable_task(modalities: int) -> Task:
    samples = replace(blobs(32, modalities=modalities, width=8), labels=torch.arange(32) % 3)
    return with_experts(make_task(samples, samples, settings=LONG))


@cache
def quick_task(name: str, modalities: int) -> Task:
    return prepared(name, small_task(modalities))


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


class Watch:
    """Stands in for the training loop: trains, takes one more gradient, remembers what it saw."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.without_gradient: list[str] = []
        self.teachers = [part for e in task.experts.values() for part in e.model.modules()]
        self.teachers += [part for model in task.built_on.values() for part in model.modules()]
        self.teacher_runs = 0
        self.always_eval = True
        for part in self.teachers:
            part.register_forward_hook(self._ran)

    def __call__(self, name: str, module: torch.nn.Module, *, loss: Loss, **arguments: Any) -> FitResult:
        def watched(batch: Batch) -> torch.Tensor:
            self.always_eval &= not any(part.training for part in self.teachers)
            return loss(batch)

        fitted = self.task.fit(name, module, loss=watched, **arguments)
        loss(arguments["train"].batch(slice(0, 32))).backward()
        self.without_gradient += [
            f"{name}: {key}"
            for key, p in module.named_parameters()
            if p.requires_grad and (p.grad is None or not p.grad.any())
        ]
        module.zero_grad()
        return fitted

    def _ran(self, *_: object) -> None:
        self.teacher_runs += 1


def watched_training(name: str, options: dict[str, Any]) -> tuple[Watch, Trained]:
    task = copy.deepcopy(quick_task(name, counts(name)[-2:][0]))
    watch = Watch(task)
    return watch, method_of(name, options).train(replace(task, fit=watch))


@pytest.mark.parametrize(("name", "options"), list(variants()))
def test_gradients_reach_every_trained_parameter_and_no_teacher(name: str, options: dict[str, Any]) -> None:
    watch, trained = watched_training(name, options)
    assert watch.without_gradient == []
    assert all(p.grad is None and not p.requires_grad for part in watch.teachers for p in part.parameters())
    frozen = [part for part in trained.model.modules() if isinstance(part, FrozenExperts)]
    assert not any(p.requires_grad for part in frozen for p in part.parameters())


@pytest.mark.parametrize("name", ON_TEACHERS)
def test_teachers_keep_their_weights_stay_in_eval_mode_and_do_not_run_while_a_model_trains(name: str) -> None:
    before = {m: copy.deepcopy(e.model.state_dict()) for m, e in quick_task(name, 2).experts.items()}
    watch, trained = watched_training(name, {})
    assert watch.always_eval
    assert watch.teacher_runs == 0
    for modality, expert in watch.task.experts.items():
        assert all(torch.equal(v, before[modality][k]) for k, v in expert.model.state_dict().items())
    trained.model.train()
    held = [
        part for module in trained.model.modules() if isinstance(module, FrozenExperts) for part in module.modules()
    ]
    assert not any(part.training for part in held)


@pytest.mark.parametrize("name", registry.methods())
def test_the_same_seed_gives_the_same_weights_and_another_does_not(name: str) -> None:
    task = quick_task(name, counts(name)[-2:][0])
    first = quickly_trained(name, modalities=counts(name)[-2:][0])
    with torch.random.fork_rng():
        torch.manual_seed(4321)
        again = method_of(name).train(task)
    assert all(torch.equal(v, again.model.state_dict()[k]) for k, v in first.model.state_dict().items())
    if first.fits:
        fit = bound_fit(task.settings, 1)
        other = method_of(name).train(replace(task, seed=1, fit=fit)).model.state_dict()
        assert not all(torch.equal(v, other[k]) for k, v in first.model.state_dict().items())


@pytest.mark.parametrize("name", registry.methods())
def test_overfits_32_samples(name: str) -> None:
    task = prepared(name, memorable_task(counts(name)[-2:][0]))
    trained = method_of(name).train(task)
    logits = logits_of(trained.model, task.train)
    assert torch.equal(logits.argmax(dim=1), task.train.labels)


def interaction(name: str, options: dict[str, Any]) -> float:
    """The largest mixed second difference of the logits over two modalities, what all classes share taken out."""
    model = quickly_trained(name, tuple(options.items())).model
    one, other = (blobs(40, seed=seed).inputs for seed in (2, 3))
    corners = [
        infer(model, replace(blobs(40), inputs={"m0": first["m0"], "m1": second["m1"]}))[0].log_softmax(dim=1)
        for first, second in ((one, one), (one, other), (other, one), (other, other))
    ]
    mixed = corners[0] - corners[1] - corners[2] + corners[3]
    return (mixed - mixed.mean(dim=1, keepdim=True)).abs().max().item()


@pytest.mark.parametrize(("name", "options"), [v for v in variants() if v.values[0] != "unimodal"])
def test_logits_that_are_called_additive_are_a_sum_over_modalities(name: str, options: dict[str, Any]) -> None:
    spec = registry.method(name)
    if spec.additive(spec.options.model_validate(options)):
        assert interaction(name, options) < 1e-3


@pytest.mark.parametrize(("name", "options"), [v for v in variants() if v.values[0] not in ALONE])
def test_parts_fused_are_the_logits(name: str, options: dict[str, Any]) -> None:
    model = quickly_trained(name, tuple(options.items()), modalities=3).model
    new = blobs(40, modalities=3, seed=2)
    with torch.no_grad():
        parts = model.parts(new.batch(slice(None)).inputs)
        assert list(parts) == list(new.inputs)
        assert model.fuse(parts).numpy() == pytest.approx(logits_of(model, new).numpy(), abs=1e-5)


@pytest.mark.parametrize(("name", "options"), [v for v in variants() if v.values[0] not in ALONE])
def test_what_a_modality_brings_depends_on_no_other(name: str, options: dict[str, Any]) -> None:
    model = quickly_trained(name, tuple(options.items())).model
    one, other = (blobs(40, seed=seed).batch(slice(None)).inputs for seed in (2, 3))
    with torch.no_grad():
        alone, mixed = model.parts(one)["m0"], model.parts({"m0": one["m0"], "m1": other["m1"]})["m0"]
    assert torch.equal(alone, mixed)


def projection(name: str, options: dict[str, Any], modalities: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of 40 samples, and their additive projection over 20 references; what all classes share taken out."""
    model = quickly_trained(name, tuple(options.items()), modalities=modalities).model
    own, references = (
        model.parts(blobs(n, modalities=modalities, seed=seed).batch(slice(None)).inputs)
        for n, seed in ((40, 2), (20, 3))
    )
    grand = grand_mean(model, references)
    one_way = [marginal(model, own, references, keep=[m]) for m in own]
    logits = model.fuse(own).double()
    projected = sum(one_way, start=(1 - modalities) * grand)
    return tuple(values - values.mean(dim=1, keepdim=True) for values in (logits, projected))  # type: ignore[return-value]


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize(("name", "options"), [v for v in variants() if v.values[0] not in ALONE])
def test_logits_that_are_called_additive_are_their_own_projection(
    name: str, options: dict[str, Any], modalities: int
) -> None:
    """So the EMAP gap of whatever is marked additive is 0 to float precision, with any references."""
    spec = registry.method(name)
    with torch.no_grad():
        logits, projected = projection(name, options, modalities)
    if spec.additive(spec.options.model_validate(options)):
        assert projected.numpy() == pytest.approx(logits.numpy(), abs=1e-4)
    elif name == "joint":  # the test sees a difference where there is one
        assert (projected - logits).abs().max() > 1e-2


def test_the_test_of_additivity_sees_an_interaction() -> None:
    assert interaction("joint", {}) > 1e-2
