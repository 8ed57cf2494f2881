"""The arguments and options that commands share, as typer reads them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from umlkit.cli import completing

DATA_PANEL = "Options for data files"
COMMON_PANEL = "Common options"


def literal(command: Callable[..., Any]) -> str:
    """A command's docstring so that typer's help shows square brackets as they stand."""
    return (inspect.getdoc(command) or "").replace("[", r"\[")


def shown_to_typer(call: Callable[..., None], parameters: Sequence[inspect.Parameter]) -> None:
    """Give a function that takes anything the signature from which typer makes its options."""
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": None}


def whole_number(text: str) -> int:
    """``text`` as an int; a usage error in plain words where it is none."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"must be a whole number, found {text!r}") from None


def minutes(text: str) -> float:
    """``text`` as a positive, finite number; a usage error in plain words where it is none."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise typer.BadParameter(f"must be a number of minutes above 0, found {text!r}")
    return number


def _common(*names: str, help: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=COMMON_PANEL, **more)


def _of_data(name: str, *, help: str) -> Any:
    return typer.Option(name, help=help, metavar="NAME", rich_help_panel=DATA_PANEL)


RecipeArg = Annotated[
    str | None,
    typer.Argument(
        metavar="RECIPE",
        show_default=False,
        help="A recipe (.yaml), the name of a bundled recipe, a data file with --label, or a run's directory. "
        "Without it: ./umlkit.yaml.",
        autocompletion=completing.recipes,
    ),
]
Label = Annotated[str | None, _of_data("--label", help="Array or column that holds the label.")]
Groups = Annotated[str | None, _of_data("--groups", help="Array or column naming each sample's group, kept whole.")]
SplitBy = Annotated[str | None, _of_data("--split-by", help="Array or column with the words train, val, test.")]
Id = Annotated[str | None, _of_data("--id", help="Array or column naming each sample.")]
Out = Annotated[Path | None, _common("--out", metavar="DIR", help="Run directory; runs/<recipe name> without it.")]
Set = Annotated[
    list[str] | None,
    _common(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the recipe: train.epochs=50. Repeatable.",
        autocompletion=completing.settings,
    ),
]
Seed = Annotated[int | None, _common("--seed", metavar="N", parser=whole_number, help="Training seed.")]
Device = Annotated[
    str | None, _common("--device", metavar="DEVICE", help="auto, cpu, cuda or mps.", autocompletion=completing.devices)
]
Threads = Annotated[int | None, _common("--threads", metavar="N", parser=whole_number, help="CPU threads.")]
Workers = Annotated[
    int | None, _common("--workers", metavar="N", parser=whole_number, help="Threads that prepare batches.")
]
Json = Annotated[bool, _common("--json", help="One JSON document on stdout; errors as JSON on stderr.")]
Verbose = Annotated[bool, _common("--verbose", "-v", help="Say more on stderr.")]
Force = Annotated[bool, _common("--force", help="Do it anew, even where a finished or interrupted result exists.")]
DryRun = Annotated[
    bool, _common("--dry-run", help="Only show every setting and its origin, and what would be done and written.")
]
MaxMinutes = Annotated[
    float | None,
    _common("--max-minutes", metavar="M", parser=minutes, help="Stop after M minutes, resumably (exit 75)."),
]

Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="BUDGET",
        help="What is trained to measure: quick, short (default) or full.",
        autocompletion=completing.budgets,
    ),
]
"""Of the commands that measure or read a measurement; ``None`` leaves it to the recipe."""

SHARED: Mapping[str, Any] = {
    "recipe": RecipeArg,
    "label": Label,
    "groups": Groups,
    "split_by": SplitBy,
    "id": Id,
    "out": Out,
    "set": Set,
    "seed": Seed,
    "device": Device,
    "threads": Threads,
    "workers": Workers,
    "force": Force,
    "dry_run": DryRun,
    "max_minutes": MaxMinutes,
    "json": Json,
    "verbose": Verbose,
}
"""Parameter name -> type, in the order in which help shows them."""
