"""What one command leaves does not change what another one means."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import umlkit
from tests.pipeline.conftest import RECIPE, document
from umlkit.errors import InputError
from umlkit.pipeline import steps
from umlkit.recipe.loading import load
from umlkit.recipe.overrides import Overrides

Call = Callable[..., tuple[int, str, str]]
RUN = ("tiny.yaml", "--out", "out")


def headline(folder: Path) -> str:
    return str(json.loads((folder / "out/advice.json").read_text())["headline"])


def evaluated(call: Call, *words: str) -> str:
    code, out, err = call("evaluate", *words, "--split", "probe", "--json")
    assert code == 0, err
    return str(document(out)["method"])


def train_and_damage(folder: Path, call: Call, run: tuple[str, ...], name: str) -> None:
    """Train UME, and spoil the weights of the one new model with this in its name."""
    before = set(folder.glob("out/seed-0/all/models/*"))
    assert call("train", *run, "--method", "ume")[0] == 0
    [model] = [path for path in set(folder.glob("out/seed-0/all/models/*")) - before if name in path.name]
    (model / "model.safetensors").write_bytes(b"x")


@pytest.mark.parametrize("changed", [("--set", "probe.pid=true"), ("--set", "probe.smallest_effect=0.01")])
def test_another_measurement_leaves_the_advised_model_advised(folder: Path, call: Call, changed: tuple[str]) -> None:
    assert call("probe", *RUN, *changed)[0] == 0
    assert evaluated(call, "out") == headline(folder)
    assert evaluated(call, *RUN, *changed) == headline(folder)
    assert umlkit.load_model("out").config.method == headline(folder)


@pytest.mark.parametrize("lost", ["result.json", None])
def test_what_is_advised_and_not_trained_is_what_is_missing(folder: Path, call: Call, lost: str | None) -> None:
    advised = headline(folder)
    for path in folder.glob(f"out/seed-0/all/models/{advised}-*"):
        shutil.rmtree(path) if lost is None else (path / lost).unlink()

    code, out, err = call("evaluate", *RUN, "--split", "val")

    assert (code, out) == (2, "")
    assert f"{advised} is advised and not trained for the present recipe" in err
    [command] = re.findall("try: umlkit (.*)", err)
    assert call(*command.split())[0] == 0
    assert evaluated(call, *RUN) == advised


def test_a_measurement_with_another_seed_leaves_the_run_what_it_was(folder: Path, call: Call) -> None:
    assert call("probe", *RUN, "--budget", "quick", "--seed", "1")[0] == 0
    assert evaluated(call, "out") == headline(folder)
    assert call("advise", *RUN, "--budget", "quick", "--seed", "1")[0] == 0
    assert load("out").recipe.seeds == [1]


def test_a_damaged_model_of_other_settings_than_the_run_s_is_mended_by_the_command_that_is_named(
    folder: Path, call: Call
) -> None:
    other = (*RUN, "--set", "train.lr=0.01")
    train_and_damage(folder, call, other, "audio")
    train = ("train", *other, "--method", "umt")
    commands = set()
    for words in ((*train, "--dry-run"), train):
        code, _, err = call(*words)
        assert code == 2
        commands |= set(re.findall(r"try: write it again: umlkit (.*)", err))
    [command] = commands
    assert call(*command.split())[0] == 0
    assert call(*train)[0] == 0


def test_a_damaged_model_that_is_evaluated_is_mended_with_the_settings_of_the_call(folder: Path, call: Call) -> None:
    other = (*RUN, "--set", "train.lr=0.01")
    train_and_damage(folder, call, other, "ume")
    evaluate = ("evaluate", *other, "--method", "ume", "--split", "probe")
    said = call(*evaluate)[2]
    assert "damaged" in said, said
    [command] = re.findall(r"try: write it again: umlkit (.*)", said)
    assert call(*command.split())[0] == 0
    assert call(*evaluate)[0] == 0


def test_a_damaged_model_of_another_split_is_not_mended_by_training_the_run_s_own(folder: Path, call: Call) -> None:
    other = (*RUN, "--set", "data.split.seed=5")
    train_and_damage(folder, call, other, "audio")
    train = ("train", *other, "--method", "umt")
    [command] = re.findall(r"try: write it again: umlkit (.*)", call(*train)[2])
    assert call(*command.split())[0] == 0
    assert call(*train)[0] == 0


def test_a_run_that_is_broken_off_leaves_the_directory_what_it_was(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "advise", lambda record: (_ for _ in ()).throw(KeyboardInterrupt))
    assert call("run", *RUN, "--budget", "quick", "--seed", "1")[0] == 130
    assert load("out").recipe.seeds == [0]
    assert evaluated(call, "out") == headline(folder)


def test_the_advice_is_for_every_seed_of_the_run(fresh: Path, call: Call) -> None:
    (fresh / "tiny.yaml").write_text(f"{RECIPE}\nseeds: [0, 1]\n")
    assert call("run", *RUN, "--budget", "quick")[0] == 0
    for seed in ("0", "1"):
        assert evaluated(call, "out", "--seed", seed) == headline(fresh)


def test_a_dry_run_of_a_finished_measurement_trains_nothing(folder: Path, call: Call) -> None:
    for path in folder.glob("out/seed-0/all/models/kernel-*/result.json"):
        path.unlink()
    code, out, _ = call("probe", *RUN, "--dry-run")
    assert code == 0
    assert "Everything is up to date: nothing would be trained" in out
    models = document(call("run", *RUN, "--dry-run", "--json")[1])["models"]
    assert {model["action"] for model in models} == {"reuse"}


def test_what_loading_names_is_the_run_directory(fresh: Path, call: Call) -> None:
    assert call("train", *RUN, "--method", "ume")[0] == 0
    with pytest.raises(InputError, match=r"umlkit train out --method umt"):
        umlkit.load_model("out", method="umt")


def test_the_kernel_is_the_only_one_trained_where_it_is(fresh: Path, call: Call) -> None:
    assert call("train", *RUN, "--method", "kernel")[0] == 0
    assert evaluated(call, "out") == "kernel"


def test_data_that_have_moved_are_named_where_they_lie_now(fresh: Path, call: Call) -> None:
    assert call("train", *RUN, "--method", "ume")[0] == 0
    (fresh / "tiny.npz").rename(fresh / "moved.npz")
    (fresh / "out").rename(fresh / "elsewhere")
    code, _, err = call("probe", "elsewhere", "--budget", "quick")
    assert code == 2
    assert "--set data.path=FILE" in err
    code, _, err = call("train", "elsewhere", "--method", "ume", "--set", "data.path=moved.npz")
    assert code == 0, err
    assert "ume: up to date, reused" in err


def test_paths_from_the_command_line_are_relative_to_here_whatever_files_are_called(
    fresh: Path,
) -> None:
    away = fresh / "UMLKIT_exports"
    away.mkdir()
    (fresh / "tiny.npz").rename(away / "tiny.npz")
    assert load(str(Path("UMLKIT_exports/tiny.npz"))).data_files() == {"tiny": Path("UMLKIT_exports/tiny.npz")}
    (away / "two.yaml").write_text("data: {path: {a.b: x.csv, c: y.csv}, label: y, id: i}")
    files = load("UMLKIT_exports/two.yaml", Overrides(sets=('data.path."a.b"=moved.csv',))).data_files()
    assert files == {"a.b": Path("moved.csv"), "c": Path("UMLKIT_exports/y.csv")}
    (away / "one.yaml").write_text("data: {path: x.csv, label: y}")
    environ = Overrides(environ={"UMLKIT_DATA__PATH": "z.csv"})
    assert list(load("UMLKIT_exports/one.yaml", environ).data_files().values()) == [Path("z.csv")]


def test_the_file_that_is_not_there_is_named_as_set_takes_it(fresh: Path, call: Call) -> None:
    (fresh / "two.yaml").write_text("data: {path: {a.b: x.csv, c: y.csv}, label: y, id: i}")
    assert """--set 'data.path."a.b"=FILE'""" in call("probe", "two.yaml")[2]


def test_one_modality_is_told_that_naming_it_leaves_out_the_rest(fresh: Path, call: Call) -> None:
    lines = [line for line in RECIPE.splitlines() if "video" not in line]
    (fresh / "tiny.yaml").write_text("\n".join(lines))
    code, _, err = call("probe", *RUN)
    assert code == 2
    assert "to name one leaves out the rest" in " ".join(err.split())
