"""The options that commands share: how they reach the recipe and the run directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer

from umlkit.cli.invocation import Invocation, invocation, shared_options
from umlkit.errors import InputError


def called(words: list[str], *, without: tuple[str, ...] = ()) -> tuple[Invocation, bool]:
    """The invocation that a command with one option of its own, ``--quiet``, gets."""
    app = typer.Typer()
    got: list[tuple[Invocation, bool]] = []

    @app.command()
    @shared_options(without=without)
    def command(call: Invocation, quiet: Annotated[bool, typer.Option("--quiet")] = False) -> None:
        got.append((call, quiet))

    app(args=words, standalone_mode=False)
    return got[0]


def test_flags_become_keys_of_the_recipe():
    of_data = ["--label", "y", "--groups", "g", "--split-by", "s", "--id", "i"]
    words = ["d.csv", *of_data, "--seed", "3", "--device", "cpu", "--threads", "2", "--set", "a=1", "--set", "b=2"]

    call, _ = called(words)

    assert call.reference == "d.csv"
    assert call.overrides.sets == ("a=1", "b=2")
    assert call.overrides.flags == {
        "data.label": "y",
        "data.groups": "g",
        "data.split_by": "s",
        "data.id": "i",
        "seeds": [3],
        "device": "cpu",
        "threads": 2,
    }


def test_a_bare_call_overrides_nothing():
    call, quiet = called([])

    assert (call.reference, call.out, call.force, call.dry_run, call.max_minutes, quiet) == (
        None,
        None,
        False,
        False,
        None,
        False,
    )
    assert (call.overrides.flags, call.overrides.sets) == ({}, ())


def test_an_own_option_called_quiet_makes_the_output_quiet():
    call, quiet = called(["--quiet", "--json", "-v"])

    assert quiet
    assert (call.output.quiet, call.output.json, call.output.verbose) == (True, True, True)


def test_what_means_nothing_to_a_command_is_no_option_of_it():
    with pytest.raises(Exception, match="No such option: --force"):
        called(["--force"], without=("force",))


def test_the_run_directory_is_the_flag_else_the_variable_else_by_name(monkeypatch, tmp_path):
    monkeypatch.delenv("UMLKIT_OUT", raising=False)
    by_name = invocation({"recipe": "digits"})
    monkeypatch.setenv("UMLKIT_OUT", "from-variable")
    by_variable = invocation({"recipe": "digits"})
    by_flag = invocation({"recipe": "digits", "out": Path("from-flag")})

    directories = [call.run_directory(call.load()) for call in (by_name, by_variable, by_flag)]

    assert directories == [Path("runs/digits"), Path("from-variable"), Path("from-flag")]


def test_variables_reach_the_recipe(monkeypatch):
    monkeypatch.setenv("UMLKIT_TRAIN__EPOCHS", "5")

    assert invocation({"recipe": "digits"}).load().recipe.train.epochs == 5


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        invocation({"recipe": "digits", "set": ["trian.x=1"], "device": "gpu", "threads": 0}).load()

    assert {p.where for p in caught.value.problems} == {"--set trian.x=1", "--device", "--threads"}


def test_a_next_command_repeats_what_names_the_run():
    given = {"recipe": "my data.npz", "label": "y", "out": Path("o"), "seed": 3}

    assert invocation(given).shown == "'my data.npz' --label y --seed 3 --out o"
