"""Making artifacts: the method trains, and the finished model is written down.

A finished artifact is reused and said so; an interrupted one goes on from its checkpoint; a lock keeps two writers
apart.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Unpack

import torch
from torch import Tensor, nn

from umlkit import registry
from umlkit.data.categories import category_numbers
from umlkit.data.records import Samples
from umlkit.errors import Problem, RunError
from umlkit.methods import inference
from umlkit.methods.base import Fit, Fitting, Method, Task, Trained
from umlkit.methods.calibration import CAUTION, temperature
from umlkit.output import duration
from umlkit.pipeline import model as models
from umlkit.pipeline import outputs, unchanged
from umlkit.pipeline.artifact import Artifact, together
from umlkit.pipeline.finished import model_of
from umlkit.pipeline.model import ModalityConfig, ModelConfig
from umlkit.pipeline.older import older_model
from umlkit.pipeline.result import FitSummary, ModelResult
from umlkit.pipeline.session import Session
from umlkit.pipeline.task import task_of
from umlkit.pipeline.watching import Place, Watch
from umlkit.runs import locks
from umlkit.runs.atomic import write_text
from umlkit.runs.interrupts import interrupts
from umlkit.runs.layout import ALL, RESULT, is_finished
from umlkit.training.checkpoint import Workspace, epochs_so_far, remove_checkpoints
from umlkit.training.loop import FitResult, fit
from umlkit.training.risk import cross_entropy
from umlkit.training.schedule import course_of
from umlkit.training.seeds import derive


def ensure(session: Session, wanted: Iterable[Artifact], *, force: bool = False) -> None:
    """Train what is not finished among the wanted artifacts and all that they build on.

    Args:
        session: the opened run.
        wanted: artifacts, in any order.
        force: train the wanted ones anew (what they build on is reused).
    """
    named = list(wanted)
    forced = {artifact.fingerprint for artifact in named} if force else set()
    parts = {mark: part for mark, part in together(named).items() if mark not in session.done}
    missing = [m for m, part in parts.items() if m in forced or not outputs.whole(session, part)]
    for mark, part in parts.items():
        place = Place(missing.index(mark) + 1, len(missing)) if mark in missing else Place()
        trained = _ensure_one(session, part, force=mark in forced, place=place)
        session.done.add(mark)
        if trained:  # never before: a call with little time still gets a step further
            interrupts.check()


def _ensure_one(session: Session, artifact: Artifact, *, force: bool, place: Place) -> bool:
    """Whether there was anything to do."""
    session = session.of(artifact.fold)
    directory = artifact.model_dir(session.directory)
    if not force and outputs.whole(session, artifact):
        session.output.note(f"{_shown(session, artifact)}: up to date, reused")
        return False
    with locks.lock(directory, warn=session.output.warn):
        if not force and outputs.whole(session, artifact):
            session.output.note(f"{_shown(session, artifact)}: finished by another process, reused")
            return False
        if not force and is_finished(directory) and _outputs_again(session, artifact):
            return True
        if force:
            remove_checkpoints(directory)
        _train(session, artifact, directory, place)
        return True


def _outputs_again(session: Session, artifact: Artifact) -> bool:
    """Write the lost outputs of a finished model from its weights.

    False where that cannot be: `select` outputs of what was fitted there are of models that were not kept.
    """
    possible, logits = outputs.computable(session, artifact)
    if not possible:
        session.output.warn(f"{_shown(session, artifact)}: its outputs are gone; trained anew")
        return False
    network = model_of(session, artifact).network.to(session.device).eval()
    session.output.warn(f"{_shown(session, artifact)}: its outputs are gone; computed again from its weights")
    if logits is None:
        logits = inference.logits(network, session.samples("select").only(*artifact.modalities).inputs)
    outputs.write(session, artifact, network, select_logits=logits)
    return True


def _train(session: Session, artifact: Artifact, directory: Path, place: Place) -> None:
    began = time.monotonic()
    shown = _shown(session, artifact)
    session.output.note(f"{shown}: training{_instead(session, artifact)}")
    method: Method[Any] = registry.implementation(artifact.spec)(artifact.options)
    task = task_of(session, artifact, _loop(session, artifact, directory, place))
    trained = method.train(task)
    unchanged.check(session, trained=directory)
    logits = select_logits(trained, task)
    if not all(bool(torch.isfinite(values).all()) for values in (logits, *trained.model.state_dict().values())):
        raise RunError(Problem("what was trained is not finite", where=shown, try_next="a lower train.lr"))
    select = task.select
    chosen_on = select.labels.cpu().numpy()
    scale = temperature(logits.double().numpy(), chosen_on, weights=select.weights_array, caution=CAUTION)
    config = _config(session, artifact, trained, scale)
    (directory / RESULT).unlink(missing_ok=True)  # of an earlier training: half of each would be no whole model
    models.save(directory, config, trained.model, {name: session.preprocess[name] for name in artifact.modalities})
    _write_metrics(directory, trained.fits)
    outputs.write(session, artifact, trained.model, select_logits=logits)
    result = ModelResult(
        label=artifact.label,
        fingerprint=artifact.fingerprint,
        seconds=_seconds(trained.fits, time.monotonic() - began),
        select_loss=None if trained.select_logits is None else _loss_on(select, logits),
        fits={name: FitSummary.of(fitted) for name, fitted in trained.fits.items()},
        report=dict(trained.report),
    )
    result.write(directory / RESULT)
    remove_checkpoints(directory)
    session.output.note(f"{shown}: {_ended(trained, result.seconds)}")


def _instead(session: Session, artifact: Artifact) -> str:
    """That a model of an older version of the method is there, and not used."""
    older = older_model(session.directory, artifact)
    return "" if older is None else f" anew, as {older.path.name} is of an older version of {artifact.spec.name}"


def select_logits(trained: Trained, task: Task) -> Tensor:
    """Logits (n_select, C) float32 on the CPU, cross-validated where the model was fitted on `select`."""
    if trained.select_logits is not None:
        return trained.select_logits.cpu().float()
    return inference.logits(trained.model, task.select.inputs)


def _loss_on(samples: Samples, logits: Tensor) -> float:
    """(Weighted) log-loss in nats of logits (n, C) that lie on the CPU."""
    weights = None if samples.weights is None else samples.weights.cpu()
    return cross_entropy(logits, samples.labels.cpu(), weights).item()


def _loop(session: Session, artifact: Artifact, directory: Path, place: Place) -> Fit:
    """The training loop, bound to this run's settings, seed, checkpoints and progress."""

    def bound(name: str, module: nn.Module, **asked: Unpack[Fitting]) -> FitResult:
        cap = artifact.cap(asked.get("epochs") or course_of(session.recipe.train, len(asked["train"])).epochs)
        capped: Fitting = {**asked, "epochs": cap}
        workspace = Workspace(directory, name, warn=session.output.warn)
        shown = _shown(session, artifact)
        label = place.of_label(shown if name == artifact.label else f"{shown} {name}")
        with session.output.progress(label, cap) as step:
            watch = Watch(step, cap, epochs_so_far(workspace))
            return fit(
                module,
                **capped,
                settings=session.recipe.train,
                seed=derive(artifact.seed, artifact.label, name),
                workspace=workspace,
                workers=session.recipe.workers,
                on_epoch=watch.saw,
            )

    return bound


