"""What the folder of a finished artifact holds; a damaged file of it is named with the command that makes it anew."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from umlkit.pipeline import model as models
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.mending import mending, mending_by
from umlkit.pipeline.model import ModelConfig, TrainedModel
from umlkit.pipeline.result import ModelResult
from umlkit.pipeline.session import Session
from umlkit.runs.layout import RESULT


def config_of(session: Session, artifact: Artifact) -> ModelConfig:
    """What it is: ``config.json``."""
    with mending(session, artifact):
        return ModelConfig.read(artifact.model_dir(session.directory) / "config.json")


def result_of(session: Session, artifact: Artifact) -> ModelResult:
    """How its training went: ``result.json``."""
    with mending(session, artifact):
        return ModelResult.read(artifact.model_dir(session.directory) / RESULT)


def model_of(session: Session, artifact: Artifact) -> TrainedModel:
    """The model itself, on the CPU."""
    with mending(session, artifact):
        return models.load(artifact.model_dir(session.directory))


def named_model(folder: Path, *, reference: str, method: str) -> TrainedModel:
    """The same of a model that ``train`` makes under this name, of what the user calls ``reference``."""
    again = f"umlkit train {reference} --method {shlex.quote(method)} --force"
    with mending_by(again):
        return replace(models.load(folder), again=again)
