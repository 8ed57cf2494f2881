"""The steps of a run, each of which does what is missing and reuses what is there: train, probe, advise, run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from umlkit.advise.decide import advise
from umlkit.errors import InputError, Problem, listed
from umlkit.pipeline import evaluation, marginals, outputs, samples_file
from umlkit.pipeline.artifact import Artifact, together
from umlkit.pipeline.evidence import gather, in_training_and_select
from umlkit.pipeline.locate import with_model, write_advice
from umlkit.pipeline.older import older_probe
from umlkit.pipeline.plan import Plan, probe_fingerprint
from umlkit.pipeline.session import Session
from umlkit.pipeline.training import ensure
from umlkit.probe import rules
from umlkit.probe.emap import project
from umlkit.probe.measure import measure, not_measurable, read_all
from umlkit.probe.per_sample import per_sample
from umlkit.probe.weighting import FEWEST_EFFECTIVE, effective
from umlkit.runs.layout import RunDirectory
from umlkit.runs.records.activity import RunRecord
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.common import KeptDocumentError
from umlkit.runs.records.evaluation import EvaluationRecord
from umlkit.runs.records.probe import ProbeRecord


@dataclass(frozen=True)
class RunResult:
    """What a whole run found: the measurement, the advice, and the advised model on test."""

    probe: ProbeRecord
    advice: AdviceRecord
    test: EvaluationRecord
    directory: RunDirectory

    def record(self) -> RunRecord:
        """The same as a JSON document."""
        return RunRecord(directory=str(self.directory.root), probe=self.probe, advice=self.advice, test=self.test)


def train(session: Session, method: str) -> list[Artifact]:
    """Train a method for every seed, with all that it builds on; ``unimodal`` ends with ``best-single``.

    Raises:
        InputError: no such method or modality.
    """
    wanted = [artifact for plan in session.final_plans for artifact in trained_by(plan, method)]
    with session.begun():
        ensure(session, wanted, force=session.force)
    return wanted


def trained_by(plan: Plan, method: str) -> list[Artifact]:
    """The artifacts that ``train --method`` asks for at one seed."""
    named = list(plan.named(method))
    return [*named, plan.model("best-single")] if method == "unimodal" else named


def measured(plan: Plan) -> list[Artifact]:
    """The artifacts that a measurement makes at one seed."""
    return [*plan.unimodal.values(), plan.model("best-single"), *_rungs(plan)]


def _rungs(plan: Plan) -> list[Artifact]:
    return [artifact for _, artifact in (*plan.rungs(), *plan.paper())]


def mixed(plan: Plan) -> list[Artifact]:
    """The multi-modal artifacts whose modalities a measurement mixes between samples, at one seed."""
    return list({artifact.fingerprint: artifact for _, artifact in plan.mixed()}.values())


def to_be_mixed(session: Session) -> list[Artifact]:
    """The artifacts whose marginals are computed for the session's measurement; none where nothing is measured."""
    return [artifact for plan in _to_be_measured(session) for artifact in mixed(plan)]


def to_be_read(session: Session) -> list[Artifact]:
    """The artifacts whose outputs the session's measurement reads; none where nothing is measured."""
    return [one for plan in _to_be_measured(session) for one in (*plan.unimodal.values(), *_rungs(plan))]


def _to_be_measured(session: Session) -> list[Plan]:
    return [] if why_not(session) is not None or finished(session) is not None else session.plans


def run_plan(session: Session) -> list[Artifact]:
    """The artifacts that a whole run makes: those that are measured, and UMT in full, as that may be advised.

    UME alone where nothing can be measured, and of a finished measurement what is advised on it. Where the measurement
    is cross-fitted neither of the two is among what is measured, as that is all of parts.
    """
    if why_not(session) is not None:
        return [plan.model("ume") for plan in session.final_plans]
    if (record := finished(session)) is not None:
        return [plan.evaluated(advise(record).headline) for plan in session.final_plans]
    read = [artifact for plan in session.plans for artifact in measured(plan)]
    named = (("ume", "ume"), ("umt", "umt, if advised"))
    advised = [plan.model(method, title=title) for plan in session.final_plans for method, title in named]
    known = {artifact.fingerprint for artifact in read}
    return [*read, *(artifact for artifact in advised if artifact.fingerprint not in known)]


def finished(session: Session) -> ProbeRecord | None:
    """The finished measurement of the present recipe, where it would be reused."""
    return _read_probe(session)[0]


def probe(session: Session) -> ProbeRecord:
    """Measure, or read the finished measurement of the present recipe.

    Raises:
        InputError: fewer than two modalities.
    """
    require_two_modalities(session)
    with session.begun():
        return _probed(session)


