"""The command that makes a damaged file of a model anew, in the errors that readers of such files raise.

Who reads a file knows its path alone, and says ``umlkit train RECIPE --method METHOD --force``; here that gets a run
directory and a method. What no ``train`` makes, a rung or a model of a fold, is made anew by its measurement once that
finds it gone. Where it is of other settings than the recipe in the run directory the run is named as the user did. Of
outputs those on the same samples are removed: what is gone is computed from the weights, but for those on `select` of
what was fitted there.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from umlkit import registry
from umlkit.errors import InputError, Problem
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.identity import recall
from umlkit.pipeline.plan import UNIMODAL, Plan, probe_fingerprint, probe_fingerprints
from umlkit.pipeline.session import Session
from umlkit.recipe.loading import load
from umlkit.recipe.schema import Recipe
from umlkit.runs.tensors import AGAIN


@contextmanager
def mending(session: Session, artifact: Artifact) -> Iterator[None]:
    """Let errors of the artifact's files name the command that makes them anew."""
    with _said(lambda _: _model_command(session, artifact)):
        yield


@contextmanager
def mending_outputs(session: Session, artifact: Artifact) -> Iterator[None]:
    """The same of files of the artifact's outputs; all on the same samples go, as the first stands for them."""
    with _said(lambda problem: f"{_removing(Path(str(problem.where)))}{_making(session, artifact)}"):
        yield


@contextmanager
def mending_marginals(session: Session) -> Iterator[None]:
    """The same of stored marginals, which a measurement computes again where they are gone or broken."""
    with _said(lambda _: _measuring(session)):
        yield


@contextmanager
def mending_by(command: str) -> Iterator[None]:
    """The same by a command that is known."""
    with _said(lambda _: command):
        yield


@contextmanager
def _said(command: Callable[[Problem], str]) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        if not any(AGAIN in (problem.try_next or "") for problem in error.problems):
            raise
        problems = [replace(p, try_next=p.try_next and p.try_next.replace(AGAIN, command(p))) for p in error.problems]
        raise type(error)(*problems) from error


def _removing(shard: Path) -> str:
    """What removes the files of the outputs on the samples that this one is of, for a shell; empty for none."""
    role, _, _ = shard.name.rpartition("-")
    return f"rm {shlex.quote(str(shard.with_name(role)))}-* && " if any(shard.parent.glob(f"{role}-*")) else ""


def _model_command(session: Session, artifact: Artifact) -> str:
    making = _making(session, artifact)
    if _method(session, artifact) is not None:
        return f"{making} --force"
    folder = artifact.model_dir(session.directory)
    return f"rm -r {shlex.quote(str(folder))} && {making}" if folder.exists() else making


def _making(session: Session, artifact: Artifact) -> str:
    """What makes the artifact where it is gone, or finds that its outputs are."""
    method = _method(session, artifact)
    if method is None:
        return _measuring(session)
    kept = _kept(session)
    known = kept is not None and artifact.fingerprint in _trained(Plan(kept, session.identity, artifact.seed))
    run = _root(session) if known else _named(session)
    seed = "" if f" --seed {artifact.seed}" in run else f" --seed {artifact.seed}"
    return f"umlkit train {run} --method {shlex.quote(method)}{seed}"


def _measuring(session: Session) -> str:
    """What measures anew as the session does."""
    kept = _kept(session)
    mark = probe_fingerprint(session.recipe, session.identity)
    meant = kept is not None and mark in probe_fingerprints(kept, session.identity).values()
    return f"umlkit probe {_root(session) if meant else _named(session)} --budget {session.recipe.probe.budget}"


def _named(session: Session) -> str:
    """The run as the user named it; its directory where nobody did."""
    return _root(session) if session.reference is None else session.reference


def _root(session: Session) -> str:
    return shlex.quote(str(session.directory.root))


def _kept(session: Session) -> Recipe | None:
    """The recipe in the run directory; None where that is of other data, or divides them otherwise."""
    try:
        kept = load(str(session.directory.root))
    except InputError:
        return None
    present, known = session.identity, recall(session.directory, kept, verify=False)
    if known is None:
        return None
    there = known.model_copy(update={"stamp": present.stamp, "file": present.file})
    return kept.recipe if there == present else None


def _method(session: Session, artifact: Artifact) -> str | None:
    """What ``train --method`` calls the artifact; None where it does not make it."""
    return _trained(Plan(session.recipe, session.identity, artifact.seed)).get(artifact.fingerprint)


def _trained(plan: Plan) -> dict[str, str]:
    """Fingerprint of what ``train`` makes at a seed -> what ``--method`` calls it."""
    names = {one.fingerprint: f"{UNIMODAL}:{modality}" for modality, one in plan.unimodal.items()}
    return names | {plan.model(name).fingerprint: name for name in registry.methods() if name != UNIMODAL}
