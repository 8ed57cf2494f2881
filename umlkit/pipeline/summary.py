"""What finished and unfinished artifacts look like in a report: one record a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from umlkit.data.records import Role
from umlkit.pipeline import marginals, outputs
from umlkit.pipeline.artifact import Artifact, together
from umlkit.pipeline.cost import Cost, of_model, of_outputs, total
from umlkit.pipeline.finished import config_of, result_of
from umlkit.pipeline.mixing_cost import of_marginals
from umlkit.pipeline.plan import UNIMODAL
from umlkit.pipeline.rehearsal import Rehearsal
from umlkit.pipeline.session import Session
from umlkit.runs.layout import ALL, is_finished
from umlkit.runs.records.activity import Action, CostEntry, PlannedModel, TrainedEntry, TrainingRecord
from umlkit.training.checkpoint import epochs_done

_MEASURED: tuple[Role, ...] = ("select", "probe")
_TAUGHT: tuple[Role, ...] = ("train", "select")
"""The samples whose outputs a measurement reads, and a training of the models that it builds on."""


def training_record(session: Session, method: str, artifacts: Iterable[Artifact]) -> TrainingRecord:
    """What ``umlkit train`` ends with."""
    return TrainingRecord(
        name=session.recipe.name, method=method, models=tuple(_trained(session, artifact) for artifact in artifacts)
    )


def planned(
    session: Session, artifacts: Iterable[Artifact], *, read: Iterable[Artifact] = (), mixed: Iterable[Artifact] = ()
) -> list[PlannedModel]:
    """What would become of the artifacts and of all that they build on, in order, each once.

    Args:
        session: the opened run.
        artifacts: what is trained or used.
        read: those of them whose outputs a measurement would read; where there are none the command ends with what the
            artifacts are.
        mixed: those of them whose marginals a measurement would read.

    Raises:
        InputError: a file that would be read is damaged.
    """
    named = list(artifacts)
    forced = {artifact.fingerprint for artifact in named} if session.force else set()
    rehearsals = _Rehearsals(session)
    parts = together(named)
    models = {mark: _planned(session, part, rehearsals, forced=mark in forced) for mark, part in parts.items()}
    shown = [(one, _MEASURED) for one in read] or [(one, ()) for one in named]
    made = [part for mark, part in parts.items() if models[mark].action in ("train", "resume")]
    for artifact, roles in (*shown, *((need, _TAUGHT) for part in made for need in _experts(part))):
        if models[artifact.fingerprint].action == "reuse":
            outputs.check(session, artifact, roles)
    return [*models.values(), *_mixed(session, list(mixed), rehearsals, forced)]


def _experts(artifact: Artifact) -> list[Artifact]:
    """The models of single modalities whose outputs its training reads."""
    return [need for need in artifact.needs if need.spec.name == UNIMODAL]


def cost_entry(cost: Cost) -> CostEntry:
    """A cost as documents say it."""
    return CostEntry(
        trainings=cost.trainings,
        steps=cost.steps,
        epoch_seconds=cost.epoch,
        seconds=cost.seconds,
        bytes=cost.bytes,
    )


class _Rehearsals:
    """Costs by what is trained: another seed or fold of a model costs what the first did, if as much of it is there.

    A part of the samples is another matter than all of them, so fold ``all`` is rehearsed apart from the others.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rehearsals: dict[bool, Rehearsal] = {}
        self._known: dict[tuple[object, ...], Cost] = {}

    def cost(self, artifact: Artifact, *, done: Mapping[str, int]) -> Cost:
        settled = tuple(is_finished(need.model_dir(self._session.directory)) for need in artifact.needs)
        key = (*_likeness(artifact), settled, tuple(sorted(done.items())))
        if key not in self._known:
            self._known[key] = of_model(self._rehearsal(artifact), artifact, done=done)
        return self._known[key]

    def cost_of_outputs(self, artifact: Artifact) -> Cost:
        return of_outputs(self._rehearsal(artifact), artifact)

    def cost_of_marginals(self, artifact: Artifact) -> Cost:
        key = ("marginals", *_likeness(artifact), is_finished(artifact.model_dir(self._session.directory)))
        if key not in self._known:
            self._known[key] = of_marginals(self._rehearsal(artifact), artifact)
        return self._known[key]

    def _rehearsal(self, artifact: Artifact) -> Rehearsal:
        return self._rehearsals.setdefault(artifact.fold == ALL, Rehearsal(self._session.of(artifact.fold)))


def _likeness(artifact: Artifact) -> tuple[object, ...]:
    """Equal for models that cost alike where as much of them is there."""
    return artifact.label, artifact.short, artifact.options.model_dump_json(), artifact.fold == ALL


def _planned(session: Session, artifact: Artifact, rehearsals: _Rehearsals, *, forced: bool) -> PlannedModel:
    directory = artifact.model_dir(session.directory)
    done = {} if forced else epochs_done(directory)
    action: Action = "resume" if done else "train"
    if outputs.whole(session, artifact) and not forced:
        action, cost = "reuse", Cost()
    elif not forced and outputs.computable(session, artifact)[0]:
        action, cost = "compute", rehearsals.cost_of_outputs(artifact)
    else:
        cost = rehearsals.cost(artifact, done=done)
    return PlannedModel(
        model=artifact.title,
        seed=artifact.seed,
        fold=artifact.fold,
        action=action,
        directory=str(directory),
        cost=cost_entry(cost),
    )


def _mixed(
    session: Session, artifacts: Sequence[Artifact], rehearsals: _Rehearsals, forced: set[str]
) -> list[PlannedModel]:
    """What would become of the marginals of these models: a line for all of a seed and fold."""
    units = dict.fromkeys((artifact.seed, artifact.fold) for artifact in artifacts)
    found = []
    for seed, fold in units:
        missing = [
            artifact
            for artifact in artifacts
            if (artifact.seed, artifact.fold) == (seed, fold)
            and (artifact.fingerprint in forced or not marginals.there(session, artifact))
        ]
        found.append(
            PlannedModel(
                model="marginals",
                seed=seed,
                fold=fold,
                action="mix" if missing else "reuse",
                directory=str(session.directory.unit(seed, fold).path / "outputs"),
                cost=cost_entry(total([rehearsals.cost_of_marginals(artifact) for artifact in missing])),
            )
        )
    return found


def _trained(session: Session, artifact: Artifact) -> TrainedEntry:
    directory = artifact.model_dir(session.directory)
    config, result = config_of(session, artifact), result_of(session, artifact)
    kept = list(result.fits.values())[-1] if result.fits else None
    return TrainedEntry(
        model=artifact.label,
        seed=artifact.seed,
        encoders={name: modality.encoder for name, modality in config.modalities.items()},
        best_epoch=None if kept is None else kept.best_epoch,
        stopped_by=None if kept is None else kept.stopped_by,
        select_loss=result.select_loss if kept is None or result.select_loss is not None else kept.best_loss,
        seconds=result.seconds,
        directory=str(directory),
    )
