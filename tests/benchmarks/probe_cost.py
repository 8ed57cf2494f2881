"""CPU time of ``umlkit probe --budget quick`` over that of the uni-modal training that it builds on, in one process.

    python -m tests.benchmarks.probe_cost [samples] [modalities] [classes]

A synthetic task with interaction; 20,000 samples of two modalities unless said otherwise, so that the uni-modal
training takes 20 s or more, where the goal is .25. Printed too: what each further model, its marginals and the
measurement take.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from umlkit import synth
from umlkit.output import Output
from umlkit.pipeline import marginals
from umlkit.pipeline.session import Session, open_session
from umlkit.pipeline.steps import measured, probe, to_be_mixed
from umlkit.pipeline.training import ensure
from umlkit.recipe.loading import load
from umlkit.recipe.overrides import Overrides
from umlkit.runs.layout import RunDirectory


@contextmanager
def timed(what: str, seconds: dict[str, float]) -> Iterator[None]:
    """Add the CPU time of the block to ``seconds``."""
    began = time.process_time()
    yield
    seconds[what] = time.process_time() - began
    print(f"  {what:30s} {seconds[what]:7.2f} s", flush=True)


def opened(folder: Path, n: int, modalities: int, classes: int) -> Session:
    """A session on a fresh synthetic set."""
    task = synth.task(
        "mixed",
        modalities=modalities,
        classes=classes,
        strengths=0.5,
        interaction=0.6,
        levels=max(4, classes),
        noise_dims=20,
    )
    drawn = task.draw(n, 0)
    np.savez(folder / "task.npz", y=drawn.y, **{f"X_{name}": values for name, values in drawn.x.items()})
    overrides = Overrides(flags={"data.label": "y", "probe.budget": "quick"})
    loaded = load(str(folder / "task.npz"), overrides)
    return open_session(loaded, directory=RunDirectory(folder / "run"), output=Output())


def main(n: int = 20_000, modalities: int = 2, classes: int = 4) -> None:
    """Train, measure, print."""
    torch.set_num_threads(1)
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        session = opened(Path(name), n, modalities, classes)
        session.begin()
        plan = session.plans[0]
        with timed("uni-modal training", seconds):
            ensure(session, plan.unimodal.values())
        for artifact in {a.fingerprint: a for a in measured(plan)}.values():
            if artifact.fingerprint not in session.done:
                with timed(artifact.title, seconds):
                    ensure(session, [artifact])
        for artifact in to_be_mixed(session):
            with timed(f"marginals of {artifact.title}", seconds):
                marginals.ensure(session, [artifact])
        with timed("reading and measuring", seconds):
            probe(session)
    training = seconds.pop("uni-modal training")
    rest = sum(seconds.values())
    print(f"n = {n}: uni-modal training {training:.1f} s, the rest {rest:.1f} s: {rest / training:.3f} of it")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