def _probed(session: Session) -> ProbeRecord:
    path = _probe_path(session)
    record, damage = _read_probe(session)
    if damage is not None:
        session.output.warn(f"{damage}; measured anew")
    if record is not None:
        session.output.note(f"probe: up to date, reused ({path})")
    else:
        if (older := older_probe(session.directory)) is not None:
            said = f"is of older rules of measuring ({older.rules}, now {rules.RULES})"
            session.output.note(f"probe: {session.directory.probe} {said}; measured anew")
        record = _measure(session, path.stem).model_copy(update={"fingerprint": path.stem})
        record.write(path)
    record.write(session.directory.probe)
    return record


def _read_probe(session: Session) -> tuple[ProbeRecord | None, str | None]:
    """The finished measurement, None where there is none or it is to be done anew; and what is wrong with its file."""
    path = _probe_path(session)
    if session.force or not path.is_file():
        return None, None
    try:
        record = ProbeRecord.read(path)
    except KeptDocumentError:
        raise
    except InputError as error:
        return None, f"{error.problems[-1].where}: {error.problems[-1].what}"
    whole = not record.measured or samples_file.is_whole(session.directory.samples_path(path.stem), record.n_probe)
    return (record if whole else None), None


def _probe_path(session: Session) -> Path:
    return session.directory.probe_path(probe_fingerprint(session.recipe, session.identity))


def _measure(session: Session, mark: str) -> ProbeRecord:
    reason = why_not(session)
    if reason is not None:
        return not_measurable(session.recipe.name, reason, session.roles.needed, budget=session.recipe.probe.budget)
    wanted = [artifact for plan in session.plans for artifact in measured(plan)]
    if session.roles.folds:
        session.output.note(_cost(session, wanted))
    ensure(session, wanted, force=session.force)
    marginals.ensure(session, to_be_mixed(session))
    evidence = gather(session)
    if evidence.shifted:
        session.output.warn(_shift(session))
    readings, projected = read_all(evidence), project(evidence)
    record = measure(evidence, readings, projected)
    table = per_sample(evidence, readings, projected, record.contribution)
    samples_file.write(session.directory.samples_path(mark), table, session.dataset)
    return record


def why_not(session: Session) -> str | None:
    """Why nothing can be measured: too few samples, or weights that leave too few; None where something can."""
    if session.roles.not_measurable is not None:
        return session.roles.not_measurable
    weights = [session.of(fold).weights for fold in session.identity.measured]
    parts = [one.as_given("probe") for one in weights if one is not None]
    joined = np.concatenate(parts) if parts else None
    if joined is None or effective(joined) >= FEWEST_EFFECTIVE:
        return None
    return (
        f"the weights of its {len(joined)} probe samples leave as much as {effective(joined):.1f} equal ones, of "
        f"{FEWEST_EFFECTIVE} at least"
    )


def _shift(session: Session) -> str:
    """That class frequencies in training differ from those held out, with the class that is the most unlike."""
    classes = len(session.dataset.classes)
    counts = (part.by_group(classes).sum(axis=0) for part in in_training_and_select(session))
    train, held = (found / found.sum() for found in counts)
    at = int(np.argmax(np.abs(train - held)))
    return (
        f"classes are not as frequent in training as in `select` ({session.dataset.classes[at]} {train[at]:.0%} and "
        f"{held[at]:.0%}, for one): the measurement is of the latter, and no model trained on the former knows of them"
    )


def _cost(session: Session, wanted: Sequence[Artifact]) -> str:
    """What a cross-fitted measurement takes, before anything is trained."""
    parts = together(wanted)
    missing = [part for part in parts.values() if not outputs.whole(session, part)]
    seeds = len(session.recipe.seeds)
    units = f"{len(session.roles.folds)} folds" if seeds == 1 else f"{len(session.roles.folds)} folds x {seeds} seeds"
    to_do = f"{len(missing)} to make" if len(missing) == len(parts) else f"{len(missing)} of them to make"
    return f"cross-fitted measurement: {units}, {len(parts)} models, {to_do} (--dry-run says how long that takes)"


def run(session: Session) -> RunResult:
    """Uni-modal training, probe, advice, the advised method, and one look at test."""
    require_two_modalities(session)
    with session.begun():
        record = _probed(session)
        advice = with_model(advise(record), session.recipe, session.identity)
        write_advice(advice, session.loaded, session.directory)
        advised = [plan.evaluated(advice.headline) for plan in session.final_plans]
        ensure(session, advised, force=session.force)
        test = evaluation.on_split(session, advised[0], method=advice.headline, split="test", command="run")
    return RunResult(record, advice, test, session.directory)


def require_two_modalities(session: Session) -> None:
    """InputError unless there are at least two modalities: with one there is nothing to pair."""
    found = list(session.dataset.modalities)
    if len(found) < 2:
        raise InputError(
            Problem(
                "a probe needs at least two modalities",
                where=session.dataset.name,
                found=f"{len(found)}: {listed(found)}",
                try_next="name more under data.modalities, where to name one leaves out the rest; "
                "one alone is trained by `umlkit train` with --method unimodal",
            )
        )
