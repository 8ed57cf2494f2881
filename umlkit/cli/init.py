"""``umlkit init``: look at a data file and write a commented recipe to grow from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli.options import Groups, Id, Json, Label, SplitBy
from umlkit.errors import InputError, Problem, noted

if TYPE_CHECKING:
    from umlkit.data.propose import Proposal

DataArg = Annotated[
    list[str],
    typer.Argument(metavar="DATA", help="A data file, a folder of .npy files, several files, sklearn:NAME, made:NAME."),
]
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

      umlkit init audio.csv clinical.csv --id visit --groups patient --label diagnosis
    """
    from umlkit.output import Output
    from umlkit.recipe.new_file import check_new, write_new
    from umlkit.runs.records.data import InitRecord

    problems: list[Problem] = []
    with noted(problems):
        check_new(to)
    with noted(problems):
        proposal = _propose(data, to, label=label, groups=groups, split_by=split_by, id=id)
    if problems:
        raise InputError(*problems)
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
    if len(proposal.modalities) > 1:
        output.note(f"try: umlkit run {to}")
    else:
        output.note(
            f"one modality, so there is nothing to compare: divide its columns among several in {to}, or try: "
            f"umlkit train {to} --method unimodal"
        )


def _propose(
    data: list[str], to: Path, *, label: str | None, groups: str | None, split_by: str | None, id: str | None
) -> Proposal:
    """The recipe's text; its path leads from the recipe's folder to the data."""
    import os

    from umlkit.data.propose import propose
    from umlkit.data.shipped import is_source
    from umlkit.data.sources import open_data
    from umlkit.recipe.data_schema import Data, alike, file_name
    from umlkit.recipe.reference import run_name

    if (said := alike(data)) is not None:
        raise InputError(Problem(said, where="DATA", try_next="rename one of them"))
    shipped = len(data) == 1 and is_source(data[0])
    files = {} if shipped else {file_name(one): Path(one) for one in data}
    paths = {
        name: str(path) if path.is_absolute() else os.path.relpath(path, to.parent) for name, path in files.items()
    }
    place = {"source": data[0]} if shipped else {"path": paths if len(paths) > 1 else next(iter(paths.values()))}
    section = Data.model_validate({**place, "label": label, "groups": groups, "split_by": split_by, "id": id})
    stem = data[0].partition(":")[2] if shipped else "-".join(files)
    return propose(open_data(files, section), section, name=run_name(stem), file=str(to))
