"""Weights through the whole road: a skewed set that its recipe balances, and samples that the data weigh."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import document

Call = Callable[..., tuple[int, str, str]]

RECIPE = """\
name: skewed
data:
  path: skewed.npz
  label: y
  modalities: {a: {encoder: linear}, v: {encoder: linear}}
train: {epochs: 4, batch_size: 128}
methods: {umt: {weight: 0.1, init: scratch}}
"""


@pytest.fixture
def skewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One sample of ten is of the second class, and each modality says little of it; weights of two sizes."""
    stream = np.random.default_rng(0)
    n = 1200
    y = (np.arange(n) % 10 == 0).astype(int)
    np.savez(
        tmp_path / "skewed.npz",
        X_a=(y[:, None] * 0.6 + stream.normal(size=(n, 2))).astype(np.float32),
        X_v=(y[:, None] * 0.6 + stream.normal(size=(n, 2))).astype(np.float32),
        y=y,
        heavy=stream.choice([0.5, 2.0], n),
    )
    (tmp_path / "skewed.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def metrics(call: Call, *words: str) -> dict[str, float]:
    code, out, err = call("evaluate", "skewed.yaml", "--method", "ume", "--split", "val", "--json", *words)
    assert code == 0, err
    found: dict[str, float] = document(out)["metrics"]
    return found


def test_balanced_class_weights_raise_balanced_accuracy_and_lower_balanced_loss(skewed: Path, call: Call) -> None:
    balanced = ("--set", "train.class_weight=balanced")
    assert call("train", "skewed.yaml", "--method", "ume")[0] == 0
    code, _, err = call("train", "skewed.yaml", "--method", "ume", *balanced)
    assert code == 0
    assert "class weights: 0 0.556, 1 5  [train.class_weight: balanced]" in err
    assert "reused" not in err

    plain, weighted = metrics(call), metrics(call, *balanced)

    assert weighted["balanced_accuracy"] > plain["balanced_accuracy"] + 0.1
    assert weighted["balanced_log_loss"] < plain["balanced_log_loss"] - 0.1
    assert weighted["log_loss"] > plain["log_loss"]


def test_a_model_remembers_what_it_was_weighted_by(skewed: Path, call: Call) -> None:
    words = ("--set", "data.sample_weight=heavy", "--set", "train.class_weight={0: 1, 1: 4}")
    assert call("train", "skewed.yaml", "--method", "unimodal:a", *words)[0] == 0
    (path,) = Path("runs/skewed/seed-0/all/models").glob("unimodal-a-*/config.json")
    config = json.loads(path.read_text())
    assert (config["sample_weight"], config["class_weights"]) == ("heavy", [1.0, 4.0])
    assert config["recipe"]["train"]["class_weight"] == {"0": 1.0, "1": 4.0}


def test_a_probe_with_weights_measures_the_weighted_risk_and_says_how_many_samples_it_is_worth(
    skewed: Path, call: Call
) -> None:
    words = ("--set", "data.sample_weight=heavy", "--set", "train.class_weight=balanced")
    code, out, err = call("probe", "skewed.yaml", "--json", *words)
    assert code == 0, err
    found = document(out)
    prior = found["ladder"][0]
    assert prior["log_loss"]["value"] == pytest.approx(np.log(2), abs=0.02)  # classes count alike
    assert 1 < found["n_effective"] < found["n_probe"] / 2
    assert all(rung["balanced_log_loss"] is not None for rung in found["ladder"])
    code, out, _ = call("probe", "skewed.yaml", *words)
    assert f"(weighted, worth {found['n_effective']:.0f} equal ones)" in " ".join(out.split())


def test_metrics_of_weighted_samples_are_said_to_be_weighted(skewed: Path, call: Call) -> None:
    words = ("--set", "data.sample_weight=heavy")
    assert call("train", "skewed.yaml", "--method", "ume", *words)[0] == 0
    code, out, _ = call("evaluate", "skewed.yaml", "--split", "val", *words)
    assert code == 0
    assert "n = 240), weighted by heavy" in out
    assert "balanced log-loss" in " ".join(out.split())


def test_new_data_are_weighted_where_they_have_the_weights_and_it_is_said_where_not(skewed: Path, call: Call) -> None:
    words = ("--set", "data.sample_weight=heavy")
    assert call("train", "skewed.yaml", "--method", "ume", *words)[0] == 0
    held = dict(np.load("skewed.npz"))
    del held["heavy"]
    np.savez("bare.npz", **held)
    weighted = call("evaluate", "skewed.yaml", "--data", "skewed.npz", "--json", *words)
    bare = call("evaluate", "skewed.yaml", "--data", "bare.npz", "--json", *words)
    assert document(weighted[1])["weighted_by"] == "heavy" and document(bare[1])["weighted_by"] is None
    assert document(weighted[1])["metrics"] != document(bare[1])["metrics"]
    assert "bare.npz has no 'heavy': its samples all weigh the same" in bare[2]


def test_the_class_table_shows_what_a_class_weighs(skewed: Path, call: Call) -> None:
    code, out, _ = call("data", "skewed.yaml", "--set", "train.class_weight=balanced")
    assert code == 0
    assert "weight" in out and "0.556" in out
    assert " weight" not in call("data", "skewed.yaml")[1]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("train.class_weight=balance", "did you mean: balanced"),
        ("train.class_weight={0: 1, 1: -2}", "above 0"),
        ("train.class_weight={0: 1, 2: 1}", "weighs a class that is not there"),
        ("data.sample_weight=heavi", "'heavy'"),
    ],
)
def test_weights_that_make_no_sense_exit_2_before_anything_is_written(
    skewed: Path, call: Call, setting: str, said: str
) -> None:
    code, out, err = call("train", "skewed.yaml", "--method", "ume", "--set", setting)
    assert (code, out) == (2, "")
    assert said in err
    assert sorted(path.name for path in skewed.iterdir()) == ["skewed.npz", "skewed.yaml"]


def test_weights_that_leave_next_to_no_sample_leave_no_measurement(skewed: Path, call: Call) -> None:
    arrays = dict(np.load(skewed / "skewed.npz"))
    arrays["heavy"] = np.where(np.arange(1200) % 300 == 0, 1000.0, 0.001)
    np.savez(skewed / "skewed.npz", **arrays)
    code, out, err = call("probe", "skewed.yaml", "--budget", "quick", "--set", "data.sample_weight=heavy", "--json")
    assert code == 0, err
    probe = document(out)
    assert not probe["measured"]
    assert "equal ones" in probe["reason"]
    assert call("advise", "skewed.yaml", "--set", "data.sample_weight=heavy", "--quiet")[1] == "ume\n"
