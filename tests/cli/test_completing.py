"""What a shell is offered on TAB, asked as the shells ask: through environment variables, in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from umlkit import registry
from umlkit.cli import completing
from umlkit.recipe import bundled

COUNTED = """
import atexit, sys
from umlkit.cli.main import process
heavy = {"torch", "sklearn", "scipy", "numpy"}
atexit.register(lambda: print(*sorted(heavy & {name.partition(".")[0] for name in sys.modules}), file=sys.stderr))
process()
"""


def asked(cwd, **environ: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell calls it for completions; heavy imports are named on stderr."""
    return subprocess.run(
        [sys.executable, "-c", COUNTED], capture_output=True, text=True, cwd=cwd, env={**os.environ, **environ}
    )


def bash(line: str, cwd) -> list[str]:
    """What bash is offered at the end of ``line``."""
    words = line.split(" ")
    done = asked(cwd, COMP_WORDS=line, COMP_CWORD=str(len(words) - 1), _UMLKIT_COMPLETE="complete_bash")
    assert done.stderr == "\n"
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("umlkit pr", ["probe", "predict"]),
        ("umlkit recipes c", ["copy"]),
        ("umlkit run --max", ["--max-minutes"]),
        ("umlkit recipes copy di", ["digits"]),
        ("umlkit run digits --device c", ["cpu", "cuda"]),
        ("umlkit evaluate digits --split ", ["train", "select", "probe", "val", "test"]),
        ("umlkit train digits --method um", ["ume", "umt"]),
        ("umlkit predict digits new.npz --method um", ["ume", "umt"]),
        ("umlkit advise digits --among a", ["all"]),
        ("umlkit advise digits --among ume,um", ["ume,umt"]),
        ("umlkit advise digits --expect um", ["ume", "umt"]),
        ("umlkit advise digits --rule p", ["posterior", "paper"]),
        ("umlkit run digits --set train.ep", ["train.epochs="]),
        ("umlkit run digits --set methods.umt.w", ["methods.umt.weight="]),
        ("umlkit run other/", []),
        ("umlkit run digits --out ", []),
    ],
)
def test_bash_is_offered_what_there_is(line, offered, tmp_path):
    assert bash(line, tmp_path) == offered


def test_a_recipe_may_be_bundled_or_a_file_of_this_folder(tmp_path):
    for name in ("mine.yaml", "data.npz", "notes.txt", "odd $(name).csv"):
        (tmp_path / name).touch()

    assert bash("umlkit run ", tmp_path) == [*bundled.names(), "data.npz", "mine.yaml"]


def test_zsh_and_fish_are_told_what_a_word_means(tmp_path):
    line = "umlkit run digits --set data.modalities.left.encoder="
    zsh = asked(tmp_path, _TYPER_COMPLETE_ARGS=line, _UMLKIT_COMPLETE="complete_zsh")
    fish = asked(
        tmp_path, _TYPER_COMPLETE_ARGS=line, _UMLKIT_COMPLETE="complete_fish", _TYPER_COMPLETE_FISH_ACTION="get-args"
    )

    for name, spec in registry.encoders().items():
        assert f"encoder={name}" in zsh.stdout
        assert f"data.modalities.left.encoder={name}\t{spec.summary}" in fish.stdout.splitlines()


def test_a_long_meaning_stays_on_the_line_of_its_word(tmp_path):
    done = asked(
        tmp_path,
        COLUMNS="20",
        _TYPER_COMPLETE_ARGS="umlkit train digits --method ",
        _UMLKIT_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )

    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == list(registry.methods())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_can_be_shown(shell, tmp_path):
    done = asked(tmp_path, _UMLKIT_COMPLETE=f"source_{shell}")

    assert "_UMLKIT_COMPLETE=complete_" in done.stdout


def test_a_plug_in_that_is_broken_offers_nothing_and_says_nothing(monkeypatch):
    def broken():
        raise ImportError("no such module")

    monkeypatch.setattr(registry, "methods", broken)

    assert completing.methods("") == []
    assert completing.settings("methods.") == []


def test_the_splits_offered_are_those_that_are_accepted():
    from umlkit.cli.evaluate import SPLITS

    assert tuple(name for name, _ in completing.splits("")) == SPLITS
