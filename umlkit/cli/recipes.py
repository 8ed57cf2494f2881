"""``umlkit recipes``: the bundled recipes, and ``umlkit recipes copy``: one of them as a file of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli import completing
from umlkit.cli.options import Json

if TYPE_CHECKING:
    from umlkit.runs.records.listing import RecipesRecord


app = typer.Typer()


@app.callback(invoke_without_command=True)
def show(context: typer.Context, json: Json = False) -> None:
    """List the bundled recipes, or copy one.

    Examples:

      umlkit recipes

      umlkit recipes --json

      umlkit recipes copy digits
    """
    if context.invoked_subcommand is not None:
        return
    from umlkit.output import Output

    record = listed_recipes()
    output = Output(json=json)
    output.table("Bundled recipes", ("name", "what it shows"), [(r.name, r.summary) for r in record.recipes])
    output.result_json(record.document())


@app.command()
def copy(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="One that `umlkit recipes` lists.", autocompletion=completing.bundled_recipes
        ),
    ],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to; ./NAME.yaml without it. Never overwritten.")
    ] = None,
    json: Json = False,
) -> None:
    """Copy a bundled recipe to a file, to change it there.

    Examples:

      umlkit recipes copy digits

      umlkit recipes copy breast-cancer --to mine.yaml
    """
    from umlkit.output import Output
    from umlkit.recipe import bundled
    from umlkit.runs.records.listing import CopyRecord

    source = bundled.path(name)
    target = to or Path(source.name)
    bundled.copy(name, target)
    output = Output(json=json)
    output.result_text(str(target))
    output.result_json(CopyRecord(recipe=name, file=str(target)).document())
    output.note(f"try: umlkit run {target}")


def listed_recipes() -> RecipesRecord:
    """All bundled recipes as a document."""
    from umlkit.recipe import bundled
    from umlkit.runs.records.listing import RecipeEntry, RecipesRecord

    return RecipesRecord(recipes=[RecipeEntry(name=name, summary=bundled.summary(name)) for name in bundled.names()])
