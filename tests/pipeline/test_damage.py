"""A damaged file of a run directory: what can be made again is, the rest is named with the command that mends it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.conftest import document

RUN = ("tiny.yaml", "--out", "out")


def only(folder: Path, pattern: str) -> Path:
    [path] = folder.glob(pattern)
    return path


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "umlkit.probe/1"}', '{"schema": "umlkit.advice/2"}'])
def test_a_damaged_probe_is_measured_anew_from_the_stored_outputs(folder: Path, call, content: str) -> None:
    stored = only(folder, "out/probes/*.json")
    whole = json.loads(stored.read_text())
    stored.write_text(content)

    code, _, err = call("probe", *RUN)

    assert code == 0
    assert stored.name in err
    assert "measured anew" in err
    assert "training" not in err
    assert json.loads(stored.read_text())["ladder"] == whole["ladder"]


def test_a_probe_of_a_newer_umlkit_is_left_alone(folder: Path, call) -> None:
    stored = only(folder, "out/probes/*.json")
    stored.write_text('{"schema": "umlkit.probe/99"}')

    code, out, err = call("probe", *RUN)

    assert (code, out) == (2, "")
    assert "newer umlkit" in err
    assert stored.read_text() == '{"schema": "umlkit.probe/99"}'


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


@pytest.mark.parametrize("harm", [cut_short, Path.unlink])
@pytest.mark.parametrize(("name", "expected"), [("config.json", 2), ("model.safetensors", 1)])
def test_the_command_that_a_damaged_model_names_mends_it(
    folder: Path, call, name: str, expected: int, harm: Callable[[Path], None]
) -> None:
    model = only(folder, "out/seed-0/all/models/unimodal-audio-*")
    whole = (model / name).read_bytes()
    harm(model / name)
    evaluate = ("evaluate", *RUN, "--method", "unimodal:audio", "--split", "probe")

    code, out, err = call(*evaluate)

    assert (code, out) == (expected, "")
    assert str(model.relative_to(folder) / name) in err
    [command] = re.findall(r"try: (?:write it again: )?umlkit (.*)", err)
    assert command == "train out --method unimodal:audio --seed 0 --force"
    assert call(*command.split())[0] == 0
    assert name == "config.json" or (model / name).read_bytes() == whole
    assert call(*evaluate)[0] == 0


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("unimodal-audio", "umlkit train out --method unimodal:audio --seed 0"),
        ("ume", "umlkit train out --method ume --seed 0"),
        ("kernel", "umlkit probe out --budget full"),
    ],
)
def test_the_command_that_damaged_outputs_name_mends_them_also_of_what_is_only_a_rung(
    folder: Path, call, model: str, expected: str
) -> None:
    """Of the two kernels one is the method ``kernel``; the other, the additive one, no ``train`` makes."""
    [name] = [path.parent.name for path in folder.glob(f"out/seed-0/all/models/{model}-*/config.json") if meant(path)]
    whole = folder / "out" / "seed-0" / "all" / "outputs" / name / "probe-00000.safetensors"
    before = whole.read_bytes()
    cut_short(whole)
    shutil.rmtree(folder / "out" / "probes")

    code, out, err = call("probe", *RUN)

    assert (code, out) == (1, "")
    assert str(whole.relative_to(folder)) in err
    [commands] = re.findall(r"try: write it again: (.*)", err)
    assert commands == f"rm out/seed-0/all/outputs/{name}/probe-* && {expected}"
    removing, command = commands.split(" && ")
    for path in Path().glob(removing.removeprefix("rm ")):
        path.unlink()
    code, _, err = call(*command.removeprefix("umlkit ").split())
    assert code == 0
    assert ": training" not in err
    assert whole.read_bytes() == before
    assert call("probe", *RUN)[0] == 0


def meant(config: Path) -> bool:
    """Of the kernels the additive one, of the ensembles not the one that the paper's rule reads."""
    options = json.loads(config.read_text())["options"]
    return options.get("interaction") is not True and options.get("pool") != "prob-mean"


def test_lost_outputs_are_made_again_without_training_what_can_be_computed(folder: Path, call) -> None:
    whole = json.loads(only(folder, "out/probes/*.json").read_text())
    shutil.rmtree(folder / "out" / "seed-0" / "all" / "outputs")
    only(folder, "out/probes/*.json").unlink()
    weights = {path: path.read_bytes() for path in folder.glob("out/**/unimodal-*/model.safetensors")}
    code, out, err = call("probe", *RUN, "--dry-run", "--json")
    assert code == 0, err
    models = document(out)["models"]
    actions = {model["model"]: (model["action"], model["cost"]["trainings"]) for model in models}
    assert actions["unimodal-audio"] == ("compute", 0)
    assert actions["kernel"][0] == "train"

    code, _, err = call("probe", *RUN)

    assert code == 0, err
    again = [line for line in err.splitlines() if "outputs are gone" in line]
    assert any("audio" in line and "computed again from its weights" in line for line in again)
    assert any("kernel" in line and "trained anew" in line for line in again)
    assert {path: path.read_bytes() for path in weights} == weights
    assert json.loads(only(folder, "out/probes/*.json").read_text())["contribution"] == whole["contribution"]
