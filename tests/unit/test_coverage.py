"""The benchmark of coverage in small: its tasks run, resume, and the intervals hold about as often as they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks import coverage


@pytest.mark.parametrize(("section", "tasks"), [("A_S null", 16), ("n_probe = 100", 16), ("grouped", 16)])
def test_intervals_of_the_models_at_hand_mostly_hold(section: str, tasks: int) -> None:
    found = coverage.rows(section, tasks, None, 1)
    held = sum(row["low"] <= row["truth"] <= row["high"] for row in found)
    assert held >= tasks - 4  # at 92% held, five misses or more come once in two hundred times


def test_cross_fitted_intervals_are_of_the_mean_over_the_fold_models() -> None:
    found = coverage.rows("cross-fitted", 6, None, 1)
    assert sum(row["low"] <= row["truth"] <= row["high"] for row in found) >= 4


@pytest.mark.slow
def test_a_inf_covers_what_further_seeds_gain() -> None:
    found = coverage.rows("A_inf", 10, None, 2)
    assert sum(row["low"] <= row["truth"] <= row["high"] for row in found) >= 7


def test_what_a_file_holds_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "coverage.jsonl"
    first = coverage.rows("A_S null", 2, path, 1)
    path.write_text(path.read_text() + '{"section": "A_S null", "ta')  # cut short by a kill
    monkeypatch.setattr(coverage, "one", lambda section, number: pytest.fail(f"{section} {number} was done again"))
    assert coverage.rows("A_S null", 2, path, 1) == first
    assert [json.loads(line)["task"] for line in path.read_text().splitlines()] == [0, 1]


def test_the_report_counts_what_held() -> None:
    rows = [{"low": 0.0, "high": 1.0, "truth": t, "items_alone": [0.0, 1.0]} for t in (0.5, 0.5, 0.5, 2.0, -1.0)]
    assert "3 of    5 = 0.600" in coverage.report("grouped", rows)
    assert "truth below 1, above 1: MISSED" in coverage.report("grouped", rows)
