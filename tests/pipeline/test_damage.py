"""A damaged file of a run directory: what can be made again is, the rest is named with the command that mends it."""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import document, write_data
from umlkit import load_model
from umlkit.errors import InputError
from umlkit.runs import tensors

Call = Callable[..., tuple[int, str, str]]
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


def test_advising_from_a_damaged_probe_names_the_command_that_measures_anew(folder: Path, call: Call) -> None:
    (folder / "tiny.yaml").write_text((folder / "tiny.yaml").read_text().replace("full", "short"))
    for given, damaged, expected in (
        (RUN, only(folder, "out/probes/*.json"), "umlkit probe tiny.yaml --out out --budget full"),
        (("out/probe.json",), folder / "out" / "probe.json", "umlkit probe out"),
    ):
        cut_short(damaged)
        code, out, err = call("advise", *given)

        assert (code, out) == (2, "")
        assert re.findall(r"try: write it again: (.*)", err) == [expected]
        assert in_shell(expected, call) == 0
        assert call("advise", *given)[0] == 0


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: cut_short(path)])
def test_without_the_index_of_the_data_it_is_named_with_the_command_that_writes_it(
    folder: Path, call: Call, harm: Callable[[Path], None]
) -> None:
    for words in (
        ("advise", *RUN, "--quiet"),
        ("evaluate", *RUN, "--split", "val"),
        ("predict", "tiny.yaml", "tiny.npz", "--out", "out", "--to", "p.csv"),
        ("clean", *RUN),
    ):
        harm(folder / "out" / "data.json")
        code, out, err = call(*words)

        assert (code, out) == (2, "")
        assert "out/data.json" in err and "without it nothing in this run directory is found" in err
        [command] = re.findall(r"try: (?:write it again: )?umlkit (.*)", err)
        again, _, told = call(*command.split())
        assert again == 0 and "training" not in told
        assert call(*words)[0] == 0


def test_an_index_of_a_newer_umlkit_is_left_alone(folder: Path, call: Call) -> None:
    (folder / "out" / "data.json").write_text('{"schema": "umlkit.data-index/99"}')
    for words in (("train", *RUN, "--method", "ume"), ("evaluate", *RUN, "--split", "val")):
        code, _, err = call(*words)
        assert code == 2
        assert "out/data.json: was written by a newer umlkit" in err
    assert (folder / "out" / "data.json").read_text() == '{"schema": "umlkit.data-index/99"}'


