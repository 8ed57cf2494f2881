"""``umlkit evaluate``: metrics of a finished model on a split or on new labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli.options import Invocation, shared_options
from umlkit.errors import InputError, Problem, closest, listed
from umlkit.runs.interrupts import interrupts

if TYPE_CHECKING:
    from umlkit.runs.records.evaluation import EvaluationRecord, Metrics

SPLITS = ("train", "select", "probe", "val", "test")

Method = Annotated[
    str | None,
    typer.Option("--method", metavar="METHOD", help="Default: the advised method, else the only one trained."),
]
Split = Annotated[
    str | None, typer.Option("--split", metavar="SPLIT", help="train, select, probe, val (select and probe) or test.")
]
Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="New labelled data instead of a split.")]


@shared_options(without=("force",))
def command(call: Invocation, method: Method = None, split: Split = None, data: Data = None) -> None:
    """Accuracy, balanced accuracy, log-loss and calibration error of a finished model.

    Reading test is logged in the run directory's test-reads.jsonl. Trains nothing.

    Examples:

      umlkit evaluate digits --split probe

      umlkit evaluate digits --method ume --split test --json

      umlkit evaluate digits --data new.npz
    """
    _check(split, data)

    from umlkit.cli.dry_run import show_use
    from umlkit.cli.opening import open_loaded
    from umlkit.pipeline.choice import choose
    from umlkit.pipeline.locate import find_identity
    from umlkit.runs.layout import RunDirectory

    interrupts.install(max_minutes=call.max_minutes)
    loaded = call.load()
    directory = RunDirectory(call.run_directory(loaded))
    identity = find_identity(loaded, directory, missing="no model", command=f"umlkit run {call.shown}")
    name, artifact = choose(loaded.recipe, identity, directory, method=method, reference=call.shown)
    if call.dry_run:
        show_use(call, loaded, f"would evaluate {artifact.label}-{artifact.fingerprint} on {data or split}")
        return

    from umlkit.pipeline import evaluation, model
    from umlkit.training.device import set_threads

    set_threads(loaded.recipe.threads)
    if data is None:
        session = open_loaded(call, loaded)
        record = evaluation.on_split(session, artifact, method=name, split=str(split), command="evaluate")
    else:
        trained = model.load(artifact.model_dir(directory))
        flags = call.overrides.flags
        record = evaluation.on_file(
            trained,
            data,
            method=name,
            label=flags.get("data.label"),
            id_name=flags.get("data.id"),
            usual_id=loaded.recipe.data.id,
        )
    call.output.result_json(record.document())
    _show(call, record)


def _check(split: str | None, data: Path | None) -> None:
    """InputError unless exactly one of a known split and a file is given."""
    if (split is None) == (data is None):
        raise InputError(
            Problem(
                "name what to evaluate on: either --split or --data",
                found="both" if split is not None else "neither",
                allowed=f"--split {listed(SPLITS)}, or --data FILE",
                try_next="--split probe",
            )
        )
    if split is not None and split not in SPLITS:
        raise InputError(
            Problem(
                "unknown split",
                where="--split",
                found=repr(split),
                allowed=listed(SPLITS),
                closest=closest(split, SPLITS),
            )
        )


def metrics_line(metrics: Metrics) -> str:
    """The four metrics as one line."""
    return (
        f"accuracy {metrics.accuracy:.4f}, balanced accuracy {metrics.balanced_accuracy:.4f}, "
        f"log-loss {metrics.log_loss:.4f} nats, calibration error {metrics.ece:.4f}"
    )


def _show(call: Invocation, record: EvaluationRecord) -> None:
    call.output.result_text(f"{record.method} on {record.split} (seed {record.seed}, n = {record.n})")
    call.output.result_text(metrics_line(record.metrics))