def _config(session: Session, artifact: Artifact, trained: Trained, scale: float) -> ModelConfig:
    modalities = {}
    for name, plan in trained.blueprint.modalities.items():
        raw = session.dataset.modalities[name]
        modalities[name] = ModalityConfig(
            source=raw.source,
            take=raw.take,
            columns=raw.columns,
            kind=raw.kind,
            missing=raw.missing,
            lengths=raw.lengths_from,
            raw_shape=raw.sample_shape,
            categories=category_numbers(raw),
            sample_shape=plan.sample_shape,
            encoder=plan.encoder,
            options=dict(plan.options),
        )
    return ModelConfig(
        label=artifact.label,
        method=artifact.spec.name,
        method_version=artifact.spec.version,
        options=artifact.options.model_dump(mode="json"),
        resolved=dict(trained.resolved),
        modalities=modalities,
        classes=session.dataset.classes,
        class_values=session.dataset.class_values,
        label_name=session.dataset.label_name,
        sample_weight=session.dataset.weight_name or None,
        class_weights=None if session.weights is None else session.weights.classes,
        temperature=scale,
        seed=artifact.seed,
        fold=artifact.fold,
        fingerprint=artifact.fingerprint,
        built_on={need.label: need.fingerprint for need in artifact.needs},
        recipe=session.recipe.model_dump(mode="json", by_alias=True),
    )


def _write_metrics(directory: Path, fits: Mapping[str, FitResult]) -> None:
    """``metrics.jsonl``: one line an epoch of every training, that of the model itself last."""
    lines = [
        json.dumps({"fit": name, **vars(epoch)}, allow_nan=False)
        for name, fitted in fits.items()
        for epoch in fitted.history
    ]
    write_text(directory / "metrics.jsonl", "".join(f"{line}\n" for line in lines))


def _seconds(fits: Mapping[str, FitResult], elapsed: float) -> float:
    """Seconds of training over all sessions: what the loop counted, and this session's rest."""
    return max(sum(fitted.seconds for fitted in fits.values()), elapsed)


def _ended(trained: Trained, seconds: float) -> str:
    """How training went, in a line; of a single modality's model also which encoder it is."""
    parts = [f"done in {duration(seconds)}", *([_encoder(trained)] if len(trained.blueprint.modalities) == 1 else [])]
    if trained.fits:
        kept = list(trained.fits.values())[-1]
        best = f"best epoch {kept.best_epoch} of" if kept.best_epoch else "better as it started than after any of"
        parts.append(f"{best} {kept.epochs} epochs, ended by {kept.stopped_by}")
        parts.append(f"select log-loss {kept.best_loss:.4f}")
    return ", ".join(parts)


def _encoder(trained: Trained) -> str:
    """The encoder of the one modality, with what is to be said of its choice."""
    (plan,) = trained.blueprint.modalities.values()
    return f"encoder {plan.encoder}{f' ({trained.remark})' if trained.remark else ''}"


def _shown(session: Session, artifact: Artifact) -> str:
    """The artifact as messages name it; with its seed where there are several, with its fold where that is a part."""
    about = [f"seed {artifact.seed}"] if len(session.recipe.seeds) > 1 else []
    about += [artifact.fold] if artifact.fold != ALL else []
    return f"{artifact.title} ({', '.join(about)})" if about else artifact.title
