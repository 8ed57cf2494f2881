"""The marginals of finished multi-modal models, stored beside their outputs, for measurements that mix samples.

``outputs/<model>-<fp8>/marginals-<role>.safetensors`` for `select` and `probe` hold ``rows`` (n,), ``references``
(M, K) row numbers of the data set, ``grand`` (C,), ``own`` (n, C), ``alone.<m>`` (n, C) for every modality by its
position, and for more than two modalities of a model that is not additive ``some`` (s,) and ``subset.<m>-<m>...``
(s, C). Two modalities and at most 200 probe samples: ``grid`` (n, n, C), the logits of all pairs, stands for all that.

They are computed when a measurement needs them, from the models as they are, and a finished file is used again. How
many references there are and what is computed for how many samples is said in :mod:`umlkit.pipeline.mixing_plan`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from umlkit.data.records import Ints, Role
from umlkit.errors import InputError
from umlkit.methods.base import MultiModalModel
from umlkit.methods.mixing import crossed, grand_mean, marginal
from umlkit.pipeline import outputs, unchanged
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.finished import model_of
from umlkit.pipeline.mending import mending_marginals
from umlkit.pipeline.mixing_plan import ROLES, is_grid, references, some_of, subsets_of
from umlkit.pipeline.session import Session
from umlkit.probe.marginals import Marginals, ModelMarginals, of_grid
from umlkit.probe.subsets import Subset
from umlkit.rows import CHUNK, Rows
from umlkit.runs import locks, tensors
from umlkit.runs.interrupts import interrupts
from umlkit.runs.tensor_file import Put, Shapes, filling

VERSION = "1"


def ensure(session: Session, artifacts: Iterable[Artifact]) -> None:
    """Compute what is not there yet of the marginals of finished multi-modal artifacts."""
    missing = [artifact for artifact in artifacts if not there(session, artifact)]
    for number, artifact in enumerate(missing, start=1):
        with locks.lock(artifact.model_dir(session.directory), warn=session.output.warn):
            if not there(session, artifact):
                _write(session.of(artifact.fold), artifact, f"[{number}/{len(missing)}] mixing {artifact.title}")
        interrupts.check()


def read(session: Session, artifact: Artifact) -> ModelMarginals:
    """The stored marginals of a model.

    Raises:
        InputError: they are missing, broken, or of other samples.
    """
    with mending_marginals(session):
        return _read_all(session, artifact)


def there(session: Session, artifact: Artifact) -> bool:
    """Whether both files are there, whole, and of the present samples."""
    try:
        _read_all(session, artifact)
    except InputError:
        return False
    return True


def _read_all(session: Session, artifact: Artifact) -> ModelMarginals:
    select, probe = (_read(session.of(artifact.fold), artifact, role) for role in ROLES)
    return ModelMarginals(select, probe)


def _read(session: Session, artifact: Artifact, role: Role) -> Marginals:
    path = _path(session, artifact, role)
    stored = tensors.mapped(path)
    tensors.check(path, stored)
    arrays, metadata = stored.arrays, stored.metadata
    rows = session.roles.rows(role)
    if metadata.get("version") != VERSION or not np.array_equal(arrays["rows"], rows):
        raise tensors.unusable(path, "holds marginals of other samples, or of another umlkit")
    if "grid" in arrays:
        return of_grid(arrays["grid"], weights=session.weights_of(role), additive=artifact.additive)
    named = {name.removeprefix("subset."): array for name, array in arrays.items() if name.startswith("subset.")}
    return Marginals(
        grand=arrays["grand"],
        alone=tuple(arrays[f"alone.{m}"] for m in range(len(artifact.modalities))),
        own=arrays["own"],
        rows=arrays["some"] if "some" in arrays else np.arange(len(rows)),
        further={_subset(name): array for name, array in named.items()},
        additive=artifact.additive,
    )


@dataclass(frozen=True)
class Mix:
    """What the marginals of one model are made from.

    Attributes:
        network: on the device, in eval mode.
        references: (M, K) positions among the `select` samples.
        subsets: those of two modalities or more that are computed.
        parts: modality -> (K, ...), the references' parts.
    """

    network: MultiModalModel
    references: Ints
    subsets: tuple[Subset, ...]
    parts: Mapping[str, Tensor]


def _write(session: Session, artifact: Artifact, label: str) -> None:
    network = model_of(session, artifact).network.to(session.device).eval()
    drawn = references(session, artifact, dear=network.parts_are == "inputs")
    picked = {
        name: rows[torch.from_numpy(of_one)]
        for (name, rows), of_one in zip(_inputs(session, artifact, network, "select").items(), drawn, strict=True)
    }
    mix = Mix(network, drawn, subsets_of(artifact), _parts(network, picked))
    counts = [len(session.roles.rows(role)) for role in ROLES]
    with session.output.progress(label, sum(counts)) as step:
        done = 0
        for role in ROLES:
            for start in _fill(session, artifact, mix, role):
                step.update(done + start)
                interrupts.check()
            done += len(session.roles.rows(role))


def _fill(session: Session, artifact: Artifact, mix: Mix, role: Role) -> Iterator[int]:
    """Write the file of one role as it is computed; yields how many samples are done."""
    rows = session.roles.rows(role)
    classes, modalities = len(session.dataset.classes), artifact.modalities
    grid = is_grid(artifact, role, len(rows))
    some = some_of(len(rows), len(mix.subsets))
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {
        "rows": ("int64", (len(rows),)),
        "references": ("int64", mix.references.shape),
    }
    if grid:
        shapes["grid"] = ("float32", (len(rows), len(rows), classes))
    else:
        shapes |= _shapes(len(rows), len(some), classes, len(modalities), mix.subsets)
    metadata = {"model": artifact.fingerprint, "split": role, "version": VERSION}
    with filling(_path(session, artifact, role), shapes, metadata) as put:
        put("rows", 0, rows)
        put("references", 0, session.roles.select[mix.references])
        inputs = _inputs(session, artifact, mix.network, role)
        if grid:
            _put_grid(put, mix, _parts(mix.network, {name: every[:] for name, every in inputs.items()}))
            yield len(rows)
        else:
            put("grand", 0, grand_mean(mix.network, mix.parts).numpy())
            if mix.subsets:
                put("some", 0, some)
            for start in range(0, len(rows), CHUNK):
                own = _parts(mix.network, {name: every[start : start + CHUNK] for name, every in inputs.items()})
                _put_chunk(put, mix, own, start=start, some=some)
                yield start
        unchanged.check(session)


def _shapes(n: int, some: int, classes: int, modalities: int, subsets: tuple[Subset, ...]) -> Shapes:
    by_sample = ["own", *(f"alone.{m}" for m in range(modalities))]
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {"grand": ("float32", (classes,))}
    shapes |= dict.fromkeys(by_sample, ("float32", (n, classes)))
    if subsets:
        shapes["some"] = ("int64", (some,))
    return shapes | {_name(subset): ("float32", (some, classes)) for subset in subsets}


def _put_grid(put: Put, mix: Mix, own: Mapping[str, Tensor]) -> None:
    """The logits of all pairs: the first modality of row i with the second of column j."""
    start = 0
    for part in crossed(mix.network, own, own, keep=[next(iter(own))]):
        put("grid", start, part.numpy())
        start += len(part)


def _put_chunk(put: Put, mix: Mix, own: Mapping[str, Tensor], *, start: int, some: Ints) -> None:
    names = list(own)
    with torch.inference_mode():
        put("own", start, mix.network.fuse(own).cpu().numpy())
    for m, name in enumerate(names):
        put(f"alone.{m}", start, marginal(mix.network, own, mix.parts, keep=[name]).numpy())
    first, last = np.searchsorted(some, [start, start + len(own[names[0]])])
    here = torch.from_numpy(some[first:last] - start)
    if not mix.subsets or not len(here):
        return
    those = {name: part[here.to(part.device)] for name, part in own.items()}
    for subset in mix.subsets:
        means = marginal(mix.network, those, mix.parts, keep=[names[m] for m in subset])
        put(_name(subset), int(first), means.numpy())


def _inputs(session: Session, artifact: Artifact, network: MultiModalModel, role: Role) -> Mapping[str, Rows]:
    """Modality -> what its parts are made from: stored features where these are the parts, else the samples."""
    if network.parts_are != "features":
        return session.samples(role).only(*artifact.modalities).inputs
    stored = outputs.read(session, artifact, role)
    return {name: stored.on_device(f"features.{name}") for name in artifact.modalities}


def _parts(network: MultiModalModel, rows: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    with torch.inference_mode():
        return rows if network.parts_are == "features" else network.parts(rows)


def _name(subset: Subset) -> str:
    return "subset." + "-".join(map(str, subset))


def _subset(name: str) -> Subset:
    return tuple(int(m) for m in name.split("-"))


def _path(session: Session, artifact: Artifact, role: Role) -> Path:
    return artifact.outputs_dir(session.directory) / f"marginals-{role}.safetensors"
