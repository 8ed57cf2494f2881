"""What a call of a command asked for, and the decorator that puts the common options into a command's signature.

A command takes an :class:`Invocation` first and is decorated with :func:`shared_options`. So a command file only parses
what is its own, delegates and prints. Nothing heavy is imported here: ``--help`` passes through.
"""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from umlkit.cli import failures
from umlkit.cli.options import SHARED, DryRun, Force, Json, Verbose, shown_to_typer
from umlkit.output import Output

if TYPE_CHECKING:
    from umlkit.recipe.loading import LoadedRecipe
    from umlkit.recipe.overrides import Overrides

_RECIPE_KEYS = {
    "label": "data.label",
    "groups": "data.groups",
    "split_by": "data.split_by",
    "id": "data.id",
    "seed": "seeds",
    "device": "device",
    "threads": "threads",
    "workers": "workers",
    "budget": "probe.budget",
}
"""Parameter name -> the key of the recipe that it sets; an own parameter of a command may be among them."""


_DATA_FLAGS = {"data.label": "--label", "data.groups": "--groups", "data.split_by": "--split-by", "data.id": "--id"}


@dataclass(frozen=True)
class Invocation:
    """What a call of a command asked for, but for the command's own options.

    Attributes:
        reference: RECIPE as given; None for ``./umlkit.yaml``.
        overrides: what flags, ``--set`` and the environment change in the recipe.
        out: the run directory asked for (``--out``, else ``UMLKIT_OUT``); None for ``runs/<recipe name>``.
        output: where everything is said.
        force: do anew what is finished or half done.
        dry_run: only show what would be done.
        max_minutes: stop resumably after so long; None for no limit.
        out_given: ``out`` was asked for by the flag, which a next command has to repeat.
    """

    reference: str | None
    overrides: Overrides
    out: Path | None
    output: Output
    force: bool = False
    dry_run: bool = False
    max_minutes: float | None = None
    out_given: bool = False

    @property
    def shown(self) -> str:
        """RECIPE and what has to stand beside it in a next command that means the same run."""
        words = [self.reference or "umlkit.yaml"]
        for key, flag in _DATA_FLAGS.items():
            if key in self.overrides.flags:
                words += [flag, str(self.overrides.flags[key])]
        words += [word for one in self.overrides.sets for word in ("--set", one)]
        words += ["--seed", str(self.overrides.flags["seeds"][0])] if "seeds" in self.overrides.flags else []
        words += ["--out", str(self.out)] if self.out and self.out_given else []
        return shlex.join(words)

    def without(self, key: str) -> Invocation:
        """The same call without the flag that sets a recipe's key."""
        flags = {name: value for name, value in self.overrides.flags.items() if name != key}
        return replace(self, overrides=replace(self.overrides, flags=flags))

    def load(self) -> LoadedRecipe:
        """The recipe with all overrides applied; InputError with every problem it has."""
        from umlkit.recipe.loading import load

        loaded = load(self.reference, self.overrides)
        failures.remember(self.run_directory(loaded))
        return loaded

    def run_directory(self, loaded: LoadedRecipe) -> Path:
        """Where the artifacts of this recipe lie; it need not exist. A run that RECIPE names lies where it is."""
        named = self.out if self.out_given else loaded.run or self.out
        return named or Path("runs") / loaded.recipe.name


def invocation(given: Mapping[str, Any], *, quiet: bool = False) -> Invocation:
    """The record of a call from its parsed options.

    Args:
        given: some or all of the names in :data:`SHARED` -> value; None where the user said nothing.
        quiet: the command was asked to print its bare result.
    """
    from umlkit.recipe.overrides import Overrides

    flags = {key: given[name] for name, key in _RECIPE_KEYS.items() if given.get(name) is not None}
    if "seeds" in flags:
        flags["seeds"] = [flags["seeds"]]
    environ = {name: value for name, value in os.environ.items() if name.startswith("UMLKIT_")}
    out = given.get("out") or os.environ.get("UMLKIT_OUT")
    return Invocation(
        reference=given.get("recipe"),
        overrides=Overrides(flags=flags, sets=tuple(given.get("set") or ()), environ=environ),
        out=Path(out) if out else None,
        output=Output(json=bool(given.get("json")), verbose=bool(given.get("verbose")), quiet=quiet),
        force=bool(given.get("force")),
        dry_run=bool(given.get("dry_run")),
        max_minutes=given.get("max_minutes"),
        out_given=given.get("out") is not None,
    )


def shared_options(*, without: tuple[str, ...] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate ``command(call: Invocation, *own)`` so that typer sees RECIPE, the own parameters, the common options.

    Args:
        without: names in :data:`SHARED` that mean nothing to the command and are left out of it. An own parameter
            called ``quiet`` makes the invocation's output quiet.
    """
    shared = {name: kind for name, kind in SHARED.items() if name not in without}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        _, *own = inspect.signature(command).parameters.values()
        hints = get_type_hints(command, include_extras=True)

        @wraps(command)
        def call(**given: Any) -> None:
            mine = {parameter.name: given[parameter.name] for parameter in own}
            command(invocation(given, quiet=bool(mine.get("quiet"))), **mine)

        parameters = [_parameter(name, kind) for name, kind in shared.items()]
        first = 1 if "recipe" in shared else 0
        ours = [p.replace(annotation=hints[p.name], kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        shown_to_typer(call, [*parameters[:first], *ours, *parameters[first:]])
        return call

    return decorate


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    default = False if kind in (Json, Verbose, Force, DryRun) else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
