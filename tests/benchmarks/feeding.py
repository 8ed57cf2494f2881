"""Feeding: samples per second through the loop on mapped arrays, over those of bare steps on data already in memory.

    python -m tests.benchmarks.feeding [--workers 0 1]

The arrays lie in ``.npy`` files, are mapped, and are standardised batch by batch, as data above the budget are. The
bare side does the same steps (batch by row numbers from a tensor, forward, backward, clip, AdamW) without a loop's
bookkeeping; both see the same number of batches, interleaved in one process on one thread of torch, and the ratio is
the median over the repetitions: of wall time, and of the training thread's own processor time, which is what wall time
comes to where another core is free for the workers. Goal: >= .9 with one worker.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from umlkit import registry
from umlkit.data.kinds import KINDS
from umlkit.data.records import ModalityArray, Samples
from umlkit.data.samples import rows_of
from umlkit.encoders.base import SampleSpec, build
from umlkit.recipe.schema import Train
from umlkit.training.loop import fit

GOAL = 0.9
BATCH = 64


Seconds = np.ndarray
"""Wall time, and processor time of this thread."""


def now() -> Seconds:
    """Both clocks."""
    return np.array([time.perf_counter(), time.thread_time()])


def stored(folder: Path, name: str, values: np.ndarray, kind: str) -> ModalityArray:
    """The values as a mapped file."""
    np.save(folder / f"{name}.npy", values)
    return ModalityArray(values=np.load(folder / f"{name}.npy", mmap_mode="r"), kind=kind, source=name)


def case(name: str, folder: Path) -> tuple[ModalityArray, tuple[str, dict[str, int]]]:
    """Samples of a case and its encoder: vectors of 512 floats for a tiny MLP, pictures of 64 x 64 x 3 for a ResNet."""
    generator = np.random.default_rng(0)
    if name == "tiny MLP":
        values = generator.normal(size=(20_000, 512)).astype(np.float32)
        return stored(folder, "vector", values, "vector"), ("mlp", {"hidden": 32, "features": 16})
    values = generator.integers(0, 256, (640, 64, 64, 3), dtype=np.uint8)
    return stored(folder, "picture", values, "image"), ("resnet", {})


class Model(nn.Module):
    """An encoder and a linear head."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.features, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(x).features)


def bare(model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int) -> Seconds:
    """Of so many steps on data in memory."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    model.train()
    order = torch.randperm(len(x)).split(BATCH)
    began = now()
    for step in range(steps):
        rows = order[step % len(order)]
        loss = cross_entropy(model(x[rows]), y[rows])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        loss.item()
    return now() - began


def looped(model: nn.Module, train: Samples, workers: int, epochs: int) -> Seconds:
    """Of so many epochs of umlkit's loop; `select` is a handful of samples, as the bare side has none."""
    select = Samples({"x": train.inputs["x"][:8]}, train.labels[:8])
    began = now()
    fit(
        model,
        loss=lambda batch: cross_entropy(model(batch.inputs["x"]), batch.labels),
        logits=lambda batch: model(batch.inputs["x"]),
        train=train,
        select=select,
        settings=Train(epochs=epochs, patience=epochs, batch_size=BATCH),
        seed=0,
        workers=workers,
    )
    return now() - began


def measure(name: str, workers: list[int], repetitions: int) -> bool:
    """Print the ratio for every number of workers; whether the best of them reaches the goal."""
    with tempfile.TemporaryDirectory() as folder:
        made, encoder = case(name, Path(folder))
        preprocess = KINDS[made.kind].fit(made, np.arange(len(made)))
        labels = torch.from_numpy(np.random.default_rng(1).integers(0, 4, len(made)))
        everything = np.arange(len(made))
        in_memory = rows_of(made, everything, preprocess, device="cpu", in_memory=True)
        mapped = Samples({"x": rows_of(made, everything, preprocess, device="cpu", in_memory=False)}, labels)
        chosen, options = registry.encoder_settings(*encoder, kind=made.kind)[0]
        model = Model(build(chosen, options.model_dump(), SampleSpec(made.kind, preprocess.shape)))
        epochs = 2 if name == "tiny MLP" else 1
        steps = epochs * -(-len(made) // BATCH)
        ratios: dict[int, list[np.ndarray]] = {count: [] for count in workers}
        for repetition in range(repetitions + 1):
            for count in workers:
                without = bare(copy.deepcopy(model), in_memory[:], labels, steps)
                with_loop = looped(copy.deepcopy(model), mapped, count, epochs)
                if repetition:  # the first round warms up
                    ratios[count].append(without / with_loop)
    medians = {count: np.median(found, axis=0) for count, found in ratios.items()}
    for count, (wall, own) in medians.items():
        print(f"{name:14s} workers {count}   mapped / bare: wall {wall:.3f}   own {own:.3f}   goal {GOAL}", flush=True)
    return max(own for _, own in medians.values()) >= GOAL


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--repetitions", type=int, default=7)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    reached = [measure(name, chosen.workers, chosen.repetitions) for name in ("tiny MLP", "small ResNet")]
    return int(not all(reached))


if __name__ == "__main__":
    sys.exit(main())
