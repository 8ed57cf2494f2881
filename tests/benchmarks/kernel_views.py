"""What kernels find in sequences and texts that their uni-modal models have not kept.

    python -m tests.benchmarks.kernel_views [seeds] [samples] [tasks, with commas]

A task names what its two modalities show: waves of four frequencies and any phase, waves of four shapes, one of four
motifs somewhere in noise, a bump in one of four quarters, texts with words of one of four topics, or numbers about one
of four means. `match`: the label is whether both show the same, so that neither tells anything alone. `null`: both show
a class of which half is chance, independently given the label. `none`: they show nothing of it. Of n samples
three quarters are `train`. Printed: the gain over UME in thousandths of a nat on 1,500 fresh samples, the views chosen,
and seconds of CPU, each where kernels see of sequences and texts the features alone (`before`) and as they do now.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray

from tests.contract.test_methods import method_of, with_experts
from tests.support import make_samples, make_task
from umlkit import registry
from umlkit.data.kinds import KINDS
from umlkit.data.records import ModalityArray, Samples
from umlkit.methods.base import ModalityPlan, MultiModalModel, Task
from umlkit.methods.calibration import log_loss
from umlkit.methods.kernel.views import choice
from umlkit.recipe.schema import Train

Array = NDArray[np.generic]
Shown = Callable[[NDArray[np.int64], np.random.Generator], Array]
LEVELS, STEPS, FRESH = 4, 100, 1500
TASKS = (
    *("match:waves:numbers", "match:shapes:numbers", "match:motif:numbers", "match:quarter:numbers"),
    *("match:waves:shapes", "match:text:numbers", "match:text:other-text", "match:text:waves"),
    *("null:waves:numbers", "null:shapes:waves", "null:motif:quarter", "null:text:numbers", "null:text:other-text"),
    *("null:text:waves", "none:waves:text", "none:text:numbers", "none:shapes:quarter"),
)
ENCODERS = {"sequence": "conv1d", "text": "ngrams", "vector": "mlp"}


def waves(k: NDArray[np.int64], r: np.random.Generator) -> Array:
    angle = np.array([3, 5, 8, 12])[k][:, None] * np.arange(STEPS) / STEPS + r.random(len(k))[:, None]
    return np.sin(2 * np.pi * angle)[..., None] * r.uniform(0.6, 1.2, (len(k), 1, 3)) + r.normal(
        size=(len(k), STEPS, 3)
    )


def shapes(k: NDArray[np.int64], r: np.random.Generator) -> Array:
    at = (r.uniform(2, 6, len(k))[:, None] * np.arange(STEPS) / STEPS + r.random(len(k))[:, None]) % 1
    forms = np.stack([1.41 * np.sin(2 * np.pi * at), np.sign(at - 0.5), 1.73 * (2 * at - 1), 1.73 * (1 - 2 * at)])
    return forms[k, np.arange(len(k))][..., None] + 0.6 * r.normal(size=(len(k), STEPS, 2))


def motif(k: NDArray[np.int64], r: np.random.Generator) -> Array:
    motifs = np.random.default_rng(7).normal(size=(LEVELS, 12)).cumsum(1)
    motifs -= motifs.mean(1, keepdims=True)
    motifs *= 5 / np.linalg.norm(motifs, axis=1, keepdims=True)
    x = 0.8 * r.normal(size=(len(k), STEPS, 2))
    for row, level, at in zip(x, k, r.integers(0, STEPS - 12, len(k)), strict=True):
        row[at : at + 12, 0] += motifs[level]
    return x


def quarter(k: NDArray[np.int64], r: np.random.Generator) -> Array:
    x = r.normal(size=(len(k), STEPS, 3)).cumsum(1) * 0.1 + r.normal(size=(len(k), STEPS, 3))
    x[..., 1] += np.arange(STEPS) // (STEPS // LEVELS) == k[:, None]
    return x


def numbers(k: NDArray[np.int64], r: np.random.Generator) -> Array:
    return np.random.default_rng(5).normal(size=(LEVELS, 8))[k] + 0.8 * r.normal(size=(len(k), 8))


def words(count: int, r: np.random.Generator) -> list[str]:
    parts = [consonant + vowel for consonant in "bcdfghklmnprstvz" for vowel in "aeiou"]
    return ["".join(r.choice(parts, size=r.integers(2, 4))) for _ in range(count)]


def texts(language: int) -> Shown:
    stream = np.random.default_rng(language)
    common, topics = words(3000, stream), [words(60, stream) for _ in range(LEVELS)]
    often = 1 / np.arange(1, 3001)

    def made(k: NDArray[np.int64], r: np.random.Generator) -> Array:
        out = np.empty(len(k), dtype=object)
        for i, level in enumerate(k):
            said = r.choice(common, size=60, p=often / often.sum())
            on_topic = r.random(60) < 0.2
            said[on_topic] = r.choice(topics[level], size=on_topic.sum())
            out[i] = " ".join(said)
        return out

    return made


SHOWN: Mapping[str, Shown] = {
    **{"waves": waves, "shapes": shapes, "motif": motif, "quarter": quarter, "numbers": numbers},
    **{"text": texts(1), "other-text": texts(2)},
}


def draw(task: str, n: int, r: np.random.Generator) -> tuple[dict[str, Array], NDArray[np.int64]]:
    kind, *shown = task.split(":")
    one, other = r.integers(LEVELS, size=(2, n))
    y = r.integers(2 if kind == "match" else LEVELS, size=n)
    if kind == "match":
        other = np.where(y == 1, one, (one + r.integers(1, LEVELS, size=n)) % LEVELS)
    if kind == "null":
        one, other = (np.where(r.random(n) < 0.5, y, level) for level in (one, other))
    return {name: SHOWN[name](levels, r) for name, levels in zip(shown, (one, other), strict=True)}, y


def ready(task: str, n: int, seed: int) -> tuple[Task, Samples]:
    r = np.random.default_rng(seed)
    drawn = [draw(task, count, r) for count in (3 * n // 4, n - 3 * n // 4, FRESH)]
    plans, inputs = {}, [{} for _ in drawn]
    for name in drawn[0][0]:
        values = [x[name] for x, _ in drawn]
        kind = "text" if values[0].dtype == object else "sequence" if values[0].ndim == 3 else "vector"
        arrays = [ModalityArray(values=v, kind=kind, source=name) for v in values]
        arrays = [KINDS[kind].settle(name, a, where=name) for a in arrays]
        preprocess = KINDS[kind].fit(arrays[0], np.arange(len(values[0])))
        spec = registry.encoder(ENCODERS[kind])
        options = spec.candidates(spec.options())[0].model_dump()
        plans[name] = ModalityPlan(kind, ENCODERS[kind], options, preprocess.shape)
        for side, array in zip(inputs, arrays, strict=True):
            side[name] = preprocess.apply(array)
    train, select, fresh = (make_samples(x, y) for x, (_, y) in zip(inputs, drawn, strict=True))
    made = make_task(train, select, plans=plans, settings=Train(epochs=12, patience=4), seed=seed)
    made = with_experts(made)
    return replace(made, built_on={"ume": method_of("ume").train(made).model.eval().requires_grad_(False)}), fresh


@torch.no_grad()
def loss(model: MultiModalModel, samples: Samples) -> float:
    parts = [samples.batch(slice(start, start + 250)).inputs for start in range(0, len(samples), 250)]
    logits = torch.cat([model.infer(part).logits for part in parts])
    return float(log_loss(logits.double().numpy(), samples.labels.numpy()).mean())


def features_alone(plan: ModalityPlan) -> tuple[str, ...]:
    return (choice.FEATURES,) if plan.kind in ("sequence", "text") else (choice.INPUTS,)


def main(seeds: int = 2, samples: int = 2000, tasks: str = ",".join(TASKS)) -> None:
    ways = {"before": features_alone, "now": choice.possible}
    for name in tasks.split(","):
        for seed in range(seeds):
            task, fresh = ready(name, samples, seed)
            known, said = loss(task.built_on["ume"], fresh), []
            for rung, interaction in (("kernel", True), ("additive", False)):
                for when, possible in ways.items():
                    began = time.process_time()
                    with mock.patch.object(choice, "possible", possible):
                        trained = method_of("kernel", {"interaction": interaction}).train(task)
                    seconds = time.process_time() - began
                    views = "+".join(trained.report["views"].values())
                    said.append(
                        f"{rung} {when} {1000 * (known - loss(trained.model, fresh)):.0f} {views} {seconds:.1f} s"
                    )
            print(f"{name} {seed}: UME {known:.3f}; " + "; ".join(said), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*(int(a) for a in sys.argv[1:3]), *sys.argv[3:4])
