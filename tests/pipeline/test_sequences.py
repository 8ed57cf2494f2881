"""A run on two modalities of sequences that differ in length, from JSON lines to predictions of longer ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from umlkit import load_model
from umlkit.cli.main import main

QUICK = (
    *("--set", "train.epochs=15", "--set", "train.lr=0.005", "--set", "train.patience=5"),
    *("--set", "methods.umt.weight=0.1", "--set", "methods.umt.init=scratch"),
    *("--set", "data.modalities.tone.encoder=conv1d", "--set", "data.modalities.move.encoder=gru"),
)
RECIPE = "name: moves\ndata: {path: moves.jsonl, label: y, modalities: {tone: {}, move: {}}}\n"


def sample(kind: int, steps: int, rng: np.random.Generator) -> dict[str, object]:
    """A tone that rises or falls, and a movement whose two channels go together or against each other."""
    tone = np.linspace(-1, 1, steps) * (1 if kind else -1) + rng.normal(0, 0.5, steps)
    one = rng.normal(size=steps + 3)
    move = np.stack([one, (one if kind else -one) + rng.normal(0, 0.5, steps + 3)], axis=1)
    return {"tone": tone.round(3).tolist(), "move": move.round(3).tolist()}


def write(path: Path, *, n: int, steps: tuple[int, int], seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    kinds = [f"k{i % 2}" for i in range(n)]
    lines = [{"y": kind, **sample(i % 2, int(rng.integers(*steps)), rng)} for i, kind in enumerate(kinds)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return kinds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    path = tmp_path_factory.mktemp("sequences")
    write(path / "moves.jsonl", n=520, steps=(4, 20), seed=0)
    (path / "moves.yaml").write_text(RECIPE)
    assert main(["run", str(path / "moves.yaml"), "--out", str(path / "out"), *QUICK]) == 0
    return path


def test_sequences_longer_than_any_in_training_are_predicted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    kinds = write(folder / "new.jsonl", n=40, steps=(30, 50), seed=1)

    assert main(["predict", "moves.yaml", "new.jsonl", "--out", "out", "--to", "p.csv", *QUICK]) == 0

    with (folder / "p.csv").open(newline="") as file:
        predicted = [row[1] for row in list(csv.reader(file))[1:]]
    assert np.mean([one == other for one, other in zip(predicted, kinds, strict=True)]) > 0.9


def test_how_the_others_are_padded_does_not_change_a_prediction(folder: Path) -> None:
    model = load_model(folder / "out")
    rng = np.random.default_rng(2)
    found = sample(1, 9, rng)
    alone = {name: np.array([found[name]], dtype=float) for name in model.modalities}
    padded = {
        name: np.concatenate([values, np.full((1, 30, *values.shape[2:]), np.nan)], axis=1)
        for name, values in alone.items()
    }
    np.testing.assert_allclose(model.predict_proba(padded), model.predict_proba(alone), atol=1e-6)
