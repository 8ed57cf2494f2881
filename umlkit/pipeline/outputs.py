"""What a finished model says of every sample, written once and read by ume, umt and the probe.

``outputs/<model>-<fp8>/<split>-00000.safetensors``, ``-00001`` ... hold ``rows`` (n,) row numbers of the data set,
``logits`` (n, C), and ``features.<modality>`` (n, D_m). They are written as they are computed and mapped when they are
read, so that they never are in memory whole. Outputs on `test` are written by :func:`on_test` alone, which logs the
look first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from umlkit.data.mapped import LARGE
from umlkit.data.records import Array, Ints, Role
from umlkit.data.sharded import ShardedRows
from umlkit.errors import InputError, Problem, RunError
from umlkit.methods import inference
from umlkit.methods.base import MultiModalModel, Output
from umlkit.pipeline import unchanged
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.finished import config_of, result_of
from umlkit.pipeline.mending import mending_outputs
from umlkit.pipeline.session import Session
from umlkit.rows import CHUNK, Rows
from umlkit.runs import atomic, tensors
from umlkit.runs.layout import is_finished
from umlkit.runs.tensor_file import Put, filling

WRITTEN: tuple[Role, ...] = ("train", "select", "probe")
SHARD = 256 * 2**20
"""Bytes of a file, at most: small enough to copy and to lose, and few files for millions of samples."""


@dataclass(frozen=True)
class Stored:
    """A model's outputs for one role, in the files of its shards until they are looked at.

    Attributes:
        shards: name -> (n_k, ...), for every file in order.
        device: where :meth:`on_device` puts batches.
    """

    shards: tuple[Mapping[str, Array], ...]
    device: torch.device

    @property
    def rows(self) -> Ints:
        """(n,) row numbers of the data set."""
        return self._joined("rows")

    @property
    def logits(self) -> Array:
        """(n, C), before the temperature."""
        return self._joined("logits")

    @property
    def features(self) -> Mapping[str, Array]:
        """Modality -> (n, D_m)."""
        prefix = "features."
        return {key.removeprefix(prefix): self._joined(key) for key in self.shards[0] if key.startswith(prefix)}

    def on_device(self, name: str) -> Rows:
        """``logits`` or ``features.<modality>`` as rows on the device, copied there where they are few."""
        parts = [shard[name] for shard in self.shards]
        if len(parts) == 1 and (self.device.type == "cpu" or parts[0].nbytes < LARGE):
            return torch.from_numpy(parts[0]).to(self.device)
        return ShardedRows(parts, device=self.device)

    def _joined(self, name: str) -> Array:
        parts = [shard[name] for shard in self.shards]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def write(session: Session, artifact: Artifact, network: MultiModalModel, *, select_logits: Tensor) -> None:
    """Compute and store the outputs for every role but test; for the holder of the artifact's lock alone.

    Args:
        session: the opened run, of the artifact's fold.
        artifact: what was trained.
        network: the trained model.
        select_logits: (n_select, C) to store for `select`: cross-validated where the model was fitted on it.
    """
    folder = artifact.outputs_dir(session.directory)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.remove_leftovers(folder)
    for stale in folder.glob("marginals-*"):  # of an earlier training of the same model; see pipeline/marginals.py
        stale.unlink()
    for role in WRITTEN:
        if len(session.roles.rows(role)):
            _write(session, artifact, network, role, logits=select_logits if role == "select" else None)


def whole(session: Session, artifact: Artifact) -> bool:
    """Whether a model is finished and has outputs for every role that has samples; what they hold is not read."""
    if not is_finished(artifact.model_dir(session.directory)):
        return False
    roles = session.of(artifact.fold).roles
    return all(_path(session, artifact, role, 0).is_file() for role in WRITTEN if len(roles.rows(role)))


def computable(session: Session, artifact: Artifact) -> tuple[bool, Tensor | None]:
    """Whether what is lost of a finished model's outputs is computed from its weights, with no training.

    With it the logits (n_select, C) on the CPU that its weights do not give, as they are of fits without the sample.
    """
    if not is_finished(artifact.model_dir(session.directory)):
        return False, None
    if result_of(session, artifact).select_loss is None:  # nothing was fitted there
        return True, None
    try:
        return True, torch.from_numpy(np.array(read(session, artifact, "select").logits))
    except InputError:
        return False, None


def on_test(session: Session, artifact: Artifact, network: MultiModalModel, *, command: str) -> Stored:
    """The outputs on the test samples; the look is logged before it is taken."""
    session.directory.log_test_read(command, f"{artifact.label}-{artifact.fingerprint}")
    _write(session, artifact, network, "test")
    return read(session, artifact, "test")


def read(session: Session, artifact: Artifact, role: Role) -> Stored:
    """The stored outputs of a finished model.

    Raises:
        InputError: they are of other samples than the role's, or a file is broken or missing, or holds NaN.
    """
    with mending_outputs(session, artifact):
        stored = Stored(tuple(_shards(session, artifact, role)), session.device)
        if not np.array_equal(stored.rows, session.of(artifact.fold).roles.rows(role)):
            what = f"holds other samples than the {role} split of the present recipe"
            raise tensors.unusable(_path(session, artifact, role, 0), what)
    return stored


def check(session: Session, artifact: Artifact, roles: Iterable[Role]) -> None:
    """InputError where who reads a finished model's outputs for these roles, and how it was trained, would meet one."""
    config_of(session, artifact)
    result_of(session, artifact)
    for role in roles:
        read(session, artifact, role)


