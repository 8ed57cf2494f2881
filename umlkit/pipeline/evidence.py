"""From stored outputs to what the probe reads: logits by rung and seed, features, costs. Runs no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mode

import numpy as np

from umlkit.data.records import ROLES, Array, ModalityArray, Role
from umlkit.pipeline import marginals, outputs
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.finished import config_of, result_of
from umlkit.pipeline.plan import UNIMODAL, Plan
from umlkit.pipeline.session import Session
from umlkit.probe.contribution import POOLS
from umlkit.probe.evidence import Evidence, HeldOut, Pooling, RungOutputs
from umlkit.probe.shift import Part, differ
from umlkit.rows import CHUNK


def gather(session: Session) -> Evidence:
    """Everything that the measurement is made from; every artifact of the plans is finished."""
    first = session.plans[0]
    seeds = tuple(dict.fromkeys(plan.seed for plan in session.plans))
    return Evidence(
        name=session.recipe.name,
        classes=session.dataset.classes,
        modalities=tuple(first.unimodal),
        folds=[held_out(session.of(fold)) for fold in session.identity.measured],
        within_groups=session.roles.within_groups,
        rungs=[rung for plan in session.plans for rung in _ladder(session, plan)],
        features={
            key: stored
            for plan in session.plans
            for model, artifacts in (("unimodal", plan.unimodal.values()), ("joint", _joint(plan)))
            for key, stored in _features(session, model, artifacts)
        },
        encoders={name: _encoder(session, name) for name in first.unimodal},
        paper=[
            rung_outputs(session, artifact, name=rung.name, candidate=None)
            for plan in session.plans
            for rung, artifact in plan.paper()
        ],
        smallest_effect=session.recipe.probe.smallest_effect,
        budget=session.recipe.probe.budget,
        seeds=seeds,
        shifted=differ(*in_training_and_select(session), classes=len(session.dataset.classes)),
        poolings=_poolings(session),
        constant=_constant(session),
        pid=session.recipe.probe.pid,
        marginals={
            (rung.name, plan.seed, plan.fold): marginals.read(session, artifact)
            for plan in session.plans
            for rung, artifact in plan.mixed()
        },
    )


def _constant(session: Session) -> list[str]:
    """Modalities that are the same in every sample but those of test; who differs shows that in the first few."""
    roles = [
        session.of(fold).roles.rows(role) for fold in session.identity.measured for role in ROLES if role != "test"
    ]
    rows = np.unique(np.concatenate(roles))
    parts = np.split(rows, range(CHUNK, len(rows), CHUNK))
    return [
        name
        for name, modality in session.dataset.modalities.items()
        if all(_same(modality.rows(part), modality.rows(rows[:1])) for part in parts)
    ]


def _same(these: ModalityArray, first: ModalityArray) -> bool:
    """Whether all of these samples are the first one."""
    if first.lengths is not None and these.lengths is not None and (these.lengths != first.lengths[0]).any():
        return False
    known = these.values == first.values
    if first.values.dtype.kind == "f":
        known |= np.isnan(these.values) & np.isnan(first.values)
    return bool(np.all(known))


def in_training_and_select(session: Session) -> tuple[Part, Part]:
    """The samples of training and of `select`, of several folds those of the first; groups where they are the units."""
    of_fold, dataset = session.of(session.identity.measured[0]), session.dataset

    def part(role: Role) -> Part:
        rows = of_fold.roles.rows(role)
        groups = None if session.roles.within_groups else dataset.groups_of(rows)
        return Part(dataset.labels[rows], groups, of_fold.weights_of(role))

    return part("train"), part("select")


def held_out(session: Session) -> HeldOut:
    """The samples that the models of the session's fold are judged on."""
    roles, dataset = session.roles, session.dataset
    counts = np.bincount(dataset.labels[roles.train], session.weights_of("train"), minlength=len(dataset.classes))
    return HeldOut(
        fold=session.fold,
        select_labels=dataset.labels[roles.select],
        probe_labels=dataset.labels[roles.probe],
        select_groups=dataset.groups_of(roles.select),
        probe_groups=dataset.groups_of(roles.probe),
        select_weights=session.weights_of("select"),
        probe_weights=session.weights_of("probe"),
        mean_weight=1.0 if session.weights is None else session.weights.means["probe"],
        rows=roles.probe,
        prior=counts / counts.sum(),
    )


def _ladder(session: Session, plan: Plan) -> list[RungOutputs]:
    """The rungs of one seed and fold: every modality, then the multi-modal ones."""
    single = [
        rung_outputs(session, artifact, name=f"{UNIMODAL}:{name}", candidate=None)
        for name, artifact in plan.unimodal.items()
    ]
    return single + [
        rung_outputs(session, artifact, name=rung.name, candidate=rung.candidate) for rung, artifact in plan.rungs()
    ]


def _joint(plan: Plan) -> list[Artifact]:
    """The joint model that the budget trains, if it trains one."""
    return [artifact for rung, artifact in plan.rungs() if rung.name == "joint"]


def rung_outputs(session: Session, artifact: Artifact, *, name: str, candidate: str | None) -> RungOutputs:
    """What a finished model says, as the rung called ``name``."""
    result = result_of(session, artifact)
    return RungOutputs(
        rung=name,
        seed=artifact.seed,
        additive=artifact.additive,
        candidate=candidate,
        select_logits=outputs.read(session, artifact, "select").logits,
        probe_logits=outputs.read(session, artifact, "probe").logits,
        seconds=result.seconds,
        needs_unimodal=any(need.spec.name == UNIMODAL for need in artifact.needs),
        fold=artifact.fold,
        predicted=artifact.short,
    )


def _features(
    session: Session, model: str, artifacts: Iterable[Artifact]
) -> list[tuple[tuple[str, str, int, str], tuple[Array, Array]]]:
    """((model, modality, seed, fold), (select features, probe features)) of every modality of the artifacts."""
    found = []
    for artifact in artifacts:
        select, probe = (outputs.read(session, artifact, role).features for role in ("select", "probe"))
        found += [
            ((model, name, artifact.seed, artifact.fold), (select[name], probe[name])) for name in artifact.modalities
        ]
    return found


def _poolings(session: Session) -> dict[str, Pooling]:
    """How the ensembles of the ladder pool: their rule, and by seed the mean of their weights over the folds."""
    rules: dict[str, str] = {}
    weights: dict[str, dict[int, list[dict[str, float]]]] = {}
    for plan in session.plans:
        for rung, artifact in plan.rungs():
            if rung.name in POOLS:
                rules[rung.name] = artifact.options.model_dump()["pool"]
                of_seed = weights.setdefault(rung.name, {}).setdefault(plan.seed, [])
                of_seed.append(result_of(session, artifact).report["weights"])
    return {
        name: Pooling(rule, {seed: _mean(of_folds) for seed, of_folds in weights[name].items()})
        for name, rule in rules.items()
    }


def _mean(of_folds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in of_folds])) for name in of_folds[0]}


def _encoder(session: Session, modality: str) -> str:
    """The encoder of a modality with the lowest seed; that of most folds where these have chosen differently."""
    lowest = session.plans[0].seed
    artifacts = [plan.unimodal[modality] for plan in session.plans if plan.seed == lowest]
    return mode(config_of(session, artifact).modalities[modality].encoder for artifact in artifacts)
