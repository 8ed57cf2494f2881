"""One task measured under every candidate for a null floor that is more than a constant (``null_floor.py``).

All of it is the product's pipeline: sessions, artifacts, readings. Only the permuted residual is fitted beside it, as
no recipe asks for that.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.truth.designs import Spec
from tests.benchmarks.truth.measuring import opened
from umlkit import synth
from umlkit.methods import inference
from umlkit.methods.kernel.method import Kernel
from umlkit.methods.kernel.nystroem import Floats
from umlkit.methods.kernel.options import KernelOptions
from umlkit.pipeline.evidence import held_out, rung_outputs
from umlkit.pipeline.session import Session
from umlkit.pipeline.task import task_of
from umlkit.pipeline.training import ensure
from umlkit.probe.contribution import KERNELS, TRAINED, UME, best_rival
from umlkit.probe.evidence import Evidence, RungOutputs
from umlkit.probe.readings import Readings, read
from umlkit.probe.units import Units
from umlkit.runs.records.common import Estimate

JOINT_ADDITIVE, PERMUTED = "joint-additive", "permuted"
PLAIN, RE_PAIRED = "nothing", "re-paired"
HEAD, KERNEL, RESIDUAL = "additive head", "additive kernel", "permuted residual"
IN_PLACE_OF_UME = {HEAD: (UME, JOINT_ADDITIVE), KERNEL: (UME, KERNELS[0]), RESIDUAL: (PERMUTED,)}
"""Candidate -> rungs, the best of which on `select` A is read from instead of UME."""


def measure(spec: Spec, budget: str) -> dict[str, Any]:
    """A's estimate under every candidate, and CPU seconds of each beyond those of A as it is."""
    torch.set_num_threads(1)
    task = synth.task(spec.family, seed=spec.seed, **spec.knobs)
    drawn, clock = task.draw(spec.n, spec.seed), Clock()
    with tempfile.TemporaryDirectory() as folder:
        session = _session(Path(folder, "plain"), spec, drawn.x, {"y": drawn.y}, budget=budget)
        rungs = _trained(session)
        best, plain = a_of(session, rungs)
        clock.read(PLAIN)
        rungs.append(_additive_head(session))
        clock.read(HEAD)
        rungs.append(_permuted(session))
        clock.read(RESIDUAL)
        estimates = {PLAIN: plain, **_in_place_of_ume(session, rungs, best)}
        clock.read(KERNEL)
        null = _a_re_paired(Path(folder, "re-paired"), session, spec, drawn.x, drawn.y, budget=budget)
        estimates[RE_PAIRED] = less(plain, null)
        clock.read(RE_PAIRED)
    return {
        "key": spec.key,
        "group": spec.group,
        "n": spec.n,
        "modalities": len(drawn.x),
        "select": len(session.roles.select),
        "d_ume": None if task.truth is None else task.truth.d_ume.nats,
        "rung": best,
        "seconds": clock.seconds,
        "estimates": {name: [one.value, one.low, one.high] for name, one in estimates.items()},
    }


