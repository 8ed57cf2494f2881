"""``umlkit predict``: calibrated predictions for new data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umlkit.cli import completing
from umlkit.cli.invocation import Invocation, shared_options

Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", show_default=False, help="New data: a file, or a folder of .npy files."),
]
To = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to: .csv, .jsonl or .npz, by the ending.")]
Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        metavar="METHOD",
        help="Default: the advised method, else the only one trained.",
        autocompletion=completing.methods,
    ),
]


@shared_options(without=("force", "max_minutes"))
def command(call: Invocation, data: Data, to: To, method: Method = None) -> None:
    """Predict new data with a finished model: id, class, and one calibrated probability per class.

    DATA holds the arrays or columns that the recipe names, or one array per modality. The training data are not read.

    Examples:

      umlkit predict digits new.npz --to predictions.csv

      umlkit predict digits new.npz --to predictions.jsonl --method ume
    """
    from umlkit.cli.dry_run import show_use
    from umlkit.cli.opening import open_finished
    from umlkit.pipeline.target import check_target

    check_target(to, data=data)
    found = open_finished(call, method, on_new_data=True)
    if call.dry_run:
        what = f"would predict {data} with {found.artifact.label}-{found.artifact.fingerprint} and write {to}"
        show_use(call, found.loaded, what, writes=(str(to),))
        return

    from umlkit.pipeline.prediction import predict_file
    from umlkit.runs.records.activity import PredictionRecord
    from umlkit.training.device import set_threads

    recipe = found.loaded.recipe
    set_threads(recipe.threads)
    model = found.load()
    made = predict_file(
        model,
        data,
        to=to,
        id_name=call.overrides.flags.get("data.id"),
        usual_id=recipe.data.id,
        files=found.loaded.new_files(),
    )
    for note in made.notes:
        call.output.warn(note)
    record = PredictionRecord(method=model.named(found.name), seed=found.artifact.seed, n=made.count, to=str(to))
    call.output.result_json(record.document())
    call.output.result_text(f"{made.count} predictions of {record.method} written to {to}")
