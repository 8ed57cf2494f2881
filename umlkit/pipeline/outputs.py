"""What a finished model says of every sample, written once and read by ume, umt and the probe.

``outputs/<model>-<fp8>/<split>-00000.safetensors`` holds ``rows`` (n,) row numbers of the data set, ``logits`` (n,
C), and ``features.<modality>`` (n, D_m). Outputs on `test` are written by :func:`on_test` alone, which logs the look
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from umlkit.data.records import Array, Ints, Role
from umlkit.errors import RunError
from umlkit.methods import inference
from umlkit.methods.base import MultiModalModel
from umlkit.pipeline import unchanged
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.session import Session
from umlkit.runs import atomic, tensors

WRITTEN: tuple[Role, ...] = ("train", "select", "probe")


@dataclass(frozen=True)
class Stored:
    """A model's outputs for one role.

    Attributes:
        rows: (n,) row numbers of the data set.
        logits: (n, C), before the temperature.
        features: modality -> (n, D_m).
    """

    rows: Ints
    logits: Array
    features: Mapping[str, Array]


def write(session: Session, artifact: Artifact, network: MultiModalModel, *, select_logits: Tensor) -> None:
    """Compute and store the outputs for every role but test; for the holder of the artifact's lock alone.

    Args:
        session: the opened run.
        artifact: what was trained.
        network: the trained model.
        select_logits: (n_select, C) to store for `select`: cross-validated where the model was fitted on it.
    """
    folder = artifact.outputs_dir(session.directory)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.remove_leftovers(folder)
    for role in WRITTEN:
        if len(session.roles.rows(role)):
            _write(session, artifact, network, role, logits=select_logits if role == "select" else None)


def on_test(session: Session, artifact: Artifact, network: MultiModalModel, *, command: str) -> Stored:
    """The outputs on the test samples; the look is logged before it is taken."""
    session.directory.log_test_read(command, f"{artifact.label}-{artifact.fingerprint}")
    _write(session, artifact, network, "test")
    return read(session, artifact, "test")


def read(session: Session, artifact: Artifact, role: Role) -> Stored:
    """The stored outputs of a finished model.

    Raises:
        RunError: they are of other samples than the role's, or the file is broken.
    """
    path = _path(session, artifact, role)
    arrays, _ = tensors.load(path)
    if not np.array_equal(arrays["rows"], session.roles.rows(role)):
        raise RunError(f"{path}: holds other samples than the {role} split of the present recipe")
    features = {name.removeprefix("features."): a for name, a in arrays.items() if name.startswith("features.")}
    return Stored(arrays["rows"], arrays["logits"], features)


def _write(
    session: Session, artifact: Artifact, network: MultiModalModel, role: Role, *, logits: Tensor | None = None
) -> None:
    network = network.to(session.device)
    parts = list(inference.outputs(network, session.samples(role).only(*artifact.modalities).inputs))
    made = torch.cat([part.logits for part in parts])
    arrays = {
        "rows": session.roles.rows(role),
        "logits": (made if logits is None else logits).numpy(),
        **{
            f"features.{name}": torch.cat([part.features[name] for part in parts]).numpy() for name in parts[0].features
        },
    }
    unchanged.check(session)
    tensors.save(_path(session, artifact, role), arrays, {"model": artifact.fingerprint, "split": role})


def _path(session: Session, artifact: Artifact, role: str) -> Path:
    return artifact.outputs_dir(session.directory) / f"{role}-00000.safetensors"
