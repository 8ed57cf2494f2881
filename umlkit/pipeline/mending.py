"""The command that makes a damaged file of a model anew, in the errors that readers of such files raise.

Who reads a file knows its path alone, and says ``umlkit train RECIPE --method METHOD --force``; here that gets a run
directory and a method. What no ``train`` makes, a rung or a model of a fold, is made anew by its measurement once that
finds it gone. Outputs that are gone are computed from the weights, so that a damaged file of them costs no model.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from umlkit import registry
from umlkit.errors import InputError, RunError
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.plan import UNIMODAL, Plan
from umlkit.pipeline.session import Session
from umlkit.runs.layout import RunDirectory
from umlkit.runs.tensors import AGAIN


@contextmanager
def mending(session: Session, artifact: Artifact) -> Iterator[None]:
    """Let errors of the artifact's files name the command that makes them anew."""
    with _said(lambda: _command(session, artifact, artifact.model_dir(session.directory))):
        yield


@contextmanager
def mending_outputs(session: Session, artifact: Artifact) -> Iterator[None]:
    """The same of files of the artifact's outputs."""
    with _said(lambda: _command(session, artifact, artifact.outputs_dir(session.directory))):
        yield


@contextmanager
def mending_method(directory: RunDirectory, method: str, *, seed: int) -> Iterator[None]:
    """The same of a model that ``train`` makes under this name."""
    with _said(lambda: f"{_training(directory, method, seed)} --force"):
        yield


@contextmanager
def _said(command: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except (InputError, RunError) as error:
        if not any(AGAIN in (problem.try_next or "") for problem in error.problems):
            raise
        problems = [replace(p, try_next=p.try_next and p.try_next.replace(AGAIN, command())) for p in error.problems]
        raise type(error)(*problems) from error


def _command(session: Session, artifact: Artifact, folder: Path) -> str:
    """What makes anew a damaged file in ``folder``, which is of the artifact's model or of its outputs."""
    plan = Plan(session.recipe, session.identity, artifact.seed)
    names = {one.fingerprint: f"{UNIMODAL}:{modality}" for modality, one in plan.unimodal.items()}
    names |= {plan.model(name).fingerprint: name for name in registry.methods() if name != UNIMODAL}
    method, is_model = names.get(artifact.fingerprint), folder == artifact.model_dir(session.directory)
    if method is None:
        making = f"umlkit probe {_root(session.directory)} --budget {session.recipe.probe.budget}"
    else:
        making = _training(session.directory, method, artifact.seed)
    if method is not None and is_model:
        return f"{making} --force"
    return f"rm -r {shlex.quote(str(folder))} && {making}"


def _training(directory: RunDirectory, method: str, seed: int) -> str:
    return f"umlkit train {_root(directory)} --method {shlex.quote(method)} --seed {seed}"


def _root(directory: RunDirectory) -> str:
    return shlex.quote(str(directory.root))
