"""What is finished is reused, what is changed is made beside it, and nothing is lost."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import RECIPE, contents, document, write_data
from umlkit import registry
from umlkit.methods.unimodal import screening
from umlkit.pipeline import cleaning, outputs, pace
from umlkit.pipeline.cleaning import Leftover
from umlkit.probe import rules
from umlkit.runs import locks, processes
from umlkit.runs.interrupts import interrupts
from umlkit.runs.layout import RunDirectory

RUN = ("tiny.yaml", "--out", "out")


def test_a_second_run_trains_nothing_and_says_so(folder: Path, call) -> None:
    before = contents(folder / "out" / "seed-0")
    code, _, err = call("run", *RUN)
    assert code == 0
    assert "training" not in err
    assert "up to date, reused" in err
    after = contents(folder / "out" / "seed-0")
    assert {n: b for n, b in after.items() if "test-" not in n} == {n: b for n, b in before.items() if "test-" not in n}


def test_a_changed_setting_is_a_new_directory_and_the_old_stays(folder: Path, call) -> None:
    before = contents(folder / "out" / "seed-0")
    code, _, _ = call("train", *RUN, "--method", "umt", "--set", "methods.umt.weight=0.7")
    assert code == 0
    after = contents(folder / "out" / "seed-0")
    assert before.items() <= after.items()
    assert len([n for n in after if n.startswith("all/models/umt-") and n.endswith("result.json")]) == 2


def test_one_modalitys_encoder_leaves_the_other_modalitys_model_alone(folder: Path, call) -> None:
    changed = RECIPE.replace("hidden: 8", "hidden: 9")
    (folder / "tiny.yaml").write_text(changed)
    _, _, err = call("train", *RUN, "--method", "unimodal")
    assert "unimodal-audio: training" in err
    assert "unimodal-video: up to date, reused" in err


def test_changed_values_of_one_modality_leave_the_others_model_alone(folder: Path, call) -> None:
    with np.load("tiny.npz") as data:
        arrays = dict(data)
    arrays["X_audio"] = arrays["X_audio"] * 2
    np.savez("tiny.npz", **arrays)
    _, _, err = call("train", *RUN, "--method", "unimodal")
    assert "unimodal-audio: training" in err
    assert "unimodal-video: up to date, reused" in err


def test_the_data_may_move(folder: Path, call) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "tiny.npz").rename(folder / "elsewhere" / "moved.npz")
    (folder / "tiny.yaml").write_text(RECIPE.replace("tiny.npz", "elsewhere/moved.npz"))
    _, _, err = call("train", *RUN, "--method", "umt")
    assert "umt: up to date, reused" in err


def test_force_trains_anew_what_is_named_and_gives_the_same_bits(folder: Path, call) -> None:
    before = contents(folder / "out" / "seed-0" / "all" / "models")
    _, _, err = call("train", *RUN, "--method", "umt", "--force")
    assert "umt: training" in err
    assert "unimodal-audio: up to date, reused" in err
    after = contents(folder / "out" / "seed-0" / "all" / "models")
    weights = [name for name in before if name.endswith("model.safetensors")]
    assert {name: after[name] for name in weights} == {name: before[name] for name in weights}


def test_another_seed_is_another_unit(folder: Path, call) -> None:
    code, _, _ = call("train", *RUN, "--method", "ume", "--seed", "3")
    assert code == 0
    assert (folder / "out" / "seed-3" / "all" / "models").is_dir()


def test_the_training_seed_moves_no_sample(folder: Path, call) -> None:
    call("train", *RUN, "--method", "unimodal:audio", "--seed", "3")
    outputs = (folder / "out").glob("seed-*/all/outputs/unimodal-audio-*/select-00000.safetensors")
    from umlkit.runs.tensors import load

    first, second = (load(path)[0]["rows"] for path in outputs)
    assert np.array_equal(first, second)


def test_clean_lists_and_removes_only_what_the_recipe_no_longer_names(folder: Path, call) -> None:
    call("train", *RUN, "--method", "umt", "--set", "methods.umt.weight=0.7")
    before = contents(folder / "out")
    _, out, _ = call("clean", *RUN)
    assert out.count("umt-") == 2  # its model and its outputs
    assert contents(folder / "out") == before
    code, _, _ = call("clean", *RUN, "--yes")
    assert code == 0
    after = contents(folder / "out")
    assert set(before) - set(after) == {n for n in before if "/umt-" in n and n not in after}
    assert call("clean", *RUN)[1].startswith("nothing to remove")
    assert call("predict", "tiny.yaml", "tiny.npz", "--out", "out", "--to", "p.csv")[0] == 0


@pytest.mark.parametrize("locked", [True, False])
def test_clean_removes_nothing_from_a_run_in_which_another_process_is_at_work(folder: Path, call, locked: bool) -> None:
    # Another seed's models are what no recipe names, and what a process that trains with that seed builds on.
    out = folder / "out"
    before = contents(out)
    model = next((out / "seed-0" / "all" / "models").glob("joint-*"))
    with locks.lock(model, warn=pytest.fail) if locked else locks.at_work(out):
        code, listed, err = call("clean", *RUN, "--seed", "1")
        assert (code, "joint-" in listed) == (0, True)
        assert f"process {os.getpid()} on " in err
        code, _, err = call("clean", *RUN, "--seed", "1", "--yes")
        assert code == 1
        assert f"process {os.getpid()} on " in err
        assert "try: once that process has ended: umlkit clean tiny.yaml --seed 1 --out out --yes" in err
    assert contents(out) == before

    (model / locks.NAME).write_text(json.dumps({**asdict(processes.current()), "start": "long before"}))
    assert call("clean", *RUN, "--seed", "1", "--yes")[0] == 0
    assert not model.exists()


@pytest.mark.parametrize("begun", [1, 2])
def test_clean_removes_no_model_of_a_run_in_which_another_begins_in_between(
    folder: Path, call, monkeypatch, begun: int
) -> None:
    call("train", *RUN, "--method", "umt", "--set", "methods.umt.weight=0.7")
    out, held, lock = folder / "out", [], locks.lock
    model = next(Path(one["path"]) for one in document(call("clean", *RUN, "--json")[1])["artifacts"])
    before = contents(out)

    @contextmanager
    def locking(path: Path, **more):
        with lock(path, **more):
            held.append(path)
            if len(held) == begun:
                other = {**asdict(processes.current()), "host": "another-machine"}
                (out / f"{locks.AT_WORK}-other").write_text(json.dumps(other))
            yield

    monkeypatch.setattr(locks, "lock", locking)
    assert call("clean", *RUN, "--yes")[0] == 1
    (out / f"{locks.AT_WORK}-other").unlink()
    assert {path.resolve() for path in held} == {(folder / model).resolve()}
    assert (folder / model).exists() == (begun == 1)
    gone = set(before) - set(contents(out))
    assert gone == (set() if begun == 1 else {name for name in before if f"models/{model.name}" in name})


def test_who_waits_for_a_model_that_is_removed_goes_on_in_its_folder(tmp_path: Path) -> None:
    model = tmp_path / "seed-0" / "all" / "models" / "ume-0a1b2c3d"
    waiting = model / f"{locks.NAME}-of-another{locks.WAITING}"
    (model / "checkpoints").mkdir(parents=True)
    for file in (model / "result.json", model / "checkpoints" / "one", waiting):
        file.touch()

    cleaning.remove([Leftover(model, 0)], RunDirectory(tmp_path), again="", warn=pytest.fail)

    assert list(model.iterdir()) == [waiting]
    waiting.unlink()
    cleaning.remove([Leftover(model, 0)], RunDirectory(tmp_path), again="", warn=pytest.fail)
    assert list(model.parent.iterdir()) == []


@pytest.mark.parametrize("words", [("run",), ("probe",), ("train", "--method", "ume")])
def test_who_runs_probes_or_trains_is_known_to_be_at_work(words, folder: Path, call, monkeypatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(locks, "at_work", watched(locks.at_work, seen))
    assert call(*words, *RUN)[0] == 0
    assert seen == [[str(processes.current())]]
    assert locks.at_work_in(folder / "out") == []


def watched(at_work, seen: list[list[str]]):
    """The same, noting who is seen to be at work at its end."""

    @contextmanager
    def watching(root: Path):
        with at_work(root):
            yield
            seen.append(locks.at_work_in(root))

    return watching


def test_a_run_whose_run_json_is_lost_is_read_as_it_is_and_gets_it_back_from_who_writes(folder: Path, call) -> None:
    marker = folder / "out" / "run.json"
    whole = marker.read_bytes()
    marker.unlink()
    assert call("predict", "out", "tiny.npz", "--to", "p.csv")[0] == 0
    assert call("advise", "out", "--dry-run")[0] == 0
    assert not marker.exists()
    code, _, err = call("probe", "out")
    assert (code, marker.read_bytes()) == (0, whole)
    assert "warning: out/run.json was missing or damaged; written again" in err
    assert "training" not in err


def test_dry_run_writes_nothing(fresh: Path, call) -> None:
    before = contents(fresh)
    for words in (["run"], ["probe"], ["train", "--method", "umt"]):
        code, out, _ = call(words[0], *RUN, *words[1:], "--dry-run")
        assert code == 0
        assert "train.epochs" in out
        assert "tiny.yaml:8" in out
    assert contents(fresh) == before


@pytest.mark.parametrize(
    "words", [["run", "--dry-run", "--force"], ["run"], ["evaluate", "--method", "ume", "--split", "probe"], ["data"]]
)
def test_a_terminal_of_eighty_columns_shows_lines_and_names_whole(folder: Path, call, monkeypatch, words) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = call(words[0], *RUN, *words[1:])
    lines = out.splitlines()
    assert code == 0 and max(map(len, lines)) <= 80
    if "--dry-run" in words:
        names = ("unimodal-audio", "best-single", "kernel-additive", "frozen-linear")
        assert all(any(line.strip().startswith(f"{name} ") for line in lines) for name in names)


def test_a_dry_run_says_what_every_model_would_cost_and_the_truth_lies_within(fresh: Path, call) -> None:
    plan = document(call("probe", *RUN, "--dry-run", "--json")[1])
    costs = {model["model"]: model["cost"] for model in plan["models"]}
    assert costs["unimodal-audio"]["trainings"] == costs["umt"]["trainings"] == 1
    assert costs["ume"]["steps"] == 0 and costs["joint"]["steps"] == 2 * 3  # 2 batches, 3 epochs
    assert plan["total"]["trainings"] == sum(cost["trainings"] for cost in costs.values())
    assert plan["total"]["seconds"][0] <= plan["total"]["seconds"][1]
    assert call("probe", *RUN)[0] == 0
    written = sum(file.stat().st_size for file in Path("out").glob("seed-*/*/*/*/*.safetensors"))
    assert plan["total"]["bytes"][0] == pytest.approx(written, rel=0.35)  # headers weigh on models this small
    again = document(call("probe", *RUN, "--dry-run", "--json")[1])
    assert again["total"]["trainings"] == 0 and again["models"] == []
    next(Path("out/probes").glob("*.json")).unlink()
    again = document(call("probe", *RUN, "--dry-run", "--json")[1])
    assert again["total"]["trainings"] == 0 and {model["action"] for model in again["models"]} == {"reuse"}


def test_a_dry_run_tries_every_encoder_that_may_be_chosen(fresh: Path, call) -> None:
    plan = document(
        call(
            "train", *RUN, "--method", "unimodal", "--set", "data.modalities.audio.encoder=auto", "--dry-run", "--json"
        )[1]
    )
    audio, video = plan["models"][:2]
    candidates = len(registry.encoder_settings("auto", {}, kind="vector"))
    assert audio["cost"]["trainings"] == candidates + 1 and video["cost"]["trainings"] == 1
    assert audio["cost"]["epoch_seconds"][0] < audio["cost"]["epoch_seconds"][1]  # the quickest of them, the slowest


def test_a_dry_run_leaves_out_what_the_machine_cannot_afford(fresh: Path, call, monkeypatch) -> None:
    monkeypatch.setattr(screening, "LARGEST_EFFORT", 0)
    words = ("--method", "unimodal:audio", "--set", "data.modalities.audio.encoder=auto", "--dry-run", "--json")
    (audio,) = document(call("train", *RUN, *words)[1])["models"]
    assert audio["cost"]["trainings"] == 1  # the cheapest alone: nothing to screen


def test_a_dry_run_rehearses_with_the_weights_of_the_samples(fresh: Path, call, monkeypatch) -> None:
    seen, fit = [], pace.fit

    def spied(module, *, train, **arguments):
        seen.append(train.weights)
        return fit(module, train=train, **arguments)

    monkeypatch.setattr(pace, "fit", spied)
    words = ("--method", "joint", "--set", "train.class_weight=balanced", "--dry-run")
    assert call("train", *RUN, *words)[0] == 0
    assert seen and all(weights.mean().item() == pytest.approx(1) for weights in seen)


def test_a_dry_run_with_force_counts_what_is_finished_and_reuses_what_that_builds_on(folder: Path, call) -> None:
    plan = document(call("train", *RUN, "--method", "umt", "--force", "--dry-run", "--json")[1])
    costs = {model["model"]: (model["action"], model["cost"]["steps"] > 0) for model in plan["models"]}
    assert costs["umt"] == ("train", True)
    assert costs["unimodal-audio"] == ("reuse", False)


def test_a_dry_run_of_a_measurement_rehearses_on_finished_modalities(fresh: Path, call) -> None:
    assert call("train", *RUN, "--method", "unimodal")[0] == 0
    code, out, err = call("probe", *RUN, "--dry-run", "--json")
    assert code == 0, err
    actions = {model["model"]: model["action"] for model in document(out)["models"]}
    assert (actions["unimodal-audio"], actions["frozen-linear"]) == ("reuse", "train")


def test_a_dry_run_counts_of_a_cut_off_training_what_is_left(fresh: Path, call, monkeypatch) -> None:
    words = ("--method", "joint", "--set", "train.epochs=40", "--set", "train.patience=40")
    whole = document(call("train", *RUN, *words, "--dry-run", "--json")[1])["models"][-1]
    steps, check = itertools.count(1), interrupts.check

    def stopped() -> None:
        if next(steps) == 2 * 30 + 1:
            interrupts.request(signal.SIGTERM)
        check()

    with monkeypatch.context() as patched:
        patched.setattr(interrupts, "check", stopped)
        assert call("train", *RUN, *words)[0] == 75

    left = document(call("train", *RUN, *words, "--dry-run", "--json")[1])["models"][-1]

    assert (whole["action"], left["action"]) == ("train", "resume")
    assert (whole["cost"]["steps"], left["cost"]["steps"]) == (2 * 40, 2 * 10)


def test_data_of_another_size_are_other_data(folder: Path, call) -> None:
    write_data(folder / "tiny.npz", n=540)
    code, _, err = call("advise", *RUN)
    assert code == 2
    assert "umlkit probe tiny.yaml --out out" in err


def test_other_groups_in_a_stated_split_are_another_measurement(fresh: Path, call) -> None:
    with np.load("tiny.npz") as data:
        arrays = dict(data)
    n = len(arrays["y"])
    part = np.arange(n) % 4  # validation holds few groups either way, so it is divided by sample, and alike
    groups = {"person": part + 4 * (np.arange(n) // 4 % 4), "household": part + 4 * (np.arange(n) // 4 % 2)}
    np.savez("tiny.npz", **arrays, split=np.array(["train", "val", "val", "test"])[part], **groups)
    found = {name: document(call("probe", *RUN, "--groups", name, "--json")[1])["groups"] for name in groups}
    assert found == {"person": 8, "household": 4}


def test_the_same_values_under_another_name_are_another_model(folder: Path, call) -> None:
    """A model reads new data by the names that it was trained with."""
    with np.load("tiny.npz") as data:
        arrays = dict(data)
    arrays["sound"] = arrays.pop("X_audio")
    np.savez("tiny.npz", **arrays)
    (folder / "tiny.yaml").write_text(RECIPE.replace("audio: {", "audio: {from: sound, "))
    _, _, err = call("train", *RUN, "--method", "unimodal")
    assert "unimodal-audio: training" in err
    assert "unimodal-video: up to date, reused" in err


def test_a_default_that_is_written_out_is_the_same_setting(folder: Path, call) -> None:
    (folder / "tiny.yaml").write_text(RECIPE.replace("encoder: linear", "encoder: {name: linear, features: 32}"))
    _, _, err = call("train", *RUN, "--method", "umt")
    assert "umt: up to date, reused" in err


def test_an_encoder_that_does_not_read_the_inferred_kind_is_refused(fresh: Path, call) -> None:
    before = contents(fresh)
    code, out, err = call("train", *RUN, "--method", "ume", "--set", "data.modalities.video.encoder=resnet")
    assert (code, out) == (2, "")
    assert "the encoder resnet does not read the kind vector" in err
    assert contents(fresh) == before


def test_a_forced_training_that_fails_halfway_leaves_no_model_that_counts_as_finished(
    folder: Path, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(outputs, "write", full)
        assert call("train", *RUN, "--method", "umt", "--force")[0] == 1
    assert "umt: training" in call("train", *RUN, "--method", "umt")[2]
    assert "umt: up to date, reused" in call("train", *RUN, "--method", "umt")[2]


def test_a_model_of_an_older_version_of_its_method_is_trained_anew_and_that_is_said(
    folder: Path, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = registry.methods()
    later = {**specs, "joint": replace(specs["joint"], version=99)}
    monkeypatch.setattr(registry, "methods", lambda: later)
    evaluate = ("evaluate", *RUN, "--method", "joint", "--split", "probe")
    code, out, err = call(*evaluate)
    assert (code, out) == (2, "")
    assert "is of an older version of joint" in err
    assert "try: umlkit train tiny.yaml --out out --method joint" in err

    code, _, err = call("train", *RUN, "--method", "joint")

    assert code == 0
    assert "joint: training anew, as joint-" in err and "is of an older version of joint" in err
    assert call(*evaluate)[0] == 0
    assert "unimodal-audio: up to date, reused" in call("train", *RUN, "--method", "umt")[2]


def test_a_measurement_of_older_rules_is_made_anew_from_stored_outputs_and_that_is_said(
    folder: Path, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = document((folder / "out" / "probe.json").read_text())["rules"]
    monkeypatch.setattr(rules, "RULES", older + 1)
    code, out, err = call("advise", *RUN)
    assert (code, out) == (2, "") and "try: umlkit probe" in err
    code, _, err = call("advise", "out/probe.json")
    assert code == 0 and "measured by older rules" in err and "umlkit probe out measures anew" in err

    code, _, err = call("probe", *RUN)

    assert code == 0 and "training" not in err
    assert f"of older rules of measuring ({older}, now {older + 1})" in err
    assert document((folder / "out" / "probe.json").read_text())["rules"] == older + 1
    assert "older rules" not in call("probe", *RUN)[2]


def test_a_run_directory_stands_for_its_recipe_and_for_itself(folder: Path, call) -> None:
    advised = document(call("advise", "out", "--json")[1])
    assert document(call("evaluate", "out", "--split", "probe", "--json")[1])["method"] == advised["headline"]
    before = sorted((folder / "out").rglob("model.safetensors"))
    assert call("probe", "out")[0] == 0
    assert sorted((folder / "out").rglob("model.safetensors")) == before
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("out/seed-0", "try: the same command with out as its RECIPE"),
        (".", "in it: the runs out"),
        ("aut", "did you mean: out"),
        ("bare", "has no recipe.yaml yet"),
    ],
)
def test_what_is_no_run_directory_says_what_to_write(folder: Path, call, reference: str, said: str) -> None:
    (folder / "bare").mkdir()
    (folder / "bare" / "run.json").write_bytes((folder / "out" / "run.json").read_bytes())
    code, _, err = call("advise", reference)
    assert code == 2 and said in err
