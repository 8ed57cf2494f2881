"""``umlkit predict``: calibrated predictions for new data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umlkit.cli.options import Invocation, shared_options
from umlkit.runs.interrupts import interrupts

Data = Annotated[
    Path, typer.Argument(metavar="DATA", show_default=False, help="New data (.npz or .csv), no label needed.")
]
To = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to: .csv, .jsonl or .npz, by the ending.")]
Method = Annotated[
    str | None,
    typer.Option("--method", metavar="METHOD", help="Default: the advised method, else the only one trained."),
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
    from umlkit.pipeline.choice import choose
    from umlkit.pipeline.locate import find_identity
    from umlkit.runs.layout import RunDirectory

    interrupts.install()
    loaded = call.load()
    directory = RunDirectory(call.run_directory(loaded))
    identity = find_identity(loaded, directory, missing="no model", command=f"umlkit run {call.shown}")
    name, artifact = choose(loaded.recipe, identity, directory, method=method, reference=call.shown)

    from umlkit.pipeline import model
    from umlkit.pipeline.prediction import check_target, predict_file
    from umlkit.runs.records.activity import PredictionRecord
    from umlkit.training.device import set_threads

    check_target(to, data=data)
    if call.dry_run:
        what = f"would predict {data} with {artifact.label}-{artifact.fingerprint} and write {to}"
        show_use(call, loaded, what, writes=(str(to),))
        return
    set_threads(loaded.recipe.threads)
    trained = model.load(artifact.model_dir(directory))
    id_name = call.overrides.flags.get("data.id")
    count = predict_file(trained, data, to=to, id_name=id_name, usual_id=loaded.recipe.data.id)
    record = PredictionRecord(method=name, seed=artifact.seed, n=count, to=str(to))
    call.output.result_json(record.document())
    call.output.result_text(f"{count} predictions of {name} written to {to}")
