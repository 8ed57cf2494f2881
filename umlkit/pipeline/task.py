"""What a method trains on: an artifact's samples, its modalities' encoders, and the finished models it builds on."""

from __future__ import annotations

import torch
from torch import Tensor

from umlkit.data.records import Ints, Samples
from umlkit.methods.base import Blueprint, Expert, Fit, ModalityPlan, MultiModalModel, Task
from umlkit.pipeline import outputs
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.finished import config_of, model_of
from umlkit.pipeline.plan import UNIMODAL, unresolved
from umlkit.pipeline.session import Session
from umlkit.recipe.data_schema import Modality


def task_of(session: Session, artifact: Artifact, loop: Fit) -> Task:
    """What the method trains on: this artifact's modalities, with what it builds on loaded and frozen."""
    experts = {need.modalities[0]: _expert(session, need) for need in artifact.needs if need.spec.name == UNIMODAL}
    built_on = {need.spec.name: _frozen(session, need) for need in artifact.needs if need.spec.name != UNIMODAL}
    train = session.samples("train").only(*artifact.modalities)
    classes = len(session.dataset.classes)
    return Task(
        blueprint=_blueprint(session, artifact),
        train=train,
        select=session.samples("select").only(*artifact.modalities),
        settings=session.recipe.train,
        seed=artifact.seed,
        fit=loop,
        priors=priors_of(train, classes),
        experts=experts,
        built_on=built_on,
        select_groups=groups_of(session, session.roles.select),
    )


def priors_of(train: Samples, classes: int) -> Tensor:
    """Class frequencies (C,) among the training samples, weighted where these have weights."""
    if train.weights is None:
        return torch.bincount(train.labels, minlength=classes).float() / len(train)
    # On the CPU: with weights torch has no deterministic way to count elsewhere.
    shares = torch.bincount(train.labels.cpu(), weights=train.weights.cpu(), minlength=classes)
    return (shares / shares.sum()).float().to(train.labels.device)


def groups_of(session: Session, rows: Ints) -> Tensor | None:
    """Group index (n,) of some samples; None where the data name no groups."""
    groups = session.dataset.groups_of(rows)
    return None if groups is None else torch.from_numpy(groups)


def _frozen(session: Session, artifact: Artifact) -> MultiModalModel:
    return model_of(session, artifact).network.requires_grad_(False).eval().to(session.device)


def _expert(session: Session, artifact: Artifact) -> Expert:
    """A finished uni-modal model with its stored outputs on the device."""
    network = _frozen(session, artifact)
    stored = {role: outputs.read(session, artifact, role) for role in ("train", "select")}
    modality = artifact.modalities[0]
    return Expert(
        model=network,
        features={role: s.on_device(f"features.{modality}") for role, s in stored.items()},
        logits={role: s.on_device("logits") for role, s in stored.items()},
    )


def _blueprint(session: Session, artifact: Artifact) -> Blueprint:
    """Modalities with their encoders: as the recipe writes them, or as uni-modal training resolved them."""
    resolved = {
        need.modalities[0]: config_of(session, need).blueprint()
        for need in artifact.needs
        if need.spec.name == UNIMODAL
    }
    plans = {
        name: entry_plan(session, name, resolved[name].modalities[name] if name in resolved else None)
        for name in artifact.modalities
    }
    return Blueprint(plans, len(session.dataset.classes))


def entry_plan(session: Session, name: str, resolved: ModalityPlan | None) -> ModalityPlan:
    """A modality as the recipe writes it; as uni-modal training resolved it where the recipe leaves that open."""
    entry = (session.recipe.data.modalities or {}).get(name, Modality())
    kind = session.dataset.modalities[name].kind
    if resolved is not None and unresolved(entry, kind):
        return resolved
    return ModalityPlan(kind, entry.encoder.name, entry.encoder.options, session.preprocess[name].shape)
