"""One task: written to a file, probed by the pipeline as a user's would be, its models read on fresh samples."""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.truth.designs import Spec
from umlkit import synth
from umlkit.output import Output
from umlkit.pipeline import model as models
from umlkit.pipeline import steps
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.session import Session, open_session
from umlkit.recipe.loading import load
from umlkit.recipe.overrides import Overrides
from umlkit.runs.layout import RunDirectory
from umlkit.runs.records.probe import ProbeRecord

FRESH = 20_000
ENCODER = {"name": "mlp", "hidden": 64, "features": 16, "dropout": 0.0, "weight_decay": 0.01}


def measure(spec: Spec, *, budget: str, fresh: int = FRESH) -> dict[str, Any]:
    """What the probe said of a task, and the true risks in nats of the models that it read."""
    torch.set_num_threads(1)
    task = synth.task(spec.family, seed=spec.seed, **spec.knobs)
    with tempfile.TemporaryDirectory() as folder:
        drawn = task.draw(spec.n, spec.seed)
        session = opened(Path(folder), spec, drawn.x, {"y": drawn.y}, budget=budget)
        began = time.process_time()
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            record = steps.probe(session)
        seconds = time.process_time() - began
        risks = true_risks(session, record, task.draw(fresh, spec.seed, stream="fresh/0"))
    truth = task.truth
    return {
        "key": spec.key,
        "group": spec.group,
        "n": spec.n,
        "family": spec.family,
        "knobs": dict(spec.knobs),
        "seconds": seconds,
        "truth": None if truth is None else truth.model_dump(mode="json"),
        "risks": risks,
        "probe": summary(record),
    }


def opened(
    folder: Path, spec: Spec, x: Mapping[str, np.ndarray], beside: Mapping[str, np.ndarray], *, budget: str
) -> Session:
    """The session of samples that are written down, and of a recipe that says no more than it has to.

    Args:
        folder: an empty one.
        spec: the task.
        x: modality -> (n, D).
        beside: ``y`` (n,), and what else the file is to hold.
        budget: of the measurement.
    """
    np.savez(folder / "task.npz", **beside, **{f"X_{name}": values for name, values in x.items()})
    recipe = {
        "name": "task",
        "data": {"path": "task.npz", "label": "y", "modalities": {name: {"encoder": ENCODER} for name in x}},
        "probe": {"budget": budget},
        "seeds": list(spec.seeds),
        **spec.more,
    }
    (folder / "task.yaml").write_text(json.dumps(recipe))  # JSON is YAML
    sink = io.StringIO()
    return open_session(
        load(str(folder / "task.yaml"), Overrides()),
        directory=RunDirectory(folder / "run"),
        output=Output(quiet=True, stdout=sink, stderr=sink),
    )


def true_risks(session: Session, record: ProbeRecord, sample: synth.task.Sample) -> dict[str, float]:
    """Rung -> mean log-loss on fresh samples, the mean over seeds and folds; each at the temperature of the probe."""
    found: dict[str, list[float]] = {}
    for rung, artifact in rungs(session):
        model = models.load(artifact.model_dir(session.directory))
        proba = model.predict_proba({name: sample.x[name] for name in model.modalities})
        losses = -np.log(np.maximum(proba[np.arange(len(sample)), sample.y], 1e-30))
        found.setdefault(rung, []).append(float(losses.mean()))
    return {rung: float(np.mean(values)) for rung, values in found.items() if rung in {e.rung for e in record.entries}}


def rungs(session: Session) -> Iterator[tuple[str, Artifact]]:
    """Every rung's name with its models."""
    for plan in session.plans:
        yield from ((f"unimodal:{name}", artifact) for name, artifact in plan.unimodal.items())
        yield from ((rung.name, artifact) for rung, artifact in plan.rungs())


def summary(record: ProbeRecord) -> dict[str, Any]:
    """The parts of a record that reports count; the covariances would fill the file."""
    document = record.document()
    return {key: value for key, value in document.items() if "covariance" not in key}
