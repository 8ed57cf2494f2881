"""What a kernel sees of sequences and texts: the same however they are padded, stored and loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.contract.test_methods import method_of, with_experts
from tests.kind_examples import inputs
from tests.support import infer, make_samples, make_task, plan_for
from umlkit import registry
from umlkit.data.records import Samples
from umlkit.methods.base import ModalityPlan, Task
from umlkit.methods.calibration import log_loss
from umlkit.methods.kernel.views import filtered
from umlkit.methods.kernel.views.base import View
from umlkit.methods.kernel.views.choice import view
from umlkit.recipe.schema import Train
from umlkit.runs import tensors

T, C = 150, 2
OF_SEQUENCES = pytest.mark.parametrize("name", ["filtered", "segments"])
NO_FEATURES = torch.empty(0)


def plan(kind: str, encoder: str, shape: tuple[int, ...]) -> ModalityPlan:
    spec = registry.encoder(encoder)
    return ModalityPlan(kind, encoder, spec.candidates(spec.options())[0].model_dump(), shape)


def batches(x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    yield from ((part, NO_FEATURES) for part in x.split(256))  # type: ignore[no-untyped-call]


def sequences(lengths: list[int], *, seed: int = 0, channels: int = C) -> Tensor:
    """(B, longest, C) with NaN beyond the lengths."""
    values = np.random.default_rng(seed).normal(size=(len(lengths), max(lengths), channels)).astype(np.float32)
    x = torch.from_numpy(values)
    x[torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None]] = torch.nan
    return x


def of_sequences(name: str, *, steps: int = T, channels: int = C) -> View:
    """Fitted on samples of all lengths."""
    made = view(name, plan("sequence", "conv1d", (steps, channels)), width=4)
    made.fit(batches(sequences([*range(1, steps + 1, 1 + steps // 40), steps], seed=1, channels=channels)))
    return made


def of_texts(variant: str) -> tuple[View, Tensor]:
    """Fitted on 64 texts, and these."""
    sample, x = inputs("text", variant, samples=64)
    made = view("words", plan("text", "ngrams", sample.shape), width=4)
    made.fit(batches(x))
    return made, x


@OF_SEQUENCES
@pytest.mark.parametrize("lengths", [[1], [2, 3], [9, 17, 16], [150, 149, 1, 75, 64, 33], [400, 3]])
def test_padding_changes_nothing_that_is_seen_of_a_sequence(name: str, lengths: list[int]) -> None:
    seeing, x = of_sequences(name), sequences(lengths)
    together = seeing(x, NO_FEATURES)
    alone = torch.cat([seeing(one[None, :length], NO_FEATURES) for one, length in zip(x, lengths, strict=True)])
    torch.testing.assert_close(alone, together, rtol=1e-3, atol=1e-3)
    wider = torch.cat([x, torch.full((len(x), 40, C), torch.nan)], dim=1)
    torch.testing.assert_close(seeing(wider, NO_FEATURES), together, rtol=1e-3, atol=1e-3)


@OF_SEQUENCES
def test_constant_sequences_and_channels_are_seen_as_finite_numbers(name: str) -> None:
    seeing = of_sequences(name)
    assert torch.isfinite(seeing(torch.zeros(2, 30, C), NO_FEATURES)).all()
    blank = view(name, plan("sequence", "conv1d", (30, C)), width=4)
    blank.fit(batches(torch.zeros(5, 30, C)))
    assert torch.isfinite(blank(torch.zeros(2, 30, C), NO_FEATURES)).all()


@OF_SEQUENCES
@pytest.mark.parametrize(("steps", "channels"), [(1, 1), (2, 3), (40, 40)])
def test_sequences_of_one_step_or_many_channels_are_seen(name: str, steps: int, channels: int) -> None:
    seen = of_sequences(name, steps=steps, channels=channels)(torch.randn(3, steps, channels), NO_FEATURES)
    assert torch.isfinite(seen).all()
    assert seen.shape[1] <= max(4 * channels, 2 * filtered.FILTERS + 22)


def test_the_energies_of_filters_are_those_of_a_plain_convolution() -> None:
    seeing: Any = view("filtered", plan("sequence", "conv1d", (40, 1)), width=4)
    x = sequences([40], channels=1)
    dilation, taps = seeing.dilations[1], seeing.weight[1, 3, 0].numpy()
    padded = np.pad(x[0, :, 0].numpy(), 4 * dilation)
    passed = np.array([taps @ padded[t : t + 8 * dilation + 1 : dilation] for t in range(40)])
    at = 2 * seeing.weight.shape[1] + 3
    found = seeing.energies(x)[0]
    assert float(found[at]) == pytest.approx(np.square(np.maximum(passed, 0)).mean(), rel=1e-4)
    assert float(found[at + seeing.weight.shape[1]]) == pytest.approx(np.square(np.minimum(passed, 0)).mean(), rel=1e-4)


def test_filters_reach_over_a_whole_sample_and_not_further() -> None:
    assert filtered.dilations(1) == [1]
    assert filtered.dilations(16) == [1]
    assert filtered.dilations(17) == [1, 2]
    assert filtered.dilations(100) == [1, 2, 4, 8]


def test_where_a_wave_begins_is_not_seen_and_its_frequency_is() -> None:
    t = torch.arange(T, dtype=torch.float32)
    waves = torch.stack([torch.sin(t / period + phase) for period in (2, 5) for phase in (0.0, 1.0, 2.0)])
    seen = of_sequences("filtered")(waves[..., None].repeat(1, 1, C), NO_FEATURES)
    among = torch.cdist(seen, seen)
    assert among[:3, :3].max() < among[:3, 3:].min() / 2


def test_a_long_sequence_is_seen_at_some_of_its_steps_a_few_samples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing: Any = view("filtered", plan("sequence", "conv1d", (10_000, 1)), width=4)
    x = sequences([10_000, 9_000, 20], channels=1)
    at_once = seeing.energies(x)
    assert seeing.stride == 10
    asked, plain = [], torch.nn.functional.conv1d

    def counted(*arguments: Any, **more: Any) -> Tensor:
        out = plain(*arguments, **more)
        asked.append(out.numel())
        return out

    monkeypatch.setattr(filtered, "MOST_VALUES", 2**15)
    monkeypatch.setattr(torch.nn.functional, "conv1d", counted)
    torch.testing.assert_close(seeing.energies(x), at_once, rtol=1e-4, atol=1e-6)
    assert max(asked) <= 2**15


def test_segments_tell_what_stands_where() -> None:
    x = torch.zeros(1, 40, C)
    x[:, 20:30, 1] = 1.0
    seeing = view("segments", plan("sequence", "conv1d", (40, C)), width=4)
    assert seeing(x, NO_FEATURES)[0].tolist() == pytest.approx([0, 0, 0, 0, 0, 1, 0, 0])


@pytest.mark.parametrize("variant", ["words", "long", "empty"])
def test_texts_are_seen_along_the_leading_directions_of_the_training_texts(variant: str) -> None:
    seeing, x = of_texts(variant)
    weights = np.zeros((len(x), len(seeing.directions)))  # type: ignore[arg-type]
    for row, steps in zip(weights, x.numpy(), strict=True):
        row[steps[:, 0].astype(int)] += steps[:, 1] * (steps[:, 0] > 0)
    _, _, exact = np.linalg.svd(weights, full_matrices=False)
    placed = weights @ exact[:4].T
    found = x.new_tensor(weights) @ seeing.directions[:, :4]  # type: ignore[index]
    assert (found @ found.T).numpy() == pytest.approx(placed @ placed.T, abs=2e-2)


def test_an_empty_text_and_one_of_unknown_words_are_as_far_from_every_other() -> None:
    seeing, x = of_texts("words")
    shown = seeing(x, NO_FEATURES)
    nothing = seeing(torch.zeros(1, 5, 3), NO_FEATURES)
    assert nothing.abs().max() == 0
    assert torch.cdist(nothing, shown).numpy() == pytest.approx(1.0, abs=1e-4)


def test_padding_changes_nothing_that_is_seen_of_a_text() -> None:
    seeing, x = of_texts("long")
    wider = torch.cat([x, torch.zeros(len(x), 30, 3)], dim=1)
    torch.testing.assert_close(seeing(wider, NO_FEATURES), seeing(x, NO_FEATURES), rtol=1e-4, atol=1e-5)


def test_fewer_texts_than_directions_are_seen() -> None:
    sample, x = inputs("text", "words", samples=3)
    seeing = view("words", plan("text", "ngrams", sample.shape), width=4)
    seeing.fit(batches(x))
    shown = seeing(x, NO_FEATURES)
    assert shown.shape == (3, 16)
    assert torch.isfinite(shown).all()


@pytest.mark.parametrize("name", ["filtered", "segments", "words"])
def test_the_same_training_samples_give_the_same_view_to_the_bit(name: str) -> None:
    one, other = (of_texts("words")[0] if name == "words" else of_sequences(name) for _ in range(2))
    states = one.state_dict(), other.state_dict()
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def matched(n: int, *, seed: int, width: int = 5) -> Samples:
    """Waves of one of two frequencies and any phase, and numbers that say which; the label is whether they agree."""
    stream = np.random.default_rng(seed)
    wave, said = stream.integers(2, size=(2, n))
    t = np.arange(60)
    x = np.sin(t / np.where(wave == 1, 2.0, 4.0)[:, None] + 6.3 * stream.random(n)[:, None])[..., None]
    numbers = (2 * said - 1)[:, None] + stream.normal(size=(n, width))
    return make_samples({"wave": x + 0.5 * stream.normal(size=x.shape), "said": numbers}, wave == said)


@pytest.fixture(scope="module")
def match() -> Task:
    train, select = matched(300, seed=0), matched(200, seed=1)
    plans = {"wave": plan("sequence", "conv1d", (60, 1)), "said": plan_for(train, "said")}
    task = with_experts(make_task(train, select, plans=plans, settings=Train(epochs=3, patience=3, batch_size=64)))
    return replace(task, built_on={"ume": method_of("ume").train(task).model.eval().requires_grad_(False)})


def test_an_interaction_partner_that_tells_nothing_alone_is_found(match: Task) -> None:
    trained, fresh = method_of("kernel").train(match), matched(1000, seed=2)
    losses = [
        log_loss(infer(model, fresh)[0].double().numpy(), fresh.labels.numpy()).mean()
        for model in (match.built_on["ume"], trained.model)
    ]
    assert trained.report["views"] == {"wave": "filtered", "said": "inputs"}
    assert losses[0] > 0.65
    assert losses[1] < losses[0] - 0.3


def test_a_model_saved_and_loaded_predicts_the_same(match: Task, tmp_path: Any) -> None:
    method = method_of("kernel")
    trained, fresh = method.train(match), matched(100, seed=3)
    tensors.save(tmp_path / "m.safetensors", {k: v.numpy() for k, v in trained.model.state_dict().items()}, {})
    again = method.build(trained.blueprint, trained.resolved).eval()
    again.load_state_dict(
        {k: torch.from_numpy(v.copy()) for k, v in tensors.load(tmp_path / "m.safetensors")[0].items()}
    )
    assert torch.equal(infer(again, fresh)[0], infer(trained.model, fresh)[0])