class Clock:
    """CPU seconds from reading to reading."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def read(self, name: str) -> None:
        """What has passed since the last reading was for ``name``."""
        now = time.process_time()
        self.seconds[name], self._last = now - self._last, now


def less(one: Estimate, other: Estimate) -> Estimate:
    """The difference of two estimates, as if they were independent."""
    half = float(np.hypot(one.high - one.value, other.high - other.value))
    value = one.value - other.value
    return Estimate(value=value, low=value - half, high=value + half)


def _session(
    folder: Path, spec: Spec, x: Mapping[str, np.ndarray], beside: Mapping[str, np.ndarray], *, budget: str
) -> Session:
    folder.mkdir()
    session = opened(folder, spec, x, beside, budget=budget)
    session.begin()
    return session


def _trained(session: Session) -> list[RungOutputs]:
    """UME and its rivals of the budget, trained where they are not."""
    wanted = (UME, *KERNELS, *TRAINED)
    found = [(rung.name, artifact) for rung, artifact in session.plans[0].rungs() if rung.name in wanted]
    ensure(session, [artifact for _, artifact in found])
    return [rung_outputs(session, artifact, name=name, candidate=None) for name, artifact in found]


def a_of(session: Session, rungs: Sequence[RungOutputs]) -> tuple[str, Estimate]:
    """r* and A."""
    readings, units = _readings(session, rungs)
    best = best_rival(readings)
    if best is None:
        raise ValueError("no rung beside UME")
    return best, units.estimate(readings.losses(UME) - readings.losses(best))


def _in_place_of_ume(session: Session, rungs: Sequence[RungOutputs], best: str) -> dict[str, Estimate]:
    readings, units = _readings(session, rungs)
    found = {}
    for name, among in IN_PLACE_OF_UME.items():
        beside = min(among, key=readings.select_loss)
        found[name] = units.estimate(readings.losses(beside) - readings.losses(best))
    return found


def _readings(session: Session, rungs: Sequence[RungOutputs]) -> tuple[Readings, Units]:
    evidence = Evidence(
        name=session.recipe.name,
        classes=session.dataset.classes,
        modalities=list(session.dataset.modalities),
        folds=[held_out(session)],
        within_groups=False,
        rungs=rungs,
        features={},
        encoders={},
    )
    return Readings([read([rung], evidence) for rung in rungs]), Units.of(len(evidence.rows), None)


def _additive_head(session: Session) -> RungOutputs:
    """A joint network that can only add, trained as long as the others."""
    artifact = session.plans[0].model("joint", {"head": "linear"}, title=JOINT_ADDITIVE, short=True)
    ensure(session, [artifact])
    return rung_outputs(session, artifact, name=JOINT_ADDITIVE, candidate=None)


class Permuted(Kernel):
    """The kernel rung where there is nothing to find: every training sample has another one's residual."""

    def residual(self, *known: Any) -> Floats:
        found = super().residual(*known)
        return found[np.random.default_rng(len(found)).permutation(len(found))]


def _permuted(session: Session) -> RungOutputs:
    """The same artifact as the kernel's, beside the pipeline, as no recipe asks for it."""
    kernel = next(artifact for rung, artifact in session.plans[0].rungs() if rung.name == "kernel")
    trained = Permuted(KernelOptions()).train(task_of(session, kernel, _no_network))
    if trained.select_logits is None:
        raise ValueError("a kernel rung judges itself on `select`")
    probe = session.samples("probe").only(*kernel.modalities)
    return replace(
        rung_outputs(session, kernel, name=PERMUTED, candidate=None),
        select_logits=trained.select_logits.numpy(),
        probe_logits=inference.logits(trained.model, probe.inputs).numpy(),
    )


def _no_network(*_: Any, **__: Any) -> Any:
    raise ValueError("a kernel rung trains no network")


def _a_re_paired(
    folder: Path, session: Session, spec: Spec, x: Mapping[str, np.ndarray], y: np.ndarray, *, budget: str
) -> Estimate:
    """A of the re-paired data; r* is chosen there anew."""
    parts = [session.roles.rows(role) for role in ("train", "select", "probe")]
    words = np.full(len(y), "test", dtype="U5")
    for rows, word in zip(parts, ("train", "val", "val"), strict=True):
        words[rows] = word
    mixed = re_paired(x, y, parts, seed=spec.seed)
    null = _session(folder, spec, mixed, {"y": y, "split": words}, budget=budget)
    if not np.array_equal(null.roles.probe, session.roles.probe):
        raise ValueError("re-paired data were divided in another way")
    return a_of(null, _trained(null))[1]


def re_paired(
    x: Mapping[str, np.ndarray], y: np.ndarray, parts: Sequence[np.ndarray], *, seed: int
) -> dict[str, np.ndarray]:
    """Every modality but the first shuffled among the samples of one class in one part (row numbers, a part each)."""
    stream = np.random.default_rng([seed, 5])
    mixed = {name: values.copy() for name, values in x.items()}
    for rows in parts:
        for of_class in (rows[y[rows] == label] for label in np.unique(y)):
            for name in list(mixed)[1:]:
                mixed[name][of_class] = x[name][stream.permutation(of_class)]
    return mixed
