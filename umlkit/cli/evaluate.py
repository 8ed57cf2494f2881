"""``umlkit evaluate``: metrics of a finished model on a split or on new labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli import completing
from umlkit.cli.invocation import Invocation, shared_options
from umlkit.errors import InputError, Problem, closest, listed
from umlkit.output import printable, wrapped

if TYPE_CHECKING:
    from umlkit.cli.opening import FinishedModel
    from umlkit.runs.records.evaluation import EvaluationRecord, Metrics

SPLITS = ("train", "select", "probe", "val", "test")

Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        metavar="METHOD",
        help="Default: the advised method, else the only one trained.",
        autocompletion=completing.methods,
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        "--split",
        metavar="SPLIT",
        help="train, select, probe, val (select and probe) or test.",
        autocompletion=completing.splits,
    ),
]
Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="New labelled data instead of a split.")]


@shared_options(without=("force",))
def command(call: Invocation, method: Method = None, split: Split = None, data: Data = None) -> None:
    """Accuracy and log-loss, plain and balanced over classes, and calibration error of a finished model.

    Where the data have sample weights all of them are weighted, which is said. Reading test is logged in the run
    directory's test-reads.jsonl. Trains nothing.

    Examples:

      umlkit evaluate digits --split probe

      umlkit evaluate digits --method ume --split test --json

      umlkit evaluate digits --data new.npz
    """
    _check(split, data)

    from umlkit.cli.dry_run import show_use
    from umlkit.cli.opening import open_finished

    found = open_finished(call, method, on_new_data=data is not None)
    if split is not None:
        found.identity.require_samples(split)
    if call.dry_run:
        what = f"would evaluate {found.artifact.label}-{found.artifact.fingerprint} on {data or split}"
        show_use(call, found.loaded, what)
        return
    record = _on_split(call, found, str(split)) if data is None else _on_file(call, found, data)
    call.output.result_json(record.document())
    _show(call, record)


def _on_split(call: Invocation, found: FinishedModel, split: str) -> EvaluationRecord:
    from umlkit.cli.opening import open_loaded
    from umlkit.pipeline import evaluation

    session = open_loaded(call, found.loaded)
    if session.identity.roles != found.identity.roles:
        raise InputError(
            Problem(
                "the samples are divided otherwise now than when this model was trained, by another umlkit",
                where=f"--split {split}",
                try_next=f"umlkit train {found.reference} --method {found.name}, or evaluate on a file by --data",
            )
        )
    return evaluation.on_split(session, found.artifact, method=found.name, split=split, command="evaluate")


def _on_file(call: Invocation, found: FinishedModel, data: Path) -> EvaluationRecord:
    from umlkit.pipeline import evaluation
    from umlkit.training.device import set_threads

    recipe, flags = found.loaded.recipe, call.overrides.flags
    set_threads(recipe.threads)
    return evaluation.on_file(
        found.load(),
        data,
        method=found.name,
        label=flags.get("data.label"),
        id_name=flags.get("data.id"),
        usual_id=recipe.data.id,
        files=found.loaded.new_files(),
        warn=call.output.warn,
    )


def _check(split: str | None, data: Path | None) -> None:
    """InputError unless exactly one of a known split and a file is given."""
    if (split is None) == (data is None):
        raise InputError(
            Problem(
                "name what to evaluate on: either --split or --data",
                found="both" if split is not None else "neither",
                allowed=f"--split {listed(SPLITS)}, or --data FILE",
                try_next="--split val",
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
    """The metrics as one line."""
    loss = "" if metrics.balanced_log_loss is None else f", balanced log-loss {metrics.balanced_log_loss:.4f} nats"
    return (
        f"accuracy {metrics.accuracy:.4f}, balanced accuracy {metrics.balanced_accuracy:.4f}, "
        f"log-loss {metrics.log_loss:.4f} nats{loss}, calibration error {metrics.ece:.4f}"
    )


def weighting(record: EvaluationRecord) -> str:
    """That the metrics are weighted, to follow what they are of; nothing where they are not."""
    return "" if record.weighted_by is None else f", weighted by {printable(record.weighted_by)}"


def _show(call: Invocation, record: EvaluationRecord) -> None:
    of = f"{record.method} on {record.split} (seed {record.seed}, n = {record.n})"
    call.output.result_text(wrapped(of + weighting(record)))
    call.output.result_text(wrapped(metrics_line(record.metrics)))
