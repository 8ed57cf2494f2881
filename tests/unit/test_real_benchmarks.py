"""The benchmarks on real sets in small: whose rows they use, how pairs are dealt anew, what is resumed and reported."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import kernel_shapes, probe_cost, real_splits, repaired
from tests.benchmarks.divisions import divided
from tests.benchmarks.repaired import HELD_OUT, paired_anew


def spoken(n: int = 300) -> dict[str, Any]:
    """Six speakers, five digits; every picture and every sound is its row's number; the last speaker is test."""
    rows, groups = np.arange(n), np.arange(n) // (n // 6)
    digits = np.random.default_rng(0).integers(0, 5, n)
    parts = {"train": rows[groups < 4], "val": rows[groups == 4], "test": rows[groups == 5]}
    indices = {f"idx_{part}": of_part for part, of_part in parts.items()}
    return {"X_image": rows[:, None], "X_audio": rows[:, None], "y": digits, "groups": groups, **indices}


@pytest.fixture
def spoken_file(tmp_path: Path) -> Path:
    np.savez(tmp_path / "spoken.npz", **spoken())
    return tmp_path / "spoken.npz"


@pytest.mark.parametrize("split", [0, 1, 2])
def test_a_division_anew_has_no_test_row_and_keeps_groups_whole(spoken_file: Path, split: int) -> None:
    held = divided(spoken_file, development=split, most=None)
    assert not set(spoken()["idx_test"]) & set(held.arrays["X_image"][:, 0])
    parts = [set(held.arrays["groups"][part]) for part in (held.train, held.val, held.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 5


def test_divisions_anew_are_all_different_where_groups_are_few(spoken_file: Path) -> None:
    found = [divided(spoken_file, development=number, most=None) for number in range(6)]
    named = {tuple(tuple(held.arrays["groups"][part]) for part in (held.train, held.val)) for held in found}
    assert len(named) == 6


def test_pairs_are_dealt_within_groups_and_every_row_is_used_once() -> None:
    source, pairs = spoken(), paired_anew(spoken(), seed=0)
    image, audio = pairs["X_image"][:, 0], pairs["X_audio"][:, 0]
    assert sorted(image) == sorted(audio) == sorted(np.concatenate([source["idx_train"], source["idx_val"]]))
    assert (source["groups"][image] == source["groups"][audio]).all()
    assert (pairs["y"] == (source["y"][image] == source["y"][audio])).all()


def test_no_digit_tells_the_class_of_a_pair() -> None:
    source, pairs = spoken(), paired_anew(spoken(), seed=0)
    for name in ("X_image", "X_audio"):
        for group in range(5):
            rows = pairs[name][:, 0]
            of_group = source["groups"][rows] == group
            of_match, of_mismatch = (
                np.bincount(source["y"][rows[of_group & (pairs["y"] == label)]], minlength=5) for label in (0, 1)
            )
            assert abs(of_match - of_mismatch).max() <= 1


def test_pairs_keep_train_and_validation_apart() -> None:
    pairs = paired_anew(spoken(), seed=0)
    assert set(pairs["groups"][pairs["idx_train"]]) == {0, 1, 2, 3}
    assert set(pairs["groups"][pairs["idx_val"]]) == {4}
    assert len(pairs["idx_test"]) == HELD_OUT
    assert not set(pairs["groups"][pairs["idx_val"]]) & set(pairs["groups"][pairs["idx_test"]])


def row(split: int, value: float, half: float) -> dict[str, Any]:
    a = {"value": value, "low": value - half, "high": value + half}
    found = {"measured": True, "a": a, "rung": "kernel", "verdict": "present", "kind": "interaction", "n_probe": 100}
    took = {"wall": 10.0, "cpu": 9.0, "trainings": 12, "encoders": {"image": {"name": "linear"}}}
    rest = {"groups": None, "within_groups": False, "folds": 1, "test_over_train": 0.25}
    return {"set": "spoken", "budget": "short", "split": split, **found, **took, **rest}


def test_the_report_says_whether_intervals_held_each_other() -> None:
    rows = [row(0, 0.10, 0.05), row(1, 0.14, 0.03), row(2, 0.12, 0.03)]
    *_, last = real_splits.report(rows)
    # mean .12, s = .02, standard error sqrt(1/3 + 1/4) s = .01528, t_{.975, 2} = 4.3027; .10 is not in (.11, .17)
    assert last == "spoken (short): mean A +0.1200 (+0.0543 to +0.1857); 5 of 6 intervals held another's A"


def test_a_set_that_cannot_be_measured_is_reported_with_the_reason() -> None:
    unmeasured = {"measured": False, "reason": "not measurable with n = 32", "needed": 60}
    lines = list(real_splits.report([row(0, 0.1, 0.1) | unmeasured, row(1, 0.1, 0.1) | unmeasured]))
    assert lines[0] == "spoken (short) split 0: not measurable with n = 32, 10 s, 9 s of CPU, 12 trainings"
    assert len(lines) == 2


def test_splits_in_the_file_are_not_done_again_and_encoders_are_the_first_ones(
    tmp_path: Path, spoken_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(0, 0.1, 0.1)) + "\n" + '{"set": "spoken", "sp')  # cut short by a kill
    asked = []

    def one_split(job: real_splits.Job, split: int, encoders: dict[str, Any]) -> dict[str, Any]:
        asked.append((split, encoders))
        return row(split, 0.2, 0.1)

    monkeypatch.setattr(real_splits, "one_split", one_split)
    job = real_splits.Job(path=spoken_file, file=file, budget="short", splits=3, run=False)
    first = real_splits.rows_of(job)
    assert asked == [(1, {"image": {"name": "linear"}}), (2, {"image": {"name": "linear"}})]
    assert real_splits.rows_of(job) == first
    assert len(asked) == 2


@pytest.fixture
def seen_and_heard(tmp_path: Path) -> Path:
    """Three classes, each shown as a point of its own by either modality; twelve speakers, of whom four validate."""
    rng = np.random.default_rng(0)
    digits, groups = rng.integers(0, 3, 1200), np.arange(1200) // 100
    points = {f"X_{name}": 3 * np.eye(3)[digits] + rng.normal(size=(1200, 3)) for name in ("image", "audio")}
    parts = {f"idx_{part}": np.flatnonzero((groups >= low) & (groups < high)) for part, low, high in PARTS}
    np.savez(tmp_path / "seen.npz", **points, y=digits, groups=groups, **parts)
    return tmp_path / "seen.npz"


PARTS = (("train", 0, 7), ("val", 7, 11), ("test", 11, 12))


def test_pairs_that_are_dealt_anew_are_measured(seen_and_heard: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    lines = list(repaired.measured(seen_and_heard, folder, Namespace(seed=0, encoder="linear", budget="quick")))
    assert lines[0].startswith("quick: ") and lines[0].endswith("audio linear, image linear")
    assert "verdict present: reached" in lines
    assert "kind interaction: reached" in lines
    assert sum(" alone " in line and line.endswith(": reached") for line in lines) == 2


def test_a_real_set_is_measured_split_by_split_and_its_run_is_timed(seen_and_heard: Path, tmp_path: Path) -> None:
    job = real_splits.Job(path=seen_and_heard, file=tmp_path / "rows.jsonl", budget="quick", splits=1, run=True)
    rows = real_splits.rows_of(job)
    assert [row["split"] for row in rows] == [0, "run"]
    assert rows[0]["encoders"].keys() == {"image", "audio"}
    assert rows[0]["measured"] and rows[0]["a"]["low"] <= rows[0]["a"]["value"] <= rows[0]["a"]["high"]
    _, last = real_splits.report(rows)
    assert last.startswith("seen (quick) run: ")
    assert real_splits.rows_of(job) == rows


def test_what_a_measurement_costs_beside_training_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    probe_cost.main(600)
    *parts, last = capsys.readouterr().out.splitlines()
    assert last.startswith("n = 600: uni-modal training ")
    named = {line.split("  ")[1].strip() for line in parts}
    assert {"uni-modal training", "reading and measuring"} < named


def test_views_are_dealt_so_that_half_of_the_pairs_are_of_one_class() -> None:
    classes = np.arange(2000) % 5
    view = np.stack([classes, np.arange(2000)], axis=1).astype(float)
    (first, second), match = kernel_shapes.dealt([view, view], classes, np.random.default_rng(0))
    assert match.mean() == 0.5
    assert np.array_equal(np.isclose(first[:, 0], second[:, 0], atol=0.2), match == 1)
    assert (np.isclose(first[:, 1], second[:, 1], atol=1e-4)).mean() < 0.05  # hardly any with itself
