"""A set too small for two roles: the measurement is cross-fitted and resumable, what is used is trained whole."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import contents, copied, document, run_in, write_data
from umlkit.runs import tensors

RUN = ("tiny.yaml", "--out", "out")
FOLDS = [f"fold-{k}" for k in range(1, 6)]
ROLES = ("train", "select", "probe")
N = 95  # 76 of them for train and validation

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small set and its finished run; read only."""
    return run_in(tmp_path_factory.mktemp("crossfit"), n=N)


@pytest.fixture
def small(measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that a test may change; the working directory."""
    return copied(measured, tmp_path, monkeypatch)


@pytest.fixture
def begun(small: Path) -> Path:
    """The same without the run."""
    shutil.rmtree(small / "out")
    return small


def test_the_measurement_reads_every_sample_of_train_and_validation_once(small: Path) -> None:
    probe = json.loads((small / "out" / "probe.json").read_text())
    assert probe["measured"]
    assert (probe["n_probe"], sum(probe["class_counts"]), probe["df"]) == (76, 76, 75)
    rows = [
        tensors.load(next((small / "out").glob(f"seed-0/{fold}/outputs/umt-*/probe-00000.safetensors")))[0]["rows"]
        for fold in FOLDS
    ]
    assert len(np.unique(np.concatenate(rows))) == 76


def test_every_fold_fits_its_own_preprocessing_and_no_model_sees_what_it_is_read_on(small: Path) -> None:
    means = []
    for fold in FOLDS:
        folder = next((small / "out").glob(f"seed-0/{fold}/outputs/unimodal-video-*"))
        rows = {role: set(tensors.load(folder / f"{role}-00000.safetensors")[0]["rows"].tolist()) for role in ROLES}
        assert not rows["train"] & rows["select"] and not (rows["train"] | rows["select"]) & rows["probe"]
        weights = next((small / "out").glob(f"seed-0/{fold}/models/unimodal-video-*/model.safetensors"))
        stored = tensors.load(weights)[0]
        means.append(np.concatenate([np.ravel(v) for k, v in sorted(stored.items()) if k.startswith("preprocess")]))
    assert len({tuple(mean) for mean in means}) == 5


def test_what_is_used_is_trained_with_the_recipes_own_roles(small: Path, call: Call) -> None:
    advice = json.loads((small / "out" / "advice.json").read_text())
    folder = next((small / "out").glob(f"seed-0/all/outputs/{advice['headline']}-*"))
    assert sorted(path.name[:-18] for path in folder.glob("*.safetensors")) == ["select", "test", "train"]
    assert len(tensors.load(folder / "train-00000.safetensors")[0]["rows"]) == 57
    assert call("predict", *RUN, "tiny.npz", "--to", "p.csv")[0] == 0
    assert document(call("evaluate", *RUN, "--split", "val", "--json")[1])["n"] == 19


@pytest.mark.parametrize("also", [(), ("--dry-run",), ("--method", "unimodal:audio")])
def test_evaluating_on_probe_is_refused_as_no_sample_is_one_in_what_is_used(
    small: Path, call: Call, also: tuple[str, ...]
) -> None:
    code, out, err = call("evaluate", *RUN, "--split", "probe", *also)
    assert (code, out) == (2, "")
    assert "no probe samples of its own, as it is cross-fitted" in err
    assert "allowed: val, train, select, test" in err
    suggested = re.findall("try: (--split .*)", err + call("evaluate", *RUN)[2])
    assert suggested == ["--split val"] * 2
    assert call("evaluate", *RUN, *suggested[0].split())[0] == 0


def test_a_second_measurement_trains_nothing(small: Path, call: Call) -> None:
    before = contents(small / "out" / "seed-0" / "fold-2")
    (small / "out" / "probe.json").unlink()
    shutil.rmtree(small / "out" / "probes")
    code, _, err = call("probe", *RUN)
    assert code == 0
    assert "training" not in err and "0 of them to make" in err
    assert contents(small / "out" / "seed-0" / "fold-2") == before


def test_advice_needs_no_data(small: Path, call: Call) -> None:
    (small / "tiny.npz").unlink()
    assert call("advise", *RUN, "--quiet")[1] in ("ume\n", "umt\n")


def test_what_the_folds_made_is_no_leftover(small: Path, call: Call) -> None:
    assert document(call("clean", *RUN, "--json")[1])["artifacts"] == []


def test_a_model_that_is_missing_in_one_fold_is_trained_there_alone(small: Path, call: Call) -> None:
    shutil.rmtree(next((small / "out").glob("seed-0/fold-4/models/joint-*")))
    shutil.rmtree(small / "out" / "probes")
    _, _, err = call("probe", *RUN)
    trained = [line for line in err.splitlines() if line.endswith(": training")]
    assert trained and all("fold-4" in line for line in trained)


def test_the_cost_is_said_before_anything_is_trained(begun: Path, call: Call) -> None:
    _, _, err = call("probe", *RUN, "--max-minutes", "0.0001")
    lines = err.splitlines()
    told = next(i for i, line in enumerate(lines) if line.startswith("cross-fitted measurement: 5 folds, "))
    assert told < next(i for i, line in enumerate(lines) if line.endswith(": training"))
    models = re.findall(r"(\d+) models, (\d+) to make", lines[told])
    shutil.rmtree("out")
    planned = " ".join(call("probe", *RUN, "--dry-run")[1].split())
    made, trainings = re.findall(r"In all (\d+) models to make, by (\d+) trainings of networks", planned)[0]
    assert models == [(made, made)] and int(trainings) < int(made)  # an ensemble takes none
    plan = document(call("probe", *RUN, "--dry-run", "--json")[1])
    assert {model["fold"] for model in plan["models"]} == set(FOLDS)
    assert plan["total"]["seconds"][1] > 0


def test_data_says_that_it_is_cross_fitted(begun: Path, call: Call) -> None:
    assert "Measurable: cross-fitted, 5 folds of n = 76" in call("data", *RUN)[1]
    assert document(call("data", *RUN, "--json")[1])["folds"] == 5


def test_too_few_samples_even_for_folds_leave_a_probe_that_says_just_that(begun: Path, call: Call) -> None:
    write_data(begun / "tiny.npz", n=50)
    said = call("probe", *RUN, "--dry-run")[1].replace("\n", " ")
    assert "Nothing would be trained: not measurable with n = 40" in said
    code, _, err = call("probe", *RUN)
    assert code == 0 and "training" not in err
    probe = json.loads((begun / "out" / "probe.json").read_text())
    assert probe["reason"] == "not measurable with n = 40 samples of train and validation, needs about 60"
    assert (probe["measured"], probe["needed"], probe["entries"]) == (False, 60, [])
    assert call("train", *RUN, "--method", "ume")[0] == 0
    assert "as it is not measurable with n = 40" in call("evaluate", *RUN, "--split", "probe")[2]
