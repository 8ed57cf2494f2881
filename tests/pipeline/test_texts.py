"""A run on texts beside numbers, from a CSV file to predictions of new texts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from umlkit import load_model
from umlkit.cli.main import main

MOODS = ("lovely", "dreadful")
FILLING = [
    "the",
    "cut",
    "and",
    "colour",
    "of",
    "this",
    "shirt",
    "after",
    "a",
    "week",
    "in",
    "my",
    "wardrobe",
    "with",
    "some",
    "other",
    "things",
]


def write_table(path: Path, *, n: int, seed: int, label: bool = True) -> list[str]:
    """A review that tells the mood in seven of ten rows, and a number that tells a little."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    texts = [
        " ".join(rng.permutation([*rng.choice(FILLING, size=6), MOODS[mood] if rng.random() < 0.7 else "so-so,"]))
        for mood in y
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["review", "stars", "price", *(["mood"] if label else [])])
        for text, mood in zip(texts, y, strict=True):
            stars = mood + rng.normal(0, 1.5)
            rows.writerow([text, f"{stars:.3f}", f"{rng.normal():.3f}", *([f"m{mood}"] if label else [])])
    return texts


def test_a_run_on_texts_and_numbers_predicts_new_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "shirts.csv", n=520, seed=0)
    texts = write_table(tmp_path / "new.csv", n=9, seed=1, label=False)
    quick = ("--set", "train.epochs=3", "--set", "methods.umt.weight=0.1", "--set", "methods.umt.init=scratch")

    assert main(["run", "shirts.csv", "--label", "mood", "--out", "out", "--json", *quick]) == 0
    metrics = json.loads(capsys.readouterr().out)["test"]["metrics"]
    assert main(["predict", "shirts.csv", "new.csv", "--label", "mood", "--out", "out", "--to", "p.csv", *quick]) == 0

    assert metrics["log_loss"] < 0.35  # log 2 is .69, and 3 in 10 texts tell nothing
    with (tmp_path / "p.csv").open(newline="") as file:
        predicted = [row[1] for row in list(csv.reader(file))[1:]]
    told = [(f"m{MOODS.index(mood)}", guess) for text, guess in zip(texts, predicted, strict=True)
            for mood in MOODS if mood in text.split()]  # fmt: skip
    assert told
    assert all(mood == guess for mood, guess in told)
    model = load_model(tmp_path / "out")
    numbers = {"table": np.zeros((2, 2))} if "table" in model.modalities else {}
    assert model.predict({"review": np.array(["how lovely", "dreadful"]), **numbers}) == ["m0", "m1"]