def test_an_index_of_the_data_that_cannot_be_read_is_not_written_anew(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = folder / "out" / "data.json"
    before, read = index.read_bytes(), Path.read_text

    def reading(path: Path, *given: object, **more: object) -> str:
        if path.name == index.name:
            raise OSError(errno.EACCES, "Permission denied", str(path))
        return read(path, *given, **more)

    monkeypatch.setattr(Path, "read_text", reading)
    code, _, err = call("train", *RUN, "--method", "ume")

    assert (code, "try: chmod u+r out/data.json\n" in err) == (2, True)
    assert index.read_bytes() == before


def test_a_probe_of_a_newer_umlkit_is_left_alone(folder: Path, call) -> None:
    stored = only(folder, "out/probes/*.json")
    stored.write_text('{"schema": "umlkit.probe/99"}')

    code, out, err = call("probe", *RUN)

    assert (code, out) == (2, "")
    assert "newer umlkit" in err
    assert stored.read_text() == '{"schema": "umlkit.probe/99"}'


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def overwrite(path: Path, array: str, value: float) -> None:
    """One number of the first array whose name ends so."""
    arrays, metadata = tensors.load(path)
    name = next(name for name in sorted(arrays) if name.endswith(array))
    arrays[name].flat[0] = value
    tensors.save(path, arrays, metadata)


def with_nan(path: Path) -> None:
    overwrite(path, "logits", np.nan)


def of_another_sample(path: Path) -> None:
    overwrite(path, "rows", 10**6)


def in_shell(commands: str, call: Call) -> int:
    """Call what an error names, as pasted: what is removed first has to be there."""
    removing, _, command = commands.rpartition(" && ")
    if removing:
        paths = list(Path().glob(removing.removeprefix("rm ")))
        assert paths
        for path in paths:
            path.unlink()
    return call(*command.removeprefix("umlkit ").split())[0]


@pytest.mark.parametrize("harm", [cut_short, Path.unlink])
@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_the_command_that_a_damaged_model_names_mends_it(
    folder: Path, call: Call, name: str, harm: Callable[[Path], None]
) -> None:
    model = only(folder, "out/seed-0/all/models/unimodal-audio-*")
    whole = (model / name).read_bytes()
    harm(model / name)
    evaluate = ("evaluate", *RUN, "--method", "unimodal:audio", "--split", "probe")

    code, out, err = call(*evaluate)

    assert (code, out) == (2, "")
    assert str(model.relative_to(folder) / name) in err
    [command] = re.findall(r"try: (?:write it again: )?umlkit (.*)", err)
    assert command == "train out --method unimodal:audio --seed 0 --force"
    assert call(*command.split())[0] == 0
    assert name == "config.json" or (model / name).read_bytes() == whole
    assert call(*evaluate)[0] == 0


@pytest.mark.parametrize(
    ("array", "value"),
    [
        ("model.encoders.1.linear.bias", np.nan),
        ("model.encoders.1.linear.weight", np.inf),
        ("preprocess.audio.mean", np.nan),
    ],
)
def test_a_model_that_holds_nan_predicts_nothing_and_is_mended_by_the_command_that_is_named(
    folder: Path, call: Call, array: str, value: float
) -> None:
    model = only(folder, "out/seed-0/all/models/umt-*/model.safetensors")
    write_data(folder / "new.npz", n=7, seed=5)
    for words in (
        ("predict", "tiny.yaml", "new.npz", "--out", "out", "--method", "umt", "--to", "p.jsonl"),
        ("evaluate", *RUN, "--method", "umt", "--data", "new.npz"),
        ("evaluate", *RUN, "--method", "umt", "--split", "test"),
    ):
        overwrite(model, array, value)
        code, out, err = call(*words)

        assert (code, out) == (2, "")
        assert str(model.relative_to(folder)) in err and f"NaN or infinity in {array}" in err
        assert words[0] != "predict" or not (folder / "p.jsonl").exists()
        [command] = re.findall(r"try: write it again: umlkit (.*)", err)
        assert call(*command.split())[0] == 0
        assert call(*words)[0] == 0


def test_predictions_that_are_nan_are_not_written_though_every_weight_is_a_number(folder: Path, call: Call) -> None:
    model = only(folder, "out/seed-0/all/models/unimodal-video-*/model.safetensors")
    overwrite(model, "weight", 3e38)
    predict = ("predict", "tiny.yaml", "tiny.npz", "--out", "out", "--method", "unimodal:video", "--to", "p.csv")

    code, out, err = call(*predict)

    assert (code, out, (folder / "p.csv").exists()) == (2, "", False)
    with pytest.raises(
        InputError, match=r"gives no prediction(?s:.*)umlkit train out --seed 0 --method unimodal:video"
    ):
        load_model("out", method="unimodal:video").predict_proba(dict(np.load("tiny.npz")))
    assert re.search(r"gives no prediction\s+found: NaN or infinity for \d+ of 520 samples", err)
    [command] = re.findall(r"try: write it again: umlkit (.*)", err)
    assert call(*command.split())[0] == 0
    assert call(*predict)[0] == 0


@pytest.mark.parametrize("harm", [cut_short, Path.unlink, with_nan, of_another_sample])
def test_the_command_that_damaged_outputs_name_mends_what_is_evaluated(
    folder: Path, call: Call, harm: Callable[[Path], None]
) -> None:
    stored = only(folder, "out/seed-0/all/outputs/umt-*/select-00000.safetensors")
    before = stored.read_bytes()
    harm(stored)
    evaluate = ("evaluate", *RUN, "--method", "umt", "--split", "val")

    code, out, err = call(*evaluate)

    assert (code, out) == (2, "")
    assert str(stored.relative_to(folder)) in err
    [commands] = re.findall(r"try: write it again: (.*)", err)
    assert in_shell(commands, call) == 0
    assert stored.read_bytes() == before
    assert call(*evaluate)[0] == 0


@pytest.mark.parametrize(
    ("command", "lost", "damaged"),
    [
        (("probe",), "probes", "outputs/joint-*/probe-00000.safetensors"),
        (("run",), "probes", "outputs/frozen-*/select-00000.safetensors"),
        (("probe",), "probes", "models/joint-*/result.json"),
        (("train", "--method", "joint"), "probes", "models/joint-*/result.json"),
        (("train", "--method", "ume"), "seed-0/all/models/ume-*", "outputs/unimodal-audio-*/train-00000.safetensors"),
    ],
)
def test_a_dry_run_tells_of_damage_that_the_command_would_stop_at(
    folder: Path, call: Call, command: tuple[str, ...], lost: str, damaged: str
) -> None:
    for path in folder.glob(f"out/{lost}"):
        shutil.rmtree(path)
    for path in folder.glob(f"out/seed-0/all/{damaged}"):
        cut_short(path)
    words = (command[0], *RUN, *command[1:])

    planned, stopped = call(*words, "--dry-run"), call(*words)

    assert planned[0] == stopped[0] == 2
    [told, met] = [re.findall(r"try: write it again: .*", err) for _, _, err in (planned, stopped)]
    assert told == met != []


def test_damaged_marginals_are_computed_again(folder: Path, call: Call) -> None:
    stored = only(folder, "out/seed-0/all/outputs/umt-*/marginals-probe.safetensors")
    before = stored.read_bytes()
    overwrite(stored, "grid", np.nan)
    shutil.rmtree(folder / "out" / "probes")

    code, _, err = call("probe", *RUN)

    assert code == 0 and "training" not in err
    assert stored.read_bytes() == before


@pytest.mark.parametrize(
    ("model", "harm", "expected"),
    [
        ("unimodal-audio", with_nan, "umlkit train out --method unimodal:audio --seed 0"),
        ("ume", of_another_sample, "umlkit train out --method ume --seed 0"),
        ("kernel", cut_short, "umlkit probe out --budget full"),
    ],
)
def test_the_command_that_damaged_outputs_name_mends_them_also_of_what_is_only_a_rung(
    folder: Path, call: Call, model: str, harm: Callable[[Path], None], expected: str
) -> None:
    """Of the two kernels one is the method ``kernel``; the other, the additive one, no ``train`` makes."""
    [name] = [path.parent.name for path in folder.glob(f"out/seed-0/all/models/{model}-*/config.json") if meant(path)]
    whole = folder / "out" / "seed-0" / "all" / "outputs" / name / "probe-00000.safetensors"
    before = whole.read_bytes()
    harm(whole)
    shutil.rmtree(folder / "out" / "probes")

    code, out, err = call("probe", *RUN)

    assert (code, out) == (2, "")
    assert str(whole.relative_to(folder)) in err
    [commands] = re.findall(r"try: write it again: (.*)", err)
    assert commands == f"rm out/seed-0/all/outputs/{name}/probe-* && {expected}"
    weights = {path: path.read_bytes() for path in folder.glob("out/**/model.safetensors")}
    assert in_shell(commands, call) == 0
    assert {path: path.read_bytes() for path in weights} == weights
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
