"""A small training from a data file to a finished model, as ``umlkit train`` does it, in a process of its own.

``python -m umlkit.doctor.trial DEVICE SECONDS FOLDER`` makes 240 samples whose label two modalities tell together,
trains on them in the folder, which the caller removes, and prints seconds and the log-loss on ``select``, in nats.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from umlkit.output import Output

SAMPLES = 240
RECIPE = """
data:
  path: trial.npz
  label: y
  modalities:
    left: {from: X_left, encoder: {name: mlp, dropout: 0.0, weight_decay: 0.01}}
    right: {from: X_right, encoder: {name: mlp, dropout: 0.0, weight_decay: 0.01}}
train: {epochs: 20, lr: 0.01, batch_size: 32}
"""
"""With one setting of one encoder, so that nothing is trained to choose among several."""


def trial(device: str, *, folder: Path, limit: float) -> dict[str, Any]:
    """Train on ``device`` in ``folder`` for at most ``limit`` seconds.

    Raises:
        InterruptedRun: it took longer.
        UmlkitError: what any training may fail with.
    """
    from umlkit.pipeline.session import open_session
    from umlkit.pipeline.steps import train
    from umlkit.pipeline.summary import training_record
    from umlkit.recipe.loading import load
    from umlkit.recipe.overrides import Overrides
    from umlkit.runs.interrupts import interrupts
    from umlkit.runs.layout import RunDirectory

    interrupts.install(max_minutes=limit / 60)
    began = time.perf_counter()
    loaded = load(str(_recipe(folder)), Overrides(flags={"device": device}))
    session = open_session(loaded, directory=RunDirectory(folder / "run"), output=Output(quiet=True))
    record = training_record(session, "joint", train(session, "joint"))
    return {"seconds": time.perf_counter() - began, "select_loss": record.models[-1].select_loss}


def _recipe(folder: Path) -> Path:
    import numpy as np

    rng = np.random.default_rng(0)
    label = np.arange(SAMPLES) % 2
    views = {f"X_{name}": rng.normal(size=(SAMPLES, 4)) + 2.0 * label[:, None] for name in ("left", "right")}
    np.savez(folder / "trial.npz", y=label, **views)  # type: ignore[arg-type]
    path = folder / "trial.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


if __name__ == "__main__":
    Output(json=True).result_json(trial(sys.argv[1], folder=Path(sys.argv[3]), limit=float(sys.argv[2])))
