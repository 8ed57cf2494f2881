"""``umlkit train``: train a method, and the uni-modal models that it builds on where they are missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli import completing
from umlkit.cli.invocation import Invocation, shared_options

if TYPE_CHECKING:
    from umlkit.runs.records.activity import TrainedEntry

COLUMNS = ("model", "seed", "encoders", "best epoch", "ended by", "select log-loss", "seconds")

Method = Annotated[
    str,
    typer.Option(
        "--method",
        metavar="METHOD",
        help="unimodal, unimodal:<modality>, ume, umt, joint, residual, ... (`umlkit methods` lists them).",
        autocompletion=completing.methods,
    ),
]


@shared_options()
def command(call: Invocation, method: Method) -> None:
    """Train a method; what it builds on is trained where it is missing and reused where it is there.

    An interrupted training goes on when the same command is called again.

    Examples:

      umlkit train digits --method unimodal

      umlkit train digits --method umt --set methods.umt.weight=0.5

      umlkit train digits --method "$(umlkit advise digits --quiet)"
    """
    from umlkit.cli.opening import open_run
    from umlkit.pipeline.choice import known_method

    known_method(method)
    session = open_run(call)

    from umlkit.cli.dry_run import show_plan
    from umlkit.pipeline.steps import train, trained_by
    from umlkit.pipeline.summary import training_record

    if call.dry_run:
        show_plan(call, session, [a for plan in session.final_plans for a in trained_by(plan, method)])
        return
    record = training_record(session, method, train(session, method))
    call.output.result_json(record.document())
    rows = [_cells(entry) for entry in record.models]
    call.output.table(f"{session.recipe.name}: {method}", COLUMNS, rows)
    for folder in dict.fromkeys(str(Path(entry.directory).parent) for entry in record.models):
        call.output.result_text(f"Models lie in {folder}")


def _cells(entry: TrainedEntry) -> list[str]:
    """A finished model as a row of the table."""
    return [
        entry.model,
        str(entry.seed),
        ", ".join(f"{modality} {encoder}" for modality, encoder in entry.encoders.items()),
        "-" if entry.best_epoch is None else str(entry.best_epoch),
        entry.stopped_by or "-",
        "-" if entry.select_loss is None else f"{entry.select_loss:.4f}",
        f"{entry.seconds:.1f}",
    ]
