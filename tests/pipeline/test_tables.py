"""A whole run on a small table of numbers and words, and predictions for rows that hold what training never saw."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from umlkit import load_model

RECIPE = """\
name: clinic
data:
  path: clinic.csv
  label: outcome
  modalities:
    blood: {columns: "blood_*", missing: impute-median}
    person:
      columns: [age, ward, smokes]
      missing: impute-mean
      encoder: {name: mlp, hidden: 8, features: 4, dropout: 0.0, weight_decay: 0.01, numeric: piecewise}
train: {epochs: 3, batch_size: 128}
methods:
  umt: {weight: 0.1, init: scratch}
"""
NEW = """\
blood_iron,blood_type,age,ward,smokes
1.5,A,40,north,yes
,B,,,no
-2,AB,31,moon,
"""


def write_table(path: Path, *, n: int = 520, seed: int = 0) -> None:
    """Two outcomes; iron, age and ward bear on them; some cells are missing."""
    rng = np.random.default_rng(seed)
    outcome = rng.integers(2, size=n)
    iron = np.char.mod("%.3f", outcome + rng.normal(size=n))
    age = np.char.mod("%d", 40 + 10 * outcome + rng.normal(0, 8, size=n))
    ward = np.array(["north", "south", "west"])[np.where(rng.random(n) < 0.5, outcome, rng.integers(3, size=n))]
    kind = np.array(["A", "B", "O"])[rng.integers(3, size=n)]
    smokes = np.array(["no", "yes"])[rng.integers(2, size=n)]
    iron[rng.random(n) < 0.1] = ""
    ward[rng.random(n) < 0.1] = ""
    rows = zip(iron, kind, age, ward, smokes, np.array(["ill", "well"])[outcome], strict=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("blood_iron", "blood_type", "age", "ward", "smokes", "outcome"), *rows])


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table, its recipe and new rows; the working directory."""
    write_table(tmp_path / "clinic.csv")
    (tmp_path / "clinic.yaml").write_text(RECIPE)
    (tmp_path / "new.csv").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_goes_the_whole_way_and_new_rows_may_hold_unknown_and_missing_cells(clinic: Path, call) -> None:
    assert call("run", "clinic.yaml", "--out", "out")[0] == 0

    code, _, said = call("predict", "clinic.yaml", "new.csv", "--out", "out", "--to", "p.jsonl")

    assert code == 0
    assert "blood: 1 cell in column 'blood_type' with a category unseen in training, read as unknown: 'AB'" in said
    assert "person: 1 missing value in column 'age', filled in without a mark" in said
    assert "person: 1 cell in column 'ward' with a category unseen in training, read as unknown: 'moon'" in said
    lines = [json.loads(line) for line in (clinic / "p.jsonl").read_text().splitlines()]
    assert [set(line["probabilities"]) for line in lines] == [{"ill", "well"}] * 3

    labelled = NEW.replace("smokes\n", "smokes,outcome\n").replace("yes\n", "yes,ill\n").replace("no\n", "no,well\n")
    (clinic / "labelled.csv").write_text(labelled.replace("moon,\n", "moon,,ill\n"))
    code, _, said = call("evaluate", "clinic.yaml", "--out", "out", "--data", "labelled.csv", "--method", "ume")
    assert code == 0 and "'moon'" in said


def test_python_gives_a_table_as_an_array_of_words(clinic: Path, call) -> None:
    assert call("train", "clinic.yaml", "--out", "out", "--method", "ume")[0] == 0
    model = load_model(clinic / "out")
    arrays = {
        "blood": np.array([["1.5", "A"], ["", "B"]]),
        "person": np.array([["40", "north", "yes"], ["", "moon", "no"]]),
    }
    proba = model.predict_proba(arrays)
    assert proba.shape == (2, 2)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_a_missing_cell_that_nothing_is_said_about_is_refused_with_row_and_column(clinic: Path, call) -> None:
    (clinic / "clinic.yaml").write_text(RECIPE.replace("      missing: impute-mean\n", ""))
    code, _, said = call("data", "clinic.yaml")
    assert code == 2
    assert "missing values in column 'ward'" in said and "(line " in said
