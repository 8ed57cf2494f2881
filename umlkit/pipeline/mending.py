"""The command that makes a damaged file of a model anew, in the errors that readers of such files raise.

Who reads a file knows its path alone, and says ``umlkit train RECIPE --method METHOD --force``; here that gets a run
directory and a method. What no ``train`` makes, a rung or a model of a fold, is made anew by its measurement once that
finds it gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

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
    with _said(lambda: _command(session, artifact)):
        yield


@contextmanager
def mending_method(directory: RunDirectory, method: str, *, seed: int) -> Iterator[None]:
    """The same of a model that ``train`` makes under this name."""
    with _said(lambda: _training(directory, method, seed)):
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


def _command(session: Session, artifact: Artifact) -> str:
    plan = Plan(session.recipe, session.identity, artifact.seed)
    names = {one.fingerprint: f"{UNIMODAL}:{modality}" for modality, one in plan.unimodal.items()}
    names |= {plan.model(name).fingerprint: name for name in registry.methods() if name != UNIMODAL}
    if artifact.fingerprint in names:
        return _training(session.directory, names[artifact.fingerprint], artifact.seed)
    folder = shlex.quote(str(artifact.model_dir(session.directory)))
    return f"rm -r {folder} && umlkit probe {_root(session.directory)} --budget {session.recipe.probe.budget}"


def _training(directory: RunDirectory, method: str, seed: int) -> str:
    return f"umlkit train {_root(directory)} --method {shlex.quote(method)} --seed {seed} --force"


def _root(directory: RunDirectory) -> str:
    return shlex.quote(str(directory.root))
