"""``umlkit recipes``: the bundled recipes, and ``umlkit recipes copy``: one of them as a file of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umlkit.cli import completing
from umlkit.cli.once import Once
from umlkit.cli.options import Json
from umlkit.errors import InputError, Problem

if TYPE_CHECKING:
    from umlkit.runs.records.listing import RecipesRecord


app = typer.Typer()


@app.callback(invoke_without_command=True)
def show(context: typer.Context, json: Json = False) -> None:
    """List the bundled recipes, copy one, or show the schema that all recipes follow.

    Examples:

      umlkit recipes

      umlkit recipes --json

      umlkit recipes copy digits

      umlkit recipes schema --to recipe.schema.json
    """
    if context.invoked_subcommand is not None:
        return
    from umlkit.output import Output

    record = listed_recipes()
    output = Output(json=json)
    output.table("Bundled recipes", ("name", "what it shows"), [(r.name, r.summary) for r in record.recipes])
    output.result_json(record.document())


@app.command(cls=Once)
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


@app.command(cls=Once)
def schema(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write it there; an earlier one is replaced, no other file."),
    ] = None,
) -> None:
    """Print the JSON Schema of a recipe, by which editors complete and check it, or write it to a file.

    It holds the encoders, methods and heads of this installation, other packages' too. A recipe whose first line is
    "# yaml-language-server: $schema=recipe.schema.json" is checked by the file of that name beside it.

    Examples:

      umlkit recipes schema

      umlkit recipes schema --to recipe.schema.json
    """
    from umlkit.output import Output
    from umlkit.recipe import json_schema

    found = json_schema.json_schema()
    if to is None:
        Output(json=True).result_json(found)
        return
    from umlkit.runs.atomic import write_text

    _check_schema_target(to)
    write_text(to, json_schema.text(found))
    output = Output()
    output.result_text(str(to))
    output.note(f"first line of a recipe beside it: # yaml-language-server: $schema={to.name}")


def _check_schema_target(to: Path) -> None:
    """InputError unless a schema may be written to ``to``."""
    from umlkit.recipe import json_schema

    if to.is_dir():
        raise InputError(Problem("is a folder", where=str(to), try_next=f"--to {to / 'recipe.schema.json'}"))
    if (to.exists() or to.is_symlink()) and not json_schema.is_schema(to):
        what = "exists already, holds something else and is not overwritten"
        raise InputError(Problem(what, where=str(to), try_next=f"--to {to.with_stem(f'{to.stem}-2')}"))
    if not to.parent.is_dir():
        raise InputError(Problem("there is no such folder", where=str(to.parent), try_next=f"mkdir -p {to.parent}"))


def listed_recipes() -> RecipesRecord:
    """All bundled recipes as a document."""
    from umlkit.recipe import bundled
    from umlkit.runs.records.listing import RecipeEntry, RecipesRecord

    return RecipesRecord(recipes=[RecipeEntry(name=name, summary=bundled.summary(name)) for name in bundled.names()])
