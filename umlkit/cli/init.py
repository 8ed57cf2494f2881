"""``umlkit init``: look at a data file and write a commented recipe to grow from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli.options import Groups, Id, Json, Label, SplitBy

if TYPE_CHECKING:
    from umlkit.data.propose import Proposal

DataArg = Annotated[str, typer.Argument(metavar="DATA", help="A data file, a folder of .npy files, or sklearn:NAME.")]
To = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write the recipe. Never overwritten.")]


def command(
    data: DataArg,
    label: Label = None,
    to: To = Path("umlkit.yaml"),
    groups: Groups = None,
    split_by: SplitBy = None,
    id: Id = None,
    json: Json = False,
) -> None:
    """Look at a data file and write a commented recipe to grow from.

    Examples:

      umlkit init mydata.npz --label y

      umlkit init mydata.csv --label diagnosis --groups patient --to mine.yaml
    """
    from umlkit.output import Output
    from umlkit.recipe.new_file import check_new, write_new
    from umlkit.runs.records.data import InitRecord

    check_new(to)
    proposal = _propose(data, to, label=label, groups=groups, split_by=split_by, id=id)
    write_new(to, proposal.text)
    output = Output(json=json)
    output.result_json(
        InitRecord(
            file=str(to), label=proposal.label, modalities=proposal.modalities, left_out=proposal.left_out
        ).document()
    )
    output.result_text(str(to))
    for reason in proposal.left_out:
        output.warn(f"left out: {reason}")
    output.note(f"try: umlkit run {to}")


def _propose(
    data: str, to: Path, *, label: str | None, groups: str | None, split_by: str | None, id: str | None
) -> Proposal:
    """The recipe's text; its path leads from the recipe's folder to the data."""
    import os

    from umlkit.data.propose import propose
    from umlkit.data.sources import open_source
    from umlkit.recipe.loading import run_name
    from umlkit.recipe.schema import Data

    if data.startswith("sklearn:"):
        raw = open_source(path=None, source=data)
        place, stem = {"source": data}, data.removeprefix("sklearn:")
    else:
        raw = open_source(path=Path(data), source=None)
        path = data if Path(data).is_absolute() else os.path.relpath(data, to.parent)
        place, stem = {"path": path}, Path(data).stem
    section = Data.model_validate({**place, "label": label, "groups": groups, "split_by": split_by, "id": id})
    return propose(raw, section, name=run_name(stem), file=str(to))