def _shards(session: Session, artifact: Artifact, role: Role) -> list[Mapping[str, Array]]:
    """The files of a role, as many as its samples fill."""
    shards: list[Mapping[str, Array]] = []
    held, needed = 0, 1
    while held < needed:
        path = _path(session, artifact, role, len(shards))
        shard = tensors.mapped(path)
        tensors.check(path, shard)
        shards, held = [*shards, shard.arrays], held + len(shard.arrays["rows"])
        needed = int(shard.metadata.get("samples", held))
    return shards


def _write(
    session: Session, artifact: Artifact, network: MultiModalModel, role: Role, *, logits: Tensor | None = None
) -> None:
    """Write shard after shard, each as its outputs are computed; a set that lacks one is told by ``samples``."""
    rows = session.roles.rows(role)
    inputs = session.samples(role).only(*artifact.modalities).inputs
    made = inference.outputs(network.to(session.device), inputs)
    if logits is not None:
        made = _with_logits(made, logits)
    first = next(made)
    shapes = {"logits": first.logits.shape[1:], **{f"features.{m}": z.shape[1:] for m, z in first.features.items()}}
    size = 8 + 4 * sum(shape.numel() for shape in shapes.values())
    chunks = chain([first], made)
    held = max(1, SHARD // (size * CHUNK))  # chunks of a shard
    starts = range(0, max(1, len(rows)), held * CHUNK)
    for number, start in enumerate(starts):
        here = rows[start : start + held * CHUNK]
        arrays = {"rows": ("int64", (len(here),))}
        arrays |= {name: ("float32", (len(here), *shape)) for name, shape in shapes.items()}
        metadata = {"model": artifact.fingerprint, "split": role, "samples": str(len(rows))}
        with filling(_path(session, artifact, role, number), arrays, metadata) as put:
            put("rows", 0, here)
            _put(put, _finite(islice(chunks, held), artifact, role))
            unchanged.check(session)
    _remove_beyond(session, artifact, role, len(starts))


def _finite(parts: Iterator[Output], artifact: Artifact, role: Role) -> Iterator[Output]:
    """The same outputs; RunError where they are not finite, as no reader could tell that from damage."""
    for part in parts:
        if not all(bool(torch.isfinite(values).all()) for values in (part.logits, *part.features.values())):
            raise RunError(
                Problem(
                    f"the trained model gives outputs that are not finite on {role}",
                    where=f"{artifact.title}, seed {artifact.seed}, {artifact.fold}",
                    try_next="a lower train.lr; else look for extreme values with `umlkit data`",
                )
            )
        yield part


def _put(put: Put, parts: Iterator[Output]) -> None:
    """Write chunk after chunk."""
    for index, part in enumerate(parts):
        put("logits", index * CHUNK, part.logits.numpy())
        for modality, z in part.features.items():
            put(f"features.{modality}", index * CHUNK, z.numpy())


def _with_logits(made: Iterator[Output], logits: Tensor) -> Iterator[Output]:
    """The same outputs with other logits (n, C)."""
    start = 0
    for part in made:
        yield Output(logits[start : start + len(part.logits)], part.features)
        start += len(part.logits)


def _remove_beyond(session: Session, artifact: Artifact, role: Role, count: int) -> None:
    """Remove the files of an earlier writing that had more shards."""
    while (path := _path(session, artifact, role, count)).exists():
        path.unlink()
        count += 1


def _path(session: Session, artifact: Artifact, role: str, number: int) -> Path:
    return artifact.outputs_dir(session.directory) / f"{role}-{number:05d}.safetensors"
