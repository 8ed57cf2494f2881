"""One task: written to a file, probed by the pipeline as a user's would be, its models read on fresh samples."""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.truth import rival
from tests.benchmarks.truth.designs import Spec
from umlkit import synth
from umlkit.output import Output
from umlkit.pipeline import model as models
from umlkit.pipeline import steps
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.evidence import gather
from umlkit.pipeline.session import Session, open_session
from umlkit.probe.contribution import UME
from umlkit.recipe.loading import load
from umlkit.recipe.overrides import Overrides
from umlkit.runs.layout import RunDirectory
from umlkit.runs.records.probe import ProbeRecord
from umlkit.runs.records.synth import Truth

FRESH = 20_000
ENCODER = {"name": "mlp", "hidden": 64, "features": 16, "dropout": 0.0, "weight_decay": 0.01}


def measure(spec: Spec, *, budgets: Sequence[str] = ("quick",), fresh: int = FRESH) -> dict[str, Any]:
    """What the probe said of a task at every budget, and the true risks in nats of the models that it chose.

    The budgets share a run directory, as those of a user would: a dearer one reads what a cheaper one has trained.
    """
    torch.set_num_threads(1)
    task = synth.task(spec.family, seed=spec.seed, **spec.knobs)
    drawn, new, found = task.draw(spec.n, spec.seed), task.draw(fresh, spec.seed, stream="fresh/0"), {}
    with tempfile.TemporaryDirectory() as folder:
        for budget in budgets:
            session = opened(Path(folder), spec, drawn.x, {"y": drawn.y}, budget=budget)
            began = time.process_time()
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                record = steps.probe(session)
            found[budget] = {
                "seconds": time.process_time() - began,
                **summary(record),
                "risks": true_risks(session, record, new),
                "rivals": rival.found(session, gather(session)) if spec.rivals and record.measured else {},
            }
    return {"key": spec.key, "group": spec.group, "n": spec.n, "truth": true_parts(task.truth), "budgets": found}


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
    """UME's, r*'s and a*'s mean log-loss on fresh samples, over seeds and folds; at the temperature of the probe."""
    found: dict[str, list[float]] = {}
    chosen = record.contribution
    wanted = set() if chosen is None else {UME, chosen.rung, chosen.additive_rung}
    for rung, artifact in rungs(session):
        if rung in wanted:
            model = models.load(artifact.model_dir(session.directory))
            proba = model.predict_proba({name: sample.x[name] for name in model.modalities})
            losses = -np.log(np.maximum(proba[np.arange(len(sample)), sample.y], 1e-30))
            found.setdefault(rung, []).append(float(losses.mean()))
    return {rung: float(np.mean(values)) for rung, values in found.items()}


def rungs(session: Session) -> Iterator[tuple[str, Artifact]]:
    """Every rung's name with its models."""
    for plan in session.plans:
        yield from ((f"unimodal:{name}", artifact) for name, artifact in plan.unimodal.items())
        yield from ((rung.name, artifact) for rung, artifact in plan.rungs())


def summary(record: ProbeRecord) -> dict[str, Any]:
    """The parts of a record that reports count, in nats; all of it would fill the file."""
    found, paired = record.contribution, record.paired
    if found is None or paired is None:
        return {"a": None, "paired": None, "modalities": {}}
    return {
        "a": {
            "rung": found.rung,
            "additive_rung": found.additive_rung,
            "total": found.total.nats.model_dump(),
            "interaction": found.interaction.nats.model_dump(),
        },
        "paired": paired.model_dump(include={"verdict", "kind", "lost_by_projection", "floor"}),
        "modalities": {one.name: one.judged.verdict for one in record.modalities if one.judged is not None},
    }


def true_parts(truth: Truth | None) -> dict[str, Any]:
    """D_UME and D_add in nats, and what every modality tells alone in bits."""
    if truth is None:
        raise ValueError("a task whose truth is not known judges nothing")
    alone = {one.name: one.alone.bits for one in truth.modalities}
    return {"d_ume": truth.d_ume.nats, "d_add": truth.d_add.nats, "alone": alone}
